// Tells a DecisionTrace, if there is one, what the decider is about to do.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/decision_trace.h"
#include "engine/shard.h"
#include "engine/window.h"

namespace tagtill {

// Used by the decider's thread. Without a trace each call costs one comparison.
class DecisionTeller {
 public:
  void set_trace(DecisionTrace* trace) { trace_ = trace; }

  void candidate(const Candidate& candidate) const {
    if (trace_ != nullptr) {
      trace_->on_candidate(candidate);
    }
  }

  void post(PostDecision::What what, const Candidate& post, std::optional<Millis> clock,
            Millis bound) const {
    if (trace_ != nullptr) {
      trace_->on_post({what, post, clock, bound});
    }
  }

  void clock(const Candidate& post, std::optional<Millis> before, Millis after,
             Millis bound) const {
    if (trace_ != nullptr) {
      trace_->on_clock({post, before, after, bound});
    }
  }

  // An intent that is refused before anything of the author is looked at.
  void refused_intent(IntentDecision::What what, const Candidate& post, const PostTag& tag,
                      const Offer& offer, bool live) const {
    if (trace_ != nullptr) {
      trace_->on_intent({what, post, tag, offer, live, {}, {}, 0, 0});
    }
  }

  // `window`: the one that IntentDecision asks for, or null.
  void intent(IntentDecision::What what, const Candidate& post, const PostTag& tag,
              const Offer& offer, bool live, RegionCode region, const Window* window,
              std::int64_t confirmed_windows, const Author& author) const {
    if (trace_ != nullptr) {
      trace_->on_intent({what, post, tag, offer, live, region,
                         window != nullptr ? std::optional(seen(*window)) : std::nullopt,
                         confirmed_windows, author.windows.size()});
    }
  }

  // A confirmation that nobody looks for a window for.
  void refused_confirmation(ConfirmationDecision::What what, const Candidate& post,
                            const PostTag& tag) const {
    if (trace_ != nullptr) {
      trace_->on_confirmation(
          {what, post.author_id, post.post_id, post.at, tag.code, false, {}, 0, 0, 0});
    }
  }

  void without_window(ConfirmationDecision::What what, const Author& author,
                      const Confirmation& confirmation) const {
    if (trace_ != nullptr) {
      trace_->on_confirmation({what,
                               author.id,
                               confirmation.post_id,
                               confirmation.at,
                               confirmation.code,
                               false,
                               {},
                               0,
                               0,
                               author.parked.size()});
    }
  }

  void with_window(ConfirmationDecision::What what, const Window& window,
                   const Confirmation& confirmation, bool was_parked,
                   std::int64_t confirmed_windows) const {
    if (trace_ != nullptr) {
      trace_->on_confirmation({what, window.author->id, confirmation.post_id, confirmation.at,
                               confirmation.code, was_parked, seen(window), confirmed_windows,
                               window.terms->offer.limit_per_member, 0});
    }
  }

  void window_end(WindowEnd::What what, const Window& window) const {
    if (trace_ != nullptr) {
      trace_->on_window_end({what, seen(window)});
    }
  }

  void parked_end(ParkedEnd::What what, const ParkedConfirmation& parked) const {
    if (trace_ != nullptr) {
      trace_->on_parked_end({what, parked.author->id, parked.post_id, parked.confirmation.at,
                             parked.confirmation.code});
    }
  }

  void notice(bool post_is_known, const Candidate& notice, std::optional<Millis> clock,
              std::uint64_t forgotten) const {
    if (trace_ != nullptr) {
      trace_->on_notice(
          {post_is_known ? NoticeDecision::What::kPostIsKnown : NoticeDecision::What::kRemembered,
           notice, clock, forgotten});
    }
  }

 private:
  DecisionTrace* trace_ = nullptr;
};

}  // namespace tagtill
