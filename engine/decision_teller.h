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

  // `window`: the one that IntentDecision asks for, or none.
  void intent(IntentDecision::What what, const Candidate& post, const PostTag& tag,
              const Offer& offer, bool live, RegionCode region, std::optional<WindowRef> window,
              std::int64_t confirmed_windows, std::size_t remembered_windows) const {
    if (trace_ == nullptr) {
      return;
    }
    IntentDecision decision{
        what, post, tag, offer, live, region, {}, confirmed_windows, remembered_windows};
    if (window) {
      const WindowText text(*window);
      decision.window = text.seen();
      trace_->on_intent(decision);
    } else {
      trace_->on_intent(decision);
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

  void without_window(ConfirmationDecision::What what, std::string_view author_id,
                      const Confirmation& confirmation, std::size_t parked) const {
    if (trace_ != nullptr) {
      trace_->on_confirmation({what,
                               author_id,
                               confirmation.post_id,
                               confirmation.at,
                               confirmation.code,
                               false,
                               {},
                               0,
                               0,
                               parked});
    }
  }

  void with_window(ConfirmationDecision::What what, WindowRef window,
                   const Confirmation& confirmation, bool was_parked,
                   std::int64_t confirmed_windows) const {
    if (trace_ != nullptr) {
      const WindowText text(window);
      trace_->on_confirmation({what, text.author_id, confirmation.post_id, confirmation.at,
                               confirmation.code, was_parked, text.seen(), confirmed_windows,
                               window.terms().offer.limit_per_member, 0});
    }
  }

  void window_end(WindowEnd::What what, WindowRef window) const {
    if (trace_ != nullptr) {
      trace_->on_window_end({what, WindowText(window).seen()});
    }
  }

  void parked_end(ParkedEnd::What what, Shard& shard, ParkedIndex index) const {
    if (trace_ != nullptr) {
      const ParkedConfirmation& parked = shard.parked()[index];
      IdDigits author{};
      IdDigits post{};
      trace_->on_parked_end({what, shard.ids().text(parked.author, author),
                             shard.ids().text(parked.post, post), parked.at, parked.code});
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
