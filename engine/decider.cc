#include "engine/decider.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/ahead.h"
#include "engine/decider_state.h"
#include "engine/decision_teller.h"
#include "engine/decision_trace.h"
#include "engine/due_order.h"
#include "engine/emitter.h"
#include "engine/errors.h"
#include "engine/give_back.h"
#include "engine/kept_post.h"
#include "engine/ledger.h"
#include "engine/purchase_rules.h"
#include "engine/shard.h"
#include "engine/shard_set.h"
#include "engine/terms.h"
#include "engine/window.h"

namespace tagtill {

class Decider::Impl {
 public:
  Impl(std::shared_ptr<const OfferCatalogue> offers, std::shared_ptr<const MemberTable> members,
       std::string_view secret, ProtocolOptions options, std::uint32_t shards)
      : options_(std::move(options)),
        emitter_(options_, counts_),
        ledger_(emitter_, terms_),
        rules_(counts_, terms_, controls_, emitter_, ledger_, teller_, secret),
        shards_(terms_, checked(shards)) {
    set_configuration(std::move(offers), std::move(members));
    emitter_.set_members(*members_);
  }

  void control(std::span<const ControlChange> changes, std::shared_ptr<const OfferCatalogue> offers,
               std::shared_ptr<const MemberTable> members, EventBatch& out) {
    emitter_.set_batch(out);
    for (const ControlChange& change : changes) {
      controls_.apply(change, clock_);
      if (change.kind == ControlChange::Kind::kUnlink) {
        unenrol(change.author_id);
      } else if (change.kind == ControlChange::Kind::kLink) {
        keep_accounts(change.author_id, *members);
      }
    }
    set_configuration(std::move(offers), std::move(members));
    emitter_.set_members(*members_);
    look_up_set_aside();
  }

  [[nodiscard]] const StandingControls& controls() const { return controls_; }

  void apply(const CandidateBatch& batch, EventBatch& out) {
    emitter_.set_batch(out);
    const std::vector<Candidate>& candidates = batch.candidates;
    ids_.clear();
    for (const Candidate& candidate : candidates) {
      ids_.push_back({Id(candidate.author_id), Id(candidate.post_id)});
    }
    // First the places in the indexes, then the records they lead to.
    for_each_ahead(
        candidates.size(),
        [this](std::size_t i, PrefetchList& list) {
          shards_.of(ids_[i].author).prefetch(ids_[i].author, ids_[i].post, list);
        },
        [this](std::size_t i, PrefetchList& list) {
          shards_.of(ids_[i].author).prefetch_records(ids_[i].author, ids_[i].post, list);
        },
        [&](std::size_t i) { apply(candidates[i], ids_[i]); });
  }

  void replace(std::shared_ptr<const OfferCatalogue> offers,
               std::shared_ptr<const MemberTable> members, std::string_view secret,
               EventBatch& out) {
    emitter_.set_batch(out);
    const std::shared_ptr<const MemberTable> before = members_;
    set_configuration(std::move(offers), std::move(members));
    rules_.codes().set_secret(secret);
    enrol_anew(*before);
    emitter_.set_members(*members_);
    look_up_set_aside();
  }

  void set_trace(DecisionTrace* trace) {
    teller_.set_trace(trace);
    emitter_.set_trace(trace);
    ledger_.set_trace(trace);
  }

  void set_replies(std::shared_ptr<const ReplyTemplate> replies) {
    replies_ = std::move(replies);
    emitter_.set_replies(replies_.get());
  }

  void record_codes(CodeTape* tape) { rules_.codes().record(tape); }
  void play_codes(CodeTape* tape) { rules_.codes().play(tape); }

  [[nodiscard]] DeciderState state() {
    return {options_, *offers_, *members_, counts_,    terms_,
            ledger_,  shards_,  clock_,    set_aside_, controls_};
  }

  [[nodiscard]] const DecisionCounts& counts() const { return counts_; }
  [[nodiscard]] std::uint64_t open_windows() const { return ledger_.held(); }
  [[nodiscard]] bool has_set_aside() const { return set_aside_ != nullptr; }
  [[nodiscard]] std::optional<Millis> clock() const { return clock_; }
  [[nodiscard]] std::size_t memory_bytes() const { return shards_.memory_bytes(); }

 private:
  static std::uint32_t checked(std::uint32_t shards) {
    check_shards(shards);
    return shards;
  }

  struct CandidateIds {
    Id author;
    Id post;
  };

  void set_configuration(std::shared_ptr<const OfferCatalogue> offers,
                         std::shared_ptr<const MemberTable> members) {
    const bool same_offers = offers == offers_;
    offers_ = std::move(offers);
    members_ = std::move(members);
    rules_.set(*offers_, *members_);
    if (same_offers) {
      return;
    }
    terms_.set_catalogue(*offers_);
    ledger_.set_catalogue(*offers_);
    for (Shard& shard : shards_) {
      shard.posts().set_longest_window(offers_->longest_window_ms(), bound());
    }
  }

  // clock − L, the time before which everything is due; with no clock, nothing is.
  [[nodiscard]] Millis bound() const {
    return clock_ ? *clock_ - options_.lateness_ms : std::numeric_limits<Millis>::min();
  }

  void tell(PostDecision::What what, const Candidate& post) const {
    teller_.post(what, post, clock_, bound());
  }

  void apply(const Candidate& candidate, const CandidateIds& ids) {
    if (candidate.kind == Candidate::Kind::kTick) {
      apply_tick(candidate);
      return;
    }
    ++counts_.candidates;
    teller_.candidate(candidate);
    if (candidate.kind == Candidate::Kind::kPost) {
      apply_post(candidate, ids);
    } else {
      apply_delete_notice(candidate, ids);
    }
  }

  // P3.8. Before the first candidate post there is no clock that it could move.
  void apply_tick(const Candidate& tick) {
    if (clock_ && tick.at > *clock_ && !is_far_ahead(tick)) {
      clock_ = tick.at;
      end_what_is_due();
    }
  }

  [[nodiscard]] static bool is_member(const Candidate& post) { return post.member != kNotAMember; }

  bool is_duplicate(const Candidate& post, const CandidateIds& ids) {
    return is_member(post) &&
           shards_.of(ids.author).posts().remembers(ids.author, ids.post, bound());
  }

  [[nodiscard]] bool is_late(const Candidate& post) const { return post.at < bound(); }

  [[nodiscard]] bool is_far_ahead(const Candidate& post) const {
    return clock_ && options_.max_jump_ms > 0 && post.at - *clock_ > options_.max_jump_ms;
  }

  // P3.6, steps 1 and 2, with P3.9.
  void apply_post(const Candidate& post, const CandidateIds& ids) {
    if (set_aside_ && set_aside_->is(post)) {
      ++counts_.duplicates;
      tell(PostDecision::What::kDuplicateOfSetAside, post);
      return;
    }
    if (is_far_ahead(post) && set_aside_) {
      // Two agree: the first one is applied, and this one looked at anew.
      const std::unique_ptr<KeptPost> first = std::move(set_aside_);
      tell(PostDecision::What::kAgreed, first->post);
      settle(first->post, {Id(first->author_id), Id(first->post_id)});
    }
    if (is_far_ahead(post)) {
      set_aside_ = std::make_unique<KeptPost>(post);
      tell(PostDecision::What::kSetAside, post);
      return;
    }
    if (set_aside_ && !is_duplicate(post, ids) && !is_late(post)) {
      const std::unique_ptr<KeptPost> contradicted = std::move(set_aside_);
      tell(PostDecision::What::kContradicted, contradicted->post);
      if (is_member(contradicted->post)) {
        emitter_.rejected(RejectReason::kFuture, contradicted->post_id, contradicted->author_id, {},
                          contradicted->post.at);
      } else {
        ++counts_.future_of_others;
      }
    }
    settle(post, ids);
  }

  // P3.6, steps 3 to 6.
  void settle(const Candidate& post, const CandidateIds& ids) {
    advance_clock(post);
    if (is_duplicate(post, ids)) {
      ++counts_.duplicates;
      tell(PostDecision::What::kDuplicate, post);
      return;
    }
    if (is_late(post)) {
      ++counts_.late;
      tell(PostDecision::What::kLate, post);
      if (is_member(post)) {
        emitter_.rejected(RejectReason::kLate, post.post_id, post.author_id, {}, post.at);
      }
      return;
    }
    const std::size_t number = shards_.number_of(ids.author);
    Shard& shard = shards_[number];
    if (is_member(post)) {
      shard.posts().remember(ids.author, ids.post, post.at);
    }
    // Also for an author who was a member when the notice came (P6.4).
    if (shard.notices().remembers(ids.author, ids.post, bound())) {
      ++counts_.deleted_before;
      tell(PostDecision::What::kDeletedBefore, post);
    } else {
      tell(PostDecision::What::kApplied, post);
      rules_.apply(shard, post, ids.author);
    }
    shards_.scheduled(number);
  }

  void advance_clock(const Candidate& post) {
    const std::optional<Millis> before = clock_;
    clock_ = before ? std::max(*before, post.at) : post.at;
    teller_.clock(post, before, *clock_, bound());
    if (!before) {
      for (std::size_t i = 0; i < shards_.size(); ++i) {
        shards_[i].notices().set_first_clock(*clock_);
        shards_.scheduled(i);
      }
    } else if (*before < *clock_) {
      end_what_is_due();
    }
  }

  // P3.6, step 3.
  void end_what_is_due() {
    due_.clear();
    shards_.collect_due(bound(), due_);
    for (const Due& due : due_) {
      rules_.end(due);
    }
    if (due_.capacity() > kDueKept) {
      give_back(due_);
    }
  }

  // P6.1, P6.2, and P3.9 for the post that is set aside.
  void apply_delete_notice(const Candidate& notice, const CandidateIds& ids) {
    if (set_aside_ && set_aside_->is(notice)) {
      tell(PostDecision::What::kDeletedWhileSetAside, set_aside_->post);
      set_aside_.reset();
      ++counts_.deleted_before;
    }
    const auto& [author, post] = ids;
    const std::size_t number = shards_.number_of(author);
    Shard& shard = shards_[number];
    rules_.post_deleted(shard, author, post);
    const bool known = shard.posts().remembers(author, post, bound());
    std::uint64_t forgotten = 0;
    if (!known) {
      forgotten = shard.notices().remember(author, post, clock_ ? *clock_ : DeleteNotices::kNoClock,
                                           bound());
      counts_.deletes_forgotten += forgotten;
      shards_.scheduled(number);
    }
    teller_.notice(known, notice, clock_, forgotten);
  }

  void look_up_set_aside() {
    if (!set_aside_) {
      return;
    }
    Candidate& post = set_aside_->post;
    post.member = members_->find(post.author_id);
    for (PostTag& tag : set_aside_->tags) {
      tag.tag = offers_->find_tag(tag.folded);
    }
  }

  // P6.4: open windows of an author who has another number among the members now.
  void keep_accounts(std::string_view author_id, const MemberTable& members) {
    const Id author(author_id);
    Shard& shard = shards_.of(author);
    const IdKey key = shard.ids().find(author);
    if (key == kNoId) {
      return;
    }
    const MemberIndex member = members.find(author_id);
    for (WindowIndex at = shard.first_window(key); at != Shard::kNoWindow;
         at = shard.window(at).next) {
      Window& window = shard.window(at);
      if (window.state == Window::State::kOpen && !window.account_kept &&
          window.account != member) {
        shard.keep_account(window, members.member(window.account).account);
      }
    }
  }

  // P6.4 for one author.
  void unenrol(std::string_view author_id) {
    const Id author(author_id);
    Shard& shard = shards_.of(author);
    const IdKey key = shard.ids().find(author);
    if (key == kNoId) {
      return;
    }
    std::vector<Due> left;
    for (WindowIndex at = shard.first_window(key); at != Shard::kNoWindow;
         at = shard.window(at).next) {
      if (shard.window(at).state == Window::State::kOpen) {
        left.push_back({0, &shard, shard.window(at).intent, at, DueKind::kWindow});
      }
    }
    cancel_all(left);
    rules_.drop_parked_of_unenrolled(shard, shard.parked().first(key));
  }

  void cancel_all(std::vector<Due>& left) {
    std::sort(left.begin(), left.end(), ends_before);
    for (const Due& window : left) {
      rules_.cancel({window.shard, window.index}, CancelReason::kUnenrolled);
    }
  }

  // P6.4. Windows of those who left are cancelled; those of the others find their
  // accounts in the table that is in force now, or keep them.
  void enrol_anew(const MemberTable& before) {
    std::vector<Due> left;
    for (Shard& shard : shards_) {
      shard.for_each_window([&](WindowIndex index) {
        Window& window = shard.window(index);
        if (window.state != Window::State::kOpen) {
          return;  // its account will not be asked for
        }
        IdDigits digits{};
        const MemberIndex member = members_->find(shard.ids().text(window.author, digits));
        if (member == kNotAMember) {
          left.push_back({0, &shard, window.intent, index, DueKind::kWindow});
        } else if (!window.account_kept) {
          const std::string_view account = before.member(window.account).account;
          if (members_->member(member).account == account) {
            window.account = member;
          } else {
            shard.keep_account(window, account);
          }
        }
      });
      drop_parked_of_unenrolled(shard);
    }
    cancel_all(left);
  }

  void drop_parked_of_unenrolled(Shard& shard) {
    std::vector<ParkedIndex> left;
    shard.parked().for_each_author([&](IdKey author, ParkedIndex first) {
      IdDigits digits{};
      if (members_->find(shard.ids().text(author, digits)) == kNotAMember) {
        left.push_back(first);
      }
    });
    for (const ParkedIndex first : left) {
      rules_.drop_parked_of_unenrolled(shard, first);
    }
  }

  // More room than for so many is given back.
  static constexpr std::size_t kDueKept = 65'536;

  ProtocolOptions options_;
  std::shared_ptr<const OfferCatalogue> offers_;
  std::shared_ptr<const MemberTable> members_;
  std::shared_ptr<const ReplyTemplate> replies_;
  DecisionCounts counts_;
  DecisionTeller teller_;
  Emitter emitter_;
  TermsTable terms_;
  StandingControls controls_;
  Ledger ledger_;
  PurchaseRules rules_;
  ShardSet shards_;
  std::optional<Millis> clock_;
  std::unique_ptr<KeptPost> set_aside_;
  std::vector<Due> due_;
  std::vector<CandidateIds> ids_;  // of the batch that is applied
};

DecisionCounts operator-(DecisionCounts now, const DecisionCounts& before) {
  for (std::uint64_t DecisionCounts::*count :
       {&DecisionCounts::candidates, &DecisionCounts::duplicates, &DecisionCounts::late,
        &DecisionCounts::repeated, &DecisionCounts::deleted_before, &DecisionCounts::prompts,
        &DecisionCounts::confirmed, &DecisionCounts::expired, &DecisionCounts::cancelled,
        &DecisionCounts::future_of_others, &DecisionCounts::ignored_confirmations,
        &DecisionCounts::parked_deleted, &DecisionCounts::deletes_forgotten}) {
    now.*count -= before.*count;
  }
  for (std::size_t reason = 0; reason < kRejectReasons; ++reason) {
    now.rejected[reason] -= before.rejected[reason];
  }
  return now;
}

Decider::Decider(std::shared_ptr<const OfferCatalogue> offers,
                 std::shared_ptr<const MemberTable> members, std::string_view secret,
                 ProtocolOptions options, std::uint32_t shards)
    : impl_(std::make_unique<Impl>(std::move(offers), std::move(members), secret,
                                   std::move(options), shards)) {}
Decider::~Decider() = default;

void Decider::check_shards(std::uint64_t shards) {
  static_assert(kShardsMax == ShardSet::kMost);
  if (!std::has_single_bit(shards) || shards > kShardsMax) {
    throw Error(ExitCode::kUsage,
                "--shards " + std::to_string(shards) +
                    " is no power of two, or too many. Give 1, 2, 4 and so on, up to " +
                    std::to_string(kShardsMax) + ".");
  }
}

void Decider::apply(const CandidateBatch& batch, EventBatch& out) { impl_->apply(batch, out); }

void Decider::replace(std::shared_ptr<const OfferCatalogue> offers,
                      std::shared_ptr<const MemberTable> members, std::string_view secret,
                      EventBatch& out) {
  impl_->replace(std::move(offers), std::move(members), secret, out);
}

void Decider::control(std::span<const ControlChange> changes,
                      std::shared_ptr<const OfferCatalogue> offers,
                      std::shared_ptr<const MemberTable> members, EventBatch& out) {
  impl_->control(changes, std::move(offers), std::move(members), out);
}
const StandingControls& Decider::controls() const { return impl_->controls(); }

void Decider::record_codes(CodeTape* tape) { impl_->record_codes(tape); }
void Decider::play_codes(CodeTape* tape) { impl_->play_codes(tape); }
void Decider::save(const PieceWriter& write, std::string_view without_author) {
  save_state(impl_->state(), write, without_author);
}
void Decider::load(const PieceReader& next) { load_state(impl_->state(), next); }
void Decider::for_each_enrolled(const std::function<void(std::string_view author_id)>& f) {
  tagtill::for_each_enrolled(impl_->state(), f);
}
void Decider::visit_memory(MemoryVisitor& visitor) {
  tagtill::visit_memory(impl_->state(), visitor);
}
std::vector<std::string> Decider::broken_invariants() {
  return tagtill::broken_invariants(impl_->state());
}
const DecisionCounts& Decider::counts() const { return impl_->counts(); }
std::uint64_t Decider::open_windows() const { return impl_->open_windows(); }
void Decider::set_trace(DecisionTrace* trace) { impl_->set_trace(trace); }
void Decider::set_replies(std::shared_ptr<const ReplyTemplate> replies) {
  impl_->set_replies(std::move(replies));
}
bool Decider::has_set_aside() const { return impl_->has_set_aside(); }
std::optional<Millis> Decider::clock() const { return impl_->clock(); }
std::size_t Decider::memory_bytes() const { return impl_->memory_bytes(); }

}  // namespace tagtill
