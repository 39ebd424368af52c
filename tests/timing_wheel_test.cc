// The wheel against an ordered set.
#include "engine/timing_wheel.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <set>
#include <utility>
#include <vector>

#include "engine/time.h"
#include "tests/seeded.h"

namespace tagtill {
namespace {

constexpr Millis kSlot = Millis{1} << TimingWheel::kSlotBits;
constexpr Millis kRing = kSlot * static_cast<Millis>(TimingWheel::kSlots);

// Entries are numbers of due times.
struct Owner {
  std::vector<Millis> dues;
  [[nodiscard]] Millis due_of(TimingWheel::Entry entry) const { return dues[entry]; }
  void prefetch(TimingWheel::Entry entry, PrefetchList&) const { EXPECT_LT(entry, dues.size()); }
  void expect(TimingWheel::Entry entry, PrefetchList&) const { EXPECT_LT(entry, dues.size()); }
};

// Both at once: what the wheel gives back must be what the set holds.
class Twins {
 public:
  void schedule(Millis due) {
    const auto entry = static_cast<TimingWheel::Entry>(owner_.dues.size());
    owner_.dues.push_back(due);
    wheel_.schedule(due, entry);
    set_.insert({due, entry});
  }

  void begin_at(Millis due) { wheel_.begin_at(due); }

  // Takes all that is due before `bound`.
  testing::AssertionResult take_before(Millis bound) {
    Millis due = 0;
    TimingWheel::Entry entry = 0;
    PrefetchList list;
    while (wheel_.take_before(bound, owner_, list, due, entry)) {
      if (set_.empty() || set_.begin()->first != due) {
        return testing::AssertionFailure() << "the wheel gave " << due << ", not the least";
      }
      // Those of the same millisecond come in any order.
      if (set_.erase({due, entry}) == 0) {
        return testing::AssertionFailure() << "the wheel gave entry " << entry << " at " << due;
      }
      if (testing::AssertionResult same = same_size(); !same) {
        return same;
      }
    }
    if (!set_.empty() && set_.begin()->first < bound) {
      return testing::AssertionFailure()
             << "the wheel kept " << set_.begin()->first << ", which is before " << bound;
    }
    return same_size();
  }

  [[nodiscard]] std::size_t size() const { return set_.size(); }
  [[nodiscard]] std::size_t memory_bytes() const { return wheel_.memory_bytes(); }

 private:
  [[nodiscard]] testing::AssertionResult same_size() const {
    if (wheel_.size() != set_.size()) {
      return testing::AssertionFailure() << "the wheel says it holds " << wheel_.size();
    }
    if (set_.empty() ? wheel_.next_due() != TimingWheel::kNever
                     : wheel_.next_due() > set_.begin()->first) {
      return testing::AssertionFailure()
             << "the wheel says that nothing is due before " << wheel_.next_due();
    }
    return testing::AssertionSuccess();
  }

  TimingWheel wheel_;
  Owner owner_;
  std::set<std::pair<Millis, TimingWheel::Entry>> set_;
};

TEST(TimingWheel, AnEmptyOneGivesNothing) {
  TimingWheel wheel;
  Millis due = 0;
  TimingWheel::Entry entry = 0;
  PrefetchList list;
  EXPECT_FALSE(wheel.take_before(kLastMillisecond, Owner{}, list, due, entry));
  EXPECT_EQ(wheel.size(), 0U);
  EXPECT_EQ(wheel.memory_bytes(), 0U);
}

TEST(TimingWheel, TheBoundItselfIsNotBefore) {
  const Owner owner{{0, 1'000}};
  TimingWheel wheel;
  wheel.schedule(1'000, 1);
  Millis due = 0;
  TimingWheel::Entry entry = 0;
  PrefetchList list;
  EXPECT_FALSE(wheel.take_before(1'000, owner, list, due, entry));
  EXPECT_TRUE(wheel.take_before(1'001, owner, list, due, entry));
  EXPECT_EQ(due, 1'000);
  EXPECT_EQ(entry, 1U);
}

// Then it comes back in the slot of the time it was scheduled for.
TEST(TimingWheel, ADueTimeThatHasChangedMeanwhile) {
  Owner owner{{5 * kSlot + 10, 5 * kSlot + 20, 5 * kSlot + 30}};
  TimingWheel wheel;
  for (TimingWheel::Entry entry = 0; entry < 3; ++entry) {
    wheel.schedule(owner.dues[entry], entry);
  }
  owner.dues[0] = 90 * kSlot;
  owner.dues[1] = std::numeric_limits<Millis>::min();
  Millis due = 0;
  TimingWheel::Entry entry = 0;
  PrefetchList list;
  EXPECT_FALSE(wheel.take_before(5 * kSlot, owner, list, due, entry));
  std::vector<TimingWheel::Entry> taken;
  while (wheel.take_before(6 * kSlot, owner, list, due, entry)) {
    EXPECT_EQ(due >> TimingWheel::kSlotBits, 5);
    taken.push_back(entry);
  }
  EXPECT_EQ(taken, (std::vector<TimingWheel::Entry>{1, 2, 0}));
}

// All in one millisecond, all in one slot, and spread: what is left when they are
// gone does not grow with their number.
TEST(TimingWheel, MemoryIsGivenBack) {
  for (const Millis spread : {Millis{1}, kSlot, kRing, 10 * kRing}) {
    Twins twins;
    constexpr int kEntries = 100'000;
    for (int i = 0; i < kEntries; ++i) {
      twins.schedule(kRing + i % spread);
    }
    EXPECT_GT(twins.memory_bytes(), std::size_t{4} * kEntries);
    EXPECT_LT(twins.memory_bytes(), std::size_t{5} * kEntries + 68 * TimingWheel::kSlots + 65'536);
    ASSERT_TRUE(twins.take_before(20 * kRing));
    EXPECT_EQ(twins.size(), 0U);
    EXPECT_LT(twins.memory_bytes(), 500'000U);
  }
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

// In no order, from a time on that is said before: none of them goes through the heap,
// which takes 16 bytes an entry.
TEST(TimingWheel, ABeginningThatIsSaid) {
  for (const Millis begin : {Millis{0}, Millis{1'360'584'000'000}, -5 * kRing}) {
    Twins twins;
    twins.begin_at(begin);
    constexpr int kEntries = 100'000;
    for (int i = kEntries; i > 0; --i) {
      twins.schedule(begin + i * (kRing / kEntries));
    }
    EXPECT_LT(twins.memory_bytes(), std::size_t{5} * kEntries + 68 * TimingWheel::kSlots + 65'536);
    for (Millis bound = begin; twins.size() > 0; bound += 100 * kSlot) {
      ASSERT_TRUE(twins.take_before(bound)) << begin;
    }
    // It is said for one beginning only.
    twins.schedule(begin + 3 * kRing);
    twins.schedule(begin + 3 * kRing - 5);
    ASSERT_TRUE(twins.take_before(begin + 4 * kRing));
    EXPECT_EQ(twins.size(), 0U);
  }
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
