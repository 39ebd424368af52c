// A stream as a story: posts and delete notices go in one by one, and events come
// out as short lines. For tests of the rules P3 to P6.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/post_lines.h"
#include "tests/product.h"
#include "tests/reference/code.h"

namespace shop {

using Events = std::vector<std::string>;

inline constexpr std::int64_t kSecond = 1'000;
inline constexpr std::int64_t kMinute = 60 * kSecond;
inline constexpr std::int64_t kHour = 60 * kMinute;
inline constexpr std::int64_t kDay = 24 * kHour;

inline std::string lines(const std::vector<std::string>& all) {
  std::string out;
  for (const std::string& line : all) {
    out += line + "\n";
  }
  return out;
}

// The value of a member of an event, without quotes; "-" for null or none.
inline std::string value_of(const std::string& event, std::string_view name) {
  const std::string begin = "\"" + std::string(name) + "\":\"";
  const std::size_t at = event.find(begin);
  if (at == std::string::npos) {
    return "-";
  }
  return event.substr(at + begin.size(), event.find('"', at + begin.size()) - at - begin.size());
}

// prompt AUTHOR PURCHASE · expired AUTHOR PURCHASE · confirmed AUTHOR PURCHASE by
// POST · cancelled AUTHOR PURCHASE REASON · rejected AUTHOR POST OFFER REASON
inline std::string brief(const std::string& event) {
  const std::string type = value_of(event, "type");
  const std::string author = type + " " + value_of(event, "author_id") + " ";
  if (type == "rejected") {
    return author + value_of(event, "post_id") + " " + value_of(event, "offer_id") + " " +
           value_of(event, "reason");
  }
  const std::string window = author + value_of(event, "purchase_id");
  if (type == "confirmed") {
    return window + " by " + value_of(event, "confirm_id");
  }
  return type == "cancelled" ? window + " " + value_of(event, "reason") : window;
}

// Members a, b and c, and an offer `mug`, unless a test says otherwise. Times are
// milliseconds from noon. Every post is a file of its own: where files end does
// not matter (P3.7).
class Shop {
 public:
  struct Setting {
    std::vector<std::string> offers = {post_lines::line_of(post_lines::Offer{})};
    std::vector<std::string> members = {post_lines::member_line("a"), post_lines::member_line("b"),
                                        post_lines::member_line("c")};
    product::Options options = {};
  };

  Shop() : Shop(Setting{}) {}
  explicit Shop(const Setting& setting)
      : product_(lines(setting.offers), lines(setting.members), post_lines::kSecret,
                 setting.options) {}
  // With these offers and the usual members.
  explicit Shop(std::vector<std::string> offers) : Shop(Setting{.offers = std::move(offers)}) {}

  void post(std::string_view id, std::string_view author, std::int64_t at, std::string_view text) {
    feed(post_lines::Post{.id = std::string(id),
                          .author = std::string(author),
                          .at = post_lines::kNoon + at,
                          .text = std::string(text)});
  }
  void feed(const post_lines::Post& post) { product_.feed(post_lines::line_of(post) + "\n"); }
  void feed_line(const std::string& line) { product_.feed(line + "\n"); }

  // A delete notice.
  void erase(std::string_view id, std::string_view author) {
    product_.feed(post_lines::delete_line(id, author) + "\n");
  }

  // Moves the clock by a post that has no other effect: a stranger's confirmation.
  void clock_to(std::int64_t at) {
    post("clock" + std::to_string(++clock_posts_), "nobody", at, "#Confirm00000000");
  }

  void replace(const std::vector<std::string>& offers, const std::vector<std::string>& members,
               std::string_view secret = post_lines::kSecret) {
    product_.replace(lines(offers), lines(members), secret);
  }

  // Good control records.
  void control(const std::string& lines) {
    for (const std::string& refusal : product_.control(lines)) {
      throw std::runtime_error(refusal);
    }
  }

  // Since the last call.
  Events events() {
    Events out;
    for (const std::string& event : event_lines()) {
      out.push_back(brief(event));
    }
    return out;
  }
  // The same as they stand.
  Events event_lines() {
    Events out;
    const std::string all = product_.take_events();
    for (std::size_t begin = 0; begin < all.size();) {
      const std::size_t end = all.find('\n', begin);
      out.push_back(all.substr(begin, end - begin));
      begin = end + 1;
    }
    return out;
  }

  const product::Counts& counts() { return product_.counts(); }
  product::Product& product() { return product_; }

 private:
  product::Product product_;
  int clock_posts_ = 0;
};

// The confirmation tag of a window, with its sign.
inline std::string tag(std::string_view author, std::string_view intent,
                       std::string_view offer = "mug",
                       std::string_view secret = post_lines::kSecret) {
  return "#Confirm" + reference::make_code(secret, "code", author,
                                           std::string(intent) + ":" + std::string(offer));
}

// An offer whose tag is its id.
inline std::string offer(std::string_view id, std::string_view more = {}) {
  return post_lines::line_of(
      post_lines::Offer{.id = std::string(id), .tag = std::string(id), .more = std::string(more)});
}

inline std::vector<std::string> members(const std::vector<std::string_view>& authors) {
  std::vector<std::string> out;
  out.reserve(authors.size());
  for (const std::string_view author : authors) {
    out.push_back(post_lines::member_line(author));
  }
  return out;
}

}  // namespace shop
