// Reading all of a state.
#include <fmt/core.h>

#include <string>

#include "engine/state/state_view.h"

namespace tagtill::state {
namespace {

void verify_structure(Database& database) {
  const std::string found = database.text("PRAGMA integrity_check(1)");
  if (found != "ok") {
    database.damaged(fmt::format("SQLite says: {}", found));
  }
}

void verify_journal(StateView& view) {
  StateEntry entry;
  for (std::uint64_t sequence = view.head().base.sequence + 1; view.journal_entry(sequence, entry);
       ++sequence) {
  }
}

// Each row, and that there is none missing that a sink waits for.
void verify_outbox(Database& database, StateView& view) {
  OutboxRow row;
  for (const bool letters : {false, true}) {
    const std::uint64_t all = letters ? view.head().last.letters : view.head().last.events;
    std::uint64_t number = StateView::least_cursor(view.standing().sinks, letters).value_or(all);
    if (number > all) {
      database.damaged("a sink has had more than there is");
    }
    while (view.outbox_at(number, letters, row)) {
      number = letters ? row.letters_end : row.events_end;
    }
  }
}

void verify_snapshot(Database& database, StateView& view) {
  std::string piece;
  std::uint64_t bytes = 0;
  for (std::uint64_t index = 0; view.snapshot_piece(index, piece); ++index) {
    bytes += piece.size();
  }
  if (bytes != view.head().pieces_bytes) {
    database.damaged("its snapshot is not as long as it should be");
  }
}

// The rows from first to last, and the chunks against them.
void verify_dumps(Database& database, StateView& view) {
  Statement chunks(database, "SELECT chunk, fingerprints, digest FROM contents ORDER BY chunk");
  Query chunk(chunks);
  DumpRecord record;
  Digest chain;
  for (std::uint64_t number = 1; number < view.head().dumps; ++number) {
    const std::uint64_t place = (number - 1) % kChunkDumps;
    if (place == 0) {
      if (!chunk.step() || chunk.number(0) != number / kChunkDumps) {
        database.damaged("a list of contents is missing");
      }
      chain = chain_contents(view.digester(), chain, chunk.number(0), chunk.bytes(1));
      if (chunk.bytes(2) != chain.view()) {
        database.damaged("a list of contents is not what was written");
      }
    }
    if (!view.dump(number, record) || chunk.bytes(1).size() < (place + 1) * kFingerprintBytes ||
        fingerprint_at(chunk.bytes(1), place) != fingerprint_of(view.digester(), record.content)) {
      database.damaged(fmt::format("dump {} is not in its list of contents", number));
    }
  }
  if (chunk.step() || chain != view.head().contents_chain) {
    database.damaged("its list of contents does not end where it should");
  }
}

}  // namespace

void verify_all(Database& database, StateView& view) {
  verify_structure(database);
  verify_journal(view);
  verify_outbox(database, view);
  verify_snapshot(database, view);
  verify_dumps(database, view);
}

}  // namespace tagtill::state
