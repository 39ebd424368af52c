// A state as it stands at one commit, read row by row and checked against its digests.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/state/database.h"
#include "engine/state/digest.h"
#include "engine/state/state_records.h"
#include "engine/state/state_rows.h"

namespace tagtill::state {

// What is held in memory: all that a commit goes on from.
struct Standing {
  HeadRow head;
  std::vector<SinkCursor> sinks;      // by name
  std::vector<StreamRecord> streams;  // by name
  DumpRecord last_dump;
  Digest before_last_dump;
  std::string last_chunk;  // fingerprints of the dumps before the last one, the end of them
  Digest before_last_chunk;
};

// True: a database with nothing in it, in which a state can be made.
[[nodiscard]] bool is_blank(Database& database);

// Used by one thread, which sees to it that the database stands still between load() and
// what is read afterwards (a read transaction, or being the only writer).
//
// Throws as Database does. Memory: the standing, one row, and 16 bytes a dump from the first
// find_dump() on.
class StateView {
 public:
  // Refuses what is no state, or of a newer version. Loads.
  explicit StateView(Database& database);

  // Looks at the database anew. Checks the head, sinks, streams, the last dump, and that each table
  // ends where the head says. Cost: a dozen look-ups, whatever the size of the state.
  void load();
  // What a commit has written.
  void adopt(Standing&& standing) { standing_ = std::move(standing); }

  [[nodiscard]] const MetaRow& meta() const { return meta_; }
  [[nodiscard]] const Standing& standing() const { return standing_; }
  [[nodiscard]] const HeadRow& head() const { return standing_.head; }
  [[nodiscard]] Digester& digester() { return digester_; }

  // As those of StateReader.
  [[nodiscard]] bool journal_entry(std::uint64_t sequence, StateEntry& entry);
  [[nodiscard]] bool outbox_at(std::uint64_t number, bool letters, OutboxRow& row);
  [[nodiscard]] bool snapshot_piece(std::uint64_t index, std::string& piece);
  [[nodiscard]] bool dump(std::uint64_t number, DumpRecord& record);
  [[nodiscard]] std::optional<DumpRecord> find_dump(std::string_view content);

  // Behind an entry; base <= sequence <= last.
  [[nodiscard]] JournalPoint point_at(std::uint64_t sequence);
  // Cursors of the kind there are, and the least of them.
  [[nodiscard]] static std::optional<std::uint64_t> least_cursor(
      const std::vector<SinkCursor>& sinks, bool letters);

 private:
  // Where the last outbox row that was read ended: who reads on need not search.
  struct OutboxPlace {
    std::uint64_t number = 0;
    std::uint64_t sequence = 0;
  };

  void load_meta();
  void load_head();
  void load_sinks();
  void load_streams();
  void check_ends();
  void load_last_dump();
  void load_last_chunk();
  void load_chunks();
  [[nodiscard]] Digest digest_in(Statement& statement, std::uint64_t key, std::string_view what);
  [[nodiscard]] Digest digest_in(const Query& query, int column) const;
  [[nodiscard]] JournalPoint point_before(std::uint64_t sequence);
  [[nodiscard]] DumpRecord read_dump(std::uint64_t number, const Digest& before, Digest& digest);
  [[nodiscard]] bool outbox_numbers(std::uint64_t from, OutboxRow& row);
  [[nodiscard]] bool seek_outbox(std::uint64_t number, bool letters, OutboxRow& row);

  Database& database_;
  Digester digester_;
  MetaRow meta_;
  Standing standing_;

  JournalPoint last_read_;  // in the journal
  std::pair<std::uint64_t, Digest> last_piece_;
  std::array<OutboxPlace, 2> outbox_places_;
  // Of all whole chunks but the last: fingerprint and number, sorted.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> fingerprints_;
  std::uint64_t chunks_loaded_ = 0;
  Digest chunks_chain_;

  Statement select_point_;
  Statement select_entry_;
  Statement select_outbox_numbers_;
  Statement select_outbox_;
  Statement select_outbox_before_;
  Statement select_dump_;
  Statement select_dump_digest_;
  Statement select_chunk_;
  Statement select_chunk_digest_;
  Statement select_piece_;
  Statement select_piece_digest_;
};

// Reads everything, and has SQLite check its own structures. Throws DamagedState for the first
// thing that is wrong.
void verify_all(Database& database, StateView& view);

}  // namespace tagtill::state
