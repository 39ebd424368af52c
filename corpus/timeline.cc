#include "corpus/timeline.h"

#include <algorithm>

namespace tagtill::corpus {
namespace {

constexpr std::int64_t kSecondMs = 1'000;

std::int64_t whole_seconds(std::int64_t ms) { return (ms + kSecondMs - 1) / kSecondMs * kSecondMs; }

}  // namespace

Timeline::Timeline(std::span<const Stretch> stretches) {
  std::int64_t last_ms = 0;
  story_end_ms_ = stretches.front().begin_ms;
  for (const Stretch& stretch : stretches) {
    const std::int64_t lasts_ms = stretch.end_ms - stretch.begin_ms;
    begin_.push_back(stretch.begin_ms);
    story_begin_.push_back(std::max(stretch.begin_ms, story_end_ms_));
    story_end_ms_ = story_begin_.back() + lasts_ms;
    offset_.push_back(length_ms_);
    length_ms_ += lasts_ms + kSecondMs;
    last_ms = std::max(last_ms, stretch.end_ms);
  }
  length_ms_ = whole_seconds(length_ms_);
  first_copy_ms_ = std::max(story_end_ms_, last_ms) + kSecondMs;
}

std::int64_t Timeline::later_ms(std::uint64_t copy, std::uint32_t stretch) const {
  if (copy == 0) {
    return 0;
  }
  const std::int64_t begin_ms =
      first_copy_ms_ + static_cast<std::int64_t>(copy - 1) * length_ms_ + offset_[stretch];
  return whole_seconds(begin_ms - begin_[stretch]);
}

std::int64_t Timeline::story_ms(std::uint64_t copy, std::uint32_t stretch,
                                std::int64_t at_ms) const {
  return copy == 0 ? story_begin_[stretch] + at_ms - begin_[stretch]
                   : at_ms + later_ms(copy, stretch);
}

std::int64_t Timeline::end_ms(std::uint64_t copies) const {
  return copies <= 1 ? story_end_ms_
                     : first_copy_ms_ + static_cast<std::int64_t>(copies - 1) * length_ms_;
}

}  // namespace tagtill::corpus
