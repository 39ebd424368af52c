// What is no state, or not the one it should be, or not what was written, is refused.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "engine/errors.h"
#include "engine/state/state_store.h"
#include "tests/sink_events.h"
#include "tests/state_fixture.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

class StateRefusal : public StateStoreTest {};

TEST_F(StateRefusal, OtherRulesAreRefusedWithBoth) {
  (void)open();
  std::vector<StateOptions> others(3, options_);
  others[0].rules.lateness_ms = 1;
  others[1].rules.max_jump_ms = 2;
  others[2].rules.prefix = "Buy";
  for (const StateOptions& other : others) {
    const std::string message = refusal(other, ExitCode::kUsage);
    EXPECT_NE(message.find(path_), std::string::npos) << message;
    EXPECT_NE(message.find("made with lateness 86400000 ms, longest jump 600000 ms, prefix "
                           "\"confirm\""),
              std::string::npos)
        << message;
    EXPECT_TRUE(message.find("lateness 1 ms") != std::string::npos ||
                message.find("jump 2 ms") != std::string::npos ||
                message.find("\"Buy\"") != std::string::npos)
        << message;
  }
  EXPECT_EQ(open()->reader().rules(), options_.rules);
}

TEST_F(StateRefusal, WhatIsNoStateIsRefusedAndNotTouched) {
  const std::string text = folder_.write("text", std::string(10'000, 'x'));
  const std::string other = folder_.path("other");
  execute(other, "CREATE TABLE t (x); INSERT INTO t VALUES (1); PRAGMA application_id = 5");
  const std::string nameless = folder_.path("nameless");
  execute(nameless, "CREATE TABLE t (x)");
  for (const std::string& path : {text, other, nameless}) {
    const std::string before = read_file(path);
    for (const auto& action :
         std::vector<std::function<void()>>{[&] { (void)StateStore::open(path, options_); },
                                            [&] { (void)StateReader::open(path); }}) {
      const std::string message = message_of(action, ExitCode::kBadInput);
      EXPECT_NE(message.find(path), std::string::npos) << message;
      EXPECT_TRUE(message.ends_with('.')) << message;
    }
    EXPECT_EQ(read_file(path), before);
  }
}

TEST_F(StateRefusal, ANewerVersionIsRefused) {
  (void)open();
  execute(path_, "PRAGMA user_version = 2");
  const std::string message = refusal(options_, ExitCode::kBadInput);
  EXPECT_NE(message.find("a newer tagtill wrote it (format 2, this one knows 1)"),
            std::string::npos)
      << message;
  EXPECT_EQ(message_of([&] { (void)read(); }, ExitCode::kBadInput), message);
}

TEST_F(StateRefusal, WhatIsNotThereIsRefused) {
  EXPECT_NE(message_of([&] { (void)read(); }, ExitCode::kBadInput).find("does not exist"),
            std::string::npos);
  path_ = folder_.path("no-such-folder/state");
  EXPECT_NE(refusal(options_, ExitCode::kIoFailed).find("Check that its folder exists"),
            std::string::npos);
  path_ = folder_.path(".");
  EXPECT_NE(refusal(options_, ExitCode::kIoFailed).find(path_), std::string::npos);
}

TEST_F(StateRefusal, ACopyBySqliteIsAStateToo) {
  const std::string copy = folder_.path("copy");
  {
    const auto store = open();
    store->add_cursor("a", false);
    store->commit({{entry_of("1", 1)}, {}, {}});
    execute(path_, "VACUUM INTO '" + copy + "'");
  }
  EXPECT_EQ(StateReader::open(copy)->head(), (StateHead{1, 1, 0}));
  path_ = copy;
  const auto store = open();
  store->commit({{entry_of("2", 1)}, {}, {{"a", 1, 0, false}}});
  store->reader().verify_all();
  EXPECT_EQ(read()->head(), (StateHead{2, 2, 0}));
}

// A row that was written again while it was the last: an old form of it fits its own digest.
TEST_F(StateRefusal, ADumpOfAnotherTimeIsDamage) {
  auto store = open();
  store->commit({{}, {dump_of(1, "a")}, {}});
  const Rows old = query(path_, "SELECT done, hex(digest) FROM dumps");
  store->commit({{}, {dump_of(1, "a", true), dump_of(2, "b", true), dump_of(3, "c")}, {}});
  store.reset();
  execute(path_, "UPDATE dumps SET done = " + old[0][0] + ", digest = x'" + old[0][1] +
                     "' WHERE number = 1");
  const auto reader = read();
  DumpRecord dump;
  EXPECT_TRUE(reader->dump(3, dump));
  EXPECT_THROW((void)reader->find_dump("a"), DamagedState);
}

// A state with two or three rows in each table.
void fill(StateStore& store) {
  store.add_cursor("a", false);
  store.commit({{entry_of("1", 1), entry_of("2", 1), entry_of("3")},
                {dump_of(1, "a", true), dump_of(2, "b", true), dump_of(3, "c")},
                {}});
  store.begin_snapshot(1);
  store.add_snapshot_piece("p1");
  store.add_snapshot_piece("p2");
  store.finish_snapshot(0);
}

TEST_F(StateRefusal, LostEndsAreNoticedAtTheStart) {
  fill(*open());
  for (const char* change :
       {"DELETE FROM journal WHERE sequence = 3", "DELETE FROM journal", "DELETE FROM outbox",
        "DELETE FROM outbox WHERE sequence = 2", "DELETE FROM sinks",
        "DELETE FROM dumps WHERE number = 3", "DELETE FROM contents",
        "DELETE FROM pieces WHERE id = 2", "UPDATE head SET dumps = 2"}) {
    const std::string copy = folder_.path("copy");
    std::filesystem::copy_file(path_, copy, std::filesystem::copy_options::overwrite_existing);
    execute(copy, change);
    EXPECT_THROW((void)StateReader::open(copy), DamagedState) << change;
    EXPECT_THROW((void)StateStore::open(copy, options_), DamagedState) << change;
  }
}

// Somebody who changes rows by hand.
TEST_F(StateRefusal, ChangedAndLostRowsAreDamage) {
  const std::vector<std::string> changes = {
      "UPDATE meta SET prefix = 'x'",
      "UPDATE meta SET stream = 'x'",
      "DELETE FROM meta",
      "INSERT INTO meta SELECT 2, stream, 0, 0, '', digest FROM meta",
      "UPDATE head SET sequence = sequence - 1",
      "UPDATE head SET digest = zeroblob(16)",
      "UPDATE head SET digest = zeroblob(15)",
      "DELETE FROM head",
      "UPDATE journal SET payload = x'78' WHERE sequence = 2",
      "UPDATE journal SET kind = 1 WHERE sequence = 2",
      "UPDATE journal SET events = events + 1 WHERE sequence = 2",
      "UPDATE journal SET digest = zeroblob(16) WHERE sequence = 2",
      "DELETE FROM journal WHERE sequence = 2",
      "DELETE FROM journal WHERE sequence = 3",
      "INSERT INTO journal SELECT 4, 2, 2, 0, 3, digest, payload FROM journal LIMIT 1",
      "UPDATE outbox SET bytes = x'78' WHERE sequence = 2",
      "UPDATE outbox SET events_end = 9 WHERE sequence = 2",
      "DELETE FROM outbox WHERE sequence = 1",
      "DELETE FROM outbox WHERE sequence = 2",
      "DELETE FROM outbox",
      "UPDATE sinks SET events = 1",
      "UPDATE sinks SET mark = 1",
      "UPDATE sinks SET letters = 1",
      "DELETE FROM sinks",
      "INSERT INTO sinks VALUES ('other', 0, 0, 0)",
      "UPDATE dumps SET content = 'x' WHERE number = 1",
      "UPDATE dumps SET done = 0 WHERE number = 2",
      "UPDATE dumps SET position = 7 WHERE number = 3",
      "DELETE FROM dumps WHERE number = 1",
      "DELETE FROM dumps WHERE number = 3",
      "DELETE FROM contents",
      "UPDATE contents SET fingerprints = zeroblob(16)",
      "UPDATE contents SET chunk = 1",
      "UPDATE pieces SET bytes = x'78' WHERE id = 1",
      "DELETE FROM pieces WHERE id = 1",
      "DELETE FROM pieces WHERE id = 2",
      "DROP TABLE outbox",
      "CREATE TABLE more (x)",
      "CREATE INDEX more ON dumps(content)",
  };
  fill(*open());
  for (const std::string& change : changes) {
    const std::string copy = folder_.path("copy");
    std::filesystem::copy_file(path_, copy, std::filesystem::copy_options::overwrite_existing);
    execute(copy, change);
    try {
      const auto reader = StateReader::open(copy);
      (void)text_of(*reader);
      reader->verify_all();
      ADD_FAILURE() << "accepted: " << change;
    } catch (const DamagedState& error) {
      const std::string message = error.what();
      EXPECT_NE(message.find("the state " + copy + " is damaged: "), std::string::npos) << message;
      EXPECT_NE(message.find("Restore it from a copy"), std::string::npos) << message;
    }
  }
}

}  // namespace
}  // namespace tagtill
