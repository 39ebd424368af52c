// An SQLite database that a sink writes, and statements on it. Hides sqlite3.h, and turns
// what goes wrong into sentences.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

struct sqlite3;
struct sqlite3_stmt;

namespace tagtill {

class SqliteDatabase;

// A prepared statement. Must not outlive its database's close(). The bytes of a text are only
// looked at in the step that follows: nothing is copied. Throws as SqliteDatabase does.
class SqliteStatement {
 public:
  SqliteStatement() = default;
  SqliteStatement(SqliteStatement&& other) noexcept { swap(other); }
  SqliteStatement& operator=(SqliteStatement&& other) noexcept {
    swap(other);
    return *this;
  }
  ~SqliteStatement();

  // The parameters, one after the other.
  SqliteStatement& add(std::string_view value);
  SqliteStatement& add(std::int64_t value);
  SqliteStatement& add(const std::optional<std::int64_t>& value) {
    return value ? add(*value) : add_null();
  }
  SqliteStatement& add_null();

  // Runs it to its end; afterwards parameters can be added anew.
  void run();

  // True: there is a (further) row. False: the end; afterwards as after run().
  [[nodiscard]] bool step();
  // Of the row, until the next step.
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::int64_t number(int column) const;

 private:
  friend class SqliteDatabase;
  SqliteStatement(SqliteDatabase& database, sqlite3_stmt* statement);
  void swap(SqliteStatement& other) noexcept {
    std::swap(database_, other.database_);
    std::swap(statement_, other.statement_);
    std::swap(place_, other.place_);
    std::swap(reads_, other.reads_);
  }
  void check(int result);
  void reset();

  SqliteDatabase* database_ = nullptr;
  sqlite3_stmt* statement_ = nullptr;
  int place_ = 0;  // of the last parameter
  bool reads_ = false;
};

// Used by one thread. Every function throws tagtill::Error (ExitCode::kIoFailed) with a
// sentence that names the path; afterwards what was open is rolled back, and only the
// destructor may be called. A database that is locked is waited for, 10 s at most.
class SqliteDatabase {
 public:
  // `vfs`: through which SQLite reaches its files; empty: its own.
  SqliteDatabase(std::string path, std::string vfs);
  ~SqliteDatabase();
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;

  // Makes it if it is missing. Refuses what is no database, or cannot be written. `sync`: each
  // commit survives a crash of the machine; without, one may undo the last ones, never half of
  // one.
  void open(bool sync);

  // From here to close() the database is in WAL mode: whoever looks at it neither waits nor
  // makes us wait.
  void enter_wal();

  // Goes back to a rollback journal, so that one ordinary file is left, and closes it. With
  // other readers on it the WAL stays, which is whole as well.
  void close();

  [[nodiscard]] SqliteStatement prepare(const std::string& sql);
  void run(const std::string& sql);
  // The first column of the first row; 0 if there is none.
  [[nodiscard]] std::int64_t number(const std::string& sql);

  // `reason`: without a stop; what is wrong, and what to do.
  [[noreturn]] void refuse(const std::string& reason, const char* action = "use");

 private:
  void renew_wal();
  friend class SqliteStatement;
  [[noreturn]] void fail(const char* action, int result);

  std::string path_;
  std::string vfs_;
  sqlite3* database_ = nullptr;
  bool sync_ = false;
};

// Of the library this program runs with.
[[nodiscard]] std::string sqlite_version();

}  // namespace tagtill
