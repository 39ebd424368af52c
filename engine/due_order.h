// The order in which things end that end at once.
#pragma once

#include "engine/shard.h"
#include "engine/window.h"

namespace tagtill {

// Of windows: by purchase id (intent id, `:`, offer id), then by author id.
[[nodiscard]] bool ends_before(const Window& a, const Window& b);

// P3.6, step 3: the order of what falls due.
[[nodiscard]] bool falls_due_before(const Due& a, const Due& b);

}  // namespace tagtill
