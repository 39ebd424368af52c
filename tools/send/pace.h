// When each line of a recording is due.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/post_decoder.h"
#include "engine/time.h"

namespace tagtill {

// A schedule, which does not wait for whoever is late:
//
//   max    every line is due at once
//   N/s    line i, from 0, is due i/N seconds after the start
//   Fx     as far apart as the event times (P1.5) of the posts, F times as fast. Lines without a
//          time, and posts that come out of order, are due with the line before. What lies more
//          than kGapMax before or behind (the next dump; the recording once more; one bad time) is
//          due with the line before, too, and time goes on from there.
//
// Used by one thread. Cost: of Fx, decoding every line.
class Pace {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  static constexpr Millis kGapMax = 60'000;

  // `1x`, `2.5x`, `100/s`, `max`. Throws tagtill::Error (kUsage) if it is none of these.
  explicit Pace(std::string_view speed);

  void start(TimePoint now) { start_ = now; }
  // Of the next line. To be called once for each, after start().
  [[nodiscard]] TimePoint due_of(std::string_view line);

  [[nodiscard]] bool is_max() const { return kind_ == Kind::kMax; }
  // Lines a second for N/s, else F; of max 0.
  [[nodiscard]] double asked() const { return rate_; }
  // As asked(), of lines that took so long.
  [[nodiscard]] double held(std::uint64_t lines, double seconds) const;
  // ` lines/s` or `x`; of max ` lines/s`.
  [[nodiscard]] std::string_view unit() const { return kind_ == Kind::kTimes ? "x" : " lines/s"; }

 private:
  enum class Kind : std::uint8_t { kMax, kRate, kTimes };

  void move_to(Millis at);

  Kind kind_ = Kind::kMax;
  double rate_ = 0;
  TimePoint start_{};
  std::uint64_t lines_ = 0;
  bool has_time_ = false;
  Millis latest_ = 0;  // event time
  Millis moved_ms_ = 0;
  PostDecoder decoder_;
};

}  // namespace tagtill
