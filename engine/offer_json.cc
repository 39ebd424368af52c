#include "engine/offer_json.h"

#include <array>
#include <charconv>
#include <chrono>
#include <string_view>

#include "engine/event.h"
#include "engine/time.h"

namespace tagtill {
namespace {

constexpr Millis kMinute = 60'000;
constexpr Millis kHour = 60 * kMinute;
constexpr Millis kDay = 24 * kHour;

// `name` is a literal with its comma and colon.
void append_string(std::string& out, std::string_view name, std::string_view value) {
  out.append(name);
  append_json_string(out, value);
}

void append_number(std::string& out, std::string_view name, std::int64_t value) {
  out.append(name);
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

// With zeros in front.
void append_digits(std::string& out, Millis value, std::size_t count) {
  const std::string digits = std::to_string(value);
  out.append(count - digits.size(), '0').append(digits);
}

// In the years 0 to 9999, at this offset.
void append_local_time(std::string& out, Millis time, std::string_view offset) {
  const auto days = std::chrono::floor<std::chrono::days>(std::chrono::milliseconds(time));
  const std::chrono::year_month_day date{std::chrono::sys_days(days)};
  const Millis in_day = time - days.count() * kDay;
  append_digits(out, static_cast<int>(date.year()), 4);
  out.push_back('-');
  append_digits(out, static_cast<unsigned>(date.month()), 2);
  out.push_back('-');
  append_digits(out, static_cast<unsigned>(date.day()), 2);
  out.push_back('T');
  append_digits(out, in_day / kHour, 2);
  out.push_back(':');
  append_digits(out, in_day / kMinute % 60, 2);
  out.push_back(':');
  append_digits(out, in_day / 1000 % 60, 2);
  if (in_day % 1000 != 0) {
    out.push_back('.');
    append_digits(out, in_day % 1000, 3);
    out.erase(out.find_last_not_of('0') + 1);
  }
  out.append(offset);
}

// The local time of RFC 3339 lies in the years 0 to 9999; up to 23:59 beyond, the offset
// leads back.
void append_time(std::string& out, std::string_view name, Millis time) {
  constexpr Millis kFirst = -719'528 * kDay;  // of the year 0
  constexpr Millis kFarthest = 23 * kHour + 59 * kMinute;
  out.append(name).push_back('"');
  if (time < kFirst) {
    append_local_time(out, time + kFarthest, "+23:59");
  } else if (time > kLastMillisecond) {
    append_local_time(out, time - kFarthest, "-23:59");
  } else {
    append_local_time(out, time, "Z");
  }
  out.push_back('"');
}

void append_regions(std::string& out, const std::vector<RegionCode>& regions) {
  std::string_view begin = R"(,"regions":[")";
  for (const RegionCode& region : regions) {
    out.append(begin).append(region.data(), region.size()).push_back('"');
    begin = ",\"";
  }
  out.push_back(']');
}

}  // namespace

void append_offer_json_line(std::string& out, const Offer& offer) {
  const Offer usual;
  append_string(out, R"({"id":)", offer.id);
  append_string(out, R"(,"tag":)", offer.tag);
  append_string(out, R"(,"title":)", offer.title);
  append_number(out, R"(,"price_minor":)", offer.price_minor);
  append_string(out, R"(,"currency":)", {offer.currency.data(), offer.currency.size()});
  append_string(out, R"(,"fulfilment":)", name_of(offer.fulfilment));
  append_time(out, R"(,"starts_at":)", offer.starts_at);
  append_time(out, R"(,"ends_at":)", offer.ends_at);
  if (offer.list_price_minor) {
    append_number(out, R"(,"list_price_minor":)", *offer.list_price_minor);
  }
  if (offer.stock) {
    append_number(out, R"(,"stock":)", *offer.stock);
  }
  if (offer.limit_per_member != usual.limit_per_member) {
    append_number(out, R"(,"limit_per_member":)", offer.limit_per_member);
  }
  if (offer.commission_bps != usual.commission_bps) {
    append_number(out, R"(,"commission_bps":)", offer.commission_bps);
  }
  if (offer.window_ms != usual.window_ms) {
    append_number(out, R"(,"window_seconds":)", offer.window_ms / 1000);
  }
  if (!offer.regions.empty()) {
    append_regions(out, offer.regions);
  }
  out.append("}\n");
}

}  // namespace tagtill
