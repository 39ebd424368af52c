// The rules for the tags of one post: P4, P5 and P6.1.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/candidate.h"
#include "engine/confirmation_code.h"
#include "engine/decider.h"
#include "engine/decision_teller.h"
#include "engine/emitter.h"
#include "engine/ledger.h"
#include "engine/member_table.h"
#include "engine/offer_catalogue.h"
#include "engine/shard.h"
#include "engine/standing_controls.h"
#include "engine/terms.h"

namespace tagtill {

// Part of the Decider, which finds the post to be neither duplicate nor late, nor
// deleted, and moves the clock. All that is given here must live as long.
class PurchaseRules {
 public:
  PurchaseRules(DecisionCounts& counts, const TermsTable& terms, const StandingControls& controls,
                Emitter& emitter, Ledger& ledger, const DecisionTeller& teller,
                std::string_view secret)
      : counts_(counts),
        terms_(terms),
        controls_(controls),
        emitter_(emitter),
        ledger_(ledger),
        teller_(teller),
        codes_(secret) {}

  // What is in force. Both must live until others are set.
  void set(const OfferCatalogue& offers, const MemberTable& members) {
    offers_ = &offers;
    members_ = &members;
  }
  [[nodiscard]] CodeMaker& codes() { return codes_; }

  // P3.6, steps 5 and 6.
  void apply(Shard& shard, const Candidate& post, const Id& author);

  // P6.1: a delete notice for this post of this author.
  void post_deleted(Shard& shard, const Id& author, const Id& post);

  // P6.3 and P5.6: what has fallen due.
  void end(const Due& due);

  // P6.1, P6.4.
  void cancel(WindowRef window, CancelReason reason);
  // P6.4: drops what the author had parked, from `first` on.
  void drop_parked_of_unenrolled(Shard& shard, ParkedIndex first);

 private:
  void refuse_stranger(const Candidate& post);
  void refuse_protected(const Candidate& post);
  void refuse_intents(const Candidate& post, RejectReason reason);
  void confirm(Shard& shard, IdKey author, std::string_view author_id,
               const Confirmation& confirmation);
  void close(WindowRef window, const Confirmation& confirmation, bool was_parked);
  void refuse_ended(WindowRef window, const Confirmation& confirmation, bool was_parked);
  void intend(Shard& shard, IdKey author, const Candidate& post, const PostTag& tag);
  // `last`: the author's last window, or Shard::kNoWindow.
  WindowRef open(Shard& shard, IdKey author, const Candidate& post, TermsIndex terms,
                 WindowIndex last);
  void apply_parked(WindowRef window);
  void end_window(WindowRef window);
  void end_parked(Shard& shard, ParkedIndex index);

  DecisionCounts& counts_;
  const TermsTable& terms_;
  const StandingControls& controls_;
  Emitter& emitter_;
  Ledger& ledger_;
  const DecisionTeller& teller_;
  CodeMaker codes_;
  const OfferCatalogue* offers_ = nullptr;
  const MemberTable* members_ = nullptr;
  std::vector<ParkedIndex> waiting_;
};

}  // namespace tagtill
