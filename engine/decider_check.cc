#include <algorithm>
#include <span>

#include "engine/config_text.h"
#include "engine/decider_state.h"

namespace tagtill {
namespace {

class InvariantCheck {
 public:
  explicit InvariantCheck(const DeciderState& state)
      : state_(state),
        bound_(state.bound()),
        held_(state.terms.offer_ids()),
        windows_(state.terms.size()) {}

  std::vector<std::string> run() {
    for (Shard& shard : state_.shards) {
      check_windows(shard);
      check_parked(shard);
      check_posts(shard);
      check_notices(shard);
      if (shard.holders_of_ids() != shard.ids().holders()) {
        say("A shard counts " + std::to_string(shard.ids().holders()) +
            " holders of ids, but has " + std::to_string(shard.holders_of_ids()) + ".");
      }
    }
    check_stocks();
    check_terms();
    return std::move(broken_);
  }

 private:
  static constexpr std::size_t kSaid = 100;

  void say(std::string sentence) {
    if (broken_.size() < kSaid) {
      broken_.push_back(std::move(sentence));
    }
  }

  std::string name(const Shard& shard, IdKey author) const {
    IdDigits digits;
    return "The author " + quoted(shard.ids().text(author, digits));
  }

  void check_windows(Shard& shard) {
    std::size_t reached = 0;
    for_each_author_with_windows(shard, [&](IdKey author, WindowIndex first) {
      if (shard.first_window(author) != first) {
        say(name(shard, author) + " has a window that the index does not lead to.");
      }
      std::size_t length = 0;
      for (WindowIndex at = first; at != Shard::kNoWindow && length <= Shard::kWindowsMax;
           at = shard.window(at).next) {
        check_window(shard, author, shard.window(at));
        ++length;
      }
      if (length > Shard::kWindowsMax) {
        say(name(shard, author) + " has more than 32 windows.");
      }
      reached += length;
    });
    if (reached != shard.windows()) {
      say("Of " + std::to_string(shard.windows()) + " windows of a shard " +
          std::to_string(reached) + " are reached from their authors.");
    }
  }

  void check_window(Shard& shard, IdKey author, const Window& window) {
    ++windows_[window.terms];
    if (window.author != author) {
      say(name(shard, author) + " has a window of another author.");
    }
    if (!state_.clock || window.intent_at > *state_.clock || shard.deadline(window) < bound_) {
      say(name(shard, author) + " has a window that is before its intent or past its deadline.");
    }
    if (window.state == Window::State::kOpen) {
      if (!window.denied) {
        ++held_[state_.terms.offer_number(window.terms)];
      }
      check_membership(shard, window);
    }
  }

  void check_membership(Shard& shard, const Window& window) {
    IdDigits digits;
    const std::string_view author = shard.ids().text(window.author, digits);
    const MemberIndex member = state_.members.find(author);
    if (member == kNotAMember) {
      say(name(shard, window.author) + " has an open window, and is no member.");
    } else if (!window.account_kept && window.account != member) {
      say(name(shard, window.author) + " has an open window with the account of somebody else.");
    }
  }

  void check_parked(Shard& shard) {
    shard.parked().for_each_author([&](IdKey author, ParkedIndex first) {
      std::size_t length = 0;
      bool waiting = true;
      for (ParkedIndex at = first;
           at != ParkedConfirmations::kNone && length <= ParkedConfirmations::kMax; ++length) {
        const ParkedConfirmation& parked = shard.parked()[at];
        waiting = waiting && parked.waiting && parked.author == author && parked.at >= bound_;
        at = parked.next;
      }
      if (length != shard.parked().waiting(author) || length > ParkedConfirmations::kMax) {
        say(name(shard, author) + " has " + std::to_string(length) + " parked confirmations, but " +
            std::to_string(shard.parked().waiting(author)) + " are counted (at most 32).");
      }
      if (!waiting) {
        say(name(shard, author) +
            " has a parked confirmation that is past its time, or somebody else's.");
      }
    });
  }

  void check_posts(Shard& shard) {
    shard.posts().for_each(bound_, [&](IdKey author, IdKey post, Millis at) {
      IdDigits author_digits;
      IdDigits post_digits;
      const Id author_id(shard.ids().text(author, author_digits));
      const Id post_id(shard.ids().text(post, post_digits));
      if (!state_.clock || at > *state_.clock ||
          !shard.posts().remembers(author_id, post_id, bound_)) {
        say(name(shard, author) + " has a remembered post that is not found.");
      }
    });
  }

  void check_notices(Shard& shard) {
    using Notices = std::span<const DeleteNotices::Remembered>;
    const Millis clock = state_.clock.value_or(DeleteNotices::kNoClock);
    shard.notices().for_each_author(bound_, [&](IdKey author, Notices notices) {
      const bool in_order = std::is_sorted(
          notices.begin(), notices.end(),
          [](const auto& older, const auto& newer) { return older.clock < newer.clock; });
      if (!in_order || notices.back().clock > clock || notices.size() > DeleteNotices::kMax) {
        say(name(shard, author) + " has delete notices that are not in order, or too many.");
      }
    });
  }

  void check_stocks() {
    std::uint64_t all = 0;
    OfferNumber number = 0;
    for (const std::string_view id : state_.terms.ids_by_number()) {
      const Ledger::Stock& stock = state_.ledger.stock(number);
      const std::string offer = "The offer " + quoted(id);
      if (stock.held != held_[number]) {
        say(offer + " holds " + std::to_string(stock.held) + " units, but has " +
            std::to_string(held_[number]) + " open windows.");
      }
      if (stock.sold < 0) {
        say(offer + " has sold " + std::to_string(stock.sold) + " units.");
      }
      if (stock.held + stock.sold > stock.most) {
        say(offer + " holds " + std::to_string(stock.held) + " units and has sold " +
            std::to_string(stock.sold) + ", but there were never more than " +
            std::to_string(stock.most) + ".");
      }
      all += static_cast<std::uint64_t>(held_[number]);
      ++number;
    }
    if (all != state_.ledger.held()) {
      say("All offers hold " + std::to_string(state_.ledger.held()) + " units, but have " +
          std::to_string(all) + " open windows.");
    }
  }

  void check_terms() {
    for (TermsIndex index = 0; index < windows_.size(); ++index) {
      const Terms& terms = state_.terms[index];
      if (terms.windows != windows_[index]) {
        say("Terms of the offer " + quoted(terms.offer.id) + " count " +
            std::to_string(terms.windows) + " windows, but have " +
            std::to_string(windows_[index]) + ".");
      }
    }
  }

  const DeciderState& state_;
  const Millis bound_;
  std::vector<std::int64_t> held_;      // by OfferNumber
  std::vector<std::uint64_t> windows_;  // by TermsIndex
  std::vector<std::string> broken_;
};

}  // namespace

std::vector<std::string> broken_invariants(const DeciderState& state) {
  return InvariantCheck(state).run();
}

}  // namespace tagtill
