// Durations and sizes as a person writes them, in configuration files and options.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/time.h"

namespace tagtill {

// The longest duration that an option or a key takes: ten years.
inline constexpr Millis kDurationMost = 10LL * 365 * 24 * 3600 * 1000;

// The shortest exact form that parse_duration() (engine/time.h) reads: `30s`, not `30000ms`.
[[nodiscard]] std::string duration_text(Millis duration);

// Reads a whole number of bytes, or of a unit: `65536`, `64KiB`, `64MiB`, `1GiB`, `1TiB`.
// Nothing else, and nothing beyond 2^62.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

// The shortest exact form that parse_size() reads.
[[nodiscard]] std::string size_text(std::uint64_t bytes);

}  // namespace tagtill
