// The names of segments (segment_sink.h), and the mark by which a state knows where one ends.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tagtill {

// `00000007-00000000000000123456.jsonl`, or `00000008-00000000000000130001-STREAM.part`, without
// the `-STREAM` in a run without a state.
struct SegmentName {
  std::uint64_t number = 0;
  std::uint64_t first_event = 0;  // that could be in it
  bool grows = false;             // .part
  std::string stream{};           // of one that grows; empty: of a run without a state

  [[nodiscard]] std::string text() const;
};

// Nothing, if it is no name of a segment.
[[nodiscard]] std::optional<SegmentName> read_segment_name(std::string_view name);

// How far a folder of segments was written: which one grows, and how long it is.
struct SegmentMark {
  static constexpr std::uint64_t kNumberMost = (std::uint64_t{1} << 24) - 1;

  std::uint64_t number = 0;
  std::uint64_t bytes = 0;  // below 2^40

  [[nodiscard]] static SegmentMark read(std::uint64_t mark);
  [[nodiscard]] std::uint64_t value() const;
};

}  // namespace tagtill
