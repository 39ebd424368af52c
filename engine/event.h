// What the protocol produces (P8), and its form as JSON Lines.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/arena.h"
#include "engine/offer_catalogue.h"
#include "engine/time.h"

namespace tagtill {

enum class EventType : std::uint8_t { kPrompt, kConfirmed, kExpired, kCancelled, kRejected };
inline constexpr std::size_t kEventTypes = 5;

enum class CancelReason : std::uint8_t { kIntentDeleted, kUnenrolled };

// In the order of summaries: by their names, but for those that came later, since states hold
// their numbers.
enum class RejectReason : std::uint8_t {
  kAlreadyConfirmed,
  kCancelled,
  kExpired,
  kFuture,
  kLate,
  kLimitReached,
  kNotEligible,
  kNotEnrolled,
  kOfferNotLive,
  kProtected,
  kSoldOut,
  kTooMany,
  kUnknownCode,
  kFrozen,
};
inline constexpr std::size_t kRejectReasons = 14;

[[nodiscard]] std::string_view name_of(EventType type);
[[nodiscard]] std::string_view name_of(RejectReason reason);
[[nodiscard]] std::string_view name_of(CancelReason reason);

// A code of P5.1: 40 bits, shown as 8 characters of Crockford's base32.
using Code = std::uint64_t;
inline constexpr Code kNoCode = ~Code{0};

// One event. All views live in the batch the event stands in. What a type has
// no use for is left at its default; the purchase id is not stored: it is
// intent_id, ':', offer_id (P5.1).
struct Event {
  EventType type = EventType::kRejected;
  RejectReason reject_reason = RejectReason::kLate;           // rejected
  CancelReason cancel_reason = CancelReason::kIntentDeleted;  // cancelled
  Fulfilment fulfilment = Fulfilment::kShip;                  // confirmed
  std::array<char, 3> currency{};                             // prompt, confirmed
  std::string_view offer_id;          // all; rejected: empty stands for null
  std::string_view author_id;         // all
  std::string_view account;           // confirmed, expired, cancelled
  std::string_view intent_id;         // all but rejected
  std::string_view post_id;           // confirmed: the confirming post; rejected: the post
  std::string_view title;             // prompt
  std::string_view reply;             // prompt: what to answer; empty without a ReplyTemplate
  std::string_view tag_prefix;        // prompt: the prefix as configured (P5.2)
  Code code = kNoCode;                // prompt: the code; confirmed: the claim code, or none
  Millis intent_at = 0;               // all but rejected
  Millis deadline = 0;                // prompt, expired
  Millis at = 0;                      // confirmed: confirmed_at; rejected: the post's event time
  std::int64_t price_minor = 0;       // prompt, confirmed
  std::int64_t commission_minor = 0;  // confirmed
  std::int64_t reach = 0;             // confirmed
  // In the stream, counted over all types from 0: a sink is told. Nothing else depends on it.
  std::uint64_t number = 0;
};

// Events in the order in which the rules produced them, with the bytes they
// refer to. Owned by one thread at a time; cleared and used again, not freed.
struct EventBatch {
  std::vector<Event> events;
  Arena bytes;

  void clear() {
    events.clear();
    bytes.clear();
  }
};

// Appends the event as one line of P8, with its line end. A prompt that has a reply has it as
// its last member.
void append_json_line(std::string& out, const Event& event);

// Appends `text` as a JSON string with its quotes, escaped as P8 says.
void append_json_string(std::string& out, std::string_view text);

// Appends the purchase id of the event.
void append_purchase_id(std::string& out, const Event& event);

// The 8 characters of a code (P5.1), upper case.
[[nodiscard]] std::array<char, 8> code_characters(Code code);

}  // namespace tagtill
