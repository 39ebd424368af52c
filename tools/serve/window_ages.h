// How old the oldest open window is, told from events.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

#include "engine/event.h"
#include "engine/time.h"

namespace tagtill {

// Counts open windows by the second of their intents. Any thread.
//
// A window that P5.4 cancels because of the limit leaves no event of its own: it is counted until
// its deadline has passed.
//
// Memory: an entry for each second in which a window was opened that is still open, at most one for
// each second of the longest window. Cost of add(): a lock, and some 100 ns an event.
class WindowAges {
 public:
  void add(const EventBatch& batch);
  // One that was open before the first event.
  void restore(Millis intent_at, Millis deadline);

  // When the first of those was opened that are open, to the second. `bound`: clock − L. Forgets
  // what is past it.
  [[nodiscard]] std::optional<Millis> oldest(Millis bound);

 private:
  struct Second {
    std::uint64_t open = 0;
    Millis last_deadline = 0;
  };

  void opened(Millis intent_at, Millis deadline);
  void ended(Millis intent_at);

  std::mutex mutex_;
  std::map<Millis, Second> by_second_;  // by the second of the intent
};

}  // namespace tagtill
