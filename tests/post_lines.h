// Lines of a stream, of a catalogue and of a member file, as short as a test can
// say them.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace post_lines {

// 2013-02-11T12:00:00.000Z; the times of tests count from here.
inline constexpr std::int64_t kNoon = 1'360'584'000'000;

inline constexpr std::string_view kSecret = "0123456789abcdef0123456789abcdef";

inline std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
    } else {
      out += c;
    }
  }
  return out + '"';
}

// A classic post (P1.4). Its id is too small for a snowflake, unless a test wants
// one, so that `at` is its only time.
struct Post {
  std::string id = "1";
  std::string author = "1";
  std::int64_t at = kNoon;
  std::string text = {};
  bool is_protected = false;
  std::int64_t followers = 0;
  std::string more = {};  // members to stand behind the others, each with a comma before it
};

// Without a line end, as all of these.
inline std::string line_of(const Post& post) {
  std::string line =
      "{\"timestamp_ms\":\"" + std::to_string(post.at) + "\",\"id_str\":" + json_string(post.id) +
      ",\"text\":" + json_string(post.text) + ",\"user\":{\"id_str\":" + json_string(post.author);
  if (post.is_protected) {
    line += ",\"protected\":true";
  }
  if (post.followers != 0) {
    line += ",\"followers_count\":" + std::to_string(post.followers);
  }
  return line + "}" + post.more + "}";
}

inline std::string delete_line(std::string_view id, std::string_view author) {
  return "{\"delete\":{\"status\":{\"id_str\":" + json_string(id) +
         ",\"user_id_str\":" + json_string(author) + "}}}";
}

struct Offer {
  std::string id = "mug";
  std::string tag = "mug";
  std::string starts_at = "2013-02-01T00:00:00Z";
  std::string ends_at = "2013-03-01T00:00:00Z";
  std::string fulfilment = "ship";
  std::int64_t price_minor = 1999;
  std::string more = {};  // as in Post
};

inline std::string line_of(const Offer& offer) {
  return "{\"id\":" + json_string(offer.id) + ",\"tag\":" + json_string(offer.tag) +
         ",\"title\":\"A thing\",\"price_minor\":" + std::to_string(offer.price_minor) +
         ",\"currency\":\"USD\",\"fulfilment\":" + json_string(offer.fulfilment) +
         ",\"starts_at\":" + json_string(offer.starts_at) +
         ",\"ends_at\":" + json_string(offer.ends_at) + offer.more + "}";
}

inline std::string member_line(std::string_view author, std::string_view region = {}) {
  return "{\"author_id\":" + json_string(author) +
         ",\"account\":" + json_string("acct-" + std::string(author)) +
         (region.empty() ? "" : ",\"region\":" + json_string(region)) + "}";
}

}  // namespace post_lines
