#include "tools/serve/window_ages.h"

#include <algorithm>

namespace tagtill {
namespace {

constexpr Millis kSecond = 1'000;

}  // namespace

void WindowAges::opened(Millis intent_at, Millis deadline) {
  Second& second = by_second_[intent_at / kSecond];
  ++second.open;
  second.last_deadline = std::max(second.last_deadline, deadline);
}

void WindowAges::ended(Millis intent_at) {
  const auto second = by_second_.find(intent_at / kSecond);
  if (second != by_second_.end() && --second->second.open == 0) {
    by_second_.erase(second);
  }
}

void WindowAges::add(const EventBatch& batch) {
  const std::lock_guard lock(mutex_);
  for (const Event& event : batch.events) {
    switch (event.type) {
      case EventType::kPrompt:
        opened(event.intent_at, event.deadline);
        break;
      case EventType::kConfirmed:
      case EventType::kExpired:
      case EventType::kCancelled:
        ended(event.intent_at);
        break;
      case EventType::kRejected:
        break;
    }
  }
}

void WindowAges::restore(Millis intent_at, Millis deadline) {
  const std::lock_guard lock(mutex_);
  opened(intent_at, deadline);
}

std::optional<Millis> WindowAges::oldest(Millis bound) {
  const std::lock_guard lock(mutex_);
  while (!by_second_.empty() && by_second_.begin()->second.last_deadline < bound) {
    by_second_.erase(by_second_.begin());
  }
  return by_second_.empty() ? std::nullopt : std::optional(by_second_.begin()->first * kSecond);
}

}  // namespace tagtill
