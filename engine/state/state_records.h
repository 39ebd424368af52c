// What a state is told and what it tells: plain records.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/journal_kind.h"
#include "engine/time.h"

namespace tagtill {

// How far a sink has come: it has had every event (`letters`: every dead letter) before number
// `events`, counted from 0. `mark` is the sink's own: the store only keeps it.
struct SinkCursor {
  std::string name;
  std::uint64_t events = 0;
  std::uint64_t mark = 0;
  bool letters = false;

  bool operator==(const SinkCursor&) const = default;
};

// A dump, and how far it was read.
struct DumpRecord {
  std::uint64_t number = 0;  // from 1, in the order of reading
  std::string name;
  std::uint64_t bytes = 0;   // its length
  std::string content;       // a digest by which it is known again; may be empty: by nothing
  std::uint32_t files = 0;   // of lines in it, read whole
  std::uint64_t offset = 0;  // in the next one
  std::uint64_t lines = 0;
  bool done = false;

  bool operator==(const DumpRecord&) const = default;
};

// A named sequence of bytes that came over a live source, and how much of it was committed. The
// mark is the source's own, at most 256 bytes: by what it knows a followed file again.
struct StreamRecord {
  std::string name;
  std::uint64_t position = 0;
  std::string mark;

  bool operator==(const StreamRecord&) const = default;
};

// An entry of the journal, with what came of it.
struct StateEntry {
  JournalKind kind = JournalKind::kNothing;
  std::string payload;
  std::uint64_t events = 0;  // that it brought forth
  std::uint64_t letters = 0;
  // Those events and letters, in a form that the store does not look into. Needed if there is a
  // cursor for them. Empty when an entry is read back.
  std::string outbox;

  bool operator==(const StateEntry&) const = default;
};

// Events and letters of one entry that not every sink has had.
struct OutboxRow {
  std::uint64_t sequence = 0;      // of the entry
  std::uint64_t events_first = 0;  // number of the first event in it
  std::uint64_t events_end = 0;    // number of the event behind the last one in it
  std::uint64_t letters_first = 0;
  std::uint64_t letters_end = 0;
  std::string bytes;

  bool operator==(const OutboxRow&) const = default;
};

// What stands after a commit, or nothing of it.
struct StateCommit {
  std::vector<StateEntry> entries;
  // Of the last dump, or of new ones, in the order of their numbers.
  std::vector<DumpRecord> dumps;
  std::vector<SinkCursor> cursors;
  std::vector<StreamRecord> streams = {};  // the positions of new ones, or of those that are there
};

struct StateHead {
  std::uint64_t sequence = 0;  // of the last entry; entries count from 1
  std::uint64_t events = 0;    // so many there were, in all
  std::uint64_t letters = 0;

  bool operator==(const StateHead&) const = default;
};

// What decisions depend on and a state keeps for its whole life.
struct StateRules {
  Millis lateness_ms = 0;
  Millis max_jump_ms = 0;
  std::string prefix;

  bool operator==(const StateRules&) const = default;
};

struct StateOptions {
  StateRules rules;
  bool sync = true;  // every commit survives a crash of the machine, not only of the program
  std::string vfs;   // name of an SQLite VFS; empty: SQLite's own
  // False: nobody else is kept away, and no lock file is made (a simulated disk).
  bool lock = true;
  std::uint32_t page_bytes = 4096;  // of a new file: a power of two, 512 to 65,536
  // Where the name of a new state comes from; empty: the operating system.
  std::function<std::uint64_t()> random;
  // Told how long each sync of the state's files took, on the store's thread; may be empty.
  std::function<void(std::chrono::nanoseconds)> on_sync = {};
};

}  // namespace tagtill
