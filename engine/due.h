// What falls due in a shard, as its wheel holds it.
#pragma once

#include <cstdint>

#include "engine/timing_wheel.h"

namespace tagtill {

enum class DueKind : std::uint8_t { kWindow, kParked, kNotices, kPost };

// A wheel's entry: what it is, and the number of its record (below 2^25).
[[nodiscard]] constexpr TimingWheel::Entry wheel_entry(DueKind kind, std::uint32_t index) {
  return static_cast<TimingWheel::Entry>(kind) << 30 | index;
}
[[nodiscard]] constexpr DueKind kind_of(TimingWheel::Entry entry) {
  return static_cast<DueKind>(entry >> 30);
}
[[nodiscard]] constexpr std::uint32_t index_of(TimingWheel::Entry entry) {
  return entry & ((1U << 30) - 1);
}

}  // namespace tagtill
