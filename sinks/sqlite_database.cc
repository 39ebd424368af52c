#include "sinks/sqlite_database.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include <cstddef>

#include "engine/errors.h"
#include "engine/state/wal_renewal.h"
#include "sinks/sqlite_schema.h"

namespace tagtill {
namespace {

constexpr int kBusyMilliseconds = 10'000;

}  // namespace

SqliteStatement::SqliteStatement(SqliteDatabase& database, sqlite3_stmt* statement)
    : database_(&database),
      statement_(statement),
      reads_(sqlite3_stmt_readonly(statement) != 0 && sqlite3_column_count(statement) > 0) {}
SqliteStatement::~SqliteStatement() { sqlite3_finalize(statement_); }

SqliteStatement& SqliteStatement::add(std::string_view value) {
  // To SQLite a text without an address is a null.
  const char* bytes = value.data() == nullptr ? "" : value.data();
  check(sqlite3_bind_text64(statement_, ++place_, bytes, value.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

SqliteStatement& SqliteStatement::add(std::int64_t value) {
  check(sqlite3_bind_int64(statement_, ++place_, value));
  return *this;
}

SqliteStatement& SqliteStatement::add_null() {
  check(sqlite3_bind_null(statement_, ++place_));
  return *this;
}

void SqliteStatement::run() {
  while (step()) {
  }
}

bool SqliteStatement::step() {
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) {
    return true;
  }
  if (result != SQLITE_DONE) {
    database_->fail(reads_ ? "read" : "write", result);
  }
  reset();
  return false;
}

void SqliteStatement::reset() {
  sqlite3_reset(statement_);
  place_ = 0;
}

std::string_view SqliteStatement::text(int column) const {
  const auto* bytes = sqlite3_column_text(statement_, column);
  if (bytes == nullptr) {
    return {};
  }
  return {reinterpret_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::int64_t SqliteStatement::number(int column) const {
  return sqlite3_column_int64(statement_, column);
}

void SqliteStatement::check(int result) {
  if (result != SQLITE_OK) {
    database_->fail("write", result);
  }
}

SqliteDatabase::SqliteDatabase(std::string path, std::string vfs)
    : path_(std::move(path)), vfs_(std::move(vfs)) {}

SqliteDatabase::~SqliteDatabase() { sqlite3_close_v2(database_); }

void SqliteDatabase::open(bool sync) {
  const int result = sqlite3_open_v2(sqlite_plain_path(path_).c_str(), &database_,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                     vfs_.empty() ? nullptr : vfs_.c_str());
  if (result != SQLITE_OK) {
    fail("open", result);
  }
  sqlite3_extended_result_codes(database_, 1);
  sqlite3_busy_timeout(database_, kBusyMilliseconds);
  // The first read tells whether it is a database at all.
  (void)number("PRAGMA schema_version");
  if (sqlite3_db_readonly(database_, "main") == 1) {
    refuse("it cannot be written. Check the rights of the file and its folder");
  }
  sync_ = sync;
  if (sync_) {
    // FULL does not sync the folder after a rollback journal was removed: if power fails then,
    // the journal may come back and undo the transaction.
    run("PRAGMA synchronous = EXTRA");
    renew_wal();
  }
}

// Of a process that was ended, perhaps by an fsync that failed.
void SqliteDatabase::renew_wal() {
  bool wal = false;
  {
    SqliteStatement mode = prepare("PRAGMA journal_mode");
    wal = mode.step() && mode.text(0) == "wal";
  }
  if (wal) {
    if (const int result = state::renew_wal(database_); result != SQLITE_OK) {
      fail("write", result);
    }
  }
}

// Where the file system cannot do WAL (no shared memory: some network ones),
// SQLite stays with the rollback journal, which then needs its fsyncs.
void SqliteDatabase::enter_wal() {
  bool wal = false;
  {
    SqliteStatement mode = prepare("PRAGMA journal_mode = WAL");
    wal = mode.step() && mode.text(0) == "wal";
  }
  if (wal) {
    run(sync_ ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  }
}

void SqliteDatabase::close() {
  // Refused while others read; the next close() does it. Not worth waiting for.
  sqlite3_busy_timeout(database_, 0);
  int result =
      sqlite3_exec(database_, "PRAGMA journal_mode = DELETE", nullptr, nullptr, nullptr) & 0xFF;
  if (result != SQLITE_OK && result != SQLITE_BUSY && result != SQLITE_LOCKED) {
    fail("close", result);
  }
  result = sqlite3_close(std::exchange(database_, nullptr));
  if (result != SQLITE_OK) {
    fail("close", result);
  }
}

SqliteStatement SqliteDatabase::prepare(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr);
  if (result != SQLITE_OK) {
    fail("read", result);
  }
  return {*this, statement};
}

void SqliteDatabase::run(const std::string& sql) {
  const int result = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) {
    fail("write", result);
  }
}

std::int64_t SqliteDatabase::number(const std::string& sql) {
  SqliteStatement statement = prepare(sql);
  return statement.step() ? statement.number(0) : 0;
}

void SqliteDatabase::fail(const char* action, int result) {
  std::string reason;
  switch (result & 0xFF) {
    case SQLITE_FULL:
      reason = "the disk is full. Free some room there, or choose another place";
      break;
    case SQLITE_NOTADB:
      reason = "it is not an SQLite database. Choose another path";
      break;
    case SQLITE_CORRUPT:
      reason =
          "the database is damaged. Restore it (sqlite3 FILE .recover), or choose another "
          "path";
      break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      reason = fmt::format("another program kept it locked for {} s. Let that one end first",
                           kBusyMilliseconds / 1000);
      break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      reason = "it cannot be written. Check the rights of the file and its folder";
      break;
    case SQLITE_CANTOPEN:
      reason = fmt::format(
          "{}. Check that its folder exists and can be written, and that it is "
          "a file",
          database_ == nullptr ? "no memory" : sqlite3_errmsg(database_));
      break;
    default:
      reason = fmt::format(
          "{} (SQLite error {}). Check the disk, or choose another place",
          database_ == nullptr ? sqlite3_errstr(result) : sqlite3_errmsg(database_), result);
      break;
  }
  refuse(reason, action);
}

void SqliteDatabase::refuse(const std::string& reason, const char* action) {
  // Whoever waits for the lock need not wait for the destructor.
  if (database_ != nullptr) {
    (void)sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  throw Error(ExitCode::kIoFailed,
              fmt::format("the sqlite sink: cannot {} {}: {}.", action, path_, reason));
}

std::string sqlite_version() { return sqlite3_libversion(); }

}  // namespace tagtill
