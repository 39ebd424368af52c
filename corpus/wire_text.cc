#include "corpus/wire_text.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <system_error>

namespace tagtill::corpus {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

void append_unit(std::string& out, std::uint32_t unit) {
  out += "\\u";
  for (unsigned shift = 16; shift != 0;) {
    shift -= 4;
    out += kHexDigits[(unit >> shift) & 0xfU];
  }
}

void append_code_point(std::string& out, std::uint32_t code_point) {
  if (code_point < 0x10000U) {
    append_unit(out, code_point);
    return;
  }
  const std::uint32_t rest = code_point - 0x10000U;
  append_unit(out, 0xd800U + (rest >> 10U));
  append_unit(out, 0xdc00U + (rest & 0x3ffU));
}

// Appends the two-character escape of `byte` if JSON has one.
bool append_short_escape(std::string& out, unsigned char byte) {
  switch (byte) {
    case '"':
      out += "\\\"";
      return true;
    case '\\':
      out += "\\\\";
      return true;
    case '\b':
      out += "\\b";
      return true;
    case '\f':
      out += "\\f";
      return true;
    case '\n':
      out += "\\n";
      return true;
    case '\r':
      out += "\\r";
      return true;
    case '\t':
      out += "\\t";
      return true;
    default:
      return false;
  }
}

constexpr std::string_view kWeekdays = "SunMonTueWedThuFriSat";
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";

// The place of a name of three letters in a row of them.
std::optional<std::size_t> place_of(std::string_view name, std::string_view names) {
  for (std::size_t place = 0; place < names.size(); place += 3) {
    if (names.substr(place, 3) == name) {
      return place / 3;
    }
  }
  return std::nullopt;
}

struct CivilTime {
  std::uint32_t year, month, day, hour, minute, second, millisecond, weekday;
};

// Days since 1970 to a date of the Gregorian calendar, counted in eras of 400 years that
// begin in March, so that the leap day ends a year.
CivilTime to_civil(std::int64_t unix_ms) {
  constexpr std::uint64_t kDayMs = 86'400'000;
  constexpr std::uint64_t kDaysBeforeEpoch = 719'468;  // 1 March of year 0 to 1970
  constexpr std::uint64_t kEraDays = 146'097;
  const auto ms = static_cast<std::uint64_t>(unix_ms < 0 ? 0 : unix_ms);
  const std::uint64_t days = ms / kDayMs + kDaysBeforeEpoch;
  const std::uint64_t era = days / kEraDays;
  const std::uint64_t day_of_era = days % kEraDays;
  const std::uint64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::uint64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::uint64_t march_month = (5 * day_of_year + 2) / 153;
  const std::uint64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
  const std::uint64_t in_day = ms % kDayMs;
  return CivilTime{
      .year = static_cast<std::uint32_t>(year_of_era + era * 400 + (month <= 2 ? 1 : 0)),
      .month = static_cast<std::uint32_t>(month),
      .day = static_cast<std::uint32_t>(day_of_year - (153 * march_month + 2) / 5 + 1),
      .hour = static_cast<std::uint32_t>(in_day / 3'600'000),
      .minute = static_cast<std::uint32_t>(in_day / 60'000 % 60),
      .second = static_cast<std::uint32_t>(in_day / 1'000 % 60),
      .millisecond = static_cast<std::uint32_t>(in_day % 1'000),
      .weekday = static_cast<std::uint32_t>((ms / kDayMs + 4) % 7),  // 1970: a Thursday
  };
}

// `value` as exactly `digits` digits.
void put_digits(char* at, std::uint32_t value, std::size_t digits) {
  for (std::size_t place = digits; place-- != 0; value /= 10) {
    at[place] = static_cast<char>('0' + value % 10);
  }
}

}  // namespace

std::string to_wire(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size() * 2);
  for (std::size_t at = 0; at < utf8.size();) {
    const auto byte = static_cast<unsigned char>(utf8[at]);
    if (byte < 0x80) {
      ++at;
      if (byte == '/') {
        out += "\\/";
      } else if (byte == '<' || byte == '>' || byte == '{' || byte == '}' || byte == 0x7f) {
        append_unit(out, byte);
      } else if (!append_short_escape(out, byte)) {
        if (byte < 0x20) {
          append_unit(out, byte);
        } else {
          out += static_cast<char>(byte);
        }
      }
      continue;
    }
    const std::size_t length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    std::uint32_t code_point = byte & (0xffU >> (length + 1));
    for (std::size_t next = 1; next < length; ++next) {
      code_point = (code_point << 6U) | (static_cast<unsigned char>(utf8[at + next]) & 0x3fU);
    }
    append_code_point(out, code_point);
    at += length;
  }
  return out;
}

std::uint32_t count_code_points(std::string_view utf8) {
  std::uint32_t count = 0;
  for (const char byte : utf8) {
    if ((static_cast<unsigned char>(byte) & 0xc0U) != 0x80U) {
      ++count;
    }
  }
  return count;
}

void append_json_utf8(std::string& out, std::string_view utf8) {
  for (const char character : utf8) {
    const auto byte = static_cast<unsigned char>(character);
    if (append_short_escape(out, byte)) {
      continue;
    }
    if (byte < 0x20) {
      append_unit(out, byte);
    } else {
      out += character;
    }
  }
}

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void append_quoted_number(std::string& out, std::uint64_t value) {
  out += '"';
  append_number(out, value);
  out += '"';
}

void append_created_at(std::string& out, std::int64_t unix_ms) {
  const CivilTime time = to_civil(unix_ms);
  std::array<char, 30> text{'D', 'd', 'd', ' ', 'M', 'm', 'm', ' ', '0', '0',
                            ' ', '0', '0', ':', '0', '0', ':', '0', '0', ' ',
                            '+', '0', '0', '0', '0', ' ', '0', '0', '0', '0'};
  kWeekdays.copy(text.data(), 3, std::size_t{3} * time.weekday);
  kMonths.copy(text.data() + 4, 3, std::size_t{3} * (time.month - 1));
  put_digits(text.data() + 8, time.day, 2);
  put_digits(text.data() + 11, time.hour, 2);
  put_digits(text.data() + 14, time.minute, 2);
  put_digits(text.data() + 17, time.second, 2);
  put_digits(text.data() + 26, time.year, 4);
  out.append(text.data(), text.size());
}

std::optional<std::int64_t> read_created_at(std::string_view text) {
  constexpr std::size_t kLength = 30;
  if (text.size() != kLength || !place_of(text.substr(0, 3), kWeekdays)) {
    return std::nullopt;
  }
  const auto month = place_of(text.substr(4, 3), kMonths);
  const auto day = read_digits(text.substr(8, 2));
  const auto hour = read_digits(text.substr(11, 2));
  const auto minute = read_digits(text.substr(14, 2));
  const auto second = read_digits(text.substr(17, 2));
  const auto year = read_digits(text.substr(26, 4));
  if (!month || !day || !hour || !minute || !second || !year || *year < 1970) {
    return std::nullopt;
  }
  // Years that begin in March, as in to_civil().
  const std::int64_t years = *year - (*month < 2 ? 1 : 0);
  const std::int64_t march_month = (static_cast<std::int64_t>(*month) + 10) % 12;
  const std::int64_t days = years * 365 + years / 4 - years / 100 + years / 400 +
                            (153 * march_month + 2) / 5 + *day - 1 - 719'468;
  const std::int64_t unix_ms = (((days * 24 + *hour) * 60 + *minute) * 60 + *second) * 1'000;
  // Whatever is out of range, or not where it should be, does not come back the same.
  std::string again;
  append_created_at(again, unix_ms);
  if (std::string_view(again).substr(3) != text.substr(3)) {
    return std::nullopt;
  }
  return unix_ms;
}

std::optional<std::int64_t> read_digits(std::string_view text) {
  constexpr std::size_t kDigitsMax = 19;
  if (text.empty() || text.size() > kDigitsMax) {
    return std::nullopt;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.front() == '-') {
    return std::nullopt;
  }
  return value;
}

void append_rfc3339(std::string& out, std::int64_t unix_ms) {
  const CivilTime time = to_civil(unix_ms);
  std::array<char, 24> text{'0', '0', '0', '0', '-', '0', '0', '-', '0', '0', 'T', '0',
                            '0', ':', '0', '0', ':', '0', '0', '.', '0', '0', '0', 'Z'};
  put_digits(text.data(), time.year, 4);
  put_digits(text.data() + 5, time.month, 2);
  put_digits(text.data() + 8, time.day, 2);
  put_digits(text.data() + 11, time.hour, 2);
  put_digits(text.data() + 14, time.minute, 2);
  put_digits(text.data() + 17, time.second, 2);
  put_digits(text.data() + 20, time.millisecond, 3);
  out.append(text.data(), text.size());
}

std::uint64_t snowflake(std::int64_t unix_ms, std::uint64_t low_bits) {
  const auto since_epoch = static_cast<std::uint64_t>(unix_ms - kSnowflakeEpochMs);
  return (since_epoch << kSnowflakeLowBits) |
         (low_bits & ((std::uint64_t{1} << kSnowflakeLowBits) - 1));
}

}  // namespace tagtill::corpus
