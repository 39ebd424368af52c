// Confirmed purchases, and other events if asked for, as rows of an SQLite
// database.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/offer_catalogue.h"
#include "sinks/sink.h"

namespace tagtill {

// The table `purchases` holds one row a purchase in the order of confirmation
// (rowid), `purchase_id` the primary key, the columns those of the `confirmed`
// event: prices, commission and reach are integers, times the text of P8,
// `claim_code` is null for `ship`. With other types each stands in a table of its
// own, and `offers` holds the catalogue in force, as the last such run knew it; with all
// of them there are views as well (sqlite_schema.h, docs/formats.md). Events of
// types that were not asked for are passed over.
//
// With a stream the database knows how many events of it it has had (`tagtill_cursors`),
// and that moves in the transaction of the batch: each event is written once. open() returns
// that number, which may be further than where the state knew the sink to be, and refuses a
// database that is behind it or knows nothing of the stream (it was replaced or restored), and
// one that is ahead of all that the state has committed (the state was restored). The mark is
// 1: there is a row in `tagtill_cursors`. A sink that joins a state later begins at mark 0.
//
// A row that stands in its table already is left as it is, so the same dump
// replayed into the same file changes nothing, and different dumps add up. The
// key is the purchase id. A rejection has none. With a stream, each that is written
// is one more, and numbered among its like in the whole table. Without one, of those that
// are alike in every column the first of a run is the same as the first of any other run,
// the second as the second, and so on. So a batch of rejections that is written
// twice between one open() and close() counts twice. A batch whose write()
// failed was never written, and may be.
//
// - Every write() is one transaction; what an earlier write() took stands, whole,
//   whatever happens to a later one.
// - While the sink is open the database is in WAL mode: whoever looks at it
//   meanwhile neither waits nor makes the run wait, and a commit needs no fsync.
//   A commit survives a crash of the program; one of the machine may undo the
//   last ones (never half of one), and the dump can be replayed. With `sync` each
//   commit is synced and survives that as well. close() syncs
//   and goes back to a rollback journal, so that what is left is one ordinary
//   file, which can be copied and be read where nothing can be written.
// - A database that is locked is waited for, 10 s at most.
// - open() also refuses: what is not a database, one of another program (by its
//   application id), one of a newer version, and one in which a table or view of
//   one of the names is of another form. Into a database with other tables it puts its own
//   beside them.
//
// Cost: some 4 µs a purchase or prompt on one core, 11 µs a rejection, which is
// counted in a temporary table first (a million of each, in batches of 4,096).
// Memory: SQLite's page caches.
class SqliteSink final : public Sink {
 public:
  // Purchases alone.
  explicit SqliteSink(std::string path);
  // `offers` may be null only if nothing but purchases is asked for.
  // `vfs`: the SQLite VFS through which the files are reached; empty: SQLite's own.
  SqliteSink(std::string path, EventTypes types, std::shared_ptr<const OfferCatalogue> offers,
             std::string vfs = {});
  ~SqliteSink() override;

  SinkPosition open(const SinkStart& start) override;
  void write(const EventBatch& batch, std::uint64_t through) override;
  SinkPosition flush() override;
  void close() override;
  void set_offers(const std::shared_ptr<const OfferCatalogue>& offers) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tagtill
