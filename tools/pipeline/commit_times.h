// When what an output lacks was committed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "engine/clock.h"

namespace tagtill {

// Of a sequence of parcels that are committed one after the other. Used by one thread.
//
// Bounds: kMarks times, at even distances: when they are too many every second one is forgotten,
// and from then on as many fewer are kept. What a time that is missing stood for seems to have been
// committed as early as what came before it: at most a hundredth of the lag too early, and never
// too late.
class CommitTimes {
 public:
  static constexpr std::size_t kMarks = 512;

  // Numbers of the parcel's first event and dead letter: not smaller than the last ones.
  void note(std::uint64_t first_event, std::uint64_t first_letter, Clock::TimePoint at) {
    if (noted_++ % distance_ != 0) {
      return;
    }
    if (marks_.size() == kMarks) {
      distance_ *= 2;
      for (std::size_t i = 1; i < kMarks / 2; ++i) {
        marks_[i] = marks_[2 * i];
      }
      marks_.resize(kMarks / 2);
    }
    marks_.push_back({first_event, first_letter, at});
  }

  // Nothing: it was committed before the first that was noted.
  [[nodiscard]] std::optional<Clock::TimePoint> of(std::uint64_t number, bool letters) const {
    std::optional<Clock::TimePoint> found;
    for (const Mark& mark : marks_) {
      if ((letters ? mark.letter : mark.event) > number) {
        break;
      }
      found = mark.at;
    }
    return found;
  }

  // No output lacks anything.
  void clear() {
    marks_.clear();
    noted_ = 0;
    distance_ = 1;
  }

 private:
  struct Mark {
    std::uint64_t event;
    std::uint64_t letter;
    Clock::TimePoint at;
  };
  std::deque<Mark> marks_;
  std::uint64_t noted_ = 0;
  std::uint64_t distance_ = 1;  // so many are noted for one that is kept
};

}  // namespace tagtill
