// The wheel against an ordered map.
#include "engine/timing_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/time.h"
#include "tests/seeded.h"

namespace tagtill {
namespace {

constexpr Millis kSlot = Millis{1} << TimingWheel<int>::kSlotBits;
constexpr Millis kRing = kSlot * static_cast<Millis>(TimingWheel<int>::kSlots);

// Both at once: what the wheel gives back must be what the map holds.
class Twins {
 public:
  void schedule(Millis due) {
    wheel_.schedule(due, ++number_);
    map_.emplace(due, number_);
  }

  // Takes all that is due before `bound`.
  testing::AssertionResult take_before(Millis bound) {
    Millis due = 0;
    int entry = 0;
    while (wheel_.take_before(bound, due, entry)) {
      if (map_.empty() || map_.begin()->first != due) {
        return testing::AssertionFailure() << "the wheel gave " << due << ", not the least";
      }
      // Those of the same millisecond come in any order.
      const auto [first, last] = map_.equal_range(due);
      const auto found =
          std::find_if(first, last, [&](const auto& item) { return item.second == entry; });
      if (found == last) {
        return testing::AssertionFailure() << "the wheel gave entry " << entry << " at " << due;
      }
      map_.erase(found);
      if (wheel_.size() != map_.size()) {
        return testing::AssertionFailure() << "the wheel says it holds " << wheel_.size();
      }
    }
    if (!map_.empty() && map_.begin()->first < bound) {
      return testing::AssertionFailure()
             << "the wheel kept " << map_.begin()->first << ", which is before " << bound;
    }
    return testing::AssertionSuccess();
  }

  [[nodiscard]] std::size_t size() const { return map_.size(); }

 private:
  TimingWheel<int> wheel_;
  std::multimap<Millis, int> map_;
  int number_ = 0;
};

TEST(TimingWheel, AnEmptyOneGivesNothing) {
  TimingWheel<int> wheel;
  Millis due = 0;
  int entry = 0;
  EXPECT_FALSE(wheel.take_before(kLastMillisecond, due, entry));
  EXPECT_EQ(wheel.size(), 0U);
}

TEST(TimingWheel, TheBoundItselfIsNotBefore) {
  TimingWheel<int> wheel;
  wheel.schedule(1'000, 1);
  Millis due = 0;
  int entry = 0;
  EXPECT_FALSE(wheel.take_before(1'000, due, entry));
  EXPECT_TRUE(wheel.take_before(1'001, due, entry));
  EXPECT_EQ(due, 1'000);
  EXPECT_EQ(entry, 1);
}

TEST(TimingWheel, WhatIsDueAlreadyComesAtOnce) {
  Twins twins;
  twins.schedule(10 * kRing);
  ASSERT_TRUE(twins.take_before(9 * kRing));
  twins.schedule(1);
  twins.schedule(9 * kRing - 1);
  ASSERT_TRUE(twins.take_before(9 * kRing));
  EXPECT_EQ(twins.size(), 1U);
}

TEST(TimingWheel, EdgesOfSlotsAndOfTheRing) {
  for (const Millis begin : {Millis{0}, Millis{1'360'584'000'000}, -5 * kRing, Millis{-1}}) {
    Twins twins;
    twins.schedule(begin);
    ASSERT_TRUE(twins.take_before(begin));
    for (const Millis away : {Millis{1}, kSlot, 2 * kSlot, kRing - kSlot, kRing, kRing + kSlot,
                              2 * kRing, 2 * kRing + kSlot}) {
      for (const Millis off : {-1, 0, 1}) {
        twins.schedule(begin + away + off);
        twins.schedule(begin + away + off);
      }
    }
    for (Millis bound = begin; twins.size() > 0; bound += kSlot / 2) {
      ASSERT_TRUE(twins.take_before(bound)) << begin;
    }
  }
}

TEST(TimingWheel, FirstAndLastTimes) {
  Twins twins;
  twins.schedule(0);
  twins.schedule(kLastMillisecond + 86'400'000);
  twins.schedule(kLastMillisecond);
  ASSERT_TRUE(twins.take_before(0));
  EXPECT_EQ(twins.size(), 3U);
  ASSERT_TRUE(twins.take_before(kLastMillisecond));
  EXPECT_EQ(twins.size(), 2U);
  ASSERT_TRUE(twins.take_before(kLastMillisecond + Millis{2} * 86'400'000));
  EXPECT_EQ(twins.size(), 0U);
}

TEST(TimingWheel, AnEmptiedOneCanStartAnywhere) {
  Twins twins;
  twins.schedule(kRing);
  ASSERT_TRUE(twins.take_before(2 * kRing));
  ASSERT_EQ(twins.size(), 0U);
  twins.schedule(1);  // far behind where the wheel stood, and due already
  twins.schedule(3 * kRing);
  twins.schedule(2 * kRing + 5);
  ASSERT_TRUE(twins.take_before(2 * kRing));
  EXPECT_EQ(twins.size(), 2U);
  ASSERT_TRUE(twins.take_before(5 * kRing));
  EXPECT_EQ(twins.size(), 0U);
}

TEST(TimingWheel, RandomSchedules) {
  for (std::uint64_t i = 0; i < seeded::seeds(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    seeded::Random random(seed);
    Twins twins;
    Millis bound = random.pick(
        std::vector<Millis>{0, -10 * kRing, 1'360'584'000'000, kLastMillisecond - 3 * kRing});
    const Millis far = random.pick(std::vector<Millis>{kSlot, kRing, 10 * kRing, 1'000 * kRing});
    for (int step = 0; step < 300; ++step) {
      for (std::size_t entries = random.below(6); entries > 0; --entries) {
        const Millis ahead = random.percent(10) ? -random.between(0, far) : random.between(0, far);
        twins.schedule(bound + ahead);
      }
      if (random.percent(70)) {
        // Mostly small steps; some leap over the ring, and empty the wheel.
        bound += random.percent(5) ? random.between(0, 2 * far) : random.between(0, far / 50 + 2);
        ASSERT_TRUE(twins.take_before(bound)) << "TAGTILL_SEED=" << seed << ", step " << step;
      }
    }
  }
}

}  // namespace
}  // namespace tagtill
