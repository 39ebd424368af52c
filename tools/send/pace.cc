#include "tools/send/pace.h"

#include <fmt/core.h>

#include <charconv>
#include <cmath>
#include <system_error>

#include "engine/block.h"
#include "engine/errors.h"

namespace tagtill {
namespace {

constexpr double kRateMax = 1e9;
constexpr double kTimesMin = 1e-3;
constexpr double kTimesMax = 1e6;

}  // namespace

Pace::Pace(std::string_view speed) {
  if (speed == "max") {
    return;
  }
  const char* const last = speed.data() + speed.size();
  const auto [end, error] = std::from_chars(speed.data(), last, rate_, std::chars_format::fixed);
  const std::string_view unit(end, static_cast<std::size_t>(last - end));
  kind_ = unit == "x" ? Kind::kTimes : Kind::kRate;
  const bool good = error == std::errc{} &&
                    (unit == "x"    ? rate_ >= kTimesMin && rate_ <= kTimesMax
                     : unit == "/s" ? rate_ >= 1 && rate_ <= kRateMax && rate_ == std::floor(rate_)
                                    : false);
  if (!good) {
    throw Error(ExitCode::kUsage,
                fmt::format("--speed {} is not understood. Give 1x, 10x, 0.5x and so on (0.001x to "
                            "1000000x), a whole number of lines a second as 5700/s (1/s to "
                            "1000000000/s), or max.",
                            speed));
  }
}

Pace::TimePoint Pace::due_of(std::string_view line) {
  switch (kind_) {
    case Kind::kMax:
      return start_;
    case Kind::kRate: {
      const auto rate = static_cast<std::uint64_t>(rate_);
      const std::uint64_t number = lines_++;
      constexpr std::uint64_t kSecond = 1'000'000'000;
      return start_ +
             std::chrono::nanoseconds(number / rate * kSecond + number % rate * kSecond / rate);
    }
    case Kind::kTimes:
      break;
  }
  if (line.size() <= kLineBytesMax && line.find_first_not_of(" \t\r") != std::string_view::npos) {
    const DecodedLine& decoded = decoder_.decode(line);
    if (decoded.kind == LineKind::kPost) {
      move_to(decoded.at);
    }
  }
  const auto elapsed =
      std::chrono::duration<double, std::milli>(static_cast<double>(moved_ms_) / rate_);
  return start_ + std::chrono::duration_cast<std::chrono::nanoseconds>(elapsed);
}

double Pace::held(std::uint64_t lines, double seconds) const {
  const double done =
      kind_ == Kind::kTimes ? static_cast<double>(moved_ms_) / 1000 : static_cast<double>(lines);
  return seconds > 0 ? done / seconds : 0;
}

void Pace::move_to(Millis at) {
  const Millis step = at - latest_;
  const bool is_gap = !has_time_ || step > kGapMax || step < -kGapMax;
  if (is_gap || step > 0) {
    moved_ms_ += is_gap ? 0 : step;
    latest_ = at;
  }
  has_time_ = true;
}

}  // namespace tagtill
