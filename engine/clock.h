// Time of the machine, for what is done every so often. No decision about a purchase knows it.
#pragma once

#include <chrono>

namespace tagtill {

// Any thread. A test gives one of its own, which moves as it is told.
class Clock {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  Clock() = default;
  virtual ~Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;

  // Never goes back.
  [[nodiscard]] virtual TimePoint now() = 0;

  static Clock& real();
};

}  // namespace tagtill
