#include "engine/emitter.h"

#include "engine/hash_bytes.h"

namespace tagtill {

Event& Emitter::add(EventType type, const Window& window) {
  Event& event = batch_->events.emplace_back();
  event.type = type;
  event.offer_id = batch_->bytes.keep(window.offer_id());
  event.author_id = batch_->bytes.keep(window.author->id);
  event.intent_id = batch_->bytes.keep(window.intent_id);
  event.intent_at = window.intent_at;
  event.deadline = window.deadline;
  return event;
}

void Emitter::prompt(const Window& window) {
  Event& event = add(EventType::kPrompt, window);
  event.title = batch_->bytes.keep(window.terms->offer.title);
  event.tag_prefix = batch_->bytes.keep(prefix_);
  event.code = window.code;
  event.price_minor = window.terms->offer.price_minor;
  event.currency = window.terms->offer.currency;
  ++counts_.prompts;
  tell(event);
}

void Emitter::confirmed(const Window& window, const Confirmation& confirmation, Code claim_code) {
  constexpr std::int64_t kBasisPoints = 10'000;
  const Offer& offer = window.terms->offer;
  Event& event = add(EventType::kConfirmed, window);
  event.account = batch_->bytes.keep(window.account);
  event.post_id = batch_->bytes.keep(confirmation.post_id);
  event.at = confirmation.at;
  event.price_minor = offer.price_minor;
  event.currency = offer.currency;
  // Prices may use all of 63 bits.
  event.commission_minor =
      static_cast<std::int64_t>(static_cast<Uint128>(offer.price_minor) *
                                static_cast<unsigned>(offer.commission_bps) / kBasisPoints);
  event.fulfilment = offer.fulfilment;
  event.code = claim_code;
  event.reach = confirmation.followers;
  ++counts_.confirmed;
  tell(event);
}

void Emitter::expired(const Window& window) {
  Event& event = add(EventType::kExpired, window);
  event.account = batch_->bytes.keep(window.account);
  ++counts_.expired;
  tell(event);
}

void Emitter::cancelled(const Window& window, CancelReason reason) {
  Event& event = add(EventType::kCancelled, window);
  event.account = batch_->bytes.keep(window.account);
  event.cancel_reason = reason;
  ++counts_.cancelled;
  tell(event);
}

void Emitter::rejected(RejectReason reason, std::string_view post_id, std::string_view author_id,
                       std::string_view offer_id, Millis at) {
  Event& event = batch_->events.emplace_back();
  event.type = EventType::kRejected;
  event.reject_reason = reason;
  event.post_id = batch_->bytes.keep(post_id);
  event.author_id = batch_->bytes.keep(author_id);
  event.offer_id = batch_->bytes.keep(offer_id);
  event.at = at;
  ++counts_.rejected[static_cast<std::size_t>(reason)];
  tell(event);
}

}  // namespace tagtill
