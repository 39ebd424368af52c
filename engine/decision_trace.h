// What the rules saw and decided, told while they decide: for `tagtill explain`.
//
// At the level of the rules: nothing here says how the state is kept. Everything is
// what the rule itself looked at, taken when it did.
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

// In all of these: views and references live during the call.

// A confirmation window (P4.5, P4.6).
struct WindowSeen {
  std::string_view author_id;
  std::string_view intent_id;
  std::string_view offer_id;
  Millis intent_at = 0;
  Millis deadline = 0;
  Code code = kNoCode;
  bool denied = false;
};

// A post as such: P3.6 but for the clock and the tags.
struct PostDecision {
  enum class What : std::uint8_t {
    kDuplicateOfSetAside,   // P3.6.1
    kSetAside,              // P3.9: far ahead
    kAgreed,                // P3.9: set aside; a second one is far ahead, so it is applied
    kContradicted,          // P3.9: set aside; a post that is not far ahead ends it
    kDeletedWhileSetAside,  // P3.9
    kDuplicate,             // P3.4
    kLate,                  // P3.5
    kDeletedBefore,         // P6.2
    kApplied,               // none of these: its tags come next
  };
  What what;
  const Candidate& post;  // of which this is decided; not always the one that came
  std::optional<Millis> clock;
  Millis bound;  // clock - L; nothing is before it while there is no clock
};

// P3.3. What falls due by it comes next (P3.6.3).
struct ClockMove {
  const Candidate& post;  // by whose event time
  std::optional<Millis> before;
  Millis after;
  Millis bound;  // after - L
};

// An offer's tag in a post (P4).
struct IntentDecision {
  enum class What : std::uint8_t {
    kNotEnrolled,
    kProtected,
    kFrozen,  // by a control record
    kOfferNotLive,
    kNotEligible,
    kRepeated,
    kLimitReached,
    kTooMany,
    kOpens,  // a window; whether it is denied the stock decides, next
  };
  What what;
  const Candidate& post;
  const PostTag& tag;
  const Offer& offer;  // the one chosen
  bool live;
  // What was looked at up to the decision, in this order.
  RegionCode region;                 // of the member; kNotEligible and later
  std::optional<WindowSeen> window;  // kRepeated: the one there is; kOpens: the new one
  std::int64_t confirmed_windows;    // P4.3; kLimitReached and later
  std::size_t remembered_windows;    // P4.4; kTooMany and later
};

// A tag of confirmation form in a post (P5).
struct ConfirmationDecision {
  enum class What : std::uint8_t {
    kIgnored,    // P5.3: not of a member
    kProtected,  // P5.3
    kExpired,
    kLimitReached,  // and the window is cancelled
    kCloses,        // the window; whether it is sold the stock decides, next
    kAlreadyConfirmed,
    kCancelled,
    kParked,
    kTooMany,
  };
  What what;
  std::string_view author_id;
  std::string_view post_id;
  Millis at;  // the post's event time
  Code code;
  bool was_parked;                   // P5.6: it waited, and its window has opened
  std::optional<WindowSeen> window;  // kExpired to kCancelled
  std::int64_t confirmed_windows;    // P5.4; kLimitReached, kCloses
  std::int64_t limit_per_member;     // likewise
  std::size_t parked;                // that waited already; kParked, kTooMany
};

// What the ledger does for a window.
struct StockDecision {
  enum class What : std::uint8_t {
    kHeld,     // P4.6
    kDenied,   // P4.5
    kSold,     // P5.4
    kNotSold,  // P5.4: the window is denied
    kFree,     // the held unit, again
  };
  What what;
  WindowSeen window;
  std::optional<std::int64_t> stock;  // none: unlimited
  std::int64_t held;                  // before
  std::int64_t sold;                  // before
};

// The end of a window but by confirmation.
struct WindowEnd {
  enum class What : std::uint8_t {
    kExpired,        // P6.3; a denied one is forgotten silently
    kForgotten,      // P5.5: it had ended before
    kIntentDeleted,  // P6.1
    kUnenrolled,     // P6.4
  };
  What what;
  WindowSeen window;
};

// The end of a parked confirmation whose window did not open.
struct ParkedEnd {
  enum class What : std::uint8_t { kUnknownCode /* P5.6 */, kPostDeleted /* P6.1 */, kUnenrolled };
  What what;
  std::string_view author_id;
  std::string_view post_id;
  Millis at;
  Code code;
};

// A delete notice, after it has ended what there was to end.
struct NoticeDecision {
  enum class What : std::uint8_t {
    kRemembered,   // P6.2
    kPostIsKnown,  // P3.4 remembers the post: nothing more to do
  };
  What what;
  const Candidate& notice;
  std::optional<Millis> clock;
  std::uint64_t forgotten;  // older notices of the author
};

// Called by the decider's thread, in the order of the decisions. What one of them
// does to the stock, and its event, follow it at once. It must not throw, nor call
// the decider.
class DecisionTrace {
 public:
  DecisionTrace() = default;
  virtual ~DecisionTrace() = default;
  DecisionTrace(const DecisionTrace&) = delete;
  DecisionTrace& operator=(const DecisionTrace&) = delete;

  virtual void on_candidate(const Candidate& candidate) = 0;  // comes, before all else
  virtual void on_post(const PostDecision& decision) = 0;
  virtual void on_clock(const ClockMove& move) = 0;
  virtual void on_intent(const IntentDecision& decision) = 0;
  virtual void on_confirmation(const ConfirmationDecision& decision) = 0;
  virtual void on_stock(const StockDecision& decision) = 0;
  virtual void on_window_end(const WindowEnd& end) = 0;
  virtual void on_parked_end(const ParkedEnd& end) = 0;
  virtual void on_notice(const NoticeDecision& decision) = 0;
  virtual void on_event(const Event& event) = 0;
};

}  // namespace tagtill
