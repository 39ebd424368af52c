#include "engine/decider.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/confirmation_code.h"
#include "engine/decision_teller.h"
#include "engine/decision_trace.h"
#include "engine/due_order.h"
#include "engine/emitter.h"
#include "engine/fold.h"
#include "engine/hash_bytes.h"
#include "engine/kept_post.h"
#include "engine/ledger.h"
#include "engine/shard.h"
#include "engine/window.h"

namespace tagtill {
namespace {

constexpr std::size_t kShards = 16;  // a power of two; no result depends on it

}  // namespace

class Decider::Impl {
 public:
  Impl(std::shared_ptr<const OfferCatalogue> offers, std::shared_ptr<const MemberTable> members,
       std::string_view secret, ProtocolOptions options)
      : options_(std::move(options)),
        offers_(std::move(offers)),
        members_(std::move(members)),
        codes_(secret),
        emitter_(options_, counts_),
        ledger_(emitter_),
        shards_(kShards) {
    ledger_.set_catalogue(*offers_);
  }

  void apply(const CandidateBatch& batch, EventBatch& out) {
    emitter_.set_batch(out);
    for (const Candidate& candidate : batch.candidates) {
      ++counts_.candidates;
      teller_.candidate(candidate);
      if (candidate.kind == Candidate::Kind::kPost) {
        apply_post(candidate);
      } else {
        apply_delete_notice(candidate);
      }
    }
  }

  void replace(std::shared_ptr<const OfferCatalogue> offers,
               std::shared_ptr<const MemberTable> members, std::string_view secret,
               EventBatch& out) {
    emitter_.set_batch(out);
    offers_ = std::move(offers);
    members_ = std::move(members);
    codes_ = CodeMaker(secret);
    ledger_.set_catalogue(*offers_);
    for (Shard& shard : shards_) {
      shard.set_longest_window(offers_->longest_window_ms(), bound());
    }
    cancel_unenrolled();
    if (set_aside_) {
      Candidate& post = set_aside_->post;
      post.member = members_->find(post.author_id);
      for (PostTag& tag : set_aside_->tags) {
        tag.tag = offers_->find_tag(tag.folded);
      }
    }
  }

  void set_trace(DecisionTrace* trace) {
    teller_.set_trace(trace);
    emitter_.set_trace(trace);
    ledger_.set_trace(trace);
  }

  [[nodiscard]] const DecisionCounts& counts() const { return counts_; }
  [[nodiscard]] std::uint64_t open_windows() const { return ledger_.held(); }
  [[nodiscard]] bool has_set_aside() const { return set_aside_ != nullptr; }

 private:
  // clock − L, the time before which everything is due; with no clock, nothing is.
  [[nodiscard]] Millis bound() const {
    return clock_ ? *clock_ - options_.lateness_ms : std::numeric_limits<Millis>::min();
  }

  void tell(PostDecision::What what, const Candidate& post) const {
    teller_.post(what, post, clock_, bound());
  }

  Shard& shard_of(std::string_view author_id) {
    return shards_[hash_bytes(author_id) >> 32 & (kShards - 1)];
  }

  [[nodiscard]] static bool is_member(const Candidate& post) { return post.member != kNotAMember; }

  bool is_duplicate(const Candidate& post) {
    return is_member(post) &&
           shard_of(post.author_id).remembers_post(post.author_id, post.post_id, bound());
  }

  [[nodiscard]] bool is_late(const Candidate& post) const { return post.at < bound(); }

  [[nodiscard]] bool is_far_ahead(const Candidate& post) const {
    return clock_ && options_.max_jump_ms > 0 && post.at - *clock_ > options_.max_jump_ms;
  }

  // P3.6, steps 1 and 2, with P3.9.
  void apply_post(const Candidate& post) {
    if (set_aside_ && set_aside_->is(post)) {
      ++counts_.duplicates;
      tell(PostDecision::What::kDuplicateOfSetAside, post);
      return;
    }
    if (is_far_ahead(post) && set_aside_) {
      // Two agree: the first one is applied, and this one looked at anew.
      const std::unique_ptr<KeptPost> first = std::move(set_aside_);
      tell(PostDecision::What::kAgreed, first->post);
      settle(first->post);
    }
    if (is_far_ahead(post)) {
      set_aside_ = std::make_unique<KeptPost>(post);
      tell(PostDecision::What::kSetAside, post);
      return;
    }
    if (set_aside_ && !is_duplicate(post) && !is_late(post)) {
      const std::unique_ptr<KeptPost> contradicted = std::move(set_aside_);
      tell(PostDecision::What::kContradicted, contradicted->post);
      if (is_member(contradicted->post)) {
        emitter_.rejected(RejectReason::kFuture, contradicted->post_id, contradicted->author_id, {},
                          contradicted->post.at);
      } else {
        ++counts_.future_of_others;
      }
    }
    settle(post);
  }

  // P3.6, steps 3 to 6.
  void settle(const Candidate& post) {
    advance_clock(post);
    Shard& shard = shard_of(post.author_id);
    if (is_duplicate(post)) {
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
    if (is_member(post)) {
      shard.remember_post(post.author_id, post.post_id, post.at, offers_->longest_window_ms());
    }
    // Also for an author who was a member when the notice came (P6.4).
    const Author* known = shard.find(post.author_id);
    if (known != nullptr && Shard::remembers_deletion(*known, post.post_id, bound())) {
      ++counts_.deleted_before;
      tell(PostDecision::What::kDeletedBefore, post);
      return;
    }
    tell(PostDecision::What::kApplied, post);
    if (!is_member(post)) {
      refuse_stranger(post);
      return;
    }
    if (post.author_protected) {
      refuse_protected(post);
      return;
    }
    Author& author = shard.find_or_add(post.author_id);
    for (std::size_t place = 0; place < post.tags.size(); ++place) {
      if (post.tags[place].code != kNoCode) {
        confirm(shard, author,
                {post.tags[place].code, post.post_id, post.at, post.followers,
                 static_cast<std::uint32_t>(place)});
      }
    }
    for (const PostTag& tag : post.tags) {
      if (tag.tag != kNoTag) {
        intend(shard, author, post, tag);
      }
    }
    shard.release_if_empty(author);
  }

  // P4.1 and P5.3 for authors who are not members.
  void refuse_stranger(const Candidate& post) {
    for (const PostTag& tag : post.tags) {
      if (tag.code != kNoCode) {
        ++counts_.ignored_confirmations;
        teller_.refused_confirmation(ConfirmationDecision::What::kIgnored, post, tag);
      }
    }
    refuse_intents(post, RejectReason::kNotEnrolled);
  }

  // P5.3 and P4.1 for members whose posts nobody can see.
  void refuse_protected(const Candidate& post) {
    for (const PostTag& tag : post.tags) {
      if (tag.code != kNoCode) {
        teller_.refused_confirmation(ConfirmationDecision::What::kProtected, post, tag);
        emitter_.rejected(RejectReason::kProtected, post.post_id, post.author_id, {}, post.at);
      }
    }
    refuse_intents(post, RejectReason::kProtected);
  }

  void refuse_intents(const Candidate& post, RejectReason reason) {
    for (const PostTag& tag : post.tags) {
      if (tag.tag != kNoTag) {
        const OfferCatalogue::Choice choice = offers_->choose(tag.tag, post.at);
        const Offer& offer = offers_->offers()[choice.offer];
        teller_.refused_intent(reason == RejectReason::kProtected
                                   ? IntentDecision::What::kProtected
                                   : IntentDecision::What::kNotEnrolled,
                               post, tag, offer, choice.live);
        emitter_.rejected(reason, post.post_id, post.author_id, offer.id, post.at);
      }
    }
  }

  void advance_clock(const Candidate& post) {
    const std::optional<Millis> before = clock_;
    clock_ = before ? std::max(*before, post.at) : post.at;
    teller_.clock(post, before, *clock_, bound());
    if (!before) {
      for (Shard& shard : shards_) {
        shard.set_first_clock(*clock_);
      }
    } else if (*before < *clock_) {
      end_what_is_due();
    }
  }

  // P3.6, step 3.
  void end_what_is_due() {
    due_.clear();
    for (Shard& shard : shards_) {
      shard.collect_due(bound(), due_);
    }
    if (due_.size() > 1) {
      std::sort(due_.begin(), due_.end(), falls_due_before);
    }
    for (const Due& due : due_) {
      if (due.window != nullptr) {
        end_window(*due.window);
      } else {
        end_parked(*due.parked);
      }
    }
  }

  // P6.3.
  void end_window(Window& window) {
    teller_.window_end(window.state == Window::State::kOpen ? WindowEnd::What::kExpired
                                                            : WindowEnd::What::kForgotten,
                       window);
    if (window.state == Window::State::kOpen) {
      ledger_.release(window);
      if (!window.denied) {
        emitter_.expired(window);
      }
    }
    Author& author = *window.author;
    Shard& shard = shard_of(author.id);
    ledger_.forget(window);
    (void)shard.take_window(window);
    shard.release_if_empty(author);
  }

  // P5.6.
  void end_parked(ParkedConfirmation& parked) {
    if (parked.waiting) {
      teller_.parked_end(ParkedEnd::What::kUnknownCode, parked);
      emitter_.rejected(RejectReason::kUnknownCode, parked.post_id, parked.author->id, {},
                        parked.confirmation.at);
    }
    shard_of(parked.author->id).finish_parked(parked);
  }

  // P5.4 to P5.6.
  void confirm(Shard& shard, Author& author, const Confirmation& confirmation) {
    Window* ended = nullptr;
    for (const auto& window : author.windows) {
      if (window->code != confirmation.code) {
        continue;
      }
      if (window->state == Window::State::kOpen && window->intent_at <= confirmation.at) {
        close(*window, confirmation, false);
        return;
      }
      if (window->state != Window::State::kOpen && ended == nullptr) {
        ended = window.get();
      }
    }
    if (ended != nullptr) {
      refuse_ended(*ended, confirmation, false);
    } else if (author.parked.size() >= Shard::kParkedMax) {
      teller_.without_window(ConfirmationDecision::What::kTooMany, author, confirmation);
      emitter_.rejected(RejectReason::kTooMany, confirmation.post_id, author.id, {},
                        confirmation.at);
    } else {
      teller_.without_window(ConfirmationDecision::What::kParked, author, confirmation);
      shard.park(author, confirmation);
    }
  }

  // P5.4, for a window that is open or denied.
  void close(Window& window, const Confirmation& confirmation, bool was_parked) {
    using What = ConfirmationDecision::What;
    Author& author = *window.author;
    if (confirmation.at > window.deadline) {
      teller_.with_window(What::kExpired, window, confirmation, was_parked, 0);
      emitter_.rejected(RejectReason::kExpired, confirmation.post_id, author.id, window.offer_id(),
                        confirmation.at);
      return;
    }
    const std::int64_t confirmed = confirmed_windows(author, window.offer_id());
    if (confirmed >= window.terms->offer.limit_per_member) {
      teller_.with_window(What::kLimitReached, window, confirmation, was_parked, confirmed);
      window.state = Window::State::kCancelled;
      ledger_.release(window);
      emitter_.rejected(RejectReason::kLimitReached, confirmation.post_id, author.id,
                        window.offer_id(), confirmation.at);
      return;
    }
    teller_.with_window(What::kCloses, window, confirmation, was_parked, confirmed);
    window.state = Window::State::kConfirmed;
    count_confirmed(author, window.offer_id());
    ledger_.confirm(window, confirmation, codes_);
  }

  // P5.5.
  void refuse_ended(const Window& window, const Confirmation& confirmation, bool was_parked) {
    const bool by_confirmation = window.state == Window::State::kConfirmed;
    teller_.with_window(by_confirmation ? ConfirmationDecision::What::kAlreadyConfirmed
                                        : ConfirmationDecision::What::kCancelled,
                        window, confirmation, was_parked, 0);
    emitter_.rejected(by_confirmation ? RejectReason::kAlreadyConfirmed : RejectReason::kCancelled,
                      confirmation.post_id, window.author->id, window.offer_id(), confirmation.at);
  }

  static std::int64_t confirmed_windows(const Author& author, std::string_view offer_id) {
    for (const auto& [id, count] : author.confirmed_windows) {
      if (id == offer_id) {
        return count;
      }
    }
    return 0;
  }

  static void count_confirmed(Author& author, const std::string& offer_id) {
    for (auto& [id, count] : author.confirmed_windows) {
      if (id == offer_id) {
        ++count;
        return;
      }
    }
    author.confirmed_windows.emplace_back(offer_id, 1);
  }

  // P4, for a member who is not protected.
  void intend(Shard& shard, Author& author, const Candidate& post, const PostTag& tag) {
    using What = IntentDecision::What;
    const OfferCatalogue::Choice choice = offers_->choose(tag.tag, post.at);
    const Offer& offer = offers_->offers()[choice.offer];
    const Member member = members_->member(post.member);
    std::int64_t confirmed = 0;
    const auto tell = [&](What what, const Window* window) {
      teller_.intent(what, post, tag, offer, choice.live, member.region, window, confirmed, author);
    };
    const auto reject = [&](What what, RejectReason reason) {
      tell(what, nullptr);
      emitter_.rejected(reason, post.post_id, post.author_id, offer.id, post.at);
    };
    if (!choice.live) {
      reject(What::kOfferNotLive, RejectReason::kOfferNotLive);
      return;
    }
    if (!offer.regions.empty() &&
        !std::binary_search(offer.regions.begin(), offer.regions.end(), member.region)) {
      reject(What::kNotEligible, RejectReason::kNotEligible);
      return;
    }
    const auto repeated =
        std::find_if(author.windows.begin(), author.windows.end(), [&](const auto& window) {
          return window->state == Window::State::kOpen && window->offer_id() == offer.id &&
                 post.at <= window->deadline;
        });
    if (repeated != author.windows.end()) {
      tell(What::kRepeated, repeated->get());
      ++counts_.repeated;
      return;
    }
    confirmed = confirmed_windows(author, offer.id);
    if (confirmed >= offer.limit_per_member) {
      reject(What::kLimitReached, RejectReason::kLimitReached);
      return;
    }
    if (author.windows.size() >= Shard::kWindowsMax) {
      reject(What::kTooMany, RejectReason::kTooMany);
      return;
    }
    auto opened = std::make_unique<Window>();
    opened->author = &author;
    opened->terms = &ledger_.terms(choice.offer);
    opened->intent_id = post.post_id;
    opened->account = member.account;
    opened->intent_at = post.at;
    opened->deadline = post.at + offer.window_ms;
    opened->code = codes_.confirmation(author.id, opened->intent_id, offer.id);
    tell(What::kOpens, opened.get());
    Window& window = shard.add_window(std::move(opened));
    ledger_.open(window);
    apply_parked(author, window);
  }

  // P5.6: what waited for this window, in the order in which it came.
  void apply_parked(Author& author, Window& window) {
    waiting_.clear();
    for (ParkedConfirmation* parked : author.parked) {
      if (parked->confirmation.code == window.code && window.intent_at <= parked->confirmation.at &&
          parked->post_id != window.intent_id) {
        waiting_.push_back(parked);
      }
    }
    for (ParkedConfirmation* parked : waiting_) {
      Shard::unpark(*parked);
      if (window.state == Window::State::kOpen) {
        close(window, parked->confirmation, true);
      } else {
        refuse_ended(window, parked->confirmation, true);
      }
    }
  }

  // P6.1, P6.2, and P3.9 for the post that is set aside.
  void apply_delete_notice(const Candidate& notice) {
    if (set_aside_ && set_aside_->is(notice)) {
      tell(PostDecision::What::kDeletedWhileSetAside, set_aside_->post);
      set_aside_.reset();
      ++counts_.deleted_before;
    }
    Shard& shard = shard_of(notice.author_id);
    if (Author* author = shard.find(notice.author_id)) {
      for (const auto& window : author->windows) {
        if (window->intent_id == notice.post_id && window->state == Window::State::kOpen) {
          cancel(*window, CancelReason::kIntentDeleted);
        }
      }
      counts_.parked_deleted += drop_parked(
          *author, ParkedEnd::What::kPostDeleted,
          [&](const ParkedConfirmation& parked) { return parked.post_id == notice.post_id; });
    }
    const bool known = shard.remembers_post(notice.author_id, notice.post_id, bound());
    std::uint64_t forgotten = 0;
    if (!known) {
      forgotten = shard.remember_deletion(shard.find_or_add(notice.author_id), notice.post_id,
                                          clock_ ? *clock_ : Shard::kNoClock, bound());
      counts_.deletes_forgotten += forgotten;
    }
    teller_.notice(known, notice, clock_, forgotten);
  }

  void cancel(Window& window, CancelReason reason) {
    teller_.window_end(reason == CancelReason::kUnenrolled ? WindowEnd::What::kUnenrolled
                                                           : WindowEnd::What::kIntentDeleted,
                       window);
    window.state = Window::State::kCancelled;
    ledger_.release(window);
    if (!window.denied) {
      emitter_.cancelled(window, reason);
    }
  }

  template <typename Predicate>
  std::uint64_t drop_parked(Author& author, ParkedEnd::What why, Predicate predicate) {
    waiting_.clear();
    for (ParkedConfirmation* parked : author.parked) {
      if (predicate(*parked)) {
        waiting_.push_back(parked);
      }
    }
    for (ParkedConfirmation* parked : waiting_) {
      teller_.parked_end(why, *parked);
      Shard::unpark(*parked);
    }
    return waiting_.size();
  }

  // P6.4.
  void cancel_unenrolled() {
    std::vector<Window*> windows;
    for (Shard& shard : shards_) {
      shard.for_each_author([&](Author& author) {
        if (members_->find(author.id) != kNotAMember) {
          return;
        }
        for (const auto& window : author.windows) {
          if (window->state == Window::State::kOpen) {
            windows.push_back(window.get());
          }
        }
        (void)drop_parked(author, ParkedEnd::What::kUnenrolled,
                          [](const ParkedConfirmation&) { return true; });
      });
    }
    std::sort(windows.begin(), windows.end(),
              [](const Window* a, const Window* b) { return ends_before(*a, *b); });
    for (Window* window : windows) {
      cancel(*window, CancelReason::kUnenrolled);
    }
  }

  ProtocolOptions options_;
  std::shared_ptr<const OfferCatalogue> offers_;
  std::shared_ptr<const MemberTable> members_;
  CodeMaker codes_;
  DecisionCounts counts_;
  Emitter emitter_;
  Ledger ledger_;
  std::vector<Shard> shards_;
  std::optional<Millis> clock_;
  std::unique_ptr<KeptPost> set_aside_;
  DecisionTeller teller_;
  std::vector<Due> due_;
  std::vector<ParkedConfirmation*> waiting_;
};

Decider::Decider(std::shared_ptr<const OfferCatalogue> offers,
                 std::shared_ptr<const MemberTable> members, std::string_view secret,
                 ProtocolOptions options)
    : impl_(std::make_unique<Impl>(std::move(offers), std::move(members), secret,
                                   std::move(options))) {}
Decider::~Decider() = default;

void Decider::apply(const CandidateBatch& batch, EventBatch& out) { impl_->apply(batch, out); }

void Decider::replace(std::shared_ptr<const OfferCatalogue> offers,
                      std::shared_ptr<const MemberTable> members, std::string_view secret,
                      EventBatch& out) {
  impl_->replace(std::move(offers), std::move(members), secret, out);
}

const DecisionCounts& Decider::counts() const { return impl_->counts(); }
std::uint64_t Decider::open_windows() const { return impl_->open_windows(); }
void Decider::set_trace(DecisionTrace* trace) { impl_->set_trace(trace); }
bool Decider::has_set_aside() const { return impl_->has_set_aside(); }

}  // namespace tagtill
