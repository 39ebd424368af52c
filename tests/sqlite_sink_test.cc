// What the sqlite sink has of its own: purchases, and the file they stand in.
#include "sinks/sqlite_sink.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "tests/sink_events.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

TEST(SqliteSink, OneRowAPurchaseWithTheColumnsOfTheEvent) {
  const TempFolder folder;
  const std::string path = folder.path("p.db");
  EventBatch batch;
  batch.events.push_back(purchase(batch, "77"));
  batch.events.push_back(purchase(batch, "78"));
  batch.events[1].fulfilment = Fulfilment::kPickup;
  batch.events[1].code = 0x0123456789;
  SqliteSink sink(path);
  sink.open({});
  sink.write(batch, batch.events.size());
  sink.close();
  EXPECT_EQ(query(path, "SELECT name, type, \"notnull\", pk FROM pragma_table_info('purchases')"),
            (Rows{{"purchase_id", "TEXT", "1", "1"},
                  {"offer_id", "TEXT", "1", "0"},
                  {"account", "TEXT", "1", "0"},
                  {"author_id", "TEXT", "1", "0"},
                  {"intent_id", "TEXT", "1", "0"},
                  {"confirm_id", "TEXT", "1", "0"},
                  {"intent_at", "TEXT", "1", "0"},
                  {"confirmed_at", "TEXT", "1", "0"},
                  {"price_minor", "INTEGER", "1", "0"},
                  {"currency", "TEXT", "1", "0"},
                  {"commission_minor", "INTEGER", "1", "0"},
                  {"fulfilment", "TEXT", "1", "0"},
                  {"claim_code", "TEXT", "0", "0"},
                  {"reach", "INTEGER", "1", "0"}}));
  EXPECT_EQ(query(path, "SELECT strict FROM pragma_table_list('purchases')"), (Rows{{"1"}}));
  EXPECT_EQ(query(path,
                  "SELECT *, typeof(price_minor), typeof(reach), typeof(claim_code) "
                  "FROM purchases ORDER BY rowid"),
            (Rows{{"77:mug", "mug", "acct \"1\" ~", "author-77", "77", "confirm-77",
                   "2013-02-11T12:00:00.000Z", "2013-02-11T12:01:00.000Z", "1299", "EUR", "64",
                   "ship", "", "42", "integer", "integer", "null"},
                  {"78:mug", "mug", "acct \"1\" ~", "author-78", "78", "confirm-78",
                   "2013-02-11T12:00:00.000Z", "2013-02-11T12:01:00.000Z", "1299", "EUR", "64",
                   "pickup", "04HMASW9", "42", "integer", "integer", "text"}}));
}

TEST(SqliteSink, TheSameAgainChangesNothing) {
  const TempFolder folder;
  const std::string path = folder.path("p.db");
  const EventBatch batch = hard_batch();
  const std::string everything = "SELECT rowid, * FROM purchases";
  Rows first;
  for (int run = 0; run < 2; ++run) {
    SqliteSink sink(path);
    sink.open({});
    sink.write(batch, batch.events.size());
    sink.close();
    if (run == 0) {
      first = query(path, everything);
    }
  }
  EXPECT_EQ(first.size(), batch.events.size());
  EXPECT_EQ(query(path, everything), first);
}

TEST(SqliteSink, APurchaseThatStandsThereIsLeftAsItIs) {
  const TempFolder folder;
  const std::string path = folder.path("p.db");
  EventBatch batch;
  batch.events.push_back(purchase(batch, "1"));
  for (const std::int64_t reach : {5, 6}) {
    batch.events[0].reach = reach;
    SqliteSink sink(path);
    sink.open({});
    sink.write(batch, batch.events.size());
    sink.close();
  }
  EXPECT_EQ(query(path, "SELECT reach FROM purchases"), (Rows{{"5"}}));
}

TEST(SqliteSink, LeavesOneOrdinaryFileThatCanBeToldByItsId) {
  const TempFolder folder;
  const std::string path = folder.path("p.db");
  SqliteSink sink(path);
  sink.open({});
  sink.write(hard_batch(), hard_batch().events.size());
  sink.close();
  EXPECT_FALSE(std::filesystem::exists(path + "-wal"));
  EXPECT_FALSE(std::filesystem::exists(path + "-journal"));
  EXPECT_EQ(query(path, "PRAGMA journal_mode"), (Rows{{"delete"}}));
  EXPECT_EQ(query(path, "PRAGMA application_id"), (Rows{{std::to_string(0x7467746C)}}));
  EXPECT_EQ(query(path, "PRAGMA user_version"), (Rows{{"1"}}));
}

TEST(SqliteSink, SomebodyMayReadWhileItIsOpen) {
  const TempFolder folder;
  const std::string path = folder.path("p.db");
  SqliteSink sink(path);
  sink.open({});
  sqlite3* reader = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &reader), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(reader, "BEGIN; SELECT * FROM purchases", nullptr, nullptr, nullptr),
            SQLITE_OK);
  const EventBatch batch = hard_batch();
  sink.write(batch, batch.events.size());
  sink.close();
  sqlite3_close(reader);
  EXPECT_EQ(count_rows(path), batch.events.size());
}

TEST(SqliteSink, PathsThatMeanSomethingElseToSqlite) {
  const TempFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path("."));
  for (const std::string path : {":memory:", "file:x?mode=memory"}) {
    SqliteSink sink(path);
    sink.open({});
    sink.write(hard_batch(), hard_batch().events.size());
    sink.close();
    EXPECT_TRUE(std::filesystem::exists(folder.path(path))) << path;
  }
  std::filesystem::current_path(before);
}

TEST(SqliteSink, OtherTablesAreLeftAlone) {
  const TempFolder folder;
  const std::string path = folder.path("shop.db");
  execute(path, "CREATE TABLE stock (a); INSERT INTO stock VALUES (1); PRAGMA user_version = 9");
  SqliteSink sink(path);
  sink.open({});
  sink.write(hard_batch(), hard_batch().events.size());
  sink.close();
  EXPECT_EQ(query(path, "SELECT a FROM stock"), (Rows{{"1"}}));
  EXPECT_EQ(query(path, "PRAGMA user_version"), (Rows{{"9"}}));
  EXPECT_EQ(count_rows(path), hard_batch().events.size());
}

void expect_refused(const std::string& path, const std::string& because) {
  SqliteSink sink(path);
  const std::string message = message_of([&] { sink.open({}); }, ExitCode::kIoFailed);
  EXPECT_NE(message.find(path), std::string::npos) << message;
  EXPECT_NE(message.find(because), std::string::npos) << message;
}

TEST(SqliteSink, RefusesWhatIsNotItsOwn) {
  const TempFolder folder;
  expect_refused(folder.write("text", std::string(5'000, 'x')), "not an SQLite database");

  execute(folder.path("other"), "PRAGMA application_id = 5; CREATE TABLE t (a)");
  expect_refused(folder.path("other"), "another program");

  execute(folder.path("newer"), "PRAGMA application_id = 1952937068; PRAGMA user_version = 2");
  expect_refused(folder.path("newer"), "a newer tagtill");

  execute(folder.path("shape"), "CREATE TABLE purchases (purchase_id TEXT PRIMARY KEY)");
  expect_refused(folder.path("shape"), "of another form");

  execute(folder.path("view"), "CREATE VIEW purchases AS SELECT 1");
  expect_refused(folder.path("view"), "of another form");
}

// A run of `count` purchases with the state of that name.
SinkPosition run_with_state(const std::string& path, const SinkStart& start, std::size_t count) {
  EventBatch batch;
  for (std::size_t i = 0; i < count; ++i) {
    batch.events.push_back(purchase(batch, start.stream + std::to_string(start.at.events + i)));
  }
  SqliteSink sink(path);
  const std::uint64_t events = sink.open(start).events;
  sink.write(batch, events + count);
  const SinkPosition position = sink.flush();
  sink.close();
  return position;
}

TEST(SqliteSink, TheCursorOfEachStreamStandsInItsTable) {
  const TempFolder folder;
  const std::string path = folder.path("p.db");
  EXPECT_EQ(run_with_state(path, {"a", {}, 5, false}, 3), (SinkPosition{3, 1}));
  EXPECT_EQ(run_with_state(path, {"b", {}, 5, true}, 4), (SinkPosition{4, 1}));
  EXPECT_EQ(run_with_state(path, {"a", {3, 1}, 5, true}, 2), (SinkPosition{5, 1}));
  EXPECT_EQ(query(path, "SELECT * FROM tagtill_cursors"), (Rows{{"a", "5"}, {"b", "4"}}));
  EXPECT_EQ(query(path, "SELECT strict, wr FROM pragma_table_list('tagtill_cursors')"),
            (Rows{{"1", "1"}}));
  EXPECT_EQ(count_rows(path), 9U);
  EXPECT_FALSE(std::filesystem::exists(path + "-wal"));
}

TEST(SqliteSink, ItIsFurtherThanTheStateKnowsOrAsFarAndNothingElse) {
  const TempFolder folder;
  const std::string path = folder.path("p.db");
  run_with_state(path, {"a", {}, 10, false}, 6);
  const std::string before = read_file(path);
  const auto refusal = [&](const SinkStart& start) {
    return message_of(
        [&] {
          SqliteSink sink(path);
          sink.open(start);
        },
        ExitCode::kIoFailed);
  };
  const std::string behind = refusal({"a", {7, 1}, 10, false});
  EXPECT_NE(behind.find("it holds the first 6 events of the state, but the state has given it 7"),
            std::string::npos)
      << behind;
  const std::string ahead = refusal({"a", {2, 1}, 5, false});
  EXPECT_NE(ahead.find("it holds the first 6 events of the state, but the state has made only 5"),
            std::string::npos)
      << ahead;
  const std::string strange = refusal({"b", {2, 1}, 5, false});
  EXPECT_NE(strange.find("it knows nothing of that state"), std::string::npos) << strange;
  EXPECT_NE(strange.find(path), std::string::npos) << strange;
  EXPECT_EQ(read_file(path), before);
  for (const SinkPosition& known : {SinkPosition{}, SinkPosition{2, 1}, SinkPosition{6, 1}}) {
    SqliteSink sink(path);
    EXPECT_EQ(sink.open({"a", known, 6, false}), (SinkPosition{6, 1}));
    sink.close();
  }
}

TEST(SqliteSink, ACursorTableOfAnotherFormIsRefused) {
  const TempFolder folder;
  const std::string path = folder.path("p.db");
  execute(path, "CREATE TABLE tagtill_cursors (stream TEXT PRIMARY KEY, events INTEGER)");
  SqliteSink sink(path);
  EXPECT_NE(message_of(
                [&] {
                  sink.open({"a", {}, 0, false});
                },
                ExitCode::kIoFailed)
                .find("\"tagtill_cursors\" of another form"),
            std::string::npos);
}

TEST(SqliteSink, ADatabaseWithoutRightsIsSaid) {
  const TempFolder folder;
  const std::string path = folder.path("p.db");
  execute(path, "CREATE TABLE t (a)");
  ASSERT_EQ(::chmod(path.c_str(), 0444), 0);
  ASSERT_EQ(::chmod(folder.path(".").c_str(), 0755), 0);
  const uid_t before = ::geteuid();
  constexpr uid_t kNobody = 65534;  // root may write everywhere
  ASSERT_TRUE(before != 0 || ::seteuid(kNobody) == 0);
  expect_refused(path, "cannot be written");
  expect_refused(folder.path("new.db"), "Check that its folder");
  ASSERT_EQ(::seteuid(before), 0);
}

}  // namespace
}  // namespace tagtill
