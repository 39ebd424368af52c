// When what happens in a stream that repeats a recording.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "corpus/background.h"

namespace tagtill::corpus {

// The recording itself keeps its times. Each copy of it begins after all that was before,
// and closes the gaps between the recording's stretches to a second: so copies of minutes
// that were recorded years apart go on for minutes.
//
// Stories have a time of their own, which goes on where the recording's does and never
// goes back: where the recording goes back, it goes on from where it was.
class Timeline {
 public:
  // At least one stretch.
  explicit Timeline(std::span<const Stretch> stretches);

  // The stories' time in a copy (0: the recording itself) at `at_ms` of a stretch.
  std::int64_t story_ms(std::uint64_t copy, std::uint32_t stretch, std::int64_t at_ms) const;
  // How much later than recorded a stretch is in a copy: whole seconds, none for copy 0.
  std::int64_t later_ms(std::uint64_t copy, std::uint32_t stretch) const;

  std::int64_t begin_ms() const { return story_begin_.front(); }
  std::int64_t end_ms(std::uint64_t copies) const;
  // Of the recording without its gaps.
  std::int64_t length_ms() const { return length_ms_; }

 private:
  std::vector<std::int64_t> begin_;        // of the stretches, as recorded
  std::vector<std::int64_t> story_begin_;  // as the stories in copy 0 have it
  std::vector<std::int64_t> offset_;       // in copies
  std::int64_t story_end_ms_ = 0;          // of copy 0
  std::int64_t first_copy_ms_ = 0;
  std::int64_t length_ms_ = 0;
};

}  // namespace tagtill::corpus
