// SQLite on the simulated disk keeps what it promises there, and when the disk does not do
// what a disk must, the same check finds it.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdint>
#include <string>

#include "tests/seeded.h"
#include "tests/sim_disk.h"

namespace tagtill {
namespace {

// A connection; errors of SQLite are remembered, not told.
class Connection {
 public:
  explicit Connection(const SimDisk& disk, const std::string& path = "db") {
    failed_ = sqlite3_open_v2(path.c_str(), &database_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                              disk.sqlite_vfs().c_str()) != SQLITE_OK;
  }
  ~Connection() { sqlite3_close_v2(database_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool run(const std::string& sql) {
    result_ = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
    failed_ = failed_ || result_ != SQLITE_OK;
    return !failed_;
  }

  // The first column of the first row as text; "error" if there is none.
  std::string ask(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    std::string answer = "error";
    if (sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
      answer = text == nullptr ? "null" : text;
    }
    sqlite3_finalize(statement);
    return answer;
  }

  // Of the last run().
  [[nodiscard]] int result() const { return result_; }

 private:
  sqlite3* database_ = nullptr;
  bool failed_ = false;
  int result_ = SQLITE_OK;
};

struct Settings {
  std::string synchronous;
  std::string journal = "WAL";
  int transactions = 12;
};

// Transactions 1, 2, 3, …, each of some rows, with checkpoints, and now and then with a reader
// that keeps them from being whole, until one fails. Returns the last that SQLite said was
// committed.
int commit_transactions(const SimDisk& disk, const Settings& settings, std::uint64_t seed) {
  seeded::Random random(seed);
  int committed = 0;
  while (committed < settings.transactions) {
    Connection database(disk);
    if (!database.run("PRAGMA journal_mode = " + settings.journal +
                      "; PRAGMA synchronous = " + settings.synchronous +
                      "; PRAGMA wal_autocheckpoint = 6;"
                      "CREATE TABLE IF NOT EXISTS t (transaction_number INTEGER, part INTEGER, "
                      "filling BLOB)")) {
      return committed;
    }
    Connection reader(disk);
    if (settings.journal == "WAL" && random.percent(50) &&
        !reader.run("BEGIN; SELECT count(*) FROM t")) {
      return committed;
    }
    for (std::size_t left = 1 + random.below(6); left > 0 && committed < settings.transactions;
         --left) {
      std::string sql = "BEGIN;";
      for (int part = 0; part < 3; ++part) {
        sql += "INSERT INTO t VALUES (" + std::to_string(committed + 1) + ", " +
               std::to_string(part) + ", randomblob(" + std::to_string(random.below(3'000)) + "));";
      }
      if (!database.run(sql + "COMMIT")) {
        return committed;
      }
      ++committed;
    }
  }
  return committed;
}

struct Found {
  int last = 0;        // transaction of which there is anything
  bool whole = false;  // all up to it are there, each whole, and the database is sound
};

Found find_transactions(SimDisk& disk) {
  Connection database(disk);
  if (database.ask("PRAGMA integrity_check") != "ok") {
    return {};
  }
  if (database.ask("SELECT count(*) FROM sqlite_schema") == "0") {
    return {0, true};
  }
  const std::string last = database.ask("SELECT ifnull(max(transaction_number), 0) FROM t");
  const std::string rows =
      database.ask("SELECT count(*) FROM (SELECT DISTINCT transaction_number, part FROM t)");
  return {std::stoi(last),
          std::stoi(rows) == 3 * std::stoi(last) && database.ask("SELECT count(*) FROM t") == rows};
}

struct Tally {
  std::uint64_t runs = 0;
  std::uint64_t damaged = 0;
  std::uint64_t lost = 0;      // runs that lost a transaction that was committed
  std::uint64_t invented = 0;  // runs with one beyond that which was under way
};

// The fault at every step of a run in turn; then the process dies, if it has not.
Tally try_every_step(SimFault fault, const Settings& settings, bool syncs_lie = false) {
  Tally tally;
  const std::uint64_t seeds = 1 + seeded::seeds() / 100;
  for (std::uint64_t seed = seeded::first_seed(); seed < seeded::first_seed() + seeds; ++seed) {
    std::uint64_t steps = 1;
    for (std::uint64_t step = 0; step < steps; ++step) {
      SimDisk disk(seed * 100'000 + step);
      disk.set_syncs_lie(syncs_lie);
      disk.fail_at(step, fault);
      const int committed = commit_transactions(disk, settings, seed);
      steps = disk.steps() > step ? step + 2 : step;  // was there such a step?
      disk.clear_faults();
      disk.crash();
      disk.restart();
      const Found found = find_transactions(disk);
      ++tally.runs;
      tally.damaged += found.whole ? 0 : 1;
      tally.lost += found.whole && found.last < committed ? 1 : 0;
      tally.invented += found.last > committed + 1 ? 1 : 0;
      if (!syncs_lie && (!found.whole || found.last > committed + 1)) {
        ADD_FAILURE() << "TAGTILL_SEED=" << seed << ", step " << step << ": committed " << committed
                      << ", found " << found.last << (found.whole ? "" : ", damaged");
        return tally;
      }
    }
  }
  return tally;
}

TEST(SimSqlite, WithFullSyncNoLossOfPowerLosesWhatWasCommitted) {
  const Tally tally = try_every_step(SimFault::kPowerLoss, {"FULL"});
  EXPECT_EQ(tally.lost, 0U) << "of " << tally.runs;
  EXPECT_EQ(tally.damaged, 0U);
  RecordProperty("runs", static_cast<int>(tally.runs));
}

TEST(SimSqlite, WithNormalSyncALossOfPowerUndoesTheLastOnesAtMost) {
  const Tally tally = try_every_step(SimFault::kPowerLoss, {"NORMAL"});
  EXPECT_EQ(tally.damaged, 0U);
  EXPECT_GT(tally.lost, 0U) << "of " << tally.runs << ": the simulation loses too little";
}

TEST(SimSqlite, WithARollbackJournalAndExtraSyncNothingIsLostEither) {
  const Tally tally = try_every_step(SimFault::kPowerLoss, {"EXTRA", "DELETE"});
  EXPECT_EQ(tally.lost, 0U) << "of " << tally.runs;
  EXPECT_EQ(tally.damaged, 0U);
}

// The control: were the simulation or the check too kind, this would find nothing.
TEST(SimSqlite, OnADiskThatLiesAboutSyncsTheSameCheckFindsLossesAndDamage) {
  const Tally wal = try_every_step(SimFault::kPowerLoss, {"FULL"}, true);
  EXPECT_GT(wal.lost, 0U) << "of " << wal.runs;
  EXPECT_GT(wal.damaged, 0U) << "of " << wal.runs;
}

TEST(SimSqlite, ACrashOfTheProcessLosesNothingWhateverIsSynced) {
  const Tally tally = try_every_step(SimFault::kCrash, {"OFF"});
  EXPECT_EQ(tally.lost, 0U) << "of " << tally.runs;
}

TEST(SimSqlite, CallsThatFailLoseNothing) {
  for (const SimFault fault :
       {SimFault::kIoError, SimFault::kNoSpace, SimFault::kInterrupted, SimFault::kShortWrite}) {
    SCOPED_TRACE(static_cast<int>(fault));
    const Tally tally = try_every_step(fault, {"FULL"});
    EXPECT_EQ(tally.lost, 0U) << "of " << tally.runs;
  }
}

TEST(SimSqlite, TheSeedRepeatsEveryByte) {
  const auto files_after = [](std::uint64_t seed) {
    SimDisk disk(seed);
    disk.fail_at(90, SimFault::kPowerLoss);
    (void)commit_transactions(disk, {"NORMAL"}, 1);
    disk.restart();
    std::string all;
    for (const auto& [path, size] : disk.sizes()) {
      all += path + disk.content(path).value();
    }
    return all;
  };
  EXPECT_EQ(files_after(1), files_after(1));
  EXPECT_NE(files_after(1), files_after(2));
}

TEST(SimSqlite, ConnectionsExcludeEachOther) {
  SimDisk disk(1);
  Connection writer(disk);
  Connection other(disk);
  ASSERT_TRUE(writer.run("CREATE TABLE t (a); INSERT INTO t VALUES (1)"));

  // With a rollback journal whoever reads keeps the writer from committing,
  ASSERT_TRUE(other.run("BEGIN; SELECT * FROM t"));
  EXPECT_FALSE(writer.run("INSERT INTO t VALUES (2)"));
  EXPECT_EQ(writer.result(), SQLITE_BUSY);
  EXPECT_TRUE(other.run("COMMIT"));
  Connection again(disk);
  ASSERT_TRUE(again.run("BEGIN IMMEDIATE; INSERT INTO t VALUES (2)"));
  EXPECT_FALSE(other.run("BEGIN IMMEDIATE"));
  EXPECT_EQ(other.result(), SQLITE_BUSY);
  ASSERT_TRUE(again.run("COMMIT; PRAGMA journal_mode = WAL"));

  // with a WAL it goes on seeing what there was, and two do not write at a time.
  Connection reader(disk);
  ASSERT_TRUE(reader.run("BEGIN"));
  EXPECT_EQ(reader.ask("SELECT count(*) FROM t"), "2");
  ASSERT_TRUE(again.run("BEGIN IMMEDIATE; INSERT INTO t VALUES (3)"));
  Connection third(disk);
  EXPECT_FALSE(third.run("BEGIN IMMEDIATE"));
  EXPECT_EQ(third.result(), SQLITE_BUSY);
  ASSERT_TRUE(again.run("COMMIT"));
  EXPECT_EQ(reader.ask("SELECT count(*) FROM t"), "2");
  EXPECT_EQ(again.ask("PRAGMA wal_checkpoint(TRUNCATE)"), "1") << "the reader is in the way";
  ASSERT_TRUE(reader.run("COMMIT"));
  EXPECT_EQ(reader.ask("SELECT count(*) FROM t"), "3");
  EXPECT_EQ(again.ask("PRAGMA wal_checkpoint(TRUNCATE)"), "0");
}

}  // namespace
}  // namespace tagtill
