#include "engine/time.h"

#include <array>
#include <chrono>
#include <cstddef>

namespace tagtill {
namespace {

constexpr Millis kMillisPerSecond = 1000;
constexpr Millis kMillisPerMinute = 60 * kMillisPerSecond;
constexpr Millis kMillisPerHour = 60 * kMillisPerMinute;
constexpr Millis kMillisPerDay = 24 * kMillisPerHour;

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Reads a text of fixed form from the left. After the first thing that does not
// fit, every call fails, so that a reader checks once, at its end.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return ok_ && rest_.empty(); }

  int digits(std::size_t count) {
    if (rest_.size() < count) {
      ok_ = false;
    }
    int value = 0;
    for (std::size_t i = 0; ok_ && i < count; ++i) {
      if (is_digit(rest_[i])) {
        value = value * 10 + (rest_[i] - '0');
      } else {
        ok_ = false;
      }
    }
    if (ok_) {
      rest_.remove_prefix(count);
    }
    return value;
  }

  void expect(std::string_view literal) {
    if (ok_ && rest_.starts_with(literal)) {
      rest_.remove_prefix(literal.size());
    } else {
      ok_ = false;
    }
  }

  bool accept(char c) {
    if (ok_ && !rest_.empty() && rest_.front() == c) {
      rest_.remove_prefix(1);
      return true;
    }
    return false;
  }

  // The place of the next three characters in `names`, which holds names of
  // three letters one after the other.
  int name_of_three(std::string_view names) {
    if (ok_ && rest_.size() >= 3) {
      for (std::size_t i = 0; i < names.size(); i += 3) {
        if (rest_.substr(0, 3) == names.substr(i, 3)) {
          rest_.remove_prefix(3);
          return static_cast<int>(i / 3);
        }
      }
    }
    ok_ = false;
    return 0;
  }

  [[nodiscard]] bool next_is_digit() const { return ok_ && !rest_.empty() && is_digit(rest_[0]); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

struct Clock {
  int hour = 0;
  int minute = 0;
  int second = 0;

  // No leap second: Unix time has no place for one.
  [[nodiscard]] bool ok() const { return hour <= 23 && minute <= 59 && second <= 59; }
  [[nodiscard]] Millis millis() const {
    return hour * kMillisPerHour + minute * kMillisPerMinute + second * kMillisPerSecond;
  }
};

Clock read_clock(Cursor& cursor) {
  Clock clock;
  clock.hour = cursor.digits(2);
  cursor.expect(":");
  clock.minute = cursor.digits(2);
  cursor.expect(":");
  clock.second = cursor.digits(2);
  return clock;
}

std::optional<Millis> midnight(int year, int month, int day) {
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) {
    return std::nullopt;
  }
  return std::chrono::sys_days{date}.time_since_epoch().count() * kMillisPerDay;
}

// The fraction of a second behind its dot: one to three digits.
Millis read_fraction(Cursor& cursor) {
  Millis millis = Millis{cursor.digits(1)} * 100;
  if (cursor.next_is_digit()) {
    millis += Millis{cursor.digits(1)} * 10;
  }
  if (cursor.next_is_digit()) {
    millis += cursor.digits(1);
  }
  return millis;
}

// `Z`, `+01:00` or `-01:00`, as what must be taken from the local time. Out of
// range gives nothing.
std::optional<Millis> read_offset(Cursor& cursor) {
  if (cursor.accept('Z') || cursor.accept('z')) {
    return 0;
  }
  const bool east = cursor.accept('+');
  if (!east) {
    cursor.expect("-");
  }
  const int hours = cursor.digits(2);
  cursor.expect(":");
  const int minutes = cursor.digits(2);
  if (hours > 23 || minutes > 59) {
    return std::nullopt;
  }
  const Millis offset = hours * kMillisPerHour + minutes * kMillisPerMinute;
  return east ? offset : -offset;
}

void put_digits(char* at, unsigned value, int count) {
  for (int i = count - 1; i >= 0; --i) {
    at[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

}  // namespace

std::optional<Millis> parse_rfc3339(std::string_view text) {
  Cursor cursor(text);
  const int year = cursor.digits(4);
  cursor.expect("-");
  const int month = cursor.digits(2);
  cursor.expect("-");
  const int day = cursor.digits(2);
  // The grammar of RFC 3339 takes `T` and `Z` in either case.
  if (!cursor.accept('t')) {
    cursor.expect("T");
  }
  const Clock clock = read_clock(cursor);
  const Millis fraction = cursor.accept('.') ? read_fraction(cursor) : 0;
  const std::optional<Millis> offset = read_offset(cursor);
  if (!cursor.at_end() || !offset || !clock.ok()) {
    return std::nullopt;
  }
  const std::optional<Millis> date = midnight(year, month, day);
  if (!date) {
    return std::nullopt;
  }
  return *date + clock.millis() + fraction - *offset;
}

std::optional<Millis> parse_classic_time(std::string_view text) {
  Cursor cursor(text);
  cursor.name_of_three("MonTueWedThuFriSatSun");
  cursor.expect(" ");
  const int month = 1 + cursor.name_of_three("JanFebMarAprMayJunJulAugSepOctNovDec");
  cursor.expect(" ");
  const int day = cursor.digits(2);
  cursor.expect(" ");
  const Clock clock = read_clock(cursor);
  cursor.expect(" +0000 ");
  const int year = cursor.digits(4);
  if (!cursor.at_end() || !clock.ok() || year < 1970) {
    return std::nullopt;
  }
  const std::optional<Millis> date = midnight(year, month, day);
  if (!date) {
    return std::nullopt;
  }
  return *date + clock.millis();
}

void append_rfc3339(std::string& out, Millis time) {
  const Millis days = time / kMillisPerDay;
  const auto millis = static_cast<unsigned>(time % kMillisPerDay);
  const std::chrono::year_month_day date{
      std::chrono::sys_days{std::chrono::days{static_cast<int>(days)}}};
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));

  // A deadline may lie in the first day of the year 10000, which takes a digit
  // more: the text starts one place further left then.
  std::array<char, 25> text;
  put_digits(text.data(), year, 5);
  text[5] = '-';
  put_digits(&text[6], static_cast<unsigned>(date.month()), 2);
  text[8] = '-';
  put_digits(&text[9], static_cast<unsigned>(date.day()), 2);
  text[11] = 'T';
  put_digits(&text[12], millis / 3'600'000, 2);
  text[14] = ':';
  put_digits(&text[15], millis / 60'000 % 60, 2);
  text[17] = ':';
  put_digits(&text[18], millis / 1'000 % 60, 2);
  text[20] = '.';
  put_digits(&text[21], millis % 1'000, 3);
  text[24] = 'Z';
  const std::size_t first = year < 10'000 ? 1 : 0;
  out.append(&text[first], text.size() - first);
}

std::optional<Millis> parse_duration(std::string_view text) {
  if (text == "0") {
    return 0;
  }
  const std::size_t digits = text.find_first_not_of("0123456789");
  if (digits == 0 || digits == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view unit = text.substr(digits);
  const Millis unit_ms = unit == "ms"  ? 1
                         : unit == "s" ? kMillisPerSecond
                         : unit == "m" ? kMillisPerMinute
                         : unit == "h" ? kMillisPerHour
                         : unit == "d" ? kMillisPerDay
                                       : 0;
  if (unit_ms == 0) {
    return std::nullopt;
  }
  Millis value = 0;
  for (const char c : text.substr(0, digits)) {
    value = value * 10 + (c - '0');
    if (value > kLastMillisecond / unit_ms) {
      return std::nullopt;
    }
  }
  return value * unit_ms;
}

}  // namespace tagtill
