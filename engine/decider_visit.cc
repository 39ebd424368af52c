#include <span>
#include <vector>

#include "engine/decider_state.h"
#include "engine/memory_visitor.h"

namespace tagtill {
namespace {

MemoryVisitor::WindowState state_of(Window::State state) {
  switch (state) {
    case Window::State::kOpen:
      break;
    case Window::State::kConfirmed:
      return MemoryVisitor::WindowState::kConfirmed;
    case Window::State::kCancelled:
      return MemoryVisitor::WindowState::kCancelled;
  }
  return MemoryVisitor::WindowState::kOpen;
}

class MemoryTour {
 public:
  MemoryTour(const DeciderState& state, MemoryVisitor& visitor)
      : state_(state),
        visitor_(visitor),
        bound_(state.bound()),
        offer_ids_(state.terms.ids_by_number()) {}

  void run() {
    visitor_.on_clock(state_.clock);
    visit_stocks();
    visit_terms();
    visit_shards([this](Shard& shard) { visit_windows(shard); });
    visit_shards([this](Shard& shard) { visit_parked(shard); });
    visit_shards([this](Shard& shard) { visit_posts(shard); });
    visit_shards([this](Shard& shard) { visit_notices(shard); });
    visit_shards([this](Shard& shard) { visit_confirmed(shard); });
    if (state_.set_aside) {
      visitor_.on_set_aside(state_.set_aside->post);
    }
    visit_controls();
  }

 private:
  template <typename F>
  void visit_shards(F f) {
    for (Shard& shard : state_.shards) {
      f(shard);
    }
  }

  void visit_controls() {
    using Membership = StandingControls::Author::Membership;
    const StandingControls& controls = state_.controls;
    for (const auto& [id, author] : controls.authors()) {
      MemoryVisitor::ControlledAuthor told;
      told.author_id = id;
      told.linked = author.membership == Membership::kLinked;
      told.unlinked = author.membership == Membership::kUnlinked;
      told.frozen = author.frozen;
      told.account = author.account;
      if (author.region != RegionCode{}) {
        told.region = {author.region.data(), author.region.size()};
      }
      told.linked_at = author.linked_at;
      visitor_.on_controlled_author(told);
    }
    for (const auto& [id, line] : controls.offers()) {
      visitor_.on_controlled_offer({id, line});
    }
    if (controls.frozen_before()) {
      visitor_.on_frozen_before(*controls.frozen_before());
    }
  }

  void visit_stocks() {
    for (OfferNumber number = 0; number < offer_ids_.size(); ++number) {
      const Ledger::Stock& stock = state_.ledger.stock(number);
      MemoryVisitor::Stock told;
      told.offer_id = offer_ids_[number];
      told.held = static_cast<std::uint64_t>(stock.held);
      told.sold = static_cast<std::uint64_t>(stock.sold);
      if (stock.most != Ledger::kUnlimited) {
        told.most = static_cast<std::uint64_t>(stock.most);
      }
      visitor_.on_stock(told);
    }
  }

  void visit_terms() {
    for (TermsIndex index = 0; index < state_.terms.size(); ++index) {
      const Terms& terms = state_.terms[index];
      if (terms.in_force || terms.windows > 0) {
        visitor_.on_terms({terms.offer, terms.in_force, terms.windows});
      }
    }
  }

  void visit_windows(Shard& shard) {
    shard.for_each_window([&](WindowIndex index) {
      const Window& window = shard.window(index);
      const bool open = window.state == Window::State::kOpen;
      visitor_.on_window({.author_id = text(shard, window.author, author_digits_),
                          .intent_id = text(shard, window.intent, post_digits_),
                          .offer = state_.terms[window.terms].offer,
                          .state = state_of(window.state),
                          .denied = window.denied,
                          .intent_at = window.intent_at,
                          .deadline = shard.deadline(window),
                          .code = window.code,
                          .account = open ? account_of(shard, window) : std::string_view()});
    });
  }

  [[nodiscard]] std::string_view account_of(const Shard& shard, const Window& window) const {
    return window.account_kept ? shard.kept_account(window)
                               : state_.members.member(window.account).account;
  }

  void visit_parked(Shard& shard) {
    shard.parked().for_each_author([&](IdKey author, ParkedIndex first) {
      for (ParkedIndex at = first; at != ParkedConfirmations::kNone;) {
        const ParkedConfirmation& parked = shard.parked()[at];
        visitor_.on_parked({.author_id = text(shard, author, author_digits_),
                            .post_id = text(shard, parked.post, post_digits_),
                            .at = parked.at,
                            .code = parked.code,
                            .followers = parked.followers,
                            .place = parked.place});
        at = parked.next;
      }
    });
  }

  void visit_posts(Shard& shard) {
    shard.posts().for_each(bound_, [&](IdKey author, IdKey post, Millis at) {
      visitor_.on_post({text(shard, author, author_digits_), text(shard, post, post_digits_), at});
    });
  }

  void visit_notices(Shard& shard) {
    using Notices = std::span<const DeleteNotices::Remembered>;
    shard.notices().for_each_author(bound_, [&](IdKey author, Notices notices) {
      for (const DeleteNotices::Remembered& notice : notices) {
        visitor_.on_notice({text(shard, author, author_digits_),
                            text(shard, notice.post, post_digits_),
                            state_.clock ? std::optional(notice.clock) : std::nullopt});
      }
    });
  }

  void visit_confirmed(Shard& shard) {
    shard.confirmed().for_each([&](IdKey author, OfferNumber offer, std::uint32_t count) {
      visitor_.on_confirmed({text(shard, author, author_digits_), offer_ids_[offer], count});
    });
  }

  [[nodiscard]] static std::string_view text(const Shard& shard, IdKey key, IdDigits& digits) {
    return shard.ids().text(key, digits);
  }

  const DeciderState& state_;
  MemoryVisitor& visitor_;
  const Millis bound_;
  const std::vector<std::string_view> offer_ids_;
  IdDigits author_digits_{};
  IdDigits post_digits_{};
};

}  // namespace

void visit_memory(const DeciderState& state, MemoryVisitor& visitor) {
  MemoryTour(state, visitor).run();
}

}  // namespace tagtill
