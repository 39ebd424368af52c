#include "engine/window.h"

#include "engine/shard.h"

namespace tagtill {

WindowSeen seen(const Window& window) {
  return {window.author->id, window.intent_id, window.offer_id(), window.intent_at,
          window.deadline,   window.code,      window.denied};
}

}  // namespace tagtill
