// The durable state of a run: one SQLite file. engine/state/README.md says what stands in it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/state/state_reader.h"
#include "engine/state/state_records.h"

namespace tagtill {

// The one writer of a state. Used by one thread. Holds a lock on PATH-lock as long as it lives.
//
// A state is a journal of applied inputs, now and then a snapshot of what came of them, an outbox
// of events and dead letters that not every sink has had, a cursor for each sink, and the list of
// the dumps that were read. What a commit says stands after it, or nothing of it, whatever dies
// when; with StateOptions::sync also when the machine does.
//
// Errors: every function that writes throws Error (kIoFailed) with the path, the cause and what
// to do, or DamagedState. Afterwards the store does nothing any more (an fsync is never tried
// again): only the destructor may be called, everything else throws. A commit that failed may
// stand or not: whoever opens the state sees which. Calls that break a contract throw
// std::logic_error before anything is changed.
//
// Bounds: what is let go (outbox rows that all sinks have had, the journal and the pieces of an
// old snapshot) is deleted by later commits, of each table at most 256 rows or 1 MiB, and twice
// what the commit brings. The file keeps a quarter of its length free at most, or 4 MiB.
// Memory: SQLite's cache of pages (8 MiB), the cursors, and what StateReader says.
// Streams: at most kStreamsMax, for ever. Each commit looks at all of
// them.
// Cost: some 35 µs of a core a commit, 4 µs a small entry and 6 ns a byte of payload, with all
// that is deleted later (bench/state_bench.cc). A commit waits for one fsync (with sync), and for
// two more when the WAL has grown to 16 MiB.
class StateStore {
 public:
  static constexpr std::size_t kStreamsMax = 1'024;

  // Makes the state if it is missing or an empty file, readable by its owner alone. Refuses: what
  // another process has open (kIoFailed, with its number), what StateReader::open() refuses, and
  // a state of other rules (kUsage).
  [[nodiscard]] static std::unique_ptr<StateStore> open(const std::string& path,
                                                        const StateOptions& options);
  // Leaves one file without a WAL, unless a write failed or somebody reads it.
  ~StateStore();
  StateStore(const StateStore&) = delete;
  StateStore& operator=(const StateStore&) = delete;

  // Sees the last commit. Dies with the store.
  [[nodiscard]] StateReader& reader();

  // One transaction. Cursors must exist, be of the same kind, and not go back. A cursor behind
  // the end of the events is Error (kBadInput): sink and state are not of one time; the store
  // can still be used. An entry needs its outbox when there is a cursor for what it brought
  // forth; payload and outbox have at most 256 MiB each. An empty commit does nothing.
  void commit(const StateCommit& commit);
  // What the database keeps beside itself, its WAL, is brought into it if it is long: to be called
  // after commit(), but when what was committed has been handed on, for it takes some milliseconds
  // of the disk's. All other changes do it by themselves.
  void bring_in_wal();

  // A new cursor, of this name and with this mark, at the end of the events (letters) of now; or
  // the one there is, which must be of this kind. One transaction.
  SinkCursor add_cursor(std::string_view name, bool letters, std::uint64_t mark = 0);
  // False: there was none. One transaction.
  bool forget_cursor(std::string_view name);

  // A new snapshot: of the entries up to `sequence`, which is kept and not before the last
  // snapshot. Between begin and finish there may be other commits; a reader sees the old one
  // until finish. An unfinished one is dropped by the next begin, and at the next open().
  void begin_snapshot(std::uint64_t sequence);
  // One small transaction each, without an fsync. At most 16 MiB; better 256 KiB.
  void add_snapshot_piece(std::string_view piece);
  // One transaction. Journal entries before `keep_journal_from` are let go, if the snapshot
  // holds them. There must be a piece.
  void finish_snapshot(std::uint64_t keep_journal_from);

  // Deletes some of what was let go, as a commit does. False: there was nothing left.
  bool tidy();
  // Deletes all that was let go and writes the file anew, so that no byte of it is left there.
  // Nobody may read it meanwhile. Takes the length of the file again on the disk.
  void scrub();

 private:
  class Impl;
  explicit StateStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tagtill
