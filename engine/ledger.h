// Stock and money: what depends on one offer alone.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "engine/confirmation_code.h"
#include "engine/decision_trace.h"
#include "engine/emitter.h"
#include "engine/parked_confirmations.h"
#include "engine/terms.h"
#include "engine/window.h"

namespace tagtill {

// Takes what the shards decide about windows, in stream order, decides about the
// stock and writes the events. Nothing flows back: no shard's decision depends on
// whether a window is denied. Owned by the decider's thread.
//
// Invariant: for each offer, held = its open windows that are not denied; held
// and sold never go below 0; with a stock, a window opens undenied only while
// held + sold < stock, so held + sold <= most.
//
// Memory: 24 bytes for each offer id that was ever in a catalogue.
class Ledger {
 public:
  // Both must live as long as the ledger.
  Ledger(Emitter& emitter, TermsTable& terms) : emitter_(emitter), terms_(terms) {}

  // As Decider::set_trace.
  void set_trace(DecisionTrace* trace) { trace_ = trace; }

  // What is held and sold of an offer, by its id, for ever (P6.4).
  struct Stock {
    std::int64_t held = 0;
    std::int64_t sold = 0;
    std::int64_t most = 0;  // the greatest stock that it had; kUnlimited: it had none
  };
  static constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();

  // The terms have taken this catalogue (P6.4). What is held and sold stays.
  void set_catalogue(const OfferCatalogue& offers);

  [[nodiscard]] const Stock& stock(OfferNumber offer) const { return stocks_[offer]; }
  // Of a saved state: how many units of an offer whose id has a number are sold, and the
  // most of it. What is held comes with the windows.
  void restore(OfferNumber offer, std::int64_t sold, std::int64_t most);
  // The same: a window that is open, and not denied.
  void restore_held(const Window& window) {
    ++stock_of(window).held;
    ++held_;
  }

  // P4.5 and P4.6: holds a unit and prompts, or denies.
  void open(WindowRef window);

  // P5.4: the confirmation that closes the window.
  void confirm(WindowRef window, const Confirmation& confirmation, CodeMaker& codes);

  // The window ended otherwise: its unit is free again. The event is the
  // caller's, if there is one.
  void release(WindowRef window);

  // The window is about to be forgotten: its terms may be, too.
  void forget(WindowRef window) { terms_.remove_window(window->terms); }

  // Units held now, of all offers.
  [[nodiscard]] std::uint64_t held() const { return held_; }

 private:
  [[nodiscard]] Stock& stock_of(const Window& window) {
    return stocks_[terms_.offer_number(window.terms)];
  }
  void tell(StockDecision::What what, WindowRef window);
  void give_back(const Window& window);

  Emitter& emitter_;
  TermsTable& terms_;
  DecisionTrace* trace_ = nullptr;
  std::vector<Stock> stocks_;  // by OfferNumber
  std::uint64_t held_ = 0;
};

}  // namespace tagtill
