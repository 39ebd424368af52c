// A confirmation window as it is kept.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/decision_trace.h"
#include "engine/event.h"
#include "engine/id_table.h"
#include "engine/member_table.h"
#include "engine/terms.h"
#include "engine/time.h"

namespace tagtill {

class Shard;

using WindowIndex = std::uint32_t;

// A window (P4.5, P4.6), from its intent until clock − L passes its deadline: 40
// plain bytes in its author's Shard. `denied` is written by the Ledger alone.
struct Window {
  enum class State : std::uint8_t { kOpen, kConfirmed, kCancelled };

  // All that these fields are ever given; said for the compiler's sake.
  static constexpr Millis kTimeMask = (Millis{1} << 48) - 1;  // 1970 to 9999
  static constexpr std::uint64_t kCodeMask = (std::uint64_t{1} << 40) - 1;
  static constexpr TermsIndex kTermsMask = TermsTable::kTermsMax - 1;

  IdKey author;
  IdKey intent;
  std::int64_t intent_at : 49;
  State state : 2;
  bool denied : 1;        // P4.5: holds nothing, and its end makes no event
  bool account_kept : 1;  // `account` is a place among the shard's kept accounts
  std::uint64_t code : 40;
  TermsIndex terms : 24;
  WindowIndex next;  // of the same author, opened later; or Shard::kNoWindow
  // With which it opened (P6.4): the number of the member in the table in force.
  std::uint32_t account;
};
static_assert(sizeof(Window) == 40);

// Where a window is. Lives until the window is forgotten.
struct WindowRef {
  Shard* shard = nullptr;
  WindowIndex index = 0;

  [[nodiscard]] Window& operator*() const;
  [[nodiscard]] Window* operator->() const { return &**this; }
  [[nodiscard]] Millis deadline() const;
  [[nodiscard]] const Terms& terms() const;
};

// A window's ids as text, for events and traces: views of the shard, or of this
// object, which must not be moved. Made when it is needed: two conversions.
class WindowText {
  WindowRef window_;
  IdDigits author_digits_;
  IdDigits intent_digits_;

 public:
  explicit WindowText(WindowRef window);
  WindowText(const WindowText&) = delete;
  WindowText& operator=(const WindowText&) = delete;

  std::string_view author_id;
  std::string_view intent_id;

  // For a trace.
  [[nodiscard]] WindowSeen seen() const;
};

}  // namespace tagtill
