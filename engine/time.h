// Times are milliseconds since the Unix epoch, UTC, in 64 bits with sign.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tagtill {

using Millis = std::int64_t;

// The last millisecond of the year 9999: what is later is no event time (P1.5).
inline constexpr Millis kLastMillisecond = 253'402'300'799'999;

// Reads RFC 3339 with at most three digits of a second's fraction
// (`2013-02-11T12:00:00Z`, `…T12:00:00.5+01:00`; `t` and `z` as well, as its
// grammar has it); nothing else, no leap second. May lie before 1970.
[[nodiscard]] std::optional<Millis> parse_rfc3339(std::string_view text);

// Reads the classic form, exactly: `Thu Jan 26 16:00:00 +0000 2017` (P1.5).
// The weekday must be one, but need not fit the date; the day must exist. Any
// offset other than +0000 is refused: the form says UTC. So is what lies before
// 1970, which is no event time.
[[nodiscard]] std::optional<Millis> parse_classic_time(std::string_view text);

// Appends `2013-02-11T12:00:00.000Z` (P8). `time` must lie in 0 …
// kLastMillisecond plus a day, which every deadline does.
void append_rfc3339(std::string& out, Millis time);

// Reads a duration of the command line: a whole number and its unit, as `30s`,
// `1500ms`, `15m`, `24h`, `2d`; of those without a unit only `0`. At most
// kLastMillisecond, so that no sum of a time and a duration overflows.
[[nodiscard]] std::optional<Millis> parse_duration(std::string_view text);

}  // namespace tagtill
