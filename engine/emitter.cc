#include "engine/emitter.h"

#include "engine/hash_bytes.h"
#include "engine/shard.h"

namespace tagtill {

Event& Emitter::add(EventType type, WindowRef window) {
  const WindowText text(window);
  Event& event = batch_->events.emplace_back();
  event.type = type;
  event.offer_id = batch_->bytes.keep(window.terms().offer.id);
  event.author_id = batch_->bytes.keep(text.author_id);
  event.intent_id = batch_->bytes.keep(text.intent_id);
  event.intent_at = window->intent_at;
  event.deadline = window.deadline();
  return event;
}

std::string_view Emitter::keep_account(WindowRef window) {
  return batch_->bytes.keep(window->account_kept ? window.shard->kept_account(*window)
                                                 : members_->member(window->account).account);
}

void Emitter::prompt(WindowRef window) {
  Event& event = add(EventType::kPrompt, window);
  const Offer& offer = window.terms().offer;
  event.title = batch_->bytes.keep(offer.title);
  event.tag_prefix = batch_->bytes.keep(prefix_);
  event.code = window->code;
  event.price_minor = offer.price_minor;
  event.currency = offer.currency;
  if (replies_ != nullptr) {
    reply_.clear();
    replies_->render(event, reply_);
    event.reply = batch_->bytes.keep(reply_);
  }
  ++counts_.prompts;
  tell(event);
}

void Emitter::confirmed(WindowRef window, const Confirmation& confirmation, Code claim_code) {
  constexpr std::int64_t kBasisPoints = 10'000;
  const Offer& offer = window.terms().offer;
  Event& event = add(EventType::kConfirmed, window);
  event.account = keep_account(window);
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

void Emitter::expired(WindowRef window) {
  Event& event = add(EventType::kExpired, window);
  event.account = keep_account(window);
  ++counts_.expired;
  tell(event);
}

void Emitter::cancelled(WindowRef window, CancelReason reason) {
  Event& event = add(EventType::kCancelled, window);
  event.account = keep_account(window);
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
