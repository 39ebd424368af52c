// A recording that purchases are woven into, and that can be repeated.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/line_places.h"

namespace tagtill::corpus {

// The recording is none that anything can be woven into. what() is a whole sentence.
class BackgroundError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// One line of it.
struct BackgroundLine {
  std::string_view bytes;  // with its end
  std::uint32_t first_place = 0, place_count = 0;
  std::uint32_t stretch = 0;
  // Where the line stands in the recording's time: never goes back within a stretch.
  std::int64_t at_ms = 0;
  // Its own time, if it is a post (P1.5); it may be anything.
  std::optional<std::int64_t> event_ms;
  // A hash sign stands in it, however it is spelled: without one it is no candidate.
  bool has_sign = false;
  // Its times cannot be shifted, so they stay.
  bool keeps_time = false;
};

// Times outside of these are taken for errors: ids that hold a time (P1.5) began late in
// 2010 and end in 2080.
inline constexpr std::int64_t kEarliestMs = 1'293'840'000'000;  // 2011
inline constexpr std::int64_t kLatestMs = 3'439'756'800'000;    // 2079

// A piece of the recording in which time goes on without great leaps.
struct Stretch {
  std::int64_t begin_ms = 0, end_ms = 0;
};

// Holds the recording in memory, whole: at most kBytesMax, in which each line counts
// kLineCost bytes more; beside it 24 bytes an id, time or name (some third more, all in all).
// Filled by add(), then settled, then only read: the views of its lines live as long as it does.
// One owner, one thread.
//
// A line's place in time is the median of the times around it, so that a line with a wrong
// one, or without any, moves nothing. Where that leaps by more than a quarter of an hour,
// forward or back, a new stretch begins.
class Background {
 public:
  static constexpr std::uint64_t kBytesMax = std::uint64_t{2} << 30U;
  static constexpr std::uint64_t kLineCost = 128;

  // The next lines, whole; the last one of a source may lack its end and gets the one that
  // lines had before. Throws BackgroundError when there are more than kBytesMax.
  void add(std::string_view lines);

  // To be called once, after the last line. Throws BackgroundError if no line has a time.
  void settle();

  // Then, if it is to be repeated: how much later each stretch will be at most. Lines whose
  // times cannot be moved so far keep them.
  void limit_shift(std::span<const std::int64_t> later_ms);

  const std::vector<BackgroundLine>& lines() const { return lines_; }
  const std::vector<Stretch>& stretches() const { return stretches_; }
  std::span<const Place> places(const BackgroundLine& line) const {
    return std::span(places_).subspan(line.first_place, line.place_count);
  }
  std::uint64_t bytes() const { return bytes_; }
  std::string_view line_end() const { return line_end_; }
  // Most of its posts have a `timestamp_ms`, as from 2014 on.
  bool has_timestamps() const { return 2 * timestamps_ > posts_; }

  // The first of UserPool::kIdsWithBase ids that no user of the recording has, in whatever
  // copy.
  std::uint64_t free_user_ids() const;

 private:
  void add_line(std::string_view bytes);
  void remember_user(std::int64_t id);

  std::deque<std::string> chunks_;
  std::vector<BackgroundLine> lines_;
  std::vector<Place> places_;
  std::vector<Stretch> stretches_;
  std::vector<std::optional<std::int64_t>> times_;  // of lines, until they are settled
  std::vector<bool> taken_;                         // user ids by their first digits
  std::string line_end_ = "\n";
  std::uint64_t bytes_ = 0, posts_ = 0, timestamps_ = 0;
};

}  // namespace tagtill::corpus
