#include "engine/due_order.h"

#include <string>

namespace tagtill {
namespace {

// Compares as the purchase ids do, which are intent id, `:`, offer id.
int compare_purchase_ids(const Window& a, const Window& b) {
  const std::string first = a.intent_id + ':' + a.offer_id();
  const std::string second = b.intent_id + ':' + b.offer_id();
  return first.compare(second);
}

}  // namespace

bool ends_before(const Window& a, const Window& b) {
  const int order = compare_purchase_ids(a, b);
  return order != 0 ? order < 0 : a.author->id < b.author->id;
}

bool falls_due_before(const Due& a, const Due& b) {
  if (a.at != b.at) {
    return a.at < b.at;
  }
  if ((a.window == nullptr) != (b.window == nullptr)) {
    return a.window != nullptr;
  }
  if (a.window != nullptr) {
    return ends_before(*a.window, *b.window);
  }
  if (const int by_post = a.parked->post_id.compare(b.parked->post_id); by_post != 0) {
    return by_post < 0;
  }
  if (const int by_author = a.parked->author->id.compare(b.parked->author->id); by_author != 0) {
    return by_author < 0;
  }
  return a.parked->confirmation.place < b.parked->confirmation.place;
}

}  // namespace tagtill
