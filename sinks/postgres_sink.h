// Confirmed purchases, and other events if asked for, as rows of a PostgreSQL database.
// libpq-fe.h stays in postgres_connection.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/offer_catalogue.h"
#include "sinks/sink.h"
#include "sinks/surroundings.h"

namespace tagtill {

struct PostgresOptions {
  // A name of a database, or parameters or a URI as libpq takes them, without a password.
  std::string where;
  std::string schema = "public";
  // How long open() waits for a server that cannot be reached.
  Millis open_within_ms = 30'000;
  // Between attempts to connect: at random up to the first, doubled each time, up to the last.
  Millis retry_first_ms = 100;
  Millis retry_most_ms = 10'000;
};

// The tables have the names, columns and keys of the SqliteSink's (docs/formats.md), with
// PostgreSQL's types: text, bigint, timestamptz. There is no order of rows, there are no views,
// and a reply is not stored. What is missing of schema, tables and indexes is made; what is
// there must fit, but may have more columns. A table can be shared by several runs.
//
// With a stream the database knows how many events of it it has had (`tagtill_cursors`), and
// that moves in the transaction of the batch: each event is written once, whatever is lost or
// restarted. open() returns that number and refuses as SqliteSink::open() does. Without one the
// same dump again changes nothing, but what there is of rejections is lost with the connection:
// how many of the same form came in the run. So a run without a stream that takes rejections
// fails when the connection is lost, and can be repeated.
//
// - Every write() is one transaction: COPY into temporary tables, and from there INSERT … ON
//   CONFLICT DO NOTHING. It stands when write() returns, as durably as the server is set up
//   (synchronous_commit is left alone).
// - When the connection is lost, or the server is shut down, starting, full, or prefers another
//   transaction, write() connects anew and does the batch again, for ever, with growing waits,
//   until the surroundings say to give up. Each transaction locks the stream's row first. So a
//   transaction whose COMMIT got no answer has ended when the next one reads that row, and the
//   row tells whether it was carried out.
// - Any other error ends the sink. A database that is behind what it had when the connection
//   was lost does too: it was restored, or is another one.
// - The server must be PostgreSQL 10 or later and the database's encoding UTF-8.
//
// Memory: the batch once more, as it goes over the wire.
// Cost: DECISIONS.md has what was measured.
class PostgresSink final : public Sink {
 public:
  // `offers` may be null only if nothing but purchases is asked for.
  PostgresSink(PostgresOptions options, EventTypes types,
               std::shared_ptr<const OfferCatalogue> offers, Surroundings around);
  ~PostgresSink() override;

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
