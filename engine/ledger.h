// Stock and money: what depends on one offer alone.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/confirmation_code.h"
#include "engine/decision_trace.h"
#include "engine/emitter.h"
#include "engine/offer_catalogue.h"
#include "engine/window.h"

namespace tagtill {

// Takes what the shards decide about windows, in stream order, decides about the
// stock and writes the events. Nothing flows back: no shard's decision depends on
// whether a window is denied. Owned by the decider's thread.
//
// Invariant: for each offer, held = its open windows that are not denied; held
// and sold never go below 0; with a stock, a window opens undenied only while
// held + sold < stock.
//
// Memory: one entry for each offer id that was ever in a catalogue; one Terms
// for each offer in force, and for each older form of one that windows still
// refer to.
class Ledger {
 public:
  explicit Ledger(Emitter& emitter) : emitter_(emitter) {}

  // As Decider::set_trace.
  void set_trace(DecisionTrace* trace) { trace_ = trace; }

  // Takes a catalogue (P6.4). Terms of offers that did not change stay.
  void set_catalogue(const OfferCatalogue& offers);

  // The terms of the catalogue's offer.
  [[nodiscard]] Terms& terms(OfferIndex offer) { return *in_force_[offer]; }

  // P4.5 and P4.6: holds a unit and prompts, or denies. `intent_id` is the post.
  void open(Window& window);

  // P5.4: the confirmation that closes the window.
  void confirm(const Window& window, const Confirmation& confirmation, CodeMaker& codes);

  // The window ended otherwise: its unit is free again. The event is the
  // caller's, if there is one.
  void release(const Window& window);

  // The window was forgotten: its terms may be, too.
  void forget(const Window& window) { --window.terms->windows; }

  // Units held now, of all offers.
  [[nodiscard]] std::uint64_t held() const { return held_; }

 private:
  void tell(StockDecision::What what, const Window& window) const;
  void give_back(const Window& window);

  Emitter& emitter_;
  DecisionTrace* trace_ = nullptr;
  std::unordered_map<std::string, Stock> stocks_;  // by offer id; nodes are stable
  std::list<Terms> terms_;
  std::vector<Terms*> in_force_;  // by OfferIndex
  std::uint64_t held_ = 0;
};

}  // namespace tagtill
