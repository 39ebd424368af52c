// Reads a durable state (StateStore, state_store.h): whole, and checked.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/state/state_records.h"

namespace tagtill {

namespace state {
class Database;
class StateView;
}  // namespace state

// A state as it stood after one commit. Used by one thread. Works beside a process that writes
// the state (neither waits for the other), and beside other readers.
//
// - Everything that is handed out was compared with a digest. What does not agree is
//   DamagedState (kBadInput), with a sentence that says what and what to do; what cannot be read
//   is Error (kIoFailed). After either only the destructor may be called.
// - A reader that was open()ed holds its view until refresh() or its end. For so long the WAL of
//   the state cannot begin anew and the file grows: take a new view now and then.
// - Where nothing can be written (a file system mounted read-only, a folder of somebody else's)
//   SQLite cannot lock. A state that was closed by its writer is read there all the same, on the
//   word that nobody writes it; one with a WAL is refused, and must be copied with its WAL first.
//
// Cost: a look-up in a tree and the digest for each call, 2 to 5 µs and 1 ns a byte.
// Memory: SQLite's cache of pages (2 MiB), one row, and 16 bytes a dump from the first
// find_dump() on.
class StateReader {
 public:
  // Refuses with kBadInput: what is not there, is no state, or was written by a newer version.
  // `vfs` as in StateOptions.
  [[nodiscard]] static std::unique_ptr<StateReader> open(const std::string& path,
                                                         const std::string& vfs = {});
  ~StateReader();
  StateReader(const StateReader&) = delete;
  StateReader& operator=(const StateReader&) = delete;

  // Goes on to the last commit.
  void refresh();

  [[nodiscard]] StateHead head() const;
  // The name of the state: 32 hexadecimal digits, drawn when it was made.
  [[nodiscard]] const std::string& stream() const;
  [[nodiscard]] const StateRules& rules() const;

  // By name.
  [[nodiscard]] const std::vector<SinkCursor>& cursors() const;
  [[nodiscard]] std::optional<SinkCursor> cursor(std::string_view name) const;

  // By name.
  [[nodiscard]] const std::vector<StreamRecord>& streams() const;

  // Dumps have the numbers 1 to dumps().
  [[nodiscard]] std::uint64_t dumps() const;
  // The one that was begun last.
  [[nodiscard]] std::optional<DumpRecord> last_dump() const;
  // False: there is none of that number.
  [[nodiscard]] bool dump(std::uint64_t number, DumpRecord& record);
  // The last one with this content, which is not empty. The first call reads 8 bytes a dump.
  [[nodiscard]] std::optional<DumpRecord> find_dump(std::string_view content);

  // Journal entries first_journal_sequence() to head().sequence are there (none if the first
  // number is greater).
  [[nodiscard]] std::uint64_t first_journal_sequence() const;
  // Payload bytes of the entries that are there.
  [[nodiscard]] std::uint64_t journal_bytes() const;
  // False: it is not kept, or not there yet. Entries read one after the other are checked as a
  // chain: from the snapshot (or the first entry) to the last one none can be missing or of
  // another time.
  [[nodiscard]] bool journal_entry(std::uint64_t sequence, StateEntry& entry);
  // Payload bytes of the entries since the snapshot, or since the beginning.
  [[nodiscard]] std::uint64_t journal_bytes_since_snapshot() const;

  // The entry after which it was taken; 0: there is none.
  [[nodiscard]] std::uint64_t snapshot_sequence() const;
  [[nodiscard]] std::uint64_t snapshot_pieces() const;
  [[nodiscard]] std::uint64_t snapshot_bytes() const;
  // False: at the end. `index` from 0. A snapshot is whole when every piece was read.
  [[nodiscard]] bool snapshot_piece(std::uint64_t index, std::string& piece);

  // The row that holds event (`letters`: dead letter) `number`. False: there is no such event
  // yet. When every sink has had that event the row may be gone: then the next row that is there
  // and has any, or false. Reading on from the end of the last row costs one look-up, elsewhere
  // some 20.
  [[nodiscard]] bool outbox_at(std::uint64_t number, bool letters, OutboxRow& row);

  // Reads all of it, also what SQLite keeps of its own. Throws DamagedState for the first thing
  // that is wrong. Cost: some 2 s a GiB.
  void verify_all();

 private:
  friend class StateStore;
  struct Own;  // the connection of a reader that was open()ed

  explicit StateReader(std::unique_ptr<Own> own);
  // Of a writer, whose view it shares.
  StateReader(state::Database& database, state::StateView& view);

  std::unique_ptr<Own> own_;
  state::Database& database_;
  state::StateView& view_;
};

}  // namespace tagtill
