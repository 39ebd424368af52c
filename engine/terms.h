// The offers as they stood when windows were opened on them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/offer_catalogue.h"
#include "engine/time.h"

namespace tagtill {

// An offer id that was ever in a catalogue, numbered from 0: for ever (P6.4).
using OfferNumber = std::uint32_t;

// An offer as it stood: windows run to their end on the terms on which they opened,
// whatever becomes of the catalogue (P6.4).
struct Terms {
  Offer offer;
  OfferNumber number = 0;
  std::uint64_t windows = 0;  // that refer to it
  bool in_force = true;       // in the catalogue of now
};

using TermsIndex = std::uint32_t;

// Owned by the decider's thread. Terms have a number while they are in force or a
// window refers to them.
//
// Memory: some 400 bytes for each of these, and a hundred for each offer id that was
// ever in a catalogue. Bound: 2^24 terms; a catalogue beyond that is an Error.
class TermsTable {
 public:
  static constexpr std::size_t kTermsMax = std::size_t{1} << 24;

  // Takes a catalogue. Terms of offers that did not change stay.
  void set_catalogue(const OfferCatalogue& offers);

  // The terms of the catalogue's offer.
  [[nodiscard]] TermsIndex in_force(OfferIndex offer) const { return in_force_[offer]; }

  [[nodiscard]] const Terms& operator[](TermsIndex index) const { return terms_[index]; }
  [[nodiscard]] Millis window_ms(TermsIndex index) const { return brief_[index].window_ms; }
  [[nodiscard]] OfferNumber offer_number(TermsIndex index) const { return brief_[index].number; }

  // Offer ids that were ever in a catalogue.
  [[nodiscard]] std::size_t offer_ids() const { return numbers_.size(); }

  // Terms have numbers below this. Those that no window refers to and that are not in
  // force are none.
  [[nodiscard]] std::size_t size() const { return terms_.size(); }
  // The offer ids that were ever in a catalogue, by their number.
  [[nodiscard]] std::vector<std::string_view> ids_by_number() const;

  // Of a saved state: the number of an offer id, which was in a catalogue.
  OfferNumber restore_id(std::string_view id);
  // The same: the offer as it stood when windows were opened that will refer to it; its
  // id has a number. An Error as with a catalogue.
  [[nodiscard]] TermsIndex restore(const Offer& offer) { return add(offer, false); }

  // A window refers to the terms; no longer.
  void add_window(TermsIndex index) { ++terms_[index].windows; }
  void remove_window(TermsIndex index) { --terms_[index].windows; }

 private:
  // What each window is asked for, close together.
  struct Brief {
    std::uint32_t window_ms = 0;
    OfferNumber number = 0;
  };

  [[nodiscard]] TermsIndex add(const Offer& offer, bool in_force);
  void forget_unused();

  std::deque<Terms> terms_;
  std::vector<Brief> brief_;          // of each
  std::vector<TermsIndex> free_;      // numbers of none
  std::vector<TermsIndex> in_force_;  // by OfferIndex
  std::unordered_map<std::string, OfferNumber> numbers_;
};

}  // namespace tagtill
