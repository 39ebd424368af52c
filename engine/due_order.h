// The order in which things end that end at once.
#pragma once

#include "engine/shard.h"

namespace tagtill {

// P3.6, step 3: the order of what falls due; windows of the same time (as those of
// authors who have left, P6.4) by purchase id (intent id, `:`, offer id), then by
// author id. All as text, of which mostly nothing is made: numbers of as many digits
// compare as numbers.
[[nodiscard]] bool ends_before_at_once(const Due& a, const Due& b);  // of the same time
[[nodiscard]] inline bool ends_before(const Due& a, const Due& b) {
  if (a.at != b.at) {
    return a.at < b.at;
  }
  // Mostly windows of intents whose ids have 19 digits.
  constexpr IdKey kLeast = 1'000'000'000'000'000'000;
  constexpr IdKey kSpan = Id::kNumberMax - kLeast;
  if (a.post != b.post && a.post - kLeast <= kSpan && b.post - kLeast <= kSpan &&
      a.kind == DueKind::kWindow && b.kind == DueKind::kWindow) {
    return a.post < b.post;
  }
  return ends_before_at_once(a, b);
}

}  // namespace tagtill
