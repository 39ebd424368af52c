#include "engine/ledger.h"

namespace tagtill {

void Ledger::set_catalogue(const OfferCatalogue& offers) {
  std::unordered_map<std::string_view, std::vector<Terms*>> known;
  for (Terms& terms : terms_) {
    terms.in_force = false;
    known[terms.offer.id].push_back(&terms);
  }
  in_force_.clear();
  in_force_.reserve(offers.offers().size());
  for (const Offer& offer : offers.offers()) {
    Terms* match = nullptr;
    if (const auto found = known.find(offer.id); found != known.end()) {
      for (Terms* terms : found->second) {
        match = terms->offer == offer ? terms : match;
      }
    }
    if (match == nullptr) {
      match = &terms_.emplace_back();
      match->offer = offer;
      match->stock = &stocks_[offer.id];
    }
    match->in_force = true;
    in_force_.push_back(match);
  }
  std::erase_if(terms_, [](const Terms& terms) { return !terms.in_force && terms.windows == 0; });
}

void Ledger::open(Window& window) {
  Terms& terms = *window.terms;
  ++terms.windows;
  window.denied =
      terms.offer.stock.has_value() && terms.stock->held + terms.stock->sold >= *terms.offer.stock;
  if (trace_ != nullptr) {
    tell(window.denied ? StockDecision::What::kDenied : StockDecision::What::kHeld, window);
  }
  if (window.denied) {
    emitter_.rejected(RejectReason::kSoldOut, window.intent_id, window.author->id, terms.offer.id,
                      window.intent_at);
    return;
  }
  ++terms.stock->held;
  ++held_;
  emitter_.prompt(window);
}

void Ledger::confirm(const Window& window, const Confirmation& confirmation, CodeMaker& codes) {
  const Terms& terms = *window.terms;
  if (trace_ != nullptr) {
    tell(window.denied ? StockDecision::What::kNotSold : StockDecision::What::kSold, window);
  }
  if (window.denied) {
    emitter_.rejected(RejectReason::kSoldOut, confirmation.post_id, window.author->id,
                      terms.offer.id, confirmation.at);
    return;
  }
  give_back(window);
  ++terms.stock->sold;
  const bool pickup = terms.offer.fulfilment == Fulfilment::kPickup;
  emitter_.confirmed(
      window, confirmation,
      pickup ? codes.claim(window.author->id, window.intent_id, terms.offer.id) : kNoCode);
}

void Ledger::release(const Window& window) {
  if (window.denied) {
    return;
  }
  if (trace_ != nullptr) {
    tell(StockDecision::What::kFree, window);
  }
  give_back(window);
}

void Ledger::give_back(const Window& window) {
  --window.terms->stock->held;
  --held_;
}

void Ledger::tell(StockDecision::What what, const Window& window) const {
  const Terms& terms = *window.terms;
  trace_->on_stock({what, seen(window), terms.offer.stock, terms.stock->held, terms.stock->sold});
}

}  // namespace tagtill
