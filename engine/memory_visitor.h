// What a decider remembers, told thing by thing: for people and other programs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/candidate.h"
#include "engine/event.h"
#include "engine/offer_catalogue.h"
#include "engine/time.h"

namespace tagtill {

// Is told by Decider::visit_memory() of all that Decider::save() keeps but the counts, in the
// order of these functions; of one kind in any order, but what one author has parked, or has
// delete notices for, as it came. All views live during the call.
class MemoryVisitor {
 public:
  virtual ~MemoryVisitor() = default;

  // The stream clock (P3.3); none before the first candidate post.
  virtual void on_clock(std::optional<Millis> clock) = 0;

  // Of an offer id that was ever in a catalogue, for ever (P6.4).
  struct Stock {
    std::string_view offer_id;
    std::uint64_t held = 0;
    std::uint64_t sold = 0;
    std::optional<std::uint64_t> most;  // the greatest stock that it had; none: unlimited
  };
  virtual void on_stock(const Stock& stock) = 0;

  // An offer as it stands in the catalogue, or (`in_force` is false) as it stood when windows
  // opened that are still remembered.
  struct Terms {
    const Offer& offer;
    bool in_force = false;
    std::uint64_t windows = 0;
  };
  virtual void on_terms(const Terms& terms) = 0;

  enum class WindowState : std::uint8_t { kOpen, kConfirmed, kCancelled };
  struct Window {
    std::string_view author_id;
    std::string_view intent_id;
    const Offer& offer;  // the terms
    WindowState state = WindowState::kOpen;
    bool denied = false;  // P4.5
    Millis intent_at = 0;
    Millis deadline = 0;
    Code code = kNoCode;
    std::string_view account;  // of one that is open
  };
  virtual void on_window(const Window& window) = 0;

  // A confirmation that waits for its window (P5.6).
  struct Parked {
    std::string_view author_id;
    std::string_view post_id;
    Millis at = 0;
    Code code = kNoCode;
    std::int64_t followers = 0;
    std::uint32_t place = 0;  // in its text
  };
  virtual void on_parked(const Parked& parked) = 0;

  // P3.4
  struct Post {
    std::string_view author_id;
    std::string_view post_id;
    Millis at = 0;
  };
  virtual void on_post(const Post& post) = 0;

  // P6.2; `at` is the clock at which it came, none if there was none yet.
  struct Notice {
    std::string_view author_id;
    std::string_view post_id;
    std::optional<Millis> at;
  };
  virtual void on_notice(const Notice& notice) = 0;

  // Windows of the offer that the author has closed by confirmation (P4.3).
  struct Confirmed {
    std::string_view author_id;
    std::string_view offer_id;
    std::uint32_t windows = 0;
  };
  virtual void on_confirmed(const Confirmed& confirmed) = 0;

  // P3.9; at most once.
  virtual void on_set_aside(const Candidate& post) = 0;

  // What control records said, as it stands: of an author, of an offer, and of all members who
  // were linked before a time (at most once).
  struct ControlledAuthor {
    std::string_view author_id;
    bool linked = false;
    bool unlinked = false;
    bool frozen = false;
    std::string_view account;         // linked
    std::string_view region;          // linked; empty: unknown
    std::optional<Millis> linked_at;  // linked; none: before there was a clock
  };
  virtual void on_controlled_author(const ControlledAuthor& author) = 0;
  struct ControlledOffer {
    std::string_view offer_id;
    std::string_view line;  // of a catalogue; empty: it was withdrawn
  };
  virtual void on_controlled_offer(const ControlledOffer& offer) = 0;
  virtual void on_frozen_before(Millis time) = 0;
};

}  // namespace tagtill
