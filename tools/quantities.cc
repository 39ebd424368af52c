#include "tools/quantities.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <system_error>

namespace tagtill {
namespace {

constexpr std::uint64_t kSizeMost = std::uint64_t{1} << 62;
constexpr std::array<std::string_view, 5> kUnits = {"", "KiB", "MiB", "GiB", "TiB"};

}  // namespace

std::string duration_text(Millis duration) {
  if (duration == 0) {
    return "0";
  }
  if (duration % 3'600'000 == 0) {
    return fmt::format("{}h", duration / 3'600'000);
  }
  if (duration % 60'000 == 0) {
    return fmt::format("{}m", duration / 60'000);
  }
  if (duration % 1000 == 0) {
    return fmt::format("{}s", duration / 1000);
  }
  return fmt::format("{}ms", duration);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t count = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, count);
  if (error != std::errc{}) {
    return std::nullopt;
  }
  const std::string_view unit(end, static_cast<std::size_t>(last - end));
  for (std::size_t i = 0; i < kUnits.size(); ++i) {
    if (unit == kUnits[i]) {
      const std::size_t shift = 10 * i;
      return count <= kSizeMost >> shift ? std::optional(count << shift) : std::nullopt;
    }
  }
  return std::nullopt;
}

std::string size_text(std::uint64_t bytes) {
  std::size_t unit = 0;
  while (bytes != 0 && bytes % 1024 == 0 && unit + 1 < kUnits.size()) {
    bytes /= 1024;
    ++unit;
  }
  return fmt::format("{}{}", bytes, kUnits[unit]);
}

}  // namespace tagtill
