// An SQLite database that holds a state, and statements on it. Hides sqlite3.h, and tells what
// is damaged from what could not be read or written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/errors.h"
#include "engine/state/sync_timer.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tagtill::state {

// Used by one thread. Every function throws: DamagedState when the bytes of the file are not
// what they should be, else Error (kIoFailed) with the path, the cause and what to do. After
// that only the destructor may be called. A database that is locked is waited for, 10 s at most.
//
// Nothing is checkpointed or synced but by commits (as `PRAGMA synchronous` says), checkpoint()
// and close(): so after a failed fsync there is no other one.
class Database {
 public:
  enum class Access {
    kRead,
    kWrite,
    kMake,  // and made if it is missing
  };

  // `vfs`: through which SQLite reaches its files; empty: its own. `on_sync` is told of each sync,
  // unless it is empty. Refuses what is no database.
  Database(std::string path, const std::string& vfs, Access access, OnSync on_sync = {});
  // Without a word, a checkpoint or a sync; an open transaction is rolled back.
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void run(const std::string& sql);
  // The first column of the first row; 0 and empty if there is none.
  [[nodiscard]] std::uint64_t number(const std::string& sql);
  [[nodiscard]] std::string text(const std::string& sql);

  // Of the WAL, as the last commit left it.
  [[nodiscard]] std::uint64_t wal_pages() const { return wal_pages_; }
  // Writes the WAL anew, in case an fsync failed in the process that left it (wal_renewal.h).
  void renew_wal();
  // Copies the WAL into the database, as far as readers let it. `to_the_end`: waits for them, and
  // empties the WAL. False: not all of it.
  bool checkpoint(bool to_the_end);
  // Copies the WAL into the database and removes it, unless somebody reads it. Statements must be
  // gone. Whatever fails here, the WAL is still there.
  void close();

  [[nodiscard]] const std::string& path() const { return path_; }
  // `what` without a stop.
  [[noreturn]] void damaged(std::string_view what) const;
  // `reason` without a stop: what is wrong, and what to do.
  [[noreturn]] void refuse(ExitCode code, std::string_view reason) const;

 private:
  friend class Statement;
  friend class Query;

  [[nodiscard]] int open(const std::string& name, const std::string& vfs, int flags);
  [[noreturn]] void fail(int result) const;
  void check(int result) const;
  [[nodiscard]] bool can_be_read_unlocked(int result) const;

  std::string path_;
  bool writes_;
  std::uint64_t wal_pages_ = 0;
  std::unique_ptr<SyncTimer> timer_;  // null: nobody wants to know
  sqlite3* database_ = nullptr;
};

// A prepared statement of a database that outlives it.
class Statement {
 public:
  Statement(Database& database, const std::string& sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

 private:
  friend class Query;
  Database& database_;
  sqlite3_stmt* statement_ = nullptr;
};

// One use of a statement: parameters, then rows. At most one at a time for each statement.
// Parameters are not copied: their bytes must stay until the last step. Numbers go in and come
// out as SQLite's signed ones with the same 64 bits.
class Query {
 public:
  explicit Query(Statement& statement) : statement_(statement) {}
  // Ends it, so that no read transaction is left open.
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  Query& add(std::uint64_t number);
  Query& add_text(std::string_view text);
  Query& add_bytes(std::string_view bytes);

  // True: there is a (further) row.
  [[nodiscard]] bool step();
  // For statements without rows.
  void run();

  // Of the row, until the next step.
  [[nodiscard]] std::uint64_t number(int column) const;
  [[nodiscard]] std::string_view bytes(int column) const;

 private:
  Statement& statement_;
  int place_ = 0;
};

}  // namespace tagtill::state
