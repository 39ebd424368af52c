// When what an output lacks was committed.
#include "tools/pipeline/commit_times.h"

#include <gtest/gtest.h>

namespace tagtill {
namespace {

Clock::TimePoint at(int seconds) { return Clock::TimePoint(std::chrono::seconds(seconds)); }

TEST(CommitTimes, ANumberHasTheTimeOfItsParcel) {
  CommitTimes times;
  EXPECT_EQ(times.of(0, false), std::nullopt);
  times.note(10, 3, at(1));
  times.note(10, 4, at(2));  // of dead letters alone
  times.note(20, 4, at(3));
  EXPECT_EQ(times.of(9, false), std::nullopt);
  EXPECT_EQ(times.of(10, false), at(2));
  EXPECT_EQ(times.of(19, false), at(2));
  EXPECT_EQ(times.of(1'000, false), at(3));
  EXPECT_EQ(times.of(2, true), std::nullopt);
  EXPECT_EQ(times.of(3, true), at(1));
  EXPECT_EQ(times.of(4, true), at(3));
  times.clear();
  EXPECT_EQ(times.of(10, false), std::nullopt);
}

// Against all times: never too late, and the first is kept.
TEST(CommitTimes, OfVeryManyTheTimesAreABitTooEarlyAtMost) {
  CommitTimes times;
  constexpr int kAll = 100'000;
  for (int i = 0; i < kAll; ++i) {
    times.note(static_cast<std::uint64_t>(i), 0, at(i));
  }
  for (int i = 0; i < kAll; ++i) {
    const auto found = times.of(static_cast<std::uint64_t>(i), false);
    ASSERT_TRUE(found);
    ASSERT_LE(*found, at(i));
    ASSERT_GE(*found, at(i - kAll / 100));
  }
  EXPECT_EQ(times.of(0, false), at(0));
}

}  // namespace
}  // namespace tagtill
