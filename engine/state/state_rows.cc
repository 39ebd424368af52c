#include "engine/state/state_rows.h"

#include <array>
#include <cstring>

namespace tagtill::state {
namespace {

// What is small stands before what is large: SQLite then reads it without the large.
constexpr std::array<Table, 9> kTables = {{
    {"meta",
     "CREATE TABLE meta (id INTEGER PRIMARY KEY, stream TEXT NOT NULL, lateness_ms INTEGER NOT "
     "NULL, max_jump_ms INTEGER NOT NULL, prefix TEXT NOT NULL, digest BLOB NOT NULL) STRICT"},
    {"head",
     "CREATE TABLE head (id INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, events INTEGER NOT "
     "NULL, letters INTEGER NOT NULL, bytes INTEGER NOT NULL, chain BLOB NOT NULL, "
     "base_sequence INTEGER NOT NULL, base_events INTEGER NOT NULL, base_letters INTEGER NOT "
     "NULL, base_bytes INTEGER NOT NULL, base_chain BLOB NOT NULL, snapshot_sequence INTEGER NOT "
     "NULL, snapshot_events INTEGER NOT NULL, snapshot_letters INTEGER NOT NULL, snapshot_bytes "
     "INTEGER NOT NULL, snapshot_chain BLOB NOT NULL, pieces_first INTEGER NOT NULL, pieces "
     "INTEGER NOT NULL, pieces_bytes INTEGER NOT NULL, pieces_chain BLOB NOT NULL, outbox_base "
     "BLOB NOT NULL, outbox_chain BLOB NOT NULL, sinks INTEGER NOT NULL, sinks_digest BLOB NOT "
     "NULL, dumps INTEGER NOT NULL, dumps_chain BLOB NOT NULL, contents_chain BLOB NOT NULL, "
     "streams INTEGER NOT NULL, streams_digest BLOB NOT NULL, digest BLOB NOT NULL) STRICT"},
    {"journal",
     "CREATE TABLE journal (sequence INTEGER PRIMARY KEY, kind INTEGER NOT NULL, events INTEGER "
     "NOT NULL, letters INTEGER NOT NULL, bytes INTEGER NOT NULL, digest BLOB NOT NULL, payload "
     "BLOB NOT NULL) STRICT"},
    {"outbox",
     "CREATE TABLE outbox (sequence INTEGER PRIMARY KEY, events_first INTEGER NOT NULL, "
     "events_end INTEGER NOT NULL, letters_first INTEGER NOT NULL, letters_end INTEGER NOT NULL, "
     "digest BLOB NOT NULL, bytes BLOB NOT NULL) STRICT"},
    {"sinks",
     "CREATE TABLE sinks (name TEXT PRIMARY KEY, letters INTEGER NOT NULL, events INTEGER NOT "
     "NULL, mark INTEGER NOT NULL) STRICT, WITHOUT ROWID"},
    {"dumps",
     "CREATE TABLE dumps (number INTEGER PRIMARY KEY, name TEXT NOT NULL, bytes INTEGER NOT NULL, "
     "content TEXT NOT NULL, files INTEGER NOT NULL, position INTEGER NOT NULL, lines INTEGER NOT "
     "NULL, done INTEGER NOT NULL, digest BLOB NOT NULL) STRICT"},
    {"contents",
     "CREATE TABLE contents (chunk INTEGER PRIMARY KEY, fingerprints BLOB NOT NULL, digest BLOB "
     "NOT NULL) STRICT"},
    {"streams",
     "CREATE TABLE streams (name TEXT PRIMARY KEY, position INTEGER NOT NULL, mark BLOB NOT "
     "NULL) STRICT, WITHOUT ROWID"},
    {"pieces",
     "CREATE TABLE pieces (id INTEGER PRIMARY KEY, digest BLOB NOT NULL, bytes BLOB NOT NULL) "
     "STRICT"},
}};

Digester& add_point(Digester& digester, const JournalPoint& point) {
  return digester.add(point.sequence).add(point.events).add(point.letters).add(point.bytes);
}

}  // namespace

std::span<const Table> tables() { return kTables; }

std::uint64_t fingerprint_of(Digester& digester, std::string_view content) {
  std::uint64_t fingerprint = 0;
  const Digest digest = digester.begin("content").add(content).end();
  std::memcpy(&fingerprint, digest.bytes.data(), sizeof(fingerprint));
  return fingerprint;
}

void append_fingerprint(std::string& chunk, std::uint64_t fingerprint) {
  std::array<char, kFingerprintBytes> bytes{};
  std::memcpy(bytes.data(), &fingerprint, bytes.size());
  chunk.append(bytes.data(), bytes.size());
}

std::uint64_t fingerprint_at(std::string_view chunk, std::size_t index) {
  std::uint64_t fingerprint = 0;
  std::memcpy(&fingerprint, chunk.data() + index * kFingerprintBytes, kFingerprintBytes);
  return fingerprint;
}

Digest digest_of(Digester& digester, const MetaRow& meta) {
  return digester.begin("meta")
      .add(static_cast<std::uint64_t>(meta.rules.lateness_ms))
      .add(static_cast<std::uint64_t>(meta.rules.max_jump_ms))
      .add(meta.rules.prefix)
      .end();
}

Digest digest_of(Digester& digester, const HeadRow& head) {
  digester.begin("head");
  visit_head(head, [&](const auto& column) { digester.add(column); });
  return digester.end();
}

Digest digest_of(Digester& digester, const std::vector<SinkCursor>& sinks) {
  digester.begin("sinks");
  for (const SinkCursor& sink : sinks) {
    digester.add(sink.name).add(std::uint64_t{sink.letters}).add(sink.events).add(sink.mark);
  }
  return digester.end();
}

Digest digest_of(Digester& digester, const std::vector<StreamRecord>& streams) {
  digester.begin("streams");
  for (const StreamRecord& stream : streams) {
    digester.add(stream.name).add(stream.position).add(stream.mark);
  }
  return digester.end();
}

Digest chain_entry(Digester& digester, const JournalPoint& before, const JournalPoint& point,
                   JournalKind kind, std::string_view payload) {
  add_point(digester.begin("journal"), before).add(before.chain);
  return add_point(digester, point).add(static_cast<std::uint64_t>(kind)).add(payload).end();
}

Digest chain_outbox(Digester& digester, const Digest& before, const OutboxRow& row,
                    std::string_view bytes) {
  return digester.begin("outbox")
      .add(before)
      .add(row.sequence)
      .add(row.events_first)
      .add(row.events_end)
      .add(row.letters_first)
      .add(row.letters_end)
      .add(bytes)
      .end();
}

Digest chain_dump(Digester& digester, const Digest& before, const DumpRecord& dump) {
  return digester.begin("dumps")
      .add(before)
      .add(dump.number)
      .add(dump.name)
      .add(dump.bytes)
      .add(dump.content)
      .add(std::uint64_t{dump.files})
      .add(dump.offset)
      .add(dump.lines)
      .add(std::uint64_t{dump.done})
      .end();
}

Digest chain_contents(Digester& digester, const Digest& before, std::uint64_t chunk,
                      std::string_view fingerprints) {
  return digester.begin("contents").add(before).add(chunk).add(fingerprints).end();
}

Digest chain_snapshot(Digester& digester, const JournalPoint& point, std::uint64_t pieces_first) {
  return add_point(digester.begin("snapshot"), point).add(point.chain).add(pieces_first).end();
}

Digest chain_piece(Digester& digester, const Digest& before, std::uint64_t id,
                   std::string_view bytes) {
  return digester.begin("pieces").add(before).add(id).add(bytes).end();
}

}  // namespace tagtill::state
