// What the parts of tier_probe share: time, and how they fail.
#pragma once

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <stdexcept>
#include <string>
#include <system_error>

namespace tier_probe {

using Nanos = std::int64_t;

inline constexpr Nanos kSecond = 1'000'000'000;
inline constexpr Nanos kMillisecond = 1'000'000;

inline Nanos now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

inline void sleep_until(Nanos at) {
  const timespec until{at / kSecond, at % kSecond};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

inline double in_ms(Nanos time) {
  return static_cast<double>(time) / static_cast<double>(kMillisecond);
}

[[noreturn]] inline void fail(const std::string& sentence) { throw std::runtime_error(sentence); }
[[noreturn]] inline void fail_errno(const std::string& what) {
  fail(what + ": " + std::generic_category().message(errno) + ".");
}

}  // namespace tier_probe
