// Confirmed purchases as rows of an SQLite database. sqlite3.h stays in
// sqlite_sink.cc.
#pragma once

#include <memory>
#include <string>

#include "sinks/sink.h"

namespace tagtill {

// One table, `purchases`, one row a purchase in the order of confirmation
// (rowid), `purchase_id` the primary key, the columns those of the `confirmed`
// event: prices, commission and reach are integers, times the text of P8,
// `claim_code` is null for `ship`. Events of other types are passed over.
//
// A purchase that stands in the table already is left as it is, so the same
// dump replayed into the same file changes nothing.
//
// - Every write() is one transaction; what an earlier write() took stands, whole,
//   whatever happens to a later one.
// - While the sink is open the database is in WAL mode: whoever looks at it
//   meanwhile neither waits nor makes the run wait, and a commit needs no fsync.
//   A commit survives a crash of the program; one of the machine may undo the
//   last ones (never half of one), and the dump can be replayed. close() syncs
//   and goes back to a rollback journal, so that what is left is one ordinary
//   file, which can be copied and be read where nothing can be written.
// - A database that is locked is waited for, 10 s at most.
// - open() refuses: what is not a database, one of another program (by its
//   application id), one of a newer version, and one whose table `purchases`
//   has other columns. Into a database with other tables it puts its own
//   beside them.
class SqliteSink final : public Sink {
 public:
  explicit SqliteSink(std::string path);
  ~SqliteSink() override;

  void open() override;
  void write(const EventBatch& batch) override;
  void flush() override;
  void close() override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Of the library this program runs with.
[[nodiscard]] std::string sqlite_version();

}  // namespace tagtill
