#include "sinks/surroundings.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <random>
#include <thread>

namespace tagtill {
namespace {

template <typename Clock>
Millis now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now().time_since_epoch())
      .count();
}

}  // namespace

Surroundings real_surroundings() {
  Surroundings real;
  // std::function wants to be copied; a device is not.
  real.random = [device = std::make_shared<std::random_device>()] {
    return std::uint64_t{(*device)()} << 32 | (*device)();
  };
  real.steady_ms = now_ms<std::chrono::steady_clock>;
  real.real_ms = now_ms<std::chrono::system_clock>;
  real.sleep = [](Millis how_long) {
    std::this_thread::sleep_for(std::chrono::milliseconds(how_long));
  };
  real.give_up = [] { return false; };
  real.say = [](const std::string&) {};
  real.retrying = [] {};
  return real;
}

bool wait_for(const Surroundings& around, Millis how_long) {
  const Millis end = around.steady_ms() + how_long;
  for (;;) {
    if (around.give_up()) {
      return false;
    }
    const Millis left = end - around.steady_ms();
    if (left <= 0) {
      return true;
    }
    around.sleep(std::min(left, kAskEvery));
  }
}

Millis Backoff::next(std::uint64_t random) {
  const Millis wait = 1 + static_cast<Millis>(random % static_cast<std::uint64_t>(limit_));
  limit_ = std::min(limit_ * 2, most_);
  return wait;
}

}  // namespace tagtill
