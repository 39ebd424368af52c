// Bytes of snapshots, journals and outboxes that were cut or changed: what reads them says
// that they are damaged, or makes something of them, and nothing worse.
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/errors.h"
#include "engine/event_codec.h"
#include "tests/journal_recorder.h"
#include "tests/seeded.h"
#include "tests/shop.h"
#include "tests/stream_runs.h"

namespace {

using journal_recorder::Entry;
using journal_recorder::in_pieces;
using journal_recorder::JournalRecorder;
using journal_recorder::play;
using tagtill::JournalKind;
using tagtill::JournalPlayer;

// A run in two halves: what was saved between them, and what came behind.
struct Story {
  product::Options options;
  std::string snapshot;
  std::vector<Entry> entries;  // all of them; the second half begins at `middle`
  std::size_t middle = 0;
  std::string outbox;

  [[nodiscard]] tagtill::ProtocolOptions protocol() const {
    return journal_recorder::protocol_options(options);
  }
};

Story run_of(const streams::Stream& stream, std::size_t inputs_before) {
  Story run;
  run.options = stream_runs::options_of(stream);
  run.options.block_bytes = 1;
  product::Product product(stream.offers, stream.members, stream.secret, run.options);
  JournalRecorder journal(product, 1);
  journal.set_after([&] {
    if (journal.entries().size() <= inputs_before || run.snapshot.empty()) {
      run.snapshot = product.snapshot();
      run.middle = journal.entries().size();
    }
  });
  const std::string events = stream_runs::run(product, stream);
  run.entries = journal.entries();
  return run;
}

// A small one in which there is something of everything.
Story small_run() {
  shop::Shop shop(shop::Shop::Setting{
      .offers = {shop::offer("mug", ",\"stock\":2"), shop::offer("cup", ",\"stock\":0")},
      .members = shop::members({"a", "1186275104123456789"})});
  Story run;
  JournalRecorder journal(shop.product(), 3);
  shop.erase("9", "a");
  shop.post("1", "a", 0, "#mug #cup");
  shop.post("2", "1186275104123456789", 1, "#mug #Confirm00000000");
  shop.replace({shop::offer("mug", ",\"stock\":3")},
               {shop::members({"a"})[0],
                R"({"author_id":"1186275104123456789","account":"x","region":"DE"})"});
  shop.post("3", "1186275104123456789", 2, shop::tag("1186275104123456789", "2"));
  shop.post("4", "a", 5 * shop::kDay, "#mug");
  run.snapshot = shop.product().snapshot();
  run.middle = journal.entries().size();
  shop.post("5", "a", 5 * shop::kDay, "#mug");
  shop.post("6", "a", 5 * shop::kDay, shop::tag("a", "5"));
  shop.erase("4", "a");
  run.entries = journal.entries();
  append_events(run.outbox, shop.product().events().events);
  return run;
}

// Calls f, which may refuse; anything else it throws is a failure. True: it did not refuse.
bool survives(const std::function<void()>& f) {
  try {
    f();
    return true;
  } catch (const tagtill::DamagedState&) {
    return false;
  }
}

// Loads the snapshot, and if it is taken, goes on with it: whatever was loaded can be
// looked at, saved, loaded again, and played upon.
bool use_snapshot(const Story& run, std::string_view snapshot, std::size_t piece) {
  return survives([&] {
    JournalPlayer player(run.protocol(), 1);
    player.load_snapshot(in_pieces(snapshot, piece));
    for (const std::string& broken : player.decider()->broken_invariants()) {
      // That is told by the bytes alone.
      EXPECT_NE(broken.find("there were never more"), std::string::npos) << broken;
    }
    std::string saved;
    player.save([&](std::string_view bytes) { saved += bytes; });
    EXPECT_TRUE(survives([&] {
      JournalPlayer again(run.protocol(), 2);
      again.load_snapshot(in_pieces(saved, saved.size()));
    }));
    (void)survives([&] { (void)play(player, run.entries, run.middle); });
  });
}

// Plays the entry in place of the first one of its kind, and the others.
bool use_entry(const Story& run, std::size_t at, std::string_view payload) {
  return survives([&] {
    JournalPlayer player(run.protocol(), 1);
    tagtill::EventBatch events;
    for (std::size_t i = 0; i < run.entries.size(); ++i) {
      player.play(run.entries[i].kind, i == at ? payload : run.entries[i].payload, events);
    }
    for (const std::string& broken : player.decider()->broken_invariants()) {
      // Memberships are told by the bytes alone.
      EXPECT_NE(broken.find("the account of somebody else"), std::string::npos) << broken;
    }
  });
}

bool use_outbox(std::string_view bytes) {
  return survives([&] {
    tagtill::EventBatch events;
    read_events(bytes, events);
    std::string lines;
    for (const tagtill::Event& event : events.events) {
      append_json_line(lines, event);
    }
  });
}

template <typename Use>
void every_cut_and_bit(std::string bytes, Use use) {
  ASSERT_TRUE(use(bytes));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    (void)use(std::string_view(bytes).substr(0, length));
  }
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    (void)use(bytes);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
  }
}

TEST(DamagedState, EveryCutAndBitOfASmallSnapshot) {
  const Story run = small_run();
  every_cut_and_bit(run.snapshot,
                    [&](std::string_view bytes) { return use_snapshot(run, bytes, 64); });
  for (std::size_t length = 0; length < run.snapshot.size(); ++length) {
    EXPECT_FALSE(use_snapshot(run, run.snapshot.substr(0, length), 7)) << length;
  }
}

TEST(DamagedState, EveryCutAndBitOfSmallEntries) {
  const Story run = small_run();
  for (std::size_t at = 0; at < run.entries.size(); ++at) {
    every_cut_and_bit(run.entries[at].payload,
                      [&](std::string_view bytes) { return use_entry(run, at, bytes); });
  }
}

TEST(DamagedState, EveryCutAndBitOfASmallOutbox) {
  const Story run = small_run();
  every_cut_and_bit(run.outbox, use_outbox);
}

// Some bits flipped, bytes changed, moved, left out and put in.
std::string damaged(std::string bytes, seeded::Random& random) {
  for (std::size_t times = 1 + random.below(3); times > 0 && !bytes.empty(); --times) {
    const std::size_t at = random.below(bytes.size());
    const std::size_t length = 1 + random.below(std::min<std::size_t>(bytes.size() - at, 30));
    switch (random.below(6)) {
      case 0:
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
        break;
      case 2:
        bytes[at] = static_cast<char>(random.below(256));
        break;
      case 3:
        bytes.erase(at, length);
        break;
      case 4:
        bytes.insert(random.below(bytes.size() + 1), bytes.substr(at, length));
        break;
      default:
        // Lengths that mean everything.
        bytes.insert(at, std::string(9, '\xFF') + '\x01');
        break;
    }
  }
  return bytes;
}

TEST(DamagedState, RandomDamage) {
  std::size_t taken = 0;
  std::size_t refused = 0;
  for (std::uint64_t i = 0; i < seeded::seeds() && !testing::Test::HasFailure(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    seeded::Random random(seed);
    const Story run = run_of(streams::make_with_replacements(seed), random.below(60));
    for (int times = 0; times < 20; ++times) {
      const bool used = use_snapshot(run, damaged(run.snapshot, random), 1 + random.below(100'000));
      ++(used ? taken : refused);
      const std::size_t at = random.below(run.entries.size());
      (void)use_entry(run, at, damaged(run.entries[at].payload, random));
    }
  }
  // Most of it is noticed, though there is no checksum here.
  EXPECT_GT(refused, taken / 4);
}

// A length that stands for gigabytes must not be believed.
TEST(DamagedState, LengthsAreNotBelieved) {
  const std::string huge = std::string(8, '\xFF') + '\x7F';
  const std::string refused =
      "The journal entry is damaged: it ends in the middle. Restore the state from a copy, or "
      "make a new one from the dumps.";
  const Story run = small_run();
  JournalPlayer player({}, 1);
  tagtill::EventBatch events;
  player.play(JournalKind::kConfiguration, run.entries[0].payload, events);
  try {
    player.play(JournalKind::kCandidates, "\x01" + huge, events);
    FAIL() << "nothing was thrown";
  } catch (const tagtill::DamagedState& error) {
    EXPECT_EQ(error.what(), refused);
  }
}

}  // namespace
