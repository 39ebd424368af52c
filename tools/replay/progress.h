// The line on standard error that says how far a run is.
#pragma once

#include <chrono>
#include <cstdint>

namespace tagtill {

// Used by one thread. update() costs a comparison unless 200 ms have passed.
class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  // `total_bytes`: 0 when nobody knows; then there is no percent and no time left.
  Progress(bool shown, std::uint64_t total_bytes, Clock::time_point start);

  void update(std::uint64_t bytes_done, Clock::time_point now);

  // Takes the line away, before a message and at the end.
  void clear();

 private:
  static constexpr std::chrono::milliseconds kEvery{200};

  bool shown_;
  bool visible_ = false;
  std::uint64_t total_bytes_;
  Clock::time_point start_;
  Clock::time_point next_;
};

}  // namespace tagtill
