// Fuzzes what reads snapshots, journal entries and outboxes: whatever is taken must hold
// together, and come back from its own bytes.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/confirmation_code.h"
#include "engine/errors.h"
#include "engine/event_codec.h"
#include "engine/file_errors.h"
#include "engine/journal_player.h"
#include "engine/offer_json.h"
#include "engine/programme.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace tagtill;

constexpr std::string_view kOffers =
    R"({"id":"mug","tag":"mug","title":"Mug","price_minor":5,"currency":"EUR",)"
    R"("fulfilment":"pickup","starts_at":"2013-01-01T00:00:00Z","ends_at":"2014-01-01T00:00:00Z",)"
    R"("stock":1,"commission_bps":700,"window_seconds":60,"regions":["DE"]})"
    "\n"
    R"({"id":"cup","tag":"cup","title":"Cup","price_minor":1,"currency":"EUR",)"
    R"("fulfilment":"ship","starts_at":"2013-01-01T00:00:00Z","ends_at":"2014-01-01T00:00:00Z"})";
constexpr std::string_view kMembers =
    R"({"author_id":"a","account":"x","region":"DE"})"
    "\n"
    R"({"author_id":"1186275104123456789","account":"y","region":"DE"})";
constexpr std::string_view kSecret = "0123456789abcdef0123456789abcdef";
constexpr Millis kNoon = 1'360'584'000'000;

struct Entry {
  JournalKind kind;
  std::string payload;
};

// A small run that has something of everything, made once.
class Story {
 public:
  Story() {
    FileErrors errors;
    offers_ = OfferCatalogue::parse(kOffers, "offers", "Confirm", errors);
    members_ = MemberTable::parse(kMembers, "members", errors);
    decider_ = std::make_unique<Decider>(offers_, members_, kSecret, ProtocolOptions(), 1);
    decider_->record_codes(&tape_);
    append_configuration(configuration.payload, *offers_, *members_, *decider_, tape_);
    erase("a", "9");
    post("a", "1", 0, {"mug", "cup"});
    post("1186275104123456789", "2", 1, {"mug", "confirm00000000"});
    apply();
    candidates.payload = std::exchange(last_, {});
    confirm("a", "1", "cup", "3");
    post("a", "4", 300'000'000, {"mug"});
    post("b", "5", 400, {"mug"});
    apply();
    append_events(outbox, events_.events);
    put_into_force();
    JournalPlayer::save_snapshot(*offers_, *members_, *decider_,
                                 [this](std::string_view piece) { snapshot += piece; });
  }

  Entry configuration{JournalKind::kConfiguration, {}};
  Entry candidates{JournalKind::kCandidates, {}};
  Entry control{JournalKind::kControl, {}};
  std::string snapshot;
  std::string outbox;

 private:
  void add(Candidate candidate, std::string_view author, std::string_view post) {
    candidate.author_id = batch_.bytes.keep(author);
    candidate.post_id = batch_.bytes.keep(post);
    candidate.member = members_->find(author);
    batch_.candidates.push_back(candidate);
  }
  void erase(std::string_view author, std::string_view post) {
    Candidate notice;
    notice.kind = Candidate::Kind::kDeleteNotice;
    add(notice, author, post);
  }
  void post(std::string_view author, std::string_view post, Millis at,
            const std::vector<std::string_view>& folds) {
    PostTag* tags = batch_.bytes.allocate_array<PostTag>(folds.size());
    for (std::size_t i = 0; i < folds.size(); ++i) {
      const std::string_view fold = batch_.bytes.keep(folds[i]);
      tags[i] = {fold, offers_->find_tag(fold), read_confirmation_tag(fold, "confirm")};
    }
    Candidate candidate;
    candidate.at = kNoon + at;
    candidate.tags = {tags, folds.size()};
    add(candidate, author, post);
  }
  void confirm(std::string_view author, std::string_view intent, std::string_view offer,
               std::string_view post_id) {
    const auto code = code_characters(CodeMaker(kSecret).confirmation(author, intent, offer));
    std::string fold = "confirm" + std::string(code.begin(), code.end());
    std::transform(fold.begin(), fold.end(), fold.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    });
    post(author, post_id, 2, {fold});
  }
  void put_into_force() {
    using Kind = ControlChange::Kind;
    std::string offer;
    append_offer_json_line(offer, offers_->offers().front());
    const std::vector<ControlChange> changes = {
        {.kind = Kind::kLink, .author_id = "new", .account = "acct-new", .region = {'U', 'S'}},
        {.kind = Kind::kUnlink, .author_id = "nobody"},
        {.kind = Kind::kFreeze, .author_id = "new"},
        {.kind = Kind::kFreezeLinkedBefore, .before = kNoon},
        {.kind = Kind::kWithdraw, .offer_id = "gone"},
        {.kind = Kind::kOffer, .offer_id = offers_->offers().front().id, .offer = offer},
    };
    FileErrors errors;
    offers_ = change_offers(*offers_, changes, "offers", "Confirm", errors);
    GrowingMembers members(members_);
    for (const ControlChange& change : changes) {
      change_members(members, change);
    }
    members_ = members.table();
    decider_->control(changes, offers_, members_, events_);
    append_changes(control.payload, changes);
  }
  void apply() {
    decider_->apply(batch_, events_);
    append_candidates(last_, batch_, *members_, tape_);
    tape_.clear();
    batch_.clear();
  }

  std::shared_ptr<const OfferCatalogue> offers_;
  std::shared_ptr<const MemberTable> members_;
  std::unique_ptr<Decider> decider_;
  CodeTape tape_;
  CandidateBatch batch_;
  EventBatch events_;
  std::string last_;
};

Decider::PieceReader in_pieces(std::string_view bytes, std::size_t length) {
  return [rest = bytes, length]() mutable {
    const std::string_view piece = rest.substr(0, length);
    rest.remove_prefix(piece.size());
    return piece;
  };
}

std::string saved(JournalPlayer& player) {
  std::string bytes;
  player.save([&](std::string_view piece) { bytes += piece; });
  return bytes;
}

// How many there ever were is told by the bytes alone.
void expect_to_hold(JournalPlayer& player) {
  for (const std::string& broken : player.decider()->broken_invariants()) {
    fuzz::expect(broken.find("there were never more") != std::string::npos, broken);
  }
}

void use_snapshot(std::string_view bytes, std::size_t piece, const Story& story) {
  JournalPlayer player({}, 1);
  player.load_snapshot(in_pieces(bytes, piece));
  expect_to_hold(player);
  const std::string once = saved(player);
  JournalPlayer again({}, 1);
  try {
    again.load_snapshot(in_pieces(once, once.size()));
  } catch (const DamagedState& error) {
    fuzz::fail(error.what());
  }
  fuzz::expect(saved(again) == once, "what was loaded is saved otherwise");
  EventBatch events;
  player.play(story.candidates.kind, story.candidates.payload, events);
}

void use_entry(JournalKind kind, std::string_view payload, const Story& story) {
  JournalPlayer player({}, 1);
  EventBatch events;
  player.play(story.configuration.kind, story.configuration.payload, events);
  if (kind != JournalKind::kCandidates) {
    player.play(story.candidates.kind, story.candidates.payload, events);
  }
  player.play(kind, payload, events);
  expect_to_hold(player);
}

std::string lines_of(const EventBatch& events) {
  std::string lines;
  for (const Event& event : events.events) {
    append_json_line(lines, event);
  }
  return lines;
}

void use_outbox(std::string_view bytes) {
  EventBatch events;
  read_events(bytes, events);
  std::string again;
  append_events(again, events.events);
  EventBatch twice;
  read_events(again, twice);
  fuzz::expect(lines_of(twice) == lines_of(events), "events come back otherwise");
}

// Each edit has four bytes: what, where (two), with what.
std::string edited(std::string text, std::string_view edits) {
  for (; edits.size() >= 4 && !text.empty(); edits.remove_prefix(4)) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(edits[i]); };
    const std::size_t at = (byte(1) * std::size_t{256} + byte(2)) % text.size();
    switch (byte(0) % 4) {
      case 0:
        text[at] = edits[3];
        break;
      case 1:
        text.insert(at, 1, edits[3]);
        break;
      case 2:
        text.erase(at, 1 + byte(3));
        break;
      default:
        text.insert(at, text.substr(byte(3) % text.size(), 1 + byte(3) % 32));
        break;
    }
  }
  return text;
}

}  // namespace

// The first byte says what is read (bits 0, 1 and 3), and whether the rest stands as it is or is
// how to edit what a run wrote (bit 2); the second one how long the pieces are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const Story story;
  if (size < 2) {
    return 0;
  }
  const std::string_view rest = fuzz::text_of(bytes + 2, size - 2);
  const bool edit = (bytes[0] & 4) != 0;
  const auto input = [&](const std::string& base) {
    return edit ? edited(base, rest) : std::string(rest);
  };
  try {
    switch (bytes[0] & 11) {
      case 0:
        use_snapshot(input(story.snapshot), 1 + bytes[1] * std::size_t{4}, story);
        break;
      case 1:
        use_entry(JournalKind::kCandidates, input(story.candidates.payload), story);
        break;
      case 2:
        use_entry(JournalKind::kConfiguration, input(story.configuration.payload), story);
        break;
      case 8:
        use_entry(JournalKind::kControl, input(story.control.payload), story);
        break;
      default:
        use_outbox(input(story.outbox));
        break;
    }
  } catch (const DamagedState&) {
    // As it should be.
  }
  return 0;
}
