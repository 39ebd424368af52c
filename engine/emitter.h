// Writes events to a batch and counts them.
#pragma once

#include <string_view>

#include "engine/decider.h"
#include "engine/decision_trace.h"
#include "engine/event.h"
#include "engine/shard.h"
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

  void prompt(const Window& window);
  void confirmed(const Window& window, const Confirmation& confirmation, Code claim_code);
  void expired(const Window& window);
  void cancelled(const Window& window, CancelReason reason);
  // An empty `offer_id` stands for null.
  void rejected(RejectReason reason, std::string_view post_id, std::string_view author_id,
                std::string_view offer_id, Millis at);

 private:
  Event& add(EventType type, const Window& window);
  void tell(const Event& event) const {
    if (trace_ != nullptr) {
      trace_->on_event(event);
    }
  }

  std::string_view prefix_;
  DecisionCounts& counts_;
  EventBatch* batch_ = nullptr;
  DecisionTrace* trace_ = nullptr;
};

}  // namespace tagtill
