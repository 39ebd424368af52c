#include "engine/window.h"

#include "engine/shard.h"

namespace tagtill {

Window& WindowRef::operator*() const { return shard->window(index); }
Millis WindowRef::deadline() const { return shard->deadline(**this); }
const Terms& WindowRef::terms() const { return shard->terms()[(*this)->terms]; }

WindowText::WindowText(WindowRef window)
    : window_(window),
      author_id(window.shard->ids().text(window->author, author_digits_)),
      intent_id(window.shard->ids().text(window->intent, intent_digits_)) {}

WindowSeen WindowText::seen() const {
  const Window& window = *window_;
  return {author_id,   intent_id,    window_.terms().offer.id, window.intent_at, window_.deadline(),
          window.code, window.denied};
}

}  // namespace tagtill
