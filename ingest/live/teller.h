// Says what an operator should hear, not too often.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "engine/clock.h"

namespace tagtill {

// Of each cause at most one sentence in kEvery; the next one says how many were left out.
// Used by one thread.
class Teller {
 public:
  enum class Cause : std::uint8_t {
    kLimit,
    kRefused,
    kTakenOver,
    kBroken,
    kFile,
    kControl,
    kCount
  };
  static constexpr std::chrono::seconds kEvery{1};

  // `say` may be empty.
  Teller(std::function<void(const std::string&)> say, Clock& clock)
      : say_(std::move(say)), clock_(clock) {}

  void tell(Cause cause, const std::string& sentence);

 private:
  struct Said {
    bool ever = false;
    Clock::TimePoint at;
    std::uint64_t left_out = 0;
  };

  std::function<void(const std::string&)> say_;
  Clock& clock_;
  std::array<Said, static_cast<std::size_t>(Cause::kCount)> said_;
};

}  // namespace tagtill
