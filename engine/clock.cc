#include "engine/clock.h"

namespace tagtill {
namespace {

class SteadyClock : public Clock {
 public:
  TimePoint now() override { return std::chrono::steady_clock::now(); }
};

}  // namespace

Clock& Clock::real() {
  static SteadyClock clock;
  return clock;
}

}  // namespace tagtill
