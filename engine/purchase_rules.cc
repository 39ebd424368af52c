#include "engine/purchase_rules.h"

#include <algorithm>
#include <optional>

namespace tagtill {

void PurchaseRules::apply(Shard& shard, const Candidate& post, const Id& author) {
  if (post.member == kNotAMember) {
    refuse_stranger(post);
    return;
  }
  if (post.author_protected) {
    refuse_protected(post);
    return;
  }
  const bool frozen = controls_.is_frozen(post.author_id);
  const IdKey key = shard.ids().acquire(author);
  for (std::size_t place = 0; place < post.tags.size(); ++place) {
    if (post.tags[place].code != kNoCode) {
      confirm(shard, key, post.author_id,
              {post.tags[place].code, post.post_id, post.at, post.followers,
               static_cast<std::uint32_t>(place)});
    }
  }
  if (frozen) {
    refuse_intents(post, RejectReason::kFrozen);
  } else {
    for (const PostTag& tag : post.tags) {
      if (tag.tag != kNoTag) {
        intend(shard, key, post, tag);
      }
    }
  }
  shard.ids().release(key);
}

// P4.1 and P5.3 for authors who are not members.
void PurchaseRules::refuse_stranger(const Candidate& post) {
  for (const PostTag& tag : post.tags) {
    if (tag.code != kNoCode) {
      ++counts_.ignored_confirmations;
      teller_.refused_confirmation(ConfirmationDecision::What::kIgnored, post, tag);
    }
  }
  refuse_intents(post, RejectReason::kNotEnrolled);
}

// P5.3 and P4.1 for members whose posts nobody can see.
void PurchaseRules::refuse_protected(const Candidate& post) {
  for (const PostTag& tag : post.tags) {
    if (tag.code != kNoCode) {
      teller_.refused_confirmation(ConfirmationDecision::What::kProtected, post, tag);
      emitter_.rejected(RejectReason::kProtected, post.post_id, post.author_id, {}, post.at);
    }
  }
  refuse_intents(post, RejectReason::kProtected);
}

void PurchaseRules::refuse_intents(const Candidate& post, RejectReason reason) {
  for (const PostTag& tag : post.tags) {
    if (tag.tag != kNoTag) {
      const OfferCatalogue::Choice choice = offers_->choose(tag.tag, post.at);
      const Offer& offer = offers_->offers()[choice.offer];
      using What = IntentDecision::What;
      teller_.refused_intent(reason == RejectReason::kProtected ? What::kProtected
                             : reason == RejectReason::kFrozen  ? What::kFrozen
                                                                : What::kNotEnrolled,
                             post, tag, offer, choice.live);
      emitter_.rejected(reason, post.post_id, post.author_id, offer.id, post.at);
    }
  }
}

// P5.4 to P5.6.
void PurchaseRules::confirm(Shard& shard, IdKey author, std::string_view author_id,
                            const Confirmation& confirmation) {
  WindowIndex ended = Shard::kNoWindow;
  for (WindowIndex at = shard.first_window(author); at != Shard::kNoWindow;) {
    const Window& window = shard.window(at);
    if (window.code == confirmation.code) {
      const bool open = window.state == Window::State::kOpen;
      if (open && window.intent_at <= confirmation.at) {
        close({&shard, at}, confirmation, false);
        return;
      }
      if (!open && ended == Shard::kNoWindow) {
        ended = at;
      }
    }
    at = window.next;
  }
  if (ended != Shard::kNoWindow) {
    refuse_ended({&shard, ended}, confirmation, false);
    return;
  }
  const std::size_t waiting = shard.parked().waiting(author);
  if (waiting >= ParkedConfirmations::kMax) {
    teller_.without_window(ConfirmationDecision::What::kTooMany, author_id, confirmation, waiting);
    emitter_.rejected(RejectReason::kTooMany, confirmation.post_id, author_id, {}, confirmation.at);
  } else {
    teller_.without_window(ConfirmationDecision::What::kParked, author_id, confirmation, waiting);
    shard.parked().park(author, confirmation);
  }
}

// P5.4, for a window that is open or denied.
void PurchaseRules::close(WindowRef window, const Confirmation& confirmation, bool was_parked) {
  using What = ConfirmationDecision::What;
  const Offer& offer = window.terms().offer;
  if (confirmation.at > window.deadline()) {
    teller_.with_window(What::kExpired, window, confirmation, was_parked, 0);
    emitter_.rejected(RejectReason::kExpired, confirmation.post_id, WindowText(window).author_id,
                      offer.id, confirmation.at);
    return;
  }
  ConfirmedCounts& counts = window.shard->confirmed();
  const OfferNumber number = window.terms().number;
  const std::int64_t confirmed = counts.count(window->author, number);
  if (confirmed >= offer.limit_per_member) {
    teller_.with_window(What::kLimitReached, window, confirmation, was_parked, confirmed);
    window->state = Window::State::kCancelled;
    ledger_.release(window);
    emitter_.rejected(RejectReason::kLimitReached, confirmation.post_id,
                      WindowText(window).author_id, offer.id, confirmation.at);
    return;
  }
  teller_.with_window(What::kCloses, window, confirmation, was_parked, confirmed);
  window->state = Window::State::kConfirmed;
  counts.add(window->author, number);
  ledger_.confirm(window, confirmation, codes_);
}

// P5.5.
void PurchaseRules::refuse_ended(WindowRef window, const Confirmation& confirmation,
                                 bool was_parked) {
  const bool by_confirmation = window->state == Window::State::kConfirmed;
  teller_.with_window(by_confirmation ? ConfirmationDecision::What::kAlreadyConfirmed
                                      : ConfirmationDecision::What::kCancelled,
                      window, confirmation, was_parked, 0);
  emitter_.rejected(by_confirmation ? RejectReason::kAlreadyConfirmed : RejectReason::kCancelled,
                    confirmation.post_id, WindowText(window).author_id, window.terms().offer.id,
                    confirmation.at);
}

// P4, for a member who is not protected.
void PurchaseRules::intend(Shard& shard, IdKey author, const Candidate& post, const PostTag& tag) {
  using What = IntentDecision::What;
  const OfferCatalogue::Choice choice = offers_->choose(tag.tag, post.at);
  const Offer& offer = offers_->offers()[choice.offer];
  const TermsIndex terms = terms_.in_force(choice.offer);
  const OfferNumber number = terms_.offer_number(terms);
  const Member member = members_->member(post.member);
  std::int64_t confirmed = 0;
  std::size_t remembered = 0;
  WindowIndex last = Shard::kNoWindow;
  const auto tell = [&](What what, std::optional<WindowRef> window) {
    teller_.intent(what, post, tag, offer, choice.live, member.region, window, confirmed,
                   remembered);
  };
  const auto reject = [&](What what, RejectReason reason) {
    tell(what, {});
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
  for (WindowIndex at = shard.first_window(author); at != Shard::kNoWindow;) {
    const Window& window = shard.window(at);
    if (window.state == Window::State::kOpen && terms_.offer_number(window.terms) == number &&
        post.at <= shard.deadline(window)) {
      tell(What::kRepeated, WindowRef{&shard, at});
      ++counts_.repeated;
      return;
    }
    ++remembered;
    last = at;
    at = window.next;
  }
  confirmed = shard.confirmed().count(author, number);
  if (confirmed >= offer.limit_per_member) {
    reject(What::kLimitReached, RejectReason::kLimitReached);
    return;
  }
  if (remembered >= Shard::kWindowsMax) {
    reject(What::kTooMany, RejectReason::kTooMany);
    return;
  }
  const WindowRef window = open(shard, author, post, terms, last);
  tell(What::kOpens, window);
  ledger_.open(window);
  apply_parked(window);
}

WindowRef PurchaseRules::open(Shard& shard, IdKey author, const Candidate& post, TermsIndex terms,
                              WindowIndex last) {
  const IdKey intent = shard.ids().acquire(Id(post.post_id));
  const Code code = codes_.confirmation(post.author_id, post.post_id, terms_[terms].offer.id);
  const Window window{.author = author,
                      .intent = intent,
                      .intent_at = post.at & Window::kTimeMask,
                      .state = Window::State::kOpen,
                      .denied = false,
                      .account_kept = false,
                      .code = code & Window::kCodeMask,
                      .terms = terms & Window::kTermsMask,
                      .next = Shard::kNoWindow,
                      .account = post.member};
  const WindowRef opened{&shard, shard.add_window(window, last)};
  shard.ids().release(intent);
  return opened;
}

// P5.6: what waited for this window, in the order in which it came.
void PurchaseRules::apply_parked(WindowRef window) {
  Shard& shard = *window.shard;
  waiting_.clear();
  for (ParkedIndex at = shard.parked().first(window->author); at != ParkedConfirmations::kNone;
       at = shard.parked()[at].next) {
    const ParkedConfirmation& parked = shard.parked()[at];
    if (parked.code == window->code && window->intent_at <= parked.at &&
        parked.post != window->intent) {
      waiting_.push_back(at);
    }
  }
  for (const ParkedIndex at : waiting_) {
    shard.parked().unpark(at);
    const ParkedConfirmation& parked = shard.parked()[at];
    IdDigits digits{};
    const Confirmation confirmation{parked.code, shard.ids().text(parked.post, digits), parked.at,
                                    parked.followers, parked.place};
    if (window->state == Window::State::kOpen) {
      close(window, confirmation, true);
    } else {
      refuse_ended(window, confirmation, true);
    }
  }
}

void PurchaseRules::post_deleted(Shard& shard, const Id& author, const Id& post) {
  const IdKey author_key = shard.ids().find(author);
  const IdKey post_key = shard.ids().find(post);
  if (author_key == kNoId || post_key == kNoId) {
    return;
  }
  for (WindowIndex at = shard.first_window(author_key); at != Shard::kNoWindow;
       at = shard.window(at).next) {
    const Window& window = shard.window(at);
    if (window.intent == post_key && window.state == Window::State::kOpen) {
      cancel({&shard, at}, CancelReason::kIntentDeleted);
    }
  }
  for (ParkedIndex at = shard.parked().first(author_key); at != ParkedConfirmations::kNone;) {
    const ParkedConfirmation& parked = shard.parked()[at];
    const ParkedIndex next = parked.next;
    if (parked.post == post_key) {
      teller_.parked_end(ParkedEnd::What::kPostDeleted, shard, at);
      shard.parked().unpark(at);
      ++counts_.parked_deleted;
    }
    at = next;
  }
}

void PurchaseRules::cancel(WindowRef window, CancelReason reason) {
  teller_.window_end(reason == CancelReason::kUnenrolled ? WindowEnd::What::kUnenrolled
                                                         : WindowEnd::What::kIntentDeleted,
                     window);
  window->state = Window::State::kCancelled;
  ledger_.release(window);
  if (!window->denied) {
    emitter_.cancelled(window, reason);
  }
}

void PurchaseRules::drop_parked_of_unenrolled(Shard& shard, ParkedIndex first) {
  while (first != ParkedConfirmations::kNone) {
    const ParkedIndex next = shard.parked()[first].next;
    teller_.parked_end(ParkedEnd::What::kUnenrolled, shard, first);
    shard.parked().unpark(first);
    first = next;
  }
}

void PurchaseRules::end(const Due& due) {
  if (due.kind == DueKind::kWindow) {
    end_window({due.shard, due.index});
  } else {
    end_parked(*due.shard, due.index);
  }
}

// P6.3.
void PurchaseRules::end_window(WindowRef window) {
  const bool open = window->state == Window::State::kOpen;
  teller_.window_end(open ? WindowEnd::What::kExpired : WindowEnd::What::kForgotten, window);
  if (open) {
    ledger_.release(window);
    if (!window->denied) {
      emitter_.expired(window);
    }
  }
  ledger_.forget(window);
  window.shard->remove_window(window.index);
}

// P5.6.
void PurchaseRules::end_parked(Shard& shard, ParkedIndex index) {
  const ParkedConfirmation& parked = shard.parked()[index];
  if (parked.waiting) {
    IdDigits author{};
    IdDigits post{};
    teller_.parked_end(ParkedEnd::What::kUnknownCode, shard, index);
    emitter_.rejected(RejectReason::kUnknownCode, shard.ids().text(parked.post, post),
                      shard.ids().text(parked.author, author), {}, parked.at);
  }
  shard.parked().fall_due(index);
}

}  // namespace tagtill
