#include "post.h"

#include <array>
#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <utility>
#include <vector>

#include "json.h"
#include "text.h"

namespace reference {
namespace {

constexpr int64_t kTimeMax = 253402300799999;  // end of the year 9999
constexpr int64_t kWitnessMs = 60000;

// A needed field cannot be read: the line is malformed.
struct Unreadable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

bool all_digits(std::string_view text) {
  for (const char sign : text) {
    if (sign < '0' || sign > '9') {
      return false;
    }
  }
  return !text.empty();
}

// False if the text is not all of a number of this type.
template <typename Integer>
bool to_integer(std::string_view text, Integer& number) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end;
}

const std::string& needed_string(const Value& value, const char* what) {
  if (!value.is_string() || value.lone_surrogate) {
    throw Unreadable(what);
  }
  return value.text;
}

// P1.3: 1 to 128 bytes without U+0000 to U+001F and U+007F to U+009F.
bool is_id(std::string_view id) {
  if (id.empty() || id.size() > 128) {
    return false;
  }
  for (size_t i = 0; i < id.size(); ++i) {
    const auto byte = static_cast<unsigned char>(id[i]);
    if (byte < 0x20 || byte == 0x7F) {
      return false;
    }
    // U+0080 to U+009F are C2 80 to C2 9F.
    if (byte == 0xC2 && i + 1 < id.size() && static_cast<unsigned char>(id[i + 1]) < 0xA0) {
      return false;
    }
  }
  return true;
}

// The string, else the number (P1.4).
std::string read_id(const Value& object, const char* string_name, const char* number_name) {
  if (const Value* value = object.find(string_name)) {
    std::string id = needed_string(*value, string_name);
    if (!is_id(id)) {
      throw Unreadable(string_name);
    }
    return id;
  }
  const Value* value = object.find(number_name);
  uint64_t number = 0;
  if (value == nullptr || !value->is_number() || !all_digits(value->text) ||
      !to_integer(value->text, number)) {
    throw Unreadable(number_name);
  }
  return value->text;
}

int64_t checked_time(std::optional<int64_t> time_ms, const char* what) {
  if (!time_ms || *time_ms < 0 || *time_ms > kTimeMax) {
    throw Unreadable(what);
  }
  return *time_ms;
}

std::optional<int64_t> read_timestamp(const Value& value) {
  int64_t time_ms = 0;
  if ((!value.is_string() && !value.is_number()) || value.text.size() > 15 ||
      !all_digits(value.text) || !to_integer(value.text, time_ms)) {
    return std::nullopt;
  }
  return time_ms;
}

std::optional<int64_t> snowflake_time(std::string_view id) {
  uint64_t number = 0;
  if (id.size() > 19 || !all_digits(id) || !to_integer(id, number)) {
    return std::nullopt;
  }
  if (number < (uint64_t{1} << 35) || number >= (uint64_t{1} << 63)) {
    return std::nullopt;
  }
  return static_cast<int64_t>(number >> 22) + 1288834974657;
}

// P1.5: the first that there is, and no two more than a minute apart.
int64_t read_event_time(const Value& post, std::string_view id) {
  std::vector<int64_t> times;
  if (const Value* value = post.find("timestamp_ms")) {
    times.push_back(checked_time(read_timestamp(*value), "timestamp_ms"));
  }
  if (const std::optional<int64_t> time_ms = snowflake_time(id)) {
    times.push_back(*time_ms);
  }
  if (const Value* value = post.find("created_at")) {
    times.push_back(
        checked_time(read_created_at(needed_string(*value, "created_at")), "created_at"));
  }
  if (times.empty()) {
    throw Unreadable("no event time");
  }
  for (const int64_t a : times) {
    for (const int64_t b : times) {
      if (std::abs(a - b) > kWitnessMs) {
        throw Unreadable("times contradict each other");
      }
    }
  }
  return times.front();
}

std::string read_text(const Value& post) {
  const Value* extended = post.find("extended_tweet");
  if (extended != nullptr && !extended->is_object()) {
    throw Unreadable("extended_tweet");
  }
  const Value* value = extended != nullptr ? extended->find("full_text") : nullptr;
  if (value == nullptr) {
    value = post.find("full_text");
  }
  if (value == nullptr) {
    value = post.find("text");
  }
  if (value == nullptr) {
    throw Unreadable("text");
  }
  return decode_entities(needed_string(*value, "text"));
}

bool read_protected(const Value& user) {
  const Value* value = user.find("protected");
  if (value == nullptr || value->kind == Value::Kind::kFalse) {
    return false;
  }
  if (value->kind != Value::Kind::kTrue) {
    throw Unreadable("protected");
  }
  return true;
}

int64_t read_followers(const Value& user) {
  const Value* value = user.find("followers_count");
  if (value == nullptr) {
    return 0;
  }
  int64_t count = 0;
  if (!value->is_number() || !to_integer(value->text, count)) {
    throw Unreadable("followers_count");
  }
  return count < 0 ? 0 : count;
}

Post read_post(const Value& object, const Value& user) {
  Post post;
  post.id = read_id(object, "id_str", "id");
  post.author = read_id(user, "id_str", "id");
  post.time_ms = read_event_time(object, post.id);
  post.text = read_text(object);
  post.is_repost = object.find("retweeted_status") != nullptr;
  post.is_protected = read_protected(user);
  post.followers = read_followers(user);
  return post;
}

Line read_value(const Value& object) {
  Line line;
  if (!object.is_object() || object.members.empty()) {
    return line;
  }
  // A first member `delete` that is not null makes a delete notice or
  // something else, but never a post.
  const Member& first = object.members.front();
  if (first.name == "delete" && !first.name_was_escaped && !first.value.is_null()) {
    const Value* status = first.value.find("status");
    if (status != nullptr && status->is_object()) {
      line.kind = Line::Kind::kDeleteNotice;
      line.delete_notice.id = read_id(*status, "id_str", "id");
      line.delete_notice.author = read_id(*status, "user_id_str", "user_id");
    }
    return line;
  }
  const Value* user = object.find("user");
  const bool has_text = object.find("text") != nullptr || object.find("full_text") != nullptr ||
                        object.find("extended_tweet") != nullptr;
  if (user != nullptr && user->is_object() && has_text) {
    line.kind = Line::Kind::kPost;
    line.post = read_post(object, *user);
  }
  return line;
}

Line malformed(std::string cause) {
  Line line;
  line.kind = Line::Kind::kMalformed;
  line.cause = std::move(cause);
  return line;
}

// Two or four digits at a place; -1 if they are not digits.
int64_t digits_at(std::string_view text, size_t at, size_t count) {
  int64_t number = -1;
  const std::string_view part = text.substr(at, count);
  return all_digits(part) && to_integer(part, number) ? number : -1;
}

bool is_leap(int64_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int64_t days_in(int64_t year, int64_t month) {
  constexpr std::array<int64_t, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kDays[static_cast<size_t>(month - 1)];
}

}  // namespace

Line read_line(std::string_view line, size_t line_limit) {
  if (line.size() > line_limit) {
    return malformed("too long");
  }
  const JsonResult json = parse_json(line);
  if (!json.value) {
    switch (json.error) {
      case JsonError::kNotUtf8:
        return malformed("not UTF-8");
      case JsonError::kTooDeep:
        return malformed("nested too deep");
      case JsonError::kSyntax:
        return malformed("does not parse");
    }
  }
  try {
    return read_value(*json.value);
  } catch (const Unreadable& error) {
    return malformed(error.what());
  }
}

std::optional<int64_t> read_created_at(std::string_view text) {
  constexpr std::string_view kWeekdays = "MonTueWedThuFriSatSun";
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  constexpr std::string_view kForm = "Www Mmm dd hh:mm:ss +0000 yyyy";
  if (text.size() != kForm.size()) {
    return std::nullopt;
  }
  const size_t weekday = kWeekdays.find(text.substr(0, 3));
  const size_t month_at = kMonths.find(text.substr(4, 3));
  for (const size_t at : {3U, 7U, 10U, 13U, 16U, 19U, 20U, 21U, 22U, 23U, 24U, 25U}) {
    if (text[at] != kForm[at]) {
      return std::nullopt;
    }
  }
  const int64_t day = digits_at(text, 8, 2);
  const int64_t hour = digits_at(text, 11, 2);
  const int64_t minute = digits_at(text, 14, 2);
  const int64_t second = digits_at(text, 17, 2);
  const int64_t year = digits_at(text, 26, 4);
  if (weekday == std::string_view::npos || weekday % 3 != 0 || month_at == std::string_view::npos ||
      month_at % 3 != 0 || year < 0 || hour < 0 || minute < 0 || second < 0) {
    return std::nullopt;
  }
  const int64_t month = static_cast<int64_t>(month_at / 3) + 1;
  if (day < 1 || day > days_in(year, month) || hour > 23 || minute > 59 || second > 59) {
    return std::nullopt;
  }
  return (((days_from_civil(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1000;
}

// Counted out year by year and month by month.
int64_t days_from_civil(int64_t year, int64_t month, int64_t day) {
  int64_t days = 0;
  for (int64_t y = 1970; y < year; ++y) {
    days += is_leap(y) ? 366 : 365;
  }
  for (int64_t y = year; y < 1970; ++y) {
    days -= is_leap(y) ? 366 : 365;
  }
  for (int64_t m = 1; m < month; ++m) {
    days += days_in(year, m);
  }
  return days + day - 1;
}

std::string format_time(int64_t time_ms) {
  int64_t days = time_ms / 86400000;
  const int64_t in_day = time_ms % 86400000;
  int64_t year = 1970;
  while (days >= (is_leap(year) ? 366 : 365)) {
    days -= is_leap(year) ? 366 : 365;
    ++year;
  }
  int64_t month = 1;
  while (days >= days_in(year, month)) {
    days -= days_in(year, month);
    ++month;
  }
  std::string text;
  const auto put = [&](int64_t number, size_t width, const char* after) {
    std::string part = std::to_string(number);
    part.insert(0, width > part.size() ? width - part.size() : 0, '0');
    text += part + after;
  };
  put(year, 4, "-");
  put(month, 2, "-");
  put(days + 1, 2, "T");
  put(in_day / 3600000, 2, ":");
  put(in_day / 60000 % 60, 2, ":");
  put(in_day / 1000 % 60, 2, ".");
  put(in_day % 1000, 3, "Z");
  return text;
}

int64_t parse_time(std::string_view text) {
  const int64_t date =
      days_from_civil(digits_at(text, 0, 4), digits_at(text, 5, 2), digits_at(text, 8, 2));
  int64_t time_ms = ((date * 24 + digits_at(text, 11, 2)) * 60 + digits_at(text, 14, 2)) * 60 +
                    digits_at(text, 17, 2);
  time_ms *= 1000;
  size_t at = 19;
  if (text.substr(at, 1) == ".") {
    int64_t unit = 100;
    for (++at; all_digits(text.substr(at, 1)); ++at) {
      time_ms += unit * (text[at] - '0');
      unit /= 10;
    }
  }
  if (text.substr(at, 1) == "+" || text.substr(at, 1) == "-") {
    const int64_t offset_ms =
        (digits_at(text, at + 1, 2) * 60 + digits_at(text, at + 4, 2)) * 60000;
    time_ms += text[at] == '-' ? offset_ms : -offset_ms;
  }
  return time_ms;
}

}  // namespace reference
