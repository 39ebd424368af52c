#include <algorithm>
#include <array>
#include <map>
#include <span>

#include "engine/byte_codec.h"
#include "engine/candidate_codec.h"
#include "engine/decider_state.h"
#include "engine/offer_json.h"

namespace tagtill {
namespace {

class StateSaver {
 public:
  StateSaver(const DeciderState& state, const Decider::PieceWriter& write,
             std::string_view without_author)
      : state_(state), writer_(write), without_(without_author), bound_(state.bound()) {
    for (Shard& shard : state_.shards) {
      left_out_.push_back(without_.text.empty() ? kNoId : shard.ids().find(without_));
    }
    note_windows_left_out();
  }

  void save() {
    writer_.varint(kStateVersion);
    writer_.varint(state_.clock ? static_cast<std::uint64_t>(*state_.clock) + 1 : 0);
    writer_.varint(static_cast<std::uint64_t>(state_.offers.longest_window_ms()));
    writer_.varint(kCounts);
    for_each_count(state_.counts, [this](std::uint64_t count) { writer_.varint(count); });
    save_stocks();
    save_terms();
    save_list([this](Shard& shard, IdKey left_out) { save_windows(shard, left_out); });
    save_list([this](Shard& shard, IdKey left_out) { save_parked(shard, left_out); });
    save_list([this](Shard& shard, IdKey left_out) { save_posts(shard, left_out); });
    save_list([this](Shard& shard, IdKey left_out) { save_notices(shard, left_out); });
    save_list([this](Shard& shard, IdKey left_out) { save_counts(shard, left_out); });
    save_set_aside();
    state_.controls.save(writer_, without_.text);
    writer_.finish();
  }

 private:
  // Of the author who is left out: the units that are held, and the references to terms.
  void note_windows_left_out() {
    if (without_.text.empty()) {
      return;
    }
    const std::size_t number = state_.shards.number_of(without_);
    Shard& shard = state_.shards[number];
    if (without_.key == kNoId && shard.ids().find(without_) == kNoId) {
      return;
    }
    for (WindowIndex at = shard.first_window(shard.ids().find(without_)); at != Shard::kNoWindow;
         at = shard.window(at).next) {
      const Window& window = shard.window(at);
      ++terms_left_out_[window.terms];
      if (window.state == Window::State::kOpen && !window.denied) {
        ++held_left_out_[state_.terms.offer_number(window.terms)];
      }
    }
  }

  void save_stocks() {
    OfferNumber number = 0;
    for (const std::string_view id : state_.terms.ids_by_number()) {
      const Ledger::Stock& stock = state_.ledger.stock(number);
      const auto left_out = held_left_out_.find(number);
      const std::int64_t held =
          stock.held - (left_out == held_left_out_.end() ? 0 : left_out->second);
      writer_.text(id);
      writer_.varint(static_cast<std::uint64_t>(stock.sold));
      writer_.varint(static_cast<std::uint64_t>(held));
      writer_.varint(stock.most == Ledger::kUnlimited ? 0
                                                      : static_cast<std::uint64_t>(stock.most) + 1);
      writer_.end_record();
      ++number;
    }
    writer_.text({});
  }

  void save_terms() {
    places_.resize(state_.terms.size());
    std::uint64_t place = 0;
    std::string line;
    for (TermsIndex index = 0; index < state_.terms.size(); ++index) {
      const auto left_out = terms_left_out_.find(index);
      if (state_.terms[index].windows >
          (left_out == terms_left_out_.end() ? 0 : left_out->second)) {
        places_[index] = place++;
        line.clear();
        append_offer_json_line(line, state_.terms[index].offer);
        writer_.varint(std::uint64_t{state_.terms.offer_number(index)} + 1);
        writer_.text(line);
        writer_.end_record();
      }
    }
    writer_.varint(0);
  }

  template <typename SaveOfShard>
  void save_list(SaveOfShard save_of_shard) {
    for (std::size_t i = 0; i < state_.shards.size(); ++i) {
      save_of_shard(state_.shards[i], left_out_[i]);
    }
    writer_.id({});
  }

  void save_windows(Shard& shard, IdKey left_out) {
    for_each_author_with_windows(shard, [&](IdKey author, WindowIndex first) {
      if (author == left_out) {
        return;
      }
      std::uint64_t count = 0;
      for (WindowIndex at = first; at != Shard::kNoWindow; at = shard.window(at).next) {
        ++count;
      }
      save_id(shard, author);
      writer_.varint(count);
      for (WindowIndex at = first; at != Shard::kNoWindow; at = shard.window(at).next) {
        save_window(shard, shard.window(at));
      }
      writer_.end_record();
    });
  }

  void save_window(Shard& shard, const Window& window) {
    writer_.byte(static_cast<std::uint8_t>(static_cast<unsigned>(window.state) |
                                           (window.denied ? kWindowDenied : 0)));
    save_id(shard, window.intent);
    save_age(window.intent_at);
    writer_.code(window.code);
    writer_.varint(places_[window.terms]);
    if (window.state == Window::State::kOpen) {
      writer_.text(window.account_kept ? shard.kept_account(window)
                                       : state_.members.member(window.account).account);
    }
  }

  void save_parked(Shard& shard, IdKey left_out) {
    shard.parked().for_each_author([&](IdKey author, ParkedIndex first) {
      if (author == left_out) {
        return;
      }
      save_id(shard, author);
      writer_.varint(shard.parked().waiting(author));
      for (ParkedIndex at = first; at != ParkedConfirmations::kNone;) {
        const ParkedConfirmation& parked = shard.parked()[at];
        save_id(shard, parked.post);
        save_age(parked.at);
        writer_.code(parked.code);
        writer_.varint(static_cast<std::uint64_t>(parked.followers));
        writer_.varint(parked.place);
        at = parked.next;
      }
      writer_.end_record();
    });
  }

  void save_posts(Shard& shard, IdKey left_out) {
    shard.posts().for_each(bound_, [&](IdKey author, IdKey post, Millis at) {
      if (author != left_out) {
        save_id(shard, author);
        save_id(shard, post);
        save_age(at);
        writer_.end_record();
      }
    });
  }

  void save_notices(Shard& shard, IdKey left_out) {
    using Notices = std::span<const DeleteNotices::Remembered>;
    shard.notices().for_each_author(bound_, [&](IdKey author, Notices notices) {
      if (author == left_out) {
        return;
      }
      save_id(shard, author);
      writer_.varint(notices.size());
      for (const DeleteNotices::Remembered& notice : notices) {
        save_id(shard, notice.post);
        if (state_.clock) {
          save_age(notice.clock);
        }
      }
      writer_.end_record();
    });
  }

  void save_counts(Shard& shard, IdKey left_out) {
    shard.confirmed().for_each([&](IdKey author, OfferNumber offer, std::uint32_t count) {
      if (author != left_out) {
        save_id(shard, author);
        writer_.varint(offer);
        writer_.varint(count);
        writer_.end_record();
      }
    });
  }

  void save_set_aside() {
    const bool saved = state_.set_aside && state_.set_aside->author_id != without_.text;
    writer_.byte(saved ? 1 : 0);
    if (saved) {
      write_candidate(writer_, state_.set_aside->post, 0);
    }
  }

  void save_id(Shard& shard, IdKey key) {
    if (key <= Id::kNumberMax) {
      writer_.id_number(key);
    } else {
      IdDigits digits;
      writer_.id(shard.ids().text(key, digits));
    }
  }

  void save_age(Millis time) { writer_.varint(static_cast<std::uint64_t>(*state_.clock - time)); }

  const DeciderState& state_;
  ByteWriter writer_;
  const Id without_;
  const Millis bound_;
  std::vector<IdKey> left_out_;  // by shard: the key of who is left out, or kNoId
  std::map<OfferNumber, std::int64_t> held_left_out_;
  std::map<TermsIndex, std::uint64_t> terms_left_out_;
  std::vector<std::uint64_t> places_;  // by terms
};

}  // namespace

void save_state(const DeciderState& state, const Decider::PieceWriter& write,
                std::string_view without_author) {
  StateSaver(state, write, without_author).save();
}

void for_each_enrolled(const DeciderState& state,
                       const std::function<void(std::string_view author_id)>& f) {
  const auto has_open_window = [](Shard& shard, WindowIndex at) {
    while (at != Shard::kNoWindow && shard.window(at).state != Window::State::kOpen) {
      at = shard.window(at).next;
    }
    return at != Shard::kNoWindow;
  };
  for (Shard& shard : state.shards) {
    const auto tell = [&](IdKey author) {
      IdDigits digits;
      f(shard.ids().text(author, digits));
    };
    for_each_author_with_windows(shard, [&](IdKey author, WindowIndex first) {
      if (has_open_window(shard, first)) {
        tell(author);
      }
    });
    shard.parked().for_each_author([&](IdKey author, ParkedIndex) {
      if (!has_open_window(shard, shard.first_window(author))) {
        tell(author);
      }
    });
  }
  if (state.set_aside) {
    const Id author(state.set_aside->author_id);
    Shard& shard = state.shards.of(author);
    const IdKey key = shard.ids().find(author);
    if (key == kNoId ||
        (!has_open_window(shard, shard.first_window(key)) && shard.parked().waiting(key) == 0)) {
      f(author.text);
    }
  }
}

}  // namespace tagtill
