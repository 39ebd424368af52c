// The durable state: what each function promises.
#include "engine/state/state_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/seeded.h"
#include "tests/sink_events.h"
#include "tests/state_fixture.h"
#include "tests/state_model.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

TEST_F(StateStoreTest, ANewStateIsEmptyAndItsOwners) {
  const auto store = open();
  StateReader& reader = store->reader();
  EXPECT_EQ(reader.head(), StateHead{});
  EXPECT_EQ(reader.rules(), options_.rules);
  EXPECT_EQ(reader.stream().size(), 32U);
  EXPECT_TRUE(reader.cursors().empty());
  EXPECT_EQ(reader.dumps(), 0U);
  EXPECT_EQ(reader.last_dump(), std::nullopt);
  EXPECT_EQ(reader.snapshot_sequence(), 0U);
  EXPECT_EQ(reader.first_journal_sequence(), 1U);
  reader.verify_all();
  for (const char* name : {"", "-wal", "-shm", "-lock"}) {
    struct stat status {};
    ASSERT_EQ(::stat((path_ + name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << name;
  }
}

TEST_F(StateStoreTest, EveryStateHasANameOfItsOwnThatItKeeps) {
  options_.random = nullptr;
  const std::string name = open()->reader().stream();
  EXPECT_EQ(open()->reader().stream(), name);
  const auto other = StateStore::open(folder_.path("other"), options_);
  EXPECT_NE(other->reader().stream(), name);
}

TEST_F(StateStoreTest, AnEmptyFileBecomesAState) {
  folder_.write("empty", "");
  EXPECT_EQ(StateStore::open(folder_.path("empty"), options_)->reader().head(), StateHead{});
}

TEST_F(StateStoreTest, TellsOfEachSyncHowLongItTook) {
  std::vector<std::chrono::nanoseconds> syncs;
  options_.on_sync = [&](std::chrono::nanoseconds took) { syncs.push_back(took); };
  for (const bool sync : {true, false}) {
    options_.sync = sync;
    const auto store = open();
    store->commit({{entry_of("a")}, {}, {}});  // which begins a WAL, and syncs that, too
    syncs.clear();
    for (int i = 0; i < 10; ++i) {
      const auto began = std::chrono::steady_clock::now();
      store->commit({{entry_of("a")}, {}, {}});
      const auto took = std::chrono::steady_clock::now() - began;
      ASSERT_EQ(syncs.size(), sync ? static_cast<std::size_t>(i + 1) : 0U);
      if (sync) {
        EXPECT_GT(syncs.back().count(), 0);
        EXPECT_LT(syncs.back(), took);
      }
    }
  }
  EXPECT_EQ(read()->head().sequence, 22U);
  read()->verify_all();
}

TEST_F(StateStoreTest, GoesThroughAnotherVfs) {
  options_.vfs = "unix-excl";
  options_.lock = false;
  open()->commit({{entry_of("a")}, {}, {}});
  EXPECT_EQ(open()->reader().head().sequence, 1U);
  EXPECT_EQ(StateReader::open(path_, "unix-excl")->head().sequence, 1U);
  EXPECT_FALSE(std::filesystem::exists(path_ + "-lock"));
  options_.vfs = "none";
  EXPECT_NE(message_of([&] { (void)open(); }, ExitCode::kFailed).find("no VFS \"none\""),
            std::string::npos);
}

TEST_F(StateStoreTest, AClosedStateIsOneFile) {
  open()->commit({{entry_of("a")}, {}, {}});
  EXPECT_FALSE(std::filesystem::exists(path_ + "-wal"));
  EXPECT_FALSE(std::filesystem::exists(path_ + "-shm"));
}

TEST_F(StateStoreTest, WhatIsCommittedIsReadBackByEveryReader) {
  const auto store = open();
  store->commit({{entry_of("one"), entry_of(std::string(100'000, 'x'))}, {}, {}});
  store->commit({{entry_of("")}, {dump_of(1, "abc")}, {}});
  const auto reader = read();
  for (StateReader* each : {&store->reader(), reader.get()}) {
    StateEntry entry;
    EXPECT_EQ(each->head(), (StateHead{3, 0, 0}));
    EXPECT_TRUE(each->journal_entry(2, entry));
    EXPECT_EQ(entry, entry_of(std::string(100'000, 'x')));
    EXPECT_TRUE(each->journal_entry(1, entry));
    EXPECT_EQ(entry, entry_of("one"));
    EXPECT_TRUE(each->journal_entry(3, entry));
    EXPECT_EQ(entry, entry_of(""));
    EXPECT_FALSE(each->journal_entry(4, entry));
    EXPECT_FALSE(each->journal_entry(0, entry));
    EXPECT_EQ(each->journal_bytes_since_snapshot(), 100'003U);
    EXPECT_EQ(each->last_dump(), dump_of(1, "abc"));
    each->verify_all();
  }
}

TEST_F(StateStoreTest, AnEmptyCommitWritesNothing) {
  const auto store = open();
  const auto before = std::filesystem::file_size(path_ + "-wal");
  store->commit({});
  EXPECT_EQ(std::filesystem::file_size(path_ + "-wal"), before);
}

TEST_F(StateStoreTest, AReaderKeepsItsViewUntilItTakesANewOne) {
  const auto store = open();
  store->commit({{entry_of("a")}, {}, {}});
  const auto reader = read();
  store->commit({{entry_of("b")}, {dump_of(1, "abc")}, {}});
  StateEntry entry;
  EXPECT_EQ(reader->head().sequence, 1U);
  EXPECT_FALSE(reader->journal_entry(2, entry));
  EXPECT_EQ(reader->dumps(), 0U);
  reader->refresh();
  EXPECT_EQ(reader->head().sequence, 2U);
  EXPECT_TRUE(reader->journal_entry(2, entry));
  EXPECT_EQ(reader->dumps(), 1U);
}

// What a run does, by lot, against the model; opened anew now and then.
TEST_F(StateStoreTest, IsTheModelAfterEveryCommit) {
  for (std::uint64_t i = 0; i < seeded::seeds() / 20; ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    seeded::Random random(seed);
    path_ = folder_.path(std::to_string(seed));
    StateModel model;
    auto store = open();
    for (int step = 0; step < 60; ++step) {
      const std::string name = "sink " + std::to_string(random.below(4));
      if (random.percent(8)) {
        if (!model.cursors().contains(name)) {
          const bool letters = random.percent(30);
          EXPECT_EQ(store->add_cursor(name, letters), model.add_cursor(name, letters));
        }
      } else if (random.percent(4)) {
        EXPECT_EQ(store->forget_cursor(name), model.cursors().contains(name));
        model.forget_cursor(name);
      } else if (random.percent(8) && model.sequence() > 0) {
        const std::uint64_t low =
            std::max({model.snapshot_sequence(), model.first_sequence() - 1, std::uint64_t{1}});
        const std::uint64_t sequence = low + random.below(model.sequence() - low + 1);
        const std::uint64_t keep = random.below(model.sequence() + 3);
        const std::vector<std::string> pieces(1 + random.below(3), std::string(700, 'p'));
        store->begin_snapshot(sequence);
        for (const std::string& piece : pieces) {
          store->add_snapshot_piece(piece);
        }
        if (random.percent(80)) {
          store->finish_snapshot(keep);
          model.set_snapshot(sequence, pieces, keep);
        }
      } else if (random.percent(10)) {
        store.reset();
        store = open();
      } else if (random.percent(5)) {
        random.percent(50) ? (void)store->tidy() : store->scrub();
      } else {
        const StateCommit commit = random_commit(random, model, 1'500);
        store->commit(commit);
        model.commit(commit);
      }
      ASSERT_EQ(text_of(store->reader()), model.text()) << "step " << step;
    }
    const auto reader = read();
    EXPECT_EQ(text_of(*reader), model.text());
    reader->verify_all();
    while (store->tidy()) {
    }
    store->reader().verify_all();
    EXPECT_EQ(text_of(store->reader()), model.text());
  }
}

TEST_F(StateStoreTest, OutboxRowsGoWhenEverySinkHasHadThem) {
  const auto store = open();
  store->add_cursor("a", false);
  store->add_cursor("b", false);
  store->add_cursor("letters", true);
  store->commit({{entry_of("1", 2), entry_of("2", 3, 1), entry_of("3"), entry_of("4", 1)}, {}, {}});
  EXPECT_EQ(rows("outbox"), 3U);
  store->commit({{}, {}, {{"a", 6, 1, false}}});
  EXPECT_EQ(rows("outbox"), 3U);
  store->commit({{}, {}, {{"b", 5, 1, false}}});
  EXPECT_EQ(rows("outbox"), 2U);  // the second holds a letter
  store->commit({{}, {}, {{"letters", 1, 1, true}}});
  EXPECT_EQ(rows("outbox"), 1U);
  store->commit({{}, {}, {{"b", 6, 1, false}}});
  EXPECT_EQ(rows("outbox"), 0U);
  EXPECT_EQ(rows("journal"), 4U);
  store->reader().verify_all();
}

TEST_F(StateStoreTest, WithoutSinksNoOutboxIsKept) {
  const auto store = open();
  StateEntry bare = entry_of("1", 2);
  bare.outbox.clear();
  store->commit({{bare, entry_of("2", 2)}, {}, {}});
  EXPECT_EQ(rows("outbox"), 0U);
  EXPECT_EQ(store->reader().head().events, 4U);
  store->add_cursor("letters", true);
  store->commit({{bare}, {}, {}});  // nobody waits for events
  EXPECT_EQ(rows("outbox"), 0U);
  EXPECT_EQ(store->add_cursor("late", false), (SinkCursor{"late", 6, 0, false}));
  store->commit({{entry_of("3", 1)}, {}, {}});
  EXPECT_TRUE(store->forget_cursor("late"));
  EXPECT_FALSE(store->forget_cursor("late"));
  EXPECT_TRUE(store->tidy());
  EXPECT_EQ(rows("outbox"), 0U);
  store->reader().verify_all();
}

TEST_F(StateStoreTest, TheOutboxIsFoundByNumber) {
  const auto store = open();
  store->add_cursor("a", false);
  store->add_cursor("l", true);
  store->commit(
      {{entry_of("1", 2), entry_of("2"), entry_of("3", 0, 1), entry_of("4", 3, 2)}, {}, {}});
  OutboxRow row;
  for (const std::uint64_t number : {4U, 0U, 3U, 1U, 2U}) {
    ASSERT_TRUE(store->reader().outbox_at(number, false, row));
    EXPECT_EQ(row.sequence, number < 2 ? 1U : 4U) << number;
  }
  EXPECT_EQ(row, (OutboxRow{4, 2, 5, 1, 3, "outbox of 4"}));
  EXPECT_FALSE(store->reader().outbox_at(5, false, row));
  ASSERT_TRUE(store->reader().outbox_at(0, true, row));
  EXPECT_EQ(row.sequence, 3U);
  ASSERT_TRUE(store->reader().outbox_at(2, true, row));
  EXPECT_EQ(row.sequence, 4U);
  // One that is gone: the next.
  store->commit({{}, {}, {{"a", 2, 0, false}}});
  ASSERT_TRUE(store->reader().outbox_at(0, false, row));
  EXPECT_EQ(row.events_first, 2U);
}

TEST_F(StateStoreTest, CursorsKeepTheContract) {
  const auto store = open();
  store->add_cursor("a", false);
  store->commit({{entry_of("1", 2)}, {}, {{"a", 1, UINT64_MAX, false}}});
  EXPECT_EQ(store->reader().cursor("a"), (SinkCursor{"a", 1, UINT64_MAX, false}));
  EXPECT_EQ(store->add_cursor("a", false).events, 1U);  // it is there
  EXPECT_THROW(store->add_cursor("a", true), std::logic_error);
  EXPECT_THROW(store->commit({{}, {}, {{"b", 1, 0, false}}}), std::logic_error);
  EXPECT_THROW(store->commit({{}, {}, {{"a", 0, 0, false}}}), std::logic_error);
  EXPECT_THROW(store->commit({{}, {}, {{"a", 1, 0, true}}}), std::logic_error);
  StateEntry bare = entry_of("2", 1);
  bare.outbox.clear();
  EXPECT_THROW(store->commit({{bare}, {}, {}}), std::logic_error);
  const std::string message = message_of(
      [&] {
        store->commit({{}, {}, {{"a", 3, 0, false}}});
      },
      ExitCode::kBadInput);
  EXPECT_NE(message.find("the sink a has had 3 events, and the state knows of 2"),
            std::string::npos)
      << message;
  // None of which did it any harm.
  store->commit({{}, {}, {{"a", 2, 5, false}}});
  EXPECT_EQ(store->reader().head().sequence, 1U);
  EXPECT_EQ(store->reader().cursor("a"), (SinkCursor{"a", 2, 5, false}));
}

TEST_F(StateStoreTest, OnlyTheLastDumpChanges) {
  const auto store = open();
  store->commit({{}, {dump_of(1, "a"), dump_of(1, "a", true), dump_of(2, "b")}, {}});
  EXPECT_EQ(store->reader().last_dump(), dump_of(2, "b"));
  EXPECT_THROW(store->commit({{}, {dump_of(1, "a")}, {}}), std::logic_error);
  EXPECT_THROW(store->commit({{}, {dump_of(4, "a")}, {}}), std::logic_error);
  EXPECT_THROW(store->commit({{}, {dump_of(0, "a")}, {}}), std::logic_error);
  DumpRecord dump;
  EXPECT_TRUE(store->reader().dump(1, dump));
  EXPECT_EQ(dump, dump_of(1, "a", true));
  EXPECT_FALSE(store->reader().dump(3, dump));
  EXPECT_FALSE(store->reader().dump(0, dump));
}

TEST_F(StateStoreTest, DumpsAreFoundByTheirContent) {
  auto store = open();
  constexpr std::uint64_t kDumps = 1'500;
  for (std::uint64_t number = 1; number <= kDumps; ++number) {
    // Every content comes twice, 300 dumps apart or more; one has none.
    const std::uint64_t content = number % 700;
    store->commit({{}, {dump_of(number, content == 5 ? "" : "c" + std::to_string(content))}, {}});
    if (number % 100 == 0) {
      ASSERT_EQ(store->reader().find_dump("c" + std::to_string(number % 700))->number, number);
      ASSERT_EQ(store->reader().find_dump("none"), std::nullopt);
    }
  }
  store.reset();
  store = open();
  const auto reader = read();
  for (StateReader* each : {&store->reader(), reader.get()}) {
    for (std::uint64_t content = 0; content < 700; ++content) {
      const auto found = each->find_dump("c" + std::to_string(content));
      if (content == 5) {
        EXPECT_EQ(found, std::nullopt);
        continue;
      }
      const std::uint64_t last = content + 700 * ((kDumps - content) / 700);
      ASSERT_TRUE(found) << content;
      EXPECT_EQ(*found, dump_of(last, "c" + std::to_string(content)));
    }
    EXPECT_EQ(each->find_dump(""), std::nullopt);
    EXPECT_EQ(each->find_dump("c700"), std::nullopt);
    each->verify_all();
  }
}

TEST_F(StateStoreTest, ASnapshotIsSwappedInWhole) {
  auto store = open();
  store->commit({{entry_of("1"), entry_of("2"), entry_of("3")}, {}, {}});
  store->begin_snapshot(1);
  store->add_snapshot_piece("old");
  store->finish_snapshot(0);
  store->begin_snapshot(2);
  store->add_snapshot_piece("new 1");
  store->commit({{entry_of("4")}, {}, {}});
  store->add_snapshot_piece("new 2");
  const auto before = read();
  store->finish_snapshot(2);
  const auto after = read();
  std::string piece;
  EXPECT_EQ(before->snapshot_sequence(), 1U);
  EXPECT_TRUE(before->snapshot_piece(0, piece));
  EXPECT_EQ(piece, "old");
  EXPECT_FALSE(before->snapshot_piece(1, piece));
  EXPECT_EQ(before->first_journal_sequence(), 1U);
  EXPECT_EQ(before->journal_bytes_since_snapshot(), 3U);
  EXPECT_EQ(after->snapshot_sequence(), 2U);
  EXPECT_EQ(after->snapshot_pieces(), 2U);
  EXPECT_EQ(after->snapshot_bytes(), 10U);
  EXPECT_TRUE(after->snapshot_piece(1, piece));
  EXPECT_EQ(piece, "new 2");
  EXPECT_TRUE(after->snapshot_piece(0, piece));
  EXPECT_EQ(piece, "new 1");
  EXPECT_EQ(after->first_journal_sequence(), 2U);
  EXPECT_EQ(after->journal_bytes_since_snapshot(), 2U);
  EXPECT_EQ(after->head().sequence, 4U);
  before->verify_all();
  after->verify_all();
  while (store->tidy()) {
  }
  EXPECT_EQ(rows("pieces"), 2U);
  EXPECT_EQ(rows("journal"), 3U);
  before->verify_all();  // it still sees its own time
}

TEST_F(StateStoreTest, AnUnfinishedSnapshotIsDropped) {
  auto store = open();
  store->commit({{entry_of("1")}, {}, {}});
  store->begin_snapshot(1);
  store->add_snapshot_piece("never finished");
  store->begin_snapshot(1);
  store->add_snapshot_piece("whole");
  store->finish_snapshot(0);
  store->begin_snapshot(1);
  store->add_snapshot_piece("never finished either");
  store.reset();
  store = open();
  std::string piece;
  EXPECT_TRUE(store->reader().snapshot_piece(0, piece));
  EXPECT_EQ(piece, "whole");
  EXPECT_THROW(store->finish_snapshot(0), std::logic_error);
  EXPECT_EQ(rows("pieces"), 3U);
  store->commit({{entry_of("2")}, {}, {}});
  EXPECT_EQ(rows("pieces"), 1U);
  store->begin_snapshot(2);
  EXPECT_THROW(store->finish_snapshot(0), std::logic_error);  // no piece
  EXPECT_THROW(store->begin_snapshot(3), std::logic_error);
  EXPECT_THROW(store->begin_snapshot(0), std::logic_error);
  store->reader().verify_all();
}

TEST_F(StateStoreTest, TheJournalIsNotCutBehindTheSnapshot) {
  const auto store = open();
  store->commit({{entry_of("1"), entry_of("2"), entry_of("3")}, {}, {}});
  store->begin_snapshot(2);
  store->add_snapshot_piece("p");
  store->finish_snapshot(100);
  EXPECT_EQ(store->reader().first_journal_sequence(), 3U);
  EXPECT_THROW(store->begin_snapshot(1), std::logic_error);
}

// What was let go is deleted by later commits, a bounded part by each, faster than more comes.
TEST_F(StateStoreTest, WhatIsLetGoIsDeletedStepByStep) {
  options_.page_bytes = 4'096;
  const auto store = open();
  store->add_cursor("a", false);
  for (int i = 0; i < 3'000; ++i) {
    store->commit({{entry_of(std::string(4'000, 'x'), 1)}, {}, {}});
  }
  store->begin_snapshot(3'000);
  store->add_snapshot_piece("p");
  store->finish_snapshot(3'001);
  EXPECT_EQ(rows("journal"), 3'000U);
  EXPECT_EQ(store->reader().first_journal_sequence(), 3'001U);
  std::size_t left = 3'000;
  for (std::uint64_t i = 3'001; left > 0; ++i) {
    store->commit({{entry_of("y", 1)}, {}, {{"a", i, 0, false}}});
    const std::size_t now = query(path_, "SELECT 1 FROM journal WHERE sequence <= 3000").size();
    ASSERT_LT(now, left);
    ASSERT_LE(left - now, 260U);
    left = now;
  }
  EXPECT_LE(rows("outbox"), 1U);
  while (store->tidy()) {
  }
  EXPECT_LT(std::stoul(query(path_, "PRAGMA page_count")[0][0]), 1'400U);
  store->reader().verify_all();
}

TEST_F(StateStoreTest, TheFileDoesNotGrowWithoutEnd) {
  options_.page_bytes = 4'096;
  const auto store = open();
  store->add_cursor("a", false);
  std::uint64_t events = 0;
  const auto round = [&] {
    for (int i = 0; i < 100; ++i) {
      store->commit({{entry_of(std::string(20'000, 'x'), 1)}, {}, {{"a", events, 0, false}}});
      ++events;
    }
    store->begin_snapshot(events);
    store->add_snapshot_piece(std::string(250'000, 'p'));
    store->finish_snapshot(events + 1);
  };
  for (int i = 0; i < 5; ++i) {
    round();
  }
  const auto after_five = std::filesystem::file_size(path_);
  for (int i = 0; i < 20; ++i) {
    round();
  }
  EXPECT_LE(std::filesystem::file_size(path_), after_five + (2U << 20));
  EXPECT_LE(std::filesystem::file_size(path_ + "-wal"), 34U << 20);
}

TEST_F(StateStoreTest, ScrubLeavesNoByteOfWhatWasLetGo) {
  auto store = open();
  store->add_cursor("a", false);
  StateEntry entry = entry_of("a very private payload", 1);
  entry.outbox = "a very private event";
  store->commit({{entry}, {}, {}});
  store->begin_snapshot(1);
  store->add_snapshot_piece("a very private snapshot");
  store->finish_snapshot(0);
  store->commit({{entry_of("public", 1)}, {}, {{"a", 1, 0, false}}});
  store->begin_snapshot(2);
  store->add_snapshot_piece("public");
  store->finish_snapshot(2);
  store->scrub();
  for (const char* name : {"", "-wal"}) {
    EXPECT_EQ(read_file(path_ + name).find("very private"), std::string::npos) << name;
  }
  store->commit({{entry_of("more", 1)}, {}, {}});
  store->reader().verify_all();
  EXPECT_EQ(store->reader().head(), (StateHead{3, 3, 0}));
}

}  // namespace
}  // namespace tagtill
