// From a line to what the protocol sees in it (P1.2 to P1.6).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reference {

struct Post {
  std::string id;
  std::string author;
  int64_t time_ms = 0;
  std::string text;  // entities decoded
  bool is_repost = false;
  bool is_protected = false;
  int64_t followers = 0;  // never below 0
};

struct DeleteNotice {
  std::string id;
  std::string author;
};

struct Line {
  enum class Kind { kPost, kDeleteNotice, kOther, kMalformed };

  Kind kind = Kind::kOther;
  Post post;
  DeleteNotice delete_notice;
  std::string cause;  // of kMalformed
};

// `line` is without its end and no keep-alive.
Line read_line(std::string_view line, size_t line_limit);

// Milliseconds since the epoch of `Thu Jan 26 16:00:00 +0000 2017` (P1.5).
std::optional<int64_t> read_created_at(std::string_view text);

int64_t days_from_civil(int64_t year, int64_t month, int64_t day);

// P8: RFC 3339 in UTC with milliseconds.
std::string format_time(int64_t time_ms);

// RFC 3339, at most milliseconds (P7.1).
int64_t parse_time(std::string_view text);

}  // namespace reference
