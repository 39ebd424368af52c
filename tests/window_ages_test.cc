// The age of the oldest open window, beside a list of all windows.
#include "tools/serve/window_ages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/seeded.h"

namespace tagtill {
namespace {

struct OpenWindow {
  Millis intent_at;
  Millis deadline;
};

Event event_of(EventType type, const OpenWindow& window) {
  Event event;
  event.type = type;
  event.intent_at = window.intent_at;
  event.deadline = window.deadline;
  return event;
}

std::optional<Millis> plainly(const std::vector<OpenWindow>& windows) {
  if (windows.empty()) {
    return std::nullopt;
  }
  const auto first = std::ranges::min_element(windows, {}, &OpenWindow::intent_at);
  return first->intent_at / 1'000 * 1'000;
}

TEST(WindowAges, AsAListOfAllWindowsHasThem) {
  for (std::uint64_t i = 0; i < seeded::seeds() / 10 + 1; ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    seeded::Random random(seed);
    WindowAges ages;
    std::vector<OpenWindow> windows;
    for (int step = 0; step < 300; ++step) {
      EventBatch batch;
      if (windows.empty() || random.percent(55)) {
        const Millis at = 1'000'000 + static_cast<Millis>(random.below(60'000));
        windows.push_back({at, at + 900'000});
        if (random.percent(20)) {
          ages.restore(windows.back().intent_at, windows.back().deadline);
        } else {
          batch.events.push_back(event_of(EventType::kPrompt, windows.back()));
        }
      } else {
        const std::size_t ends = random.below(windows.size());
        const EventType type = random.percent(50)   ? EventType::kConfirmed
                               : random.percent(50) ? EventType::kExpired
                                                    : EventType::kCancelled;
        batch.events.push_back(event_of(type, windows[ends]));
        windows.erase(windows.begin() + static_cast<std::ptrdiff_t>(ends));
      }
      batch.events.push_back(event_of(EventType::kRejected, {5, 5}));
      ages.add(batch);
      ASSERT_EQ(ages.oldest(0), plainly(windows));
    }
  }
}

TEST(WindowAges, WhatLeftNoEventIsForgottenBehindItsDeadline) {
  WindowAges ages;
  ages.restore(10'000, 20'000);
  ages.restore(15'000, 25'000);
  EXPECT_EQ(ages.oldest(20'000), 10'000);
  EXPECT_EQ(ages.oldest(20'001), 15'000);
  EXPECT_EQ(ages.oldest(25'001), std::nullopt);
}

TEST(WindowAges, AnEndWithoutABeginningIsNone) {
  WindowAges ages;
  EventBatch batch;
  batch.events.push_back(event_of(EventType::kExpired, {1'000, 2'000}));
  ages.add(batch);
  EXPECT_EQ(ages.oldest(0), std::nullopt);
}

}  // namespace
}  // namespace tagtill
