#include "engine/state/state_view.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace tagtill::state {
namespace {

// Before any statement is prepared: in another database they would make no sense.
Database& require_format(Database& database) {
  if (is_blank(database)) {
    database.refuse(ExitCode::kBadInput, "there is no state in it yet. Choose another path");
  }
  if (database.number("PRAGMA application_id") != kApplicationId) {
    database.refuse(ExitCode::kBadInput,
                    "it is the database of another program. Choose another path");
  }
  const std::uint64_t version = database.number("PRAGMA user_version");
  if (version > kFormatVersion) {
    database.refuse(ExitCode::kBadInput,
                    fmt::format("a newer tagtill wrote it (format {}, this one knows {}). Use that "
                                "one, or choose another path",
                                version, kFormatVersion));
  }
  if (version != kFormatVersion) {
    database.damaged("it has no version");
  }
  for (const Table& table : tables()) {
    if (database.text(fmt::format("SELECT sql FROM sqlite_schema WHERE name = '{}'", table.name)) !=
        table.sql) {
      database.damaged(fmt::format("its table \"{}\" is missing or of another form", table.name));
    }
  }
  if (database.number("SELECT count(*) FROM sqlite_schema") != tables().size()) {
    database.damaged("it has more than its own tables");
  }
  return database;
}

std::uint64_t chunks_of(std::uint64_t dumps) {
  return dumps == 0 ? 0 : (dumps - 1 + kChunkDumps - 1) / kChunkDumps;
}

}  // namespace

bool is_blank(Database& database) {
  return database.number("PRAGMA application_id") == 0 &&
         database.number("PRAGMA page_count") <= 1 &&
         database.number("SELECT count(*) FROM sqlite_schema") == 0;
}

StateView::StateView(Database& database)
    : database_(require_format(database)),
      select_point_(database,
                    "SELECT events, letters, bytes, digest FROM journal WHERE sequence = ?"),
      select_entry_(database,
                    "SELECT kind, events, letters, bytes, digest, payload FROM journal "
                    "WHERE sequence = ?"),
      select_outbox_numbers_(database,
                             "SELECT sequence, events_first, events_end, letters_first, "
                             "letters_end FROM outbox WHERE sequence >= ? ORDER BY sequence "
                             "LIMIT 1"),
      select_outbox_(database, "SELECT digest, bytes FROM outbox WHERE sequence = ?"),
      select_outbox_before_(
          database, "SELECT digest FROM outbox WHERE sequence < ? ORDER BY sequence DESC LIMIT 1"),
      select_dump_(database,
                   "SELECT name, bytes, content, files, position, lines, done, digest FROM dumps "
                   "WHERE number = ?"),
      select_dump_digest_(database, "SELECT digest FROM dumps WHERE number = ?"),
      select_chunk_(database, "SELECT fingerprints, digest FROM contents WHERE chunk = ?"),
      select_chunk_digest_(database, "SELECT digest FROM contents WHERE chunk = ?"),
      select_piece_(database, "SELECT digest, bytes FROM pieces WHERE id = ?"),
      select_piece_digest_(database, "SELECT digest FROM pieces WHERE id = ?") {
  load();
}

void StateView::load() {
  last_read_ = {};
  last_piece_ = {};
  outbox_places_ = {};
  load_meta();
  load_head();
  load_sinks();
  load_streams();
  check_ends();
  load_last_dump();
  load_last_chunk();
}

void StateView::load_meta() {
  Statement statement(database_,
                      "SELECT id, stream, lateness_ms, max_jump_ms, prefix, digest FROM meta");
  Query query(statement);
  if (!query.step()) {
    database_.damaged("its name is missing");
  }
  meta_.stream = query.bytes(1);
  meta_.rules.lateness_ms = static_cast<Millis>(query.number(2));
  meta_.rules.max_jump_ms = static_cast<Millis>(query.number(3));
  meta_.rules.prefix = query.bytes(4);
  digester_.set_stream(meta_.stream);
  if (query.number(0) != 1 || digest_in(query, 5) != digest_of(digester_, meta_) || query.step()) {
    database_.damaged("its name and options are not what was written");
  }
}

void StateView::load_head() {
  Statement statement(database_, "SELECT * FROM head");
  Query query(statement);
  if (!query.step()) {
    database_.damaged("its head is missing");
  }
  HeadRow& head = standing_.head;
  int column = 0;
  visit_head(head, [&](auto& value) {
    ++column;
    if constexpr (std::is_same_v<decltype(value), Digest&>) {
      value = digest_in(query, column);
    } else {
      value = query.number(column);
    }
  });
  if (query.number(0) != 1 || digest_in(query, ++column) != digest_of(digester_, head) ||
      query.step()) {
    database_.damaged("its head is not what was written");
  }
}

void StateView::load_sinks() {
  Statement statement(database_, "SELECT name, letters, events, mark FROM sinks ORDER BY name");
  Query query(statement);
  standing_.sinks.clear();
  while (query.step() && standing_.sinks.size() <= head().sinks) {
    SinkCursor& sink = standing_.sinks.emplace_back();
    sink.name = query.bytes(0);
    sink.letters = query.number(1) != 0;
    sink.events = query.number(2);
    sink.mark = query.number(3);
  }
  if (standing_.sinks.size() != head().sinks ||
      digest_of(digester_, standing_.sinks) != head().sinks_digest) {
    database_.damaged("its cursors of sinks are not what was written");
  }
}

void StateView::load_streams() {
  Statement statement(database_, "SELECT name, position, mark FROM streams ORDER BY name");
  Query query(statement);
  standing_.streams.clear();
  while (query.step() && standing_.streams.size() <= head().streams) {
    StreamRecord& stream = standing_.streams.emplace_back();
    stream.name = query.bytes(0);
    stream.position = query.number(1);
    stream.mark = query.bytes(2);
  }
  if (standing_.streams.size() != head().streams ||
      digest_of(digester_, standing_.streams) != head().streams_digest) {
    database_.damaged("its positions of streams are not what was written");
  }
}

// That no table ends before or behind what the head says: a page of another time would.
void StateView::check_ends() {
  Statement journal(database_,
                    "SELECT sequence, digest FROM journal ORDER BY sequence DESC LIMIT 1");
  Query entry(journal);
  const std::uint64_t sequence = entry.step() ? entry.number(0) : 0;
  const bool kept = head().last.sequence > head().base.sequence;
  if (kept ? sequence != head().last.sequence || digest_in(entry, 1) != head().last.chain
           : sequence > head().last.sequence) {
    database_.damaged(
        fmt::format("its journal does not end with entry {}, as it should", head().last.sequence));
  }
  Statement outbox(database_, "SELECT sequence, digest FROM outbox ORDER BY sequence DESC LIMIT 1");
  Query row(outbox);
  if (row.step() ? row.number(0) > head().last.sequence || digest_in(row, 1) != head().outbox_chain
                 : head().outbox_base != head().outbox_chain) {
    database_.damaged("its outbox does not end where it should");
  }
  if (head().pieces > 0 && digest_in(select_piece_digest_, head().pieces_first + head().pieces - 1,
                                     "the last piece of its snapshot") != head().pieces_chain) {
    database_.damaged("its snapshot does not end where it should");
  }
}

void StateView::load_last_dump() {
  const std::uint64_t dumps = head().dumps;
  if (database_.number("SELECT max(number) FROM dumps") != dumps) {
    database_.damaged(fmt::format("its list of dumps does not end with number {}", dumps));
  }
  standing_.last_dump = {};
  standing_.before_last_dump = {};
  Digest chain;
  if (dumps > 1) {
    standing_.before_last_dump = digest_in(select_dump_digest_, dumps - 1, "a dump");
  }
  if (dumps > 0) {
    standing_.last_dump = read_dump(dumps, standing_.before_last_dump, chain);
  }
  if (chain != head().dumps_chain) {
    database_.damaged("its last dump is not what was written");
  }
}

void StateView::load_last_chunk() {
  const std::uint64_t chunks = chunks_of(head().dumps);
  if (database_.number("SELECT ifnull(max(chunk) + 1, 0) FROM contents") != chunks) {
    database_.damaged("its list of contents does not end where it should");
  }
  standing_.last_chunk.clear();
  standing_.before_last_chunk = {};
  Digest chain;
  if (chunks > 1) {
    standing_.before_last_chunk = digest_in(select_chunk_digest_, chunks - 2, "a list of contents");
  }
  if (chunks > 0) {
    Query query(select_chunk_);
    if (query.add(chunks - 1).step()) {
      standing_.last_chunk = query.bytes(0);
      chain =
          chain_contents(digester_, standing_.before_last_chunk, chunks - 1, standing_.last_chunk);
    }
    const std::uint64_t held = head().dumps - 1 - (chunks - 1) * kChunkDumps;
    if (standing_.last_chunk.size() != held * kFingerprintBytes) {
      chain = {};
    }
  }
  if (chain != head().contents_chain) {
    database_.damaged("its list of contents is not what was written");
  }
}

Digest StateView::digest_in(const Query& query, int column) const {
  const std::string_view bytes = query.bytes(column);
  if (bytes.size() != Digest::kBytes) {
    database_.damaged("a digest in it is not one");
  }
  Digest digest;
  std::memcpy(digest.bytes.data(), bytes.data(), Digest::kBytes);
  return digest;
}

Digest StateView::digest_in(Statement& statement, std::uint64_t key, std::string_view what) {
  Query query(statement);
  if (!query.add(key).step()) {
    database_.damaged(fmt::format("{} is missing", what));
  }
  return digest_in(query, 0);
}

// Of these numbers the row behind will say whether they are right.
JournalPoint StateView::point_before(std::uint64_t sequence) {
  const std::uint64_t before = sequence - 1;
  if (before == head().base.sequence) {
    return head().base;
  }
  if (before == last_read_.sequence) {
    return last_read_;
  }
  if (head().pieces > 0 && before == head().snapshot.sequence) {
    return head().snapshot;
  }
  Query query(select_point_);
  if (!query.add(before).step()) {
    database_.damaged(fmt::format("entry {} of its journal is missing", before));
  }
  return {before, query.number(0), query.number(1), query.number(2), digest_in(query, 3)};
}

bool StateView::journal_entry(std::uint64_t sequence, StateEntry& entry) {
  if (sequence <= head().base.sequence || sequence > head().last.sequence) {
    return false;
  }
  const JournalPoint before = point_before(sequence);
  Query query(select_entry_);
  if (!query.add(sequence).step()) {
    database_.damaged(fmt::format("entry {} of its journal is missing", sequence));
  }
  const auto kind = static_cast<JournalKind>(query.number(0));
  JournalPoint point{sequence, query.number(1), query.number(2), query.number(3),
                     digest_in(query, 4)};
  const std::string_view payload = query.bytes(5);
  if (point.chain != chain_entry(digester_, before, point, kind, payload) ||
      point.bytes - before.bytes != payload.size() ||
      (sequence == head().last.sequence && point != head().last) ||
      (head().pieces > 0 && sequence == head().snapshot.sequence && point != head().snapshot)) {
    database_.damaged(fmt::format("entry {} of its journal is not what was written", sequence));
  }
  entry.kind = kind;
  entry.payload = payload;
  entry.events = point.events - before.events;
  entry.letters = point.letters - before.letters;
  entry.outbox.clear();
  last_read_ = point;
  return true;
}

JournalPoint StateView::point_at(std::uint64_t sequence) {
  if (sequence == head().last.sequence) {
    return head().last;
  }
  if (sequence == head().base.sequence) {
    return head().base;
  }
  StateEntry entry;
  if (!journal_entry(sequence, entry)) {
    database_.damaged(fmt::format("entry {} of its journal is missing", sequence));
  }
  return last_read_;
}

std::optional<std::uint64_t> StateView::least_cursor(const std::vector<SinkCursor>& sinks,
                                                     bool letters) {
  std::optional<std::uint64_t> least;
  for (const SinkCursor& sink : sinks) {
    if (sink.letters == letters) {
      least = std::min(least.value_or(sink.events), sink.events);
    }
  }
  return least;
}

// The first row at or behind the entry `from`, without its bytes.
bool StateView::outbox_numbers(std::uint64_t from, OutboxRow& row) {
  Query query(select_outbox_numbers_);
  if (!query.add(from).step()) {
    return false;
  }
  row.sequence = query.number(0);
  row.events_first = query.number(1);
  row.events_end = query.number(2);
  row.letters_first = query.number(3);
  row.letters_end = query.number(4);
  return row.sequence >= from;
}

// The first row that ends behind `number`: numbers go up with the rows.
bool StateView::seek_outbox(std::uint64_t number, bool letters, OutboxRow& row) {
  const auto ends_behind = [&] { return (letters ? row.letters_end : row.events_end) > number; };
  const OutboxPlace& place = outbox_places_[letters ? 1 : 0];
  if (place.number == number && outbox_numbers(place.sequence + 1, row) && ends_behind()) {
    return true;
  }
  std::uint64_t low = 0;  // the row is not before this one, and not behind the next one
  std::uint64_t high = head().last.sequence + 1;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (!outbox_numbers(middle, row) || ends_behind()) {
      high = middle;
    } else {
      low = std::min(row.sequence + 1, high);
    }
  }
  return outbox_numbers(low, row);
}

bool StateView::outbox_at(std::uint64_t number, bool letters, OutboxRow& row) {
  const std::uint64_t all = letters ? head().last.letters : head().last.events;
  if (number >= all) {
    return false;
  }
  const auto first = [&] { return letters ? row.letters_first : row.events_first; };
  const auto end = [&] { return letters ? row.letters_end : row.events_end; };
  bool found = seek_outbox(number, letters, row);
  while (found && first() >= end()) {  // it has none of them
    found = outbox_numbers(row.sequence + 1, row);
  }
  const std::optional<std::uint64_t> least = least_cursor(standing_.sinks, letters);
  const bool must_be_there = least && *least <= number;
  if (!found) {
    if (must_be_there) {
      database_.damaged(fmt::format("a row of its outbox is missing (event {})", number));
    }
    return false;
  }
  Digest before = head().outbox_base;
  {
    Query query(select_outbox_before_);
    if (query.add(row.sequence).step()) {
      before = digest_in(query, 0);
    }
  }
  Query query(select_outbox_);
  if (!query.add(row.sequence).step() ||
      digest_in(query, 0) != chain_outbox(digester_, before, row, query.bytes(1)) ||
      end() <= number || end() > all || (must_be_there && first() > number)) {
    database_.damaged(
        fmt::format("the row of its outbox for entry {} is not what was written", row.sequence));
  }
  row.bytes = query.bytes(1);
  outbox_places_[letters ? 1 : 0] = {end(), row.sequence};
  return true;
}

bool StateView::snapshot_piece(std::uint64_t index, std::string& piece) {
  if (index >= head().pieces) {
    return false;
  }
  const std::uint64_t id = head().pieces_first + index;
  const std::string what = fmt::format("piece {} of its snapshot", index + 1);
  const Digest before = index == 0 ? chain_snapshot(digester_, head().snapshot, id)
                        : last_piece_.first == id - 1
                            ? last_piece_.second
                            : digest_in(select_piece_digest_, id - 1, what);
  Query query(select_piece_);
  if (!query.add(id).step()) {
    database_.damaged(what + " is missing");
  }
  const Digest digest = chain_piece(digester_, before, id, query.bytes(1));
  if (digest_in(query, 0) != digest ||
      (index + 1 == head().pieces && digest != head().pieces_chain)) {
    database_.damaged(what + " is not what was written");
  }
  piece = query.bytes(1);
  last_piece_ = {id, digest};
  return true;
}

DumpRecord StateView::read_dump(std::uint64_t number, const Digest& before, Digest& digest) {
  const std::string what = fmt::format("dump {} in its list", number);
  Query query(select_dump_);
  if (!query.add(number).step()) {
    database_.damaged(what + " is missing");
  }
  DumpRecord record;
  record.number = number;
  record.name = query.bytes(0);
  record.bytes = query.number(1);
  record.content = query.bytes(2);
  record.files = static_cast<std::uint32_t>(query.number(3));
  record.offset = query.number(4);
  record.lines = query.number(5);
  record.done = query.number(6) != 0;
  digest = chain_dump(digester_, before, record);
  if (digest_in(query, 7) != digest) {
    database_.damaged(what + " is not what was written");
  }
  return record;
}

bool StateView::dump(std::uint64_t number, DumpRecord& record) {
  if (number == 0 || number > head().dumps) {
    return false;
  }
  if (number == head().dumps) {
    record = standing_.last_dump;
    return true;
  }
  Digest before;
  if (number > 1) {
    before = digest_in(select_dump_digest_, number - 1, "a dump");
  }
  Digest digest;
  record = read_dump(number, before, digest);
  // A row was written again while it was the last one: the next one tells which time counts.
  (void)read_dump(number + 1, digest, digest);
  return true;
}

std::optional<DumpRecord> StateView::find_dump(std::string_view content) {
  if (content.empty() || head().dumps == 0) {
    return std::nullopt;
  }
  if (standing_.last_dump.content == content) {
    return standing_.last_dump;
  }
  load_chunks();
  const std::uint64_t fingerprint = fingerprint_of(digester_, content);
  DumpRecord record;
  const std::string_view chunk = standing_.last_chunk;
  for (std::size_t i = chunk.size() / kFingerprintBytes; i-- > 0;) {
    if (fingerprint_at(chunk, i) == fingerprint &&
        dump(chunks_loaded_ * kChunkDumps + i + 1, record) && record.content == content) {
      return record;
    }
  }
  const auto begin =
      std::ranges::lower_bound(fingerprints_, std::pair{fingerprint, std::uint64_t{0}});
  auto end = begin;
  while (end != fingerprints_.end() && end->first == fingerprint) {
    ++end;
  }
  while (end != begin) {
    --end;
    if (dump(end->second, record) && record.content == content) {
      return record;
    }
  }
  return std::nullopt;
}

// All but the last one, which changes and is held anyway.
void StateView::load_chunks() {
  const std::uint64_t chunks = chunks_of(head().dumps);
  const auto sorted = static_cast<std::ptrdiff_t>(fingerprints_.size());
  for (; chunks_loaded_ + 1 < chunks; ++chunks_loaded_) {
    Query query(select_chunk_);
    if (!query.add(chunks_loaded_).step() ||
        query.bytes(0).size() != kChunkDumps * kFingerprintBytes) {
      database_.damaged("a list of contents is missing");
    }
    for (std::size_t i = 0; i < kChunkDumps; ++i) {
      fingerprints_.emplace_back(fingerprint_at(query.bytes(0), i),
                                 chunks_loaded_ * kChunkDumps + i + 1);
    }
    chunks_chain_ = chain_contents(digester_, chunks_chain_, chunks_loaded_, query.bytes(0));
  }
  if (chunks_chain_ != standing_.before_last_chunk) {
    database_.damaged("a list of contents is not what was written");
  }
  std::sort(fingerprints_.begin() + sorted, fingerprints_.end());
  std::inplace_merge(fingerprints_.begin(), fingerprints_.begin() + sorted, fingerprints_.end());
}

}  // namespace tagtill::state
