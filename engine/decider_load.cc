#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "engine/byte_codec.h"
#include "engine/candidate_codec.h"
#include "engine/config_lines.h"
#include "engine/config_text.h"
#include "engine/decider_state.h"
#include "engine/file_errors.h"
#include "engine/offer_json.h"

namespace tagtill {
namespace {

static_assert(kIdBytesMax == IdTable::kBytesMax);

constexpr std::size_t kOfferIdBytesMax = 64;  // P7.1
constexpr std::size_t kAccountBytesMax = 64;  // P7.2
// Room for all that are held beside them, without an overflow.
constexpr std::uint64_t kSoldMax = std::uint64_t{1} << 62;

class StateLoader {
 public:
  StateLoader(const DeciderState& state, const Decider::PieceReader& next)
      : state_(state), reader_(next, "saved state") {}

  void load() {
    const std::uint64_t version = reader_.varint();
    reader_.check_version(version, kStateVersion);
    load_clock();
    reader_.check(reader_.varint() == static_cast<std::uint64_t>(state_.offers.longest_window_ms()),
                  "it belongs to another catalogue");
    std::size_t counts = version == 1 ? kCounts - 1 : kCounts;
    reader_.check(reader_.varint() == counts, "it has another number of counts");
    for_each_count(state_.counts, [&](std::uint64_t& count) {
      count = counts > 0 ? reader_.varint() : 0;
      counts -= counts > 0 ? 1 : 0;
    });
    load_stocks();
    load_terms();
    load_list([this](const Id& author, Shard& shard) { load_windows(author, shard); });
    check_held();
    load_list([this](const Id& author, Shard& shard) { load_parked(author, shard); });
    load_list([this](const Id& author, Shard& shard) { load_post(author, shard); });
    load_list([this](const Id& author, Shard& shard) { load_notices(author, shard); });
    load_list([this](const Id& author, Shard& shard) { load_count(author, shard); });
    load_set_aside();
    if (version > 1) {
      state_.controls.load(reader_);
    }
    reader_.check(reader_.at_end(), "something follows its end");
    for (std::size_t i = 0; i < state_.shards.size(); ++i) {
      state_.shards[i].begin_at({});
      state_.shards.scheduled(i);
    }
  }

 private:
  void load_clock() {
    constexpr auto kMost = static_cast<std::uint64_t>(kLastMillisecond) + 1;
    const std::uint64_t clock = reader_.varint(kMost, "its clock is beyond the year 9999");
    if (clock > 0) {
      state_.clock = static_cast<Millis>(clock - 1);
    }
    bound_ = state_.bound();
    if (state_.clock) {
      for (Shard& shard : state_.shards) {
        shard.begin_at(bound_);
      }
    }
  }

  void load_stocks() {
    std::unordered_set<OfferNumber> known;
    std::string id;
    while (!(id = reader_.text(kOfferIdBytesMax)).empty()) {
      const OfferNumber number = state_.terms.restore_id(id);
      const std::uint64_t sold = reader_.varint(kSoldMax, "an offer has sold too much");
      held_.push_back(reader_.varint());
      const std::uint64_t most =
          reader_.varint(static_cast<std::uint64_t>(Ledger::kUnlimited), "a stock is too large");
      state_.ledger.restore(number, static_cast<std::int64_t>(sold),
                            most == 0 ? Ledger::kUnlimited : static_cast<std::int64_t>(most - 1));
      numbers_.push_back(number);
      known.insert(number);
    }
    reader_.check(numbers_.size() == known.size() && known.size() == state_.terms.offer_ids(),
                  "an offer is not among the stocks, or stands there twice");
  }

  // Those in force are there already, mostly with the same form.
  void load_terms() {
    std::unordered_map<OfferNumber, TermsIndex> in_force;
    for (OfferIndex i = 0; i < state_.offers.offers().size(); ++i) {
      const TermsIndex terms = state_.terms.in_force(i);
      in_force.emplace(state_.terms.offer_number(terms), terms);
    }
    std::string form;
    while (const std::uint64_t place = reader_.varint()) {
      const OfferNumber number = number_at(place - 1);
      const std::string_view line = reader_.text(kConfigLineBytesMax + 1);
      const auto now = in_force.find(number);
      form.clear();
      if (now != in_force.end()) {
        append_offer_json_line(form, state_.terms[now->second].offer);
        if (line == form) {
          terms_.push_back(now->second);
          continue;
        }
      }
      const Offer offer = read_terms(line, number);
      // The form in force, otherwise written, is no other form.
      const bool is_in_force = now != in_force.end() && state_.terms[now->second].offer == offer;
      terms_.push_back(is_in_force ? now->second : state_.terms.restore(offer));
    }
  }

  [[nodiscard]] Offer read_terms(std::string_view line, OfferNumber number) const {
    FileErrors errors;
    const auto parsed = OfferCatalogue::parse(line, "terms", state_.options.confirm_prefix, errors);
    reader_.check(parsed != nullptr && parsed->offers().size() == 1,
                  "terms of windows are no offer");
    Offer offer = parsed->offers().front();
    reader_.check(state_.terms.restore_id(offer.id) == number, "terms are those of another offer");
    return offer;
  }

  [[nodiscard]] OfferNumber number_at(std::uint64_t place) const {
    reader_.check(place < numbers_.size(), "an offer is not among the stocks");
    return numbers_[place];
  }

  template <typename LoadOfAuthor>
  void load_list(LoadOfAuthor load_of_author) {
    for (;;) {
      const std::string_view text = reader_.id_or_none(author_text_);
      if (text.empty()) {
        return;
      }
      const Id author(text);
      load_of_author(author, state_.shards.of(author));
    }
  }

  void load_windows(const Id& author, Shard& shard) {
    const IdKey key = shard.ids().acquire(author);
    reader_.check(shard.first_window(key) == Shard::kNoWindow,
                  "an author stands twice among those with windows");
    WindowIndex last = Shard::kNoWindow;
    for (std::uint64_t left = load_length(Shard::kWindowsMax); left > 0; --left) {
      last = load_window(author, key, shard, last);
    }
    shard.ids().release(key);
  }

  WindowIndex load_window(const Id& author, IdKey key, Shard& shard, WindowIndex last) {
    const unsigned head = reader_.byte();
    const unsigned state = head & ~kWindowDenied;
    reader_.check(state <= static_cast<unsigned>(Window::State::kCancelled),
                  "a window has an unknown state");
    const IdKey intent = shard.ids().acquire(Id(reader_.id(post_text_)));
    Window window{.author = key,
                  .intent = intent,
                  .intent_at = load_time() & Window::kTimeMask,
                  .state = static_cast<Window::State>(state),
                  .denied = (head & kWindowDenied) != 0,
                  .account_kept = false,
                  .code = reader_.code() & Window::kCodeMask,
                  .terms = 0,
                  .next = Shard::kNoWindow,
                  .account = 0};
    const std::uint64_t place = reader_.varint();
    reader_.check(place < terms_.size(), "a window has no terms");
    window.terms = terms_[place] & Window::kTermsMask;
    reader_.check(shard.deadline(window) >= bound_, "a window is past its deadline");
    if (window.state == Window::State::kOpen) {
      load_account(author, shard, window);
      if (!window.denied) {
        state_.ledger.restore_held(window);
      }
    }
    state_.terms.add_window(window.terms);
    const WindowIndex added = shard.add_window(window, last);
    shard.ids().release(intent);
    return added;
  }

  void load_account(const Id& author, Shard& shard, Window& window) {
    const std::string_view account = reader_.text(kAccountBytesMax);
    reader_.check(!account.empty() && is_printable_ascii(account), "a window has no account");
    const MemberIndex member = state_.members.find(author.text);
    reader_.check(member != kNotAMember, "a window is open of an author who is no member");
    if (state_.members.member(member).account == account) {
      window.account = member;
    } else {
      shard.keep_account(window, account);
    }
  }

  void check_held() const {
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
      reader_.check(static_cast<std::uint64_t>(state_.ledger.stock(numbers_[i]).held) == held_[i],
                    "an offer holds another number of units than it has open windows");
    }
  }

  void load_parked(const Id& author, Shard& shard) {
    const IdKey key = shard.ids().acquire(author);
    reader_.check(shard.parked().waiting(key) == 0,
                  "an author stands twice among those with parked confirmations");
    for (std::uint64_t left = load_length(ParkedConfirmations::kMax); left > 0; --left) {
      Confirmation parked;
      parked.post_id = reader_.id(post_text_);
      parked.at = load_time();
      reader_.check(parked.at >= bound_, "a parked confirmation is past its time");
      parked.code = reader_.code();
      parked.followers = reader_.amount();
      parked.place = load_number();
      shard.parked().park(key, parked);
    }
    shard.ids().release(key);
  }

  void load_post(const Id& author, Shard& shard) {
    const Id post(reader_.id(post_text_));
    const Millis at = load_time();
    reader_.check(at + state_.offers.longest_window_ms() >= bound_,
                  "a remembered post is past its time");
    const std::size_t before = shard.posts().size();
    shard.posts().remember(author, post, at);
    reader_.check(shard.posts().size() == before + 1, "a remembered post stands there twice");
  }

  void load_notices(const Id& author, Shard& shard) {
    DeleteNotices& notices = shard.notices();
    const std::size_t authors = notices.authors();
    Millis clock = state_.clock ? bound_ : DeleteNotices::kNoClock;
    for (std::uint64_t left = load_length(DeleteNotices::kMax); left > 0; --left) {
      const Id post(reader_.id(post_text_));
      if (state_.clock) {
        const Millis before = std::exchange(clock, load_time());
        reader_.check(clock >= before, "delete notices are not in their order");
      }
      const std::size_t before = notices.size();
      reader_.check(
          notices.remember(author, post, clock, bound_) == 0 && notices.size() == before + 1,
          "a delete notice stands there twice");
    }
    reader_.check(notices.authors() == authors + 1,
                  "an author stands twice among those with delete notices");
  }

  void load_count(const Id& author, Shard& shard) {
    const OfferNumber offer = number_at(reader_.varint());
    const std::uint32_t count = load_number();
    const IdKey key = shard.ids().acquire(author);
    reader_.check(count > 0 && shard.confirmed().count(key, offer) == 0,
                  "a count of confirmed windows stands there twice, or is none");
    shard.confirmed().restore(key, offer, count);
    shard.ids().release(key);
  }

  void load_set_aside() {
    const unsigned given = reader_.byte();
    reader_.check(given <= 1, "it is neither said that a post is set aside nor that none is");
    if (given == 0) {
      return;
    }
    CandidateReader candidates(state_.options.confirm_prefix);
    candidates.set_catalogue(state_.offers);
    Arena arena;
    Candidate post = candidates.read(reader_, 0, arena);
    reader_.check(post.kind == Candidate::Kind::kPost && state_.clock,
                  "what is set aside is no post");
    post.member = state_.members.find(post.author_id);
    state_.set_aside = std::make_unique<KeptPost>(post);
  }

  [[nodiscard]] std::uint64_t load_length(std::size_t most) {
    const std::uint64_t length = reader_.varint(most, "an author has more than the rules let one");
    reader_.check(length > 0, "an author has nothing");
    return length;
  }

  [[nodiscard]] std::uint32_t load_number() {
    return static_cast<std::uint32_t>(reader_.varint(std::numeric_limits<std::uint32_t>::max(),
                                                     "a number has more than 32 bits"));
  }

  // An age, as the time that it means.
  [[nodiscard]] Millis load_time() {
    reader_.check(state_.clock.has_value(), "there is a time without a clock");
    return *state_.clock - static_cast<Millis>(reader_.varint(
                               static_cast<std::uint64_t>(*state_.clock), "a time is before 1970"));
  }

  const DeciderState& state_;
  ByteReader reader_;
  Millis bound_ = 0;
  // By place among the stocks.
  std::vector<OfferNumber> numbers_;
  std::vector<std::uint64_t> held_;
  std::vector<TermsIndex> terms_;  // by place
  IdText author_text_{};
  IdText post_text_{};
};

}  // namespace

void load_state(const DeciderState& state, const Decider::PieceReader& next) {
  StateLoader(state, next).load();
}

}  // namespace tagtill
