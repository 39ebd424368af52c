// Waiting, and how long.
#include "sinks/surroundings.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/seeded.h"

namespace tagtill {
namespace {

TEST(Backoff, WaitsAtRandomUpToALimitThatDoublesUpToAnother) {
  for (int i = 0; i < 100; ++i) {
    seeded::Random random(static_cast<std::uint64_t>(i));
    Backoff backoff(100, 1'000);
    Millis limit = 100;
    for (int failures = 0; failures < 10; ++failures) {
      const Millis wait = backoff.next(random.next());
      EXPECT_GE(wait, 1);
      EXPECT_LE(wait, limit);
      limit = std::min<Millis>(limit * 2, 1'000);
    }
    backoff.reset();
    EXPECT_LE(backoff.next(random.next()), 100);
  }
}

TEST(Backoff, BothEndsOfTheRangeCome) {
  EXPECT_EQ(Backoff(100, 1'000).next(0), 1);
  EXPECT_EQ(Backoff(100, 1'000).next(99), 100);
  EXPECT_EQ(Backoff(100, 1'000).next(100), 1);
}

TEST(WaitFor, AsksOnTheWayWhetherToGiveUp) {
  Surroundings around = real_surroundings();
  Millis now = 0;
  int asked = 0;
  around.steady_ms = [&] { return now; };
  around.sleep = [&](Millis how_long) {
    EXPECT_LE(how_long, kAskEvery);
    now += how_long;
  };
  around.give_up = [&] { return ++asked > 1'000; };
  EXPECT_TRUE(wait_for(around, 1'025));
  EXPECT_EQ(now, 1'025);
  EXPECT_FALSE(wait_for(around, 1'000'000));
  EXPECT_LT(now, 1'000'000);
}

}  // namespace
}  // namespace tagtill
