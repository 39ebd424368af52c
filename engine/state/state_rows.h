// The tables of a state as SQL, and the digests that cover their rows. README.md says what
// stands in each column and which digest covers what.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/state/digest.h"
#include "engine/state/state_records.h"

namespace tagtill::state {

// "tgst": `file` and other programs tell by it whose database this is.
inline constexpr std::uint64_t kApplicationId = 0x74677374;
inline constexpr std::uint64_t kFormatVersion = 1;

struct Table {
  std::string_view name;
  std::string_view sql;  // exactly as it stands in sqlite_schema
};
[[nodiscard]] std::span<const Table> tables();

struct MetaRow {
  std::string stream;
  StateRules rules;
};

// A place in the journal: behind the entry of that number.
struct JournalPoint {
  std::uint64_t sequence = 0;
  std::uint64_t events = 0;  // all told, up to here
  std::uint64_t letters = 0;
  std::uint64_t bytes = 0;  // of payloads
  Digest chain;             // of the entry and so of all before it

  bool operator==(const JournalPoint&) const = default;
};

// What there is in the other tables. Written by every commit, and what all is checked against.
struct HeadRow {
  JournalPoint last;
  JournalPoint base;      // before the first entry that is kept
  JournalPoint snapshot;  // what it was taken at; only with pieces
  std::uint64_t pieces_first = 0;
  std::uint64_t pieces = 0;
  std::uint64_t pieces_bytes = 0;
  Digest pieces_chain;  // of the last piece
  Digest outbox_base;   // of the last row that was deleted
  Digest outbox_chain;  // of the last row that was written
  std::uint64_t sinks = 0;
  Digest sinks_digest;  // of all of them
  std::uint64_t dumps = 0;
  Digest dumps_chain;     // of the last dump
  Digest contents_chain;  // of the last chunk
  std::uint64_t streams = 0;
  Digest streams_digest;  // of all of them

  bool operator==(const HeadRow&) const = default;
};

// Every column of the head, in order.
template <typename Head, typename Visit>
void visit_head(Head& head, Visit&& visit) {
  for (auto* point : {&head.last, &head.base, &head.snapshot}) {
    visit(point->sequence);
    visit(point->events);
    visit(point->letters);
    visit(point->bytes);
    visit(point->chain);
  }
  visit(head.pieces_first);
  visit(head.pieces);
  visit(head.pieces_bytes);
  visit(head.pieces_chain);
  visit(head.outbox_base);
  visit(head.outbox_chain);
  visit(head.sinks);
  visit(head.sinks_digest);
  visit(head.dumps);
  visit(head.dumps_chain);
  visit(head.contents_chain);
  visit(head.streams);
  visit(head.streams_digest);
}
inline constexpr int kHeadColumns = 28;

// The contents of dumps stand a second time in chunks, so that a dump can be looked for without
// reading all of them, and so that not finding it can be trusted.
inline constexpr std::uint64_t kChunkDumps = 256;
inline constexpr std::size_t kFingerprintBytes = 8;
// A number made of the content.
[[nodiscard]] std::uint64_t fingerprint_of(Digester& digester, std::string_view content);
void append_fingerprint(std::string& chunk, std::uint64_t fingerprint);
[[nodiscard]] std::uint64_t fingerprint_at(std::string_view chunk, std::size_t index);

[[nodiscard]] Digest digest_of(Digester& digester, const MetaRow& meta);
[[nodiscard]] Digest digest_of(Digester& digester, const HeadRow& head);
[[nodiscard]] Digest digest_of(Digester& digester, const std::vector<SinkCursor>& sinks);
[[nodiscard]] Digest digest_of(Digester& digester, const std::vector<StreamRecord>& streams);

// Chained: each covers the one before.
[[nodiscard]] Digest chain_entry(Digester& digester, const JournalPoint& before,
                                 const JournalPoint& point, JournalKind kind,
                                 std::string_view payload);
[[nodiscard]] Digest chain_outbox(Digester& digester, const Digest& before, const OutboxRow& row,
                                  std::string_view bytes);
[[nodiscard]] Digest chain_dump(Digester& digester, const Digest& before, const DumpRecord& dump);
[[nodiscard]] Digest chain_contents(Digester& digester, const Digest& before, std::uint64_t chunk,
                                    std::string_view fingerprints);
// Before the first piece.
[[nodiscard]] Digest chain_snapshot(Digester& digester, const JournalPoint& point,
                                    std::uint64_t pieces_first);
[[nodiscard]] Digest chain_piece(Digester& digester, const Digest& before, std::uint64_t id,
                                 std::string_view bytes);

}  // namespace tagtill::state
