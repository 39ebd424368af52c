// `tagtill state check`: what it finds. Digests tell every damage; what a state says that was
// written by somebody who is wrong they do not.
#include "tools/state/state_check.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/event_codec.h"
#include "engine/journal_player.h"
#include "engine/state/state_reader.h"
#include "engine/state/state_store.h"
#include "tests/run_folder.h"
#include "tests/seeded.h"
#include "tests/shop.h"
#include "tests/sink_events.h"
#include "tools/pipeline/batches.h"
#include "tools/pipeline/outbox.h"
#include "tools/state/state_play.h"

namespace tagtill {
namespace {

namespace fs = std::filesystem;

using shop::kSecond;
using shop::tag;

class StateCheck : public ::testing::Test {
 protected:
  StateCheck() : run_({shop::offer("mug", R"(,"stock":2)")}, shop::members({"alpha", "beta"})) {
    run_.write("day.json", post("1", "alpha", 0, "#mug") + post("2", "beta", kSecond, "#mug") +
                               post("3", "alpha", 2 * kSecond, tag("alpha", "1")) + "{broken\n");
    EXPECT_EQ(run_.replay({"day.json"}).exit_code, 0);
  }

  [[nodiscard]] std::string state() const { return run_.path("state"); }

  void expect_broken(const std::string& path, std::string_view part) const {
    const StateFindings findings = examine_state(path);
    EXPECT_TRUE(std::ranges::any_of(findings.broken,
                                    [&](const auto& said) { return contains(said, part); }))
        << part << "\n"
        << shop::lines(findings.broken);
    EXPECT_TRUE(findings.checked.empty());
  }

  // Changes the state as somebody without our digests would.
  void change(const std::string& sql) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(state().c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    EXPECT_GT(sqlite3_changes(database), 0);
    sqlite3_close(database);
  }

  // A new state, `forged`, to be filled with what a reader of the real one tells.
  [[nodiscard]] std::unique_ptr<StateStore> forge(bool with_outputs = true) const {
    StateOptions options;
    options.rules = StateReader::open(state())->rules();
    std::unique_ptr<StateStore> store = StateStore::open(run_.path("forged"), options);
    if (with_outputs) {
      (void)store->add_cursor("events:/e.jsonl", false);
      (void)store->add_cursor("dead-letter:/d.jsonl", true);
    }
    return store;
  }
  [[nodiscard]] std::vector<StateEntry> entries() const {
    const std::unique_ptr<StateReader> reader = StateReader::open(state());
    std::vector<StateEntry> all;
    for (StateEntry entry; reader->journal_entry(all.size() + 1, entry);) {
      all.push_back(entry);
    }
    return all;
  }
  // What waits for outputs of the entries from `first` on, as it should.
  [[nodiscard]] std::unique_ptr<Parcel> parcel_of(std::size_t entry) const {
    const std::unique_ptr<StateReader> reader = StateReader::open(state());
    JournalPlayer player(protocol_of(reader->rules()), Decider::kShards);
    const std::vector<StateEntry> all = entries();
    auto parcel = std::make_unique<Parcel>();
    for (std::size_t i = 0; i <= entry; ++i) {
      parcel->clear();
      player.play(all[i].kind, all[i].payload, parcel->events);
    }
    parcel->letter_count = all[entry].letters;
    for (std::uint64_t i = 0; i < all[entry].letters; ++i) {
      parcel->letters += "{}\n";
    }
    return parcel;
  }
  static void commit(StateStore& store, StateEntry entry, const Parcel& parcel) {
    append_outbox(entry.outbox, parcel);
    store.commit({.entries = {std::move(entry)}, .dumps = {}, .cursors = {}});
  }

  RunFolder run_;
};

TEST_F(StateCheck, SaysWhatItChecked) {
  const ProgramResult result = run_.state("check");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(result.out,
            "state: everything holds\n"
            "  rows       all agree with their digests, and with what SQLite keeps of its own\n"
            "  outputs    5 outputs, none ahead of the state\n"
            "  outbox     0 events waiting for outputs, all there and readable\n"
            "  outbox     0 dead letters waiting for outputs, all there and readable\n"
            "  dumps      1, numbered from 1\n"
            "  journal    2 entries played from the beginning on, with the same 3 events; 0 "
            "compared with the outbox\n"
            "  memory     9 things remembered, and every invariant holds\n");
}

TEST_F(StateCheck, AForgedStateThatIsRightHolds) {
  {
    const std::unique_ptr<StateStore> store = forge();
    const std::vector<StateEntry> all = entries();
    for (std::size_t i = 0; i < all.size(); ++i) {
      commit(*store, all[i], *parcel_of(i));
    }
  }
  const StateFindings findings = examine_state(run_.path("forged"));
  EXPECT_EQ(findings.broken, std::vector<std::string>());
  const std::string checked = shop::lines(findings.checked);
  EXPECT_TRUE(contains(checked, "3 events waiting")) << checked;
  EXPECT_TRUE(contains(checked, "1 dead letters waiting")) << checked;
  EXPECT_TRUE(contains(checked, "1 compared with the outbox")) << checked;
}

TEST_F(StateCheck, FindsAByteThatWasFlipped) {
  // An account in the journal.
  std::string bytes = run_.file("state");
  const std::size_t at = bytes.find("acct-beta");
  ASSERT_NE(at, std::string::npos);
  bytes[at] ^= 1;
  run_.write("state", bytes);
  const ProgramResult result = run_.state("check");
  EXPECT_EQ(result.exit_code, 65);
  EXPECT_EQ(result.out, "");
  EXPECT_TRUE(contains(result.err, "entry 2 of its journal is not what was written")) << result.err;
  EXPECT_TRUE(contains(result.err, "tagtill: state: 1 thing is wrong.")) << result.err;
}

TEST_F(StateCheck, FindsAnyByteThatMatters) {
  const std::string bytes = run_.file("state");
  const std::string before = run_.state("export").out;
  seeded::Random random(seeded::first_seed());
  int found = 0;
  for (int i = 0; i < 60; ++i) {
    std::string flipped = bytes;
    const std::size_t at = random.below(bytes.size());
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << random.below(8)));
    run_.write("state", flipped);
    fs::remove(run_.path("state-wal"));
    fs::remove(run_.path("state-shm"));
    if (!examine_state(state()).broken.empty()) {
      ++found;
    } else {
      EXPECT_EQ(run_.state("export").out, before) << "byte " << at;
    }
  }
  EXPECT_GT(found, 0);
}

TEST_F(StateCheck, FindsARowOfTheOutboxThatIsMissing) {
  {
    const std::unique_ptr<StateStore> store = forge();
    const std::vector<StateEntry> all = entries();
    for (std::size_t i = 0; i < all.size(); ++i) {
      commit(*store, all[i], *parcel_of(i));
    }
  }
  fs::rename(run_.path("forged"), state());
  change("DELETE FROM outbox WHERE events_end > events_first");
  expect_broken(state(), "outbox");
}

TEST_F(StateCheck, FindsAnOutputThatIsAhead) {
  change("UPDATE sinks SET events = 1000000 WHERE name LIKE 'events:%'");
  expect_broken(state(), "cursors of sinks");
}

TEST_F(StateCheck, FindsAMissingDump) {
  change("UPDATE dumps SET number = 2");
  expect_broken(state(), "dump");
}

TEST_F(StateCheck, FindsAnEntryThatDecidesOtherwise) {
  {
    const std::unique_ptr<StateStore> store = forge(false);
    std::vector<StateEntry> all = entries();
    all[1].events = 7;
    store->commit({.entries = all, .dumps = {}, .cursors = {}});
  }
  expect_broken(run_.path("forged"), "entry 2 of the state's journal brought forth 7 events");
}

TEST_F(StateCheck, FindsAnEntryThatCannotBePlayed) {
  {
    const std::unique_ptr<StateStore> store = forge(false);
    std::vector<StateEntry> all = entries();
    all[1].payload.resize(all[1].payload.size() - 1);
    store->commit({.entries = all, .dumps = {}, .cursors = {}});
  }
  expect_broken(run_.path("forged"), "it ends in the middle");
}

TEST_F(StateCheck, FindsOtherEventsInTheOutbox) {
  {
    const std::unique_ptr<StateStore> store = forge();
    const std::vector<StateEntry> all = entries();
    commit(*store, all[0], *parcel_of(0));
    const std::unique_ptr<Parcel> parcel = parcel_of(1);
    parcel->events.events[0].price_minor += 1;
    commit(*store, all[1], *parcel);
  }
  expect_broken(run_.path("forged"), "are not those which entry 2");
}

TEST_F(StateCheck, FindsFewerEventsOrLettersInTheOutbox) {
  const std::vector<StateEntry> all = entries();
  for (const bool letters : {false, true}) {
    fs::remove(run_.path("forged"));
    {
      const std::unique_ptr<StateStore> store = forge();
      commit(*store, all[0], *parcel_of(0));
      const std::unique_ptr<Parcel> parcel = parcel_of(1);
      if (letters) {
        parcel->letters.clear();
      } else {
        parcel->events.events.pop_back();
      }
      commit(*store, all[1], *parcel);
    }
    expect_broken(run_.path("forged"), "waits for outputs of entry 2 is not as much");
  }
}

TEST_F(StateCheck, FindsAnOutboxThatCannotBeRead) {
  const std::vector<StateEntry> all = entries();
  {
    const std::unique_ptr<StateStore> store = forge();
    commit(*store, all[0], *parcel_of(0));
    StateEntry entry = all[1];
    entry.outbox = "no";
    store->commit({.entries = {entry}, .dumps = {}, .cursors = {}});
  }
  expect_broken(run_.path("forged"), "shorter than it says");
}

TEST_F(StateCheck, FindsASnapshotThatIsNotWhatTheJournalLeadsTo) {
  const std::vector<StateEntry> all = entries();
  for (const bool right : {true, false}) {
    fs::remove(run_.path("forged"));
    {
      const std::unique_ptr<StateStore> store = forge(false);
      store->commit({.entries = all, .dumps = {}, .cursors = {}});
      JournalPlayer player(protocol_of(store->reader().rules()), 4);
      EventBatch events;
      for (std::size_t i = 0; i < (right ? 2U : 1U); ++i) {
        player.play(all[i].kind, all[i].payload, events);
      }
      store->begin_snapshot(2);
      player.save([&](std::string_view piece) { store->add_snapshot_piece(piece); });
      store->finish_snapshot(0);
    }
    if (right) {
      EXPECT_EQ(examine_state(run_.path("forged")).broken, std::vector<std::string>());
    } else {
      expect_broken(run_.path("forged"),
                    "The snapshot of entry 2 is not what the journal leads to.");
    }
  }
}

TEST_F(StateCheck, FindsAForgettingThatWasBrokenOff) {
  {
    StateOptions options;
    options.rules = StateReader::open(state())->rules();
    (void)StateStore::open(state(), options)->add_cursor("forgetting:alpha", false);
  }
  expect_broken(state(), "Forgetting the author alpha was broken off.");
  EXPECT_TRUE(contains(run_.state("show").out, "Forgetting an author was broken off"));
}

// What waited for outputs that were left for good is let go with everything else.
TEST_F(StateCheck, NothingWaitsForOutputsThatWereLeft) {
  {
    const std::unique_ptr<StateStore> store = forge();
    const std::vector<StateEntry> all = entries();
    for (std::size_t i = 0; i < all.size(); ++i) {
      commit(*store, all[i], *parcel_of(i));
    }
  }
  fs::rename(run_.path("forged"), state());
  const ProgramResult refused = run_.state("forget", {"--author", "alpha"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_TRUE(contains(refused.err, "has not had the last ")) << refused.err;
  EXPECT_TRUE(contains(run_.file("state"), "alpha"));
  ASSERT_EQ(run_.state("forget", {"--output", "events:/e.jsonl"}).exit_code, 0);
  ASSERT_EQ(run_.state("forget", {"--output", "dead-letter:/d.jsonl"}).exit_code, 0);
  ASSERT_EQ(run_.state("forget", {"--author", "alpha"}).exit_code, 0);
  EXPECT_FALSE(contains(run_.file("state"), "alpha"));
  EXPECT_TRUE(contains(run_.file("state"), "beta"));
  EXPECT_EQ(query(state(), "SELECT 1 FROM outbox").size(), 0U);
  EXPECT_EQ(examine_state(state()).broken, std::vector<std::string>());
}

// One damage does not hide another.
TEST_F(StateCheck, SaysEverythingThatIsWrong) {
  {
    const std::unique_ptr<StateStore> store = forge();
    std::vector<StateEntry> all = entries();
    commit(*store, all[0], *parcel_of(0));
    all[1].events = 2;
    const std::unique_ptr<Parcel> parcel = parcel_of(1);
    parcel->letters += "{}\n";
    commit(*store, all[1], *parcel);
  }
  EXPECT_EQ(examine_state(run_.path("forged")).broken.size(), 2U);
  expect_broken(run_.path("forged"), "brought forth 2 events and now makes 3");
  expect_broken(run_.path("forged"), "is not as much");
}

}  // namespace
}  // namespace tagtill
