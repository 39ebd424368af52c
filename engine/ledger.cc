#include "engine/ledger.h"

#include <algorithm>

namespace tagtill {

void Ledger::set_catalogue(const OfferCatalogue& offers) {
  stocks_.resize(terms_.offer_ids());
  for (std::size_t i = 0; i < offers.offers().size(); ++i) {
    Stock& stock = stocks_[terms_.offer_number(terms_.in_force(static_cast<OfferIndex>(i)))];
    stock.most = std::max(stock.most, offers.offers()[i].stock.value_or(kUnlimited));
  }
}

void Ledger::restore(OfferNumber offer, std::int64_t sold, std::int64_t most) {
  stocks_.resize(terms_.offer_ids());
  stocks_[offer].sold = sold;
  stocks_[offer].most = std::max(stocks_[offer].most, most);
}

void Ledger::open(WindowRef window) {
  const Offer& offer = window.terms().offer;
  Stock& stock = stock_of(*window);
  terms_.add_window(window->terms);
  window->denied = offer.stock.has_value() && stock.held + stock.sold >= *offer.stock;
  if (trace_ != nullptr) {
    tell(window->denied ? StockDecision::What::kDenied : StockDecision::What::kHeld, window);
  }
  if (window->denied) {
    const WindowText text(window);
    emitter_.rejected(RejectReason::kSoldOut, text.intent_id, text.author_id, offer.id,
                      window->intent_at);
    return;
  }
  ++stock.held;
  ++held_;
  emitter_.prompt(window);
}

void Ledger::confirm(WindowRef window, const Confirmation& confirmation, CodeMaker& codes) {
  const Offer& offer = window.terms().offer;
  if (trace_ != nullptr) {
    tell(window->denied ? StockDecision::What::kNotSold : StockDecision::What::kSold, window);
  }
  const WindowText text(window);
  if (window->denied) {
    emitter_.rejected(RejectReason::kSoldOut, confirmation.post_id, text.author_id, offer.id,
                      confirmation.at);
    return;
  }
  give_back(*window);
  ++stock_of(*window).sold;
  const bool pickup = offer.fulfilment == Fulfilment::kPickup;
  emitter_.confirmed(window, confirmation,
                     pickup ? codes.claim(text.author_id, text.intent_id, offer.id) : kNoCode);
}

void Ledger::release(WindowRef window) {
  if (window->denied) {
    return;
  }
  if (trace_ != nullptr) {
    tell(StockDecision::What::kFree, window);
  }
  give_back(*window);
}

void Ledger::give_back(const Window& window) {
  --stock_of(window).held;
  --held_;
}

void Ledger::tell(StockDecision::What what, WindowRef window) {
  const Stock& stock = stock_of(*window);
  trace_->on_stock(
      {what, WindowText(window).seen(), window.terms().offer.stock, stock.held, stock.sold});
}

}  // namespace tagtill
