// A confirmation window and what it was opened on.
#pragma once

#include <cstdint>
#include <string>

#include "engine/decision_trace.h"
#include "engine/event.h"
#include "engine/offer_catalogue.h"
#include "engine/time.h"

namespace tagtill {

struct Author;  // shard.h

// What is held and sold of an offer, by its id, for ever (P6.4).
struct Stock {
  std::int64_t held = 0;
  std::int64_t sold = 0;
};

// An offer as it stood when windows were opened on it: they run to their end on
// these terms, whatever becomes of the catalogue (P6.4). Owned by the Ledger.
struct Terms {
  Offer offer;
  Stock* stock = nullptr;
  std::uint64_t windows = 0;  // that still refer to it
  bool in_force = true;       // in the catalogue of now
};

// A window (P4.5, P4.6), from its intent until clock − L passes its deadline.
// Owned by its author's Shard; `denied` is written by the Ledger alone.
struct Window {
  enum class State : std::uint8_t { kOpen, kConfirmed, kCancelled };

  Author* author = nullptr;
  Terms* terms = nullptr;
  std::string intent_id;
  std::string account;  // with which it opened (P6.4)
  Millis intent_at = 0;
  Millis deadline = 0;
  Code code = kNoCode;
  State state = State::kOpen;
  bool denied = false;  // P4.5: holds nothing, and its end makes no event

  [[nodiscard]] const std::string& offer_id() const { return terms->offer.id; }
};

// For a trace; views of the window.
[[nodiscard]] WindowSeen seen(const Window& window);

}  // namespace tagtill
