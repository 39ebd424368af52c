#include "sinks/segment_names.h"

#include <fmt/core.h>

#include <charconv>

namespace tagtill {
namespace {

constexpr int kMarkShift = 40;
constexpr std::uint64_t kMarkBytes = (std::uint64_t{1} << kMarkShift) - 1;

constexpr std::size_t kNumberDigits = 8;
constexpr std::size_t kEventDigits = 20;
constexpr std::string_view kWhole = ".jsonl";
constexpr std::string_view kGrowing = ".part";

// Exactly so many digits at the beginning of `text`, which is cut off there.
bool take_number(std::string_view& text, std::size_t digits, std::uint64_t& number) {
  if (text.size() < digits) {
    return false;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number);
  const bool good = error == std::errc() && end == text.data() + digits;
  text.remove_prefix(digits);
  return good;
}

}  // namespace

std::string SegmentName::text() const {
  return fmt::format("{:08}-{:020}{}{}{}", number, first_event, stream.empty() ? "" : "-", stream,
                     grows ? kGrowing : kWhole);
}

std::optional<SegmentName> read_segment_name(std::string_view name) {
  SegmentName segment;
  if (!take_number(name, kNumberDigits, segment.number) || !name.starts_with('-')) {
    return std::nullopt;
  }
  name.remove_prefix(1);
  if (!take_number(name, kEventDigits, segment.first_event)) {
    return std::nullopt;
  }
  if (name == kWhole) {
    return segment;
  }
  if (!name.ends_with(kGrowing)) {
    return std::nullopt;
  }
  name.remove_suffix(kGrowing.size());
  segment.grows = true;
  if (name.empty()) {
    return segment;
  }
  segment.stream = name.substr(1);
  return name.starts_with('-') && !segment.stream.empty() ? std::optional(segment) : std::nullopt;
}

SegmentMark SegmentMark::read(std::uint64_t mark) {
  return {mark >> kMarkShift, mark & kMarkBytes};
}
std::uint64_t SegmentMark::value() const { return number << kMarkShift | bytes; }

}  // namespace tagtill
