// Writes events to a batch and counts them.
#pragma once

#include <string>
#include <string_view>

#include "engine/decider.h"
#include "engine/decision_trace.h"
#include "engine/event.h"
#include "engine/member_table.h"
#include "engine/parked_confirmations.h"
#include "engine/reply_template.h"
#include "engine/window.h"

namespace tagtill {

// Used by the decider's thread, for one batch at a time. Everything an event
// refers to is copied into the batch.
class Emitter {
 public:
  Emitter(const ProtocolOptions& options, DecisionCounts& counts)
      : prefix_(options.confirm_prefix), counts_(counts) {}

  void set_batch(EventBatch& batch) { batch_ = &batch; }
  // As Decider::set_trace.
  void set_trace(DecisionTrace* trace) { trace_ = trace; }
  // Prompts get their replies from it; null: none. It must live as long as it is set.
  void set_replies(const ReplyTemplate* replies) { replies_ = replies; }
  // That in which the accounts of windows stand; it must live until another one is set.
  void set_members(const MemberTable& members) { members_ = &members; }

  void prompt(WindowRef window);
  void confirmed(WindowRef window, const Confirmation& confirmation, Code claim_code);
  void expired(WindowRef window);
  void cancelled(WindowRef window, CancelReason reason);
  // An empty `offer_id` stands for null.
  void rejected(RejectReason reason, std::string_view post_id, std::string_view author_id,
                std::string_view offer_id, Millis at);

 private:
  Event& add(EventType type, WindowRef window);
  [[nodiscard]] std::string_view keep_account(WindowRef window);
  void tell(const Event& event) const {
    if (trace_ != nullptr) {
      trace_->on_event(event);
    }
  }

  std::string_view prefix_;
  DecisionCounts& counts_;
  EventBatch* batch_ = nullptr;
  const MemberTable* members_ = nullptr;
  DecisionTrace* trace_ = nullptr;
  const ReplyTemplate* replies_ = nullptr;
  std::string reply_;
};

}  // namespace tagtill
