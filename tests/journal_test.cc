// A journal, played again, gives the same events byte for byte, without the secret and the
// member file; also from a snapshot in its middle.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/errors.h"
#include "tests/journal_recorder.h"
#include "tests/seeded.h"
#include "tests/shop.h"
#include "tests/state_facts.h"
#include "tests/stream_runs.h"

namespace {

using journal_recorder::Entry;
using journal_recorder::in_pieces;
using journal_recorder::JournalRecorder;
using journal_recorder::play;
using journal_recorder::protocol_options;
using tagtill::DamagedState;
using tagtill::EventBatch;
using tagtill::JournalKind;
using tagtill::JournalPlayer;

constexpr std::array<std::uint32_t, 4> kShards = {1, 16, 2, 64};

streams::Stream stream_of(std::uint64_t seed) {
  return seed % 3 == 0 ? streams::make(seed) : streams::make_with_replacements(seed);
}

// Calls f(seed, stream, random, options) for random streams; blocks of a line each.
template <typename F>
void for_random_streams(std::uint64_t share, F f) {
  for (std::uint64_t i = 0; i < seeded::seeds() / share && !testing::Test::HasFailure(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    const streams::Stream stream = stream_of(seed);
    product::Options options = stream_runs::options_of(stream);
    options.block_bytes = 1;
    seeded::Random random(seed);
    f(stream, random, options);
  }
}

TEST(Journal, PlaysTheSameEvents) {
  for_random_streams(1, [](const auto& stream, auto& random, const auto& options) {
    product::Product product(stream.offers, stream.members, stream.secret, options);
    JournalRecorder journal(product, 1 + random.below(5));
    const std::string events = stream_runs::run(product, stream);
    EXPECT_EQ(events, stream_runs::events_of_reference(stream, nullptr));
    JournalPlayer player(protocol_options(options), random.pick(kShards));
    EXPECT_EQ(play(player, journal.entries()), events);
    EXPECT_EQ(player.decider()->broken_invariants(), std::vector<std::string>());
    std::string saved;
    player.save([&](std::string_view piece) { saved += piece; });
    EXPECT_EQ(state_facts::of_snapshot(saved).all,
              state_facts::of_snapshot(product.snapshot()).all);
  });
}

TEST(Journal, GoesOnFromASnapshot) {
  for_random_streams(1, [](const auto& stream, auto& random, const auto& options) {
    product::Product product(stream.offers, stream.members, stream.secret, options);
    JournalRecorder journal(product, 1);
    std::string snapshot;
    std::string before;
    std::size_t entries = 0;
    std::size_t inputs = 0;
    journal.set_after([&] {  // each with the same chance
      if (random.below(++inputs) == 0) {
        before += product.take_events();
        snapshot = product.snapshot();
        entries = journal.entries().size();
      }
    });
    const std::string events = stream_runs::run(product, stream);
    if (inputs == 0) {
      return;
    }
    JournalPlayer player(protocol_options(options), random.pick(kShards));
    player.load_snapshot(in_pieces(snapshot, 1 + random.below(300)));
    std::string saved;
    player.save([&](std::string_view piece) { saved += piece; });
    EXPECT_EQ(state_facts::of_snapshot(saved).all, state_facts::of_snapshot(snapshot).all);
    EXPECT_EQ(play(player, journal.entries(), entries), events);
    EXPECT_EQ(before + events, stream_runs::events_of_reference(stream, nullptr));
  });
}

// A crash now and then: the decider is made anew of the journal, of a snapshot and the
// journal behind it, or of what came of another one that had been recovered before.
TEST(Journal, RecoversAndGoesOn) {
  for_random_streams(1, [](const auto& stream, auto& random, const auto& options) {
    product::Product product(stream.offers, stream.members, stream.secret, options);
    JournalRecorder journal(product, 1);
    std::string snapshot;
    std::size_t entries = 0;
    journal.set_after([&] {
      if (random.percent(10)) {
        snapshot = product.snapshot();
        entries = journal.entries().size();
      }
      if (random.percent(10)) {
        const std::size_t before = product.events().events.size();
        JournalPlayer player(protocol_options(options), random.pick(kShards));
        if (!snapshot.empty()) {
          player.load_snapshot(in_pieces(snapshot, 1 + random.below(100'000)));
        }
        (void)play(player, journal.entries(), entries);
        product.go_on_with(player.take());
        journal.record_anew();
        EXPECT_EQ(product.events().events.size(), before);
        EXPECT_EQ(product.decider().broken_invariants(), std::vector<std::string>());
      }
    });
    stream_runs::expect_as_the_reference(product, stream);
  });
}

// --- What an entry holds -----------------------------------------------------------------

using shop::members;
using shop::offer;
using shop::Shop;
using shop::tag;

std::string played(Shop& shop, const JournalRecorder& journal) {
  JournalPlayer player({}, 16);
  const std::string events = play(player, journal.entries());
  EXPECT_EQ(events, shop.product().take_events());
  return events;
}

TEST(Journal, HasTheAccountsAndRegionsOfThen) {
  Shop shop(Shop::Setting{
      .offers = {offer("mug", ",\"regions\":[\"DE\"]")},
      .members = {post_lines::member_line("a", "DE"), post_lines::member_line("b", "US")}});
  JournalRecorder journal(shop.product(), 1);
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "b", 1, "#mug");
  shop.post("3", "c", 2, "#mug");
  shop.replace({offer("mug", ",\"regions\":[\"DE\"]")},
               {R"({"author_id":"a","account":"other","region":"US"})",
                post_lines::member_line("b", "DE"), post_lines::member_line("c")});
  shop.post("4", "a", 3, tag("a", "1"));
  shop.post("5", "a", 4, "#mug");
  shop.post("6", "b", 5, "#mug");
  const std::string events = played(shop, journal);
  EXPECT_NE(events.find("\"account\":\"acct-a\""), std::string::npos);
  EXPECT_NE(events.find("not_eligible"), std::string::npos);
}

TEST(Journal, HasNoSecret) {
  Shop shop({post_lines::line_of(post_lines::Offer{.fulfilment = "pickup"})});
  JournalRecorder journal(shop.product(), 1);
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "a", 1, tag("a", "1"));
  EXPECT_NE(played(shop, journal).find("claim_code\":\""), std::string::npos);
  for (const Entry& entry : journal.entries()) {
    EXPECT_EQ(entry.payload.find(post_lines::kSecret), std::string::npos);
  }
}

// After the end of the journal a decider has no secret, and says so rather than give out a
// code that nobody could check.
TEST(Journal, NeedsASecretToGoOn) {
  Shop shop;
  JournalRecorder journal(shop.product(), 1);
  JournalPlayer player({}, 1);
  (void)play(player, journal.entries());
  std::unique_ptr<tagtill::Decider> decider = player.take();
  EXPECT_EQ(player.decider(), nullptr);
  tagtill::CandidateBatch batch;
  const tagtill::PostTag tag{"mug", 0, tagtill::kNoCode};
  EventBatch events;
  tagtill::Candidate post;
  post.author_id = "a";
  post.post_id = "1";
  post.at = post_lines::kNoon;
  post.tags = {&tag, 1};
  batch.candidates = {post};
  decider->apply(batch, events);  // of a stranger
  EXPECT_EQ(events.events.size(), 1U);
  shop.product().go_on_with(std::move(decider));
  shop.post("2", "a", 0, "#mug");
  EXPECT_EQ(shop.events(), shop::Events{"prompt a 2:mug"});
}

// --- What does not fit --------------------------------------------------------------------

std::string refusal(JournalPlayer& player, JournalKind kind, std::string_view payload) {
  EventBatch events;
  try {
    player.play(kind, payload, events);
  } catch (const DamagedState& error) {
    EXPECT_EQ(error.code(), tagtill::ExitCode::kBadInput);
    return error.what();
  }
  return "none";
}

TEST(Journal, RefusesWhatDoesNotFit) {
  Shop shop;
  JournalRecorder journal(shop.product(), 1);
  shop.post("1", "a", 0, "#mug");
  const Entry& configuration = journal.entries().at(0);
  const std::string candidates = journal.entries().at(1).payload;
  const auto refused = [&](std::string payload) {
    JournalPlayer player({}, 1);
    EXPECT_EQ(refusal(player, configuration.kind, configuration.payload), "none");
    return refusal(player, JournalKind::kCandidates, payload);
  };
  constexpr std::string_view kEnd =
      ". Restore the state from a copy, or make a new one from the dumps.";
  const auto damaged = [&](std::string_view why) {
    return "The journal entry is damaged: " + std::string(why) + std::string(kEnd);
  };
  EXPECT_EQ(refused(candidates), "none");
  EXPECT_EQ(refused(""), "none");
  JournalPlayer empty({}, 1);
  EXPECT_EQ(refusal(empty, JournalKind::kCandidates, candidates),
            damaged("no configuration stands before it"));
  EXPECT_EQ(refusal(empty, JournalKind::kControl, "\x01\x01"),
            damaged("no configuration stands before it"));
  EXPECT_EQ(refusal(empty, static_cast<JournalKind>(4), ""),
            damaged("it is of an unknown kind (4)"));
  EXPECT_EQ(refusal(empty, JournalKind::kNothing, ""), "none");
  EXPECT_EQ(refusal(empty, JournalKind::kNothing, "x"), damaged("it has a payload"));
  EXPECT_EQ(refused(candidates.substr(0, candidates.size() - 1)), damaged("it ends in the middle"));
  // Without its code, and with one too many.
  std::string without_code = candidates.substr(0, candidates.size() - 6) + '\0';
  EXPECT_EQ(refused(without_code).substr(0, 61),
            "The journal has fewer codes than its purchases need: it is da");
  std::string with_two = candidates + "12345";
  with_two[candidates.size() - 6] = 2;
  EXPECT_EQ(refused(with_two), damaged("it has codes that nobody needs"));
  EXPECT_EQ(refused("\x09" + candidates.substr(1)),
            "The journal entry has version 9, and this program reads up to version 1: use "
            "the version of tagtill that wrote it, or a later one.");
}

// A run may begin with other members than the last one had: of whom the decider knows nothing,
// no entry tells.
TEST(Journal, HasNewMembershipsWithoutAnEntry) {
  Shop shop;
  JournalRecorder journal(shop.product(), 1);
  shop.post("1", "a", 0, "#mug");
  shop.erase("1", "a");
  const std::size_t before = journal.entries().size();
  shop.replace({offer("mug")}, {R"({"author_id":"a","account":"other"})"});
  const std::size_t change = journal.entries().size();
  ASSERT_EQ(change, before + 1);
  shop.post("2", "a", 1, "#mug");
  shop.post("3", "a", 2, tag("a", "2"));
  std::vector<Entry> entries = journal.entries();
  entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(before));
  JournalPlayer player({}, 16);
  const std::string events = play(player, entries);
  EXPECT_EQ(events, shop.product().take_events());
  EXPECT_NE(events.find("\"account\":\"other\""), std::string::npos);
}

}  // namespace
