// The spellings of the classic wire form: escapes, numbers and times.
//
// Every function appends to a string that its caller owns and reuses; none keeps state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tagtill::corpus {

// The inside of a JSON string as recorded dumps spell it: pure ASCII, lower-case
// \uXXXX (surrogate pairs beyond the basic plane), `\/`, \u003c \u003e \u007b \u007d;
// `&` and `'` raw. `utf8` must be valid UTF-8.
std::string to_wire(std::string_view utf8);

// Code points of valid UTF-8: what the indices of a post's entities count.
std::uint32_t count_code_points(std::string_view utf8);

// The inside of a JSON string as P8 spells it: UTF-8 stays, only `"`, `\` and control
// characters are escaped.
void append_json_utf8(std::string& out, std::string_view utf8);

void append_number(std::string& out, std::uint64_t value);

// `"value"`: how ids stand in their `_str` members.
void append_quoted_number(std::string& out, std::uint64_t value);

// `Thu Jan 26 16:00:00 +0000 2017` (P1.5), whole seconds, rounded down. 1970 to 9999.
void append_created_at(std::string& out, std::int64_t unix_ms);

// What append_created_at() writes, back to milliseconds; the weekday need not fit (P1.5).
std::optional<std::int64_t> read_created_at(std::string_view text);

// A number of 1 to 19 digits and nothing else, below 2^63.
std::optional<std::int64_t> read_digits(std::string_view text);

// `2017-01-26T16:00:00.000Z` (P8). 1970 to 9999.
void append_rfc3339(std::string& out, std::int64_t unix_ms);

// The snowflake id of a post of this time (P1.5); `low_bits` fills what the time leaves.
// `unix_ms` must lie after the snowflake epoch (November 2010).
std::uint64_t snowflake(std::int64_t unix_ms, std::uint64_t low_bits);

// The bits of a snowflake id below its time.
inline constexpr unsigned kSnowflakeLowBits = 22;
inline constexpr std::int64_t kSnowflakeEpochMs = 1'288'834'974'657;

}  // namespace tagtill::corpus
