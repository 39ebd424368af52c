// What comes to a sink from outside: time, chance, and the wish to stop. So a test can say
// what time it is.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "engine/errors.h"
#include "engine/time.h"

namespace tagtill {

// For sinks that wait for others. They call these on their own thread.
struct Surroundings {
  // 64 bits, for the jitter of waits.
  std::function<std::uint64_t()> random;
  // Milliseconds of a clock that never goes back.
  std::function<Millis()> steady_ms;
  // Milliseconds since 1970: what time it is to others.
  std::function<Millis()> real_ms;
  // Returns after so long, or earlier.
  std::function<void(Millis)> sleep;
  // Asked at least every kAskEvery while a sink waits for somebody who does not answer; when it
  // says true the sink throws GaveUp. Whoever does answer, within kPatience, is not given up: so
  // a run that ends writes what it has.
  std::function<bool()> give_up;
  // A sentence for whoever watches the run: others cannot be reached, or can be again.
  std::function<void(const std::string&)> say;
  // Something did not work, and will be tried again.
  std::function<void()> retrying;
};

inline constexpr Millis kAskEvery = 50;
inline constexpr Millis kPatience = 5'000;

// Those of this process. Nobody gives up, and nobody is told anything.
[[nodiscard]] Surroundings real_surroundings();

// A sink was asked to give up while it waited for something. What it was given since its last
// flush() may be in the output or not; it will be given again.
class GaveUp : public Error {
 public:
  explicit GaveUp(const std::string& message) : Error(ExitCode::kIoFailed, message) {}
};

// Sleeps, asking on the way whether to give up: then false.
[[nodiscard]] bool wait_for(const Surroundings& around, Millis how_long);

// How long to wait before trying again: at random up to a limit that doubles with each failure
// (full jitter), so that those who wait for one server do not come all at once.
class Backoff {
 public:
  Backoff(Millis first, Millis most) : first_(first), most_(most), limit_(first) {}

  // After another failure. At least 1.
  [[nodiscard]] Millis next(std::uint64_t random);
  // It worked.
  void reset() { limit_ = first_; }

 private:
  Millis first_;
  Millis most_;
  Millis limit_;
};

}  // namespace tagtill
