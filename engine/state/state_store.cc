#include "engine/state/state_store.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

#include "engine/state/database.h"
#include "engine/state/file_lock.h"
#include "engine/state/state_file.h"
#include "engine/state/state_view.h"
#include "engine/state/tidier.h"

namespace tagtill {
namespace {

using state::Database;
using state::Digest;
using state::HeadRow;
using state::JournalPoint;
using state::Query;
using state::Standing;
using state::Statement;
using state::StateView;

// The WAL is brought into the database when it is so long. Commits wait meanwhile, for a disk that
// writes up to as much. With 16 MiB reloads under load made pauses of 87 ms, with this of 21
// (bench/reloads.sh, docs/tuning.md).
constexpr std::uint64_t kWalBytes = std::uint64_t{4} << 20;
constexpr std::size_t kPieceBytesMax = std::size_t{16} << 20;
constexpr std::size_t kStreamNameMax = 4'096;  // as long as a path
constexpr std::size_t kStreamMarkMax = 256;
constexpr std::size_t kEntryBytesMax = std::size_t{256} << 20;

void require(bool holds, const char* contract) {
  if (!holds) {
    throw std::logic_error(fmt::format("StateStore: {}", contract));
  }
}

std::string shown(const StateRules& rules) {
  return fmt::format("lateness {} ms, longest jump {} ms, prefix \"{}\"", rules.lateness_ms,
                     rules.max_jump_ms, rules.prefix);
}

}  // namespace

class StateStore::Impl {
 public:
  Impl(const std::string& path, const StateOptions& options)
      : lock_(options.lock ? std::make_unique<state::FileLock>(path) : nullptr),
        database_(state::open_or_make(path, options)),
        sync_(options.sync) {
    open_ = std::make_unique<Open>(*database_);
    wal_pages_max_ = kWalBytes / database_->number("PRAGMA page_size");
    checkpoint_at_ = wal_pages_max_;
    next_piece_ = std::max(database_->number("SELECT max(id) + 1 FROM pieces"),
                           head().pieces_first + head().pieces);
    next_piece_ = std::max<std::uint64_t>(next_piece_, 1);
    check_rules(options.rules);
  }

  ~Impl() {
    open_.reset();  // its statements must be gone
    if (!failed_) {
      database_->close();
    }
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  StateReader& reader() {
    refuse_if_failed();
    return open_->reader;
  }

  void commit(const StateCommit& commit) {
    refuse_if_failed();
    require_cursors(commit);
    require_entries(commit.entries);
    if (commit.entries.empty() && commit.dumps.empty() && commit.cursors.empty() &&
        commit.streams.empty()) {
      return;
    }
    require_dumps(commit.dumps);
    require_streams(commit.streams);
    transact([&](Standing& next) {
      state::TidyLimit brought{};
      for (const StateEntry& entry : commit.entries) {
        insert_entry(next, entry);
        brought.rows += 2;
        brought.bytes += 2 * std::max(entry.payload.size(), entry.outbox.size());
      }
      for (const DumpRecord& dump : commit.dumps) {
        write_dump(next, dump);
      }
      for (const SinkCursor& cursor : commit.cursors) {
        write_cursor(next, cursor);
      }
      for (const StreamRecord& stream : commit.streams) {
        write_stream(next, stream);
      }
      open_->tidier.tidy(next, building_first(), brought);
    });
  }

  void bring_in_wal() {
    refuse_if_failed();
    failed_ = true;  // until it is not
    checkpoint_if_long();
    failed_ = false;
  }

  SinkCursor add_cursor(std::string_view name, bool letters, std::uint64_t mark) {
    refuse_if_failed();
    if (const auto there = open_->reader.cursor(name)) {
      require(there->letters == letters, "a cursor of that name is of another kind");
      return *there;
    }
    SinkCursor cursor{std::string(name), letters ? head().last.letters : head().last.events, mark,
                      letters};
    change([&](Standing& next) {
      next.sinks.insert(std::ranges::upper_bound(next.sinks, cursor.name, {}, &SinkCursor::name),
                        cursor);
      Query(open_->insert_cursor)
          .add_text(cursor.name)
          .add(std::uint64_t{letters})
          .add(cursor.events)
          .add(cursor.mark)
          .run();
    });
    return cursor;
  }

  bool forget_cursor(std::string_view name) {
    refuse_if_failed();
    if (!open_->reader.cursor(name)) {
      return false;
    }
    change([&](Standing& next) {
      std::erase_if(next.sinks, [&](const SinkCursor& sink) { return sink.name == name; });
      Query(open_->delete_cursor).add_text(name).run();
    });
    return true;
  }

  void begin_snapshot(std::uint64_t sequence) {
    refuse_if_failed();
    require(sequence > 0 && sequence >= head().base.sequence && sequence <= head().last.sequence &&
                sequence >= head().snapshot.sequence,
            "a snapshot of an entry that is not kept");
    drop_unfinished();
    Building building;
    building.point = open_->view.point_at(sequence);
    building.first = next_piece_;
    building.chain = state::chain_snapshot(digester(), building.point, building.first);
    building_ = building;
  }

  void add_snapshot_piece(std::string_view piece) {
    refuse_if_failed();
    require(building_.has_value(), "a piece without begin_snapshot()");
    require(!piece.empty() && piece.size() <= kPieceBytesMax, "a piece of a wrong size");
    const Digest chain = state::chain_piece(digester(), building_->chain, next_piece_, piece);
    failed_ = true;  // until it is not
    if (sync_) {
      // It counts from finish_snapshot() on, whose fsync is for the pieces as well.
      state::set_sync(*database_, false);
    }
    Query(open_->insert_piece).add(next_piece_).add_bytes(chain.view()).add_bytes(piece).run();
    checkpoint_if_long();
    if (sync_) {
      state::set_sync(*database_, true);
    }
    failed_ = false;
    ++next_piece_;
    building_->bytes += piece.size();
    building_->chain = chain;
  }

  void finish_snapshot(std::uint64_t keep_journal_from) {
    refuse_if_failed();
    require(building_.has_value() && next_piece_ > building_->first,
            "a snapshot without begin_snapshot() or without a piece");
    const std::uint64_t base =
        std::min(std::max<std::uint64_t>(keep_journal_from, 1) - 1, building_->point.sequence);
    const JournalPoint base_point = base == building_->point.sequence ? building_->point
                                    : base > head().base.sequence     ? open_->view.point_at(base)
                                                                      : head().base;
    change([&](Standing& next) {
      HeadRow& head = next.head;
      head.snapshot = building_->point;
      head.base = base_point;
      head.pieces_first = building_->first;
      head.pieces = next_piece_ - building_->first;
      head.pieces_bytes = building_->bytes;
      head.pieces_chain = building_->chain;
    });
    building_.reset();
    open_->tidier.pieces_were_let_go();
  }

  bool tidy() {
    refuse_if_failed();
    bool deleted = false;
    change([&](Standing& next) { deleted = open_->tidier.tidy(next, building_first(), {}); });
    return deleted;
  }

  void scrub() {
    refuse_if_failed();
    building_.reset();
    open_->tidier.pieces_were_let_go();
    while (tidy()) {
    }
    failed_ = true;
    database_->run("VACUUM");
    if (!database_->checkpoint(true)) {
      database_->refuse(ExitCode::kIoFailed,
                        "another program reads it, and so old content stays in its WAL. Let that "
                        "one end, and repeat this");
    }
    failed_ = false;
  }

 private:
  // A snapshot that is being made.
  struct Building {
    JournalPoint point;
    std::uint64_t first = 0;  // id of its first piece
    std::uint64_t bytes = 0;
    Digest chain;
  };

  // What needs the tables to be there, and must go before the database closes.
  struct Open {
    explicit Open(Database& database)
        : view(database),
          reader(database, view),
          tidier(database, view.head()),
          head_writer(database),
          begin(database, "BEGIN IMMEDIATE"),
          commit(database, "COMMIT"),
          insert_entry(database, "INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?)"),
          insert_outbox(database, "INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?)"),
          replace_dump(database, "REPLACE INTO dumps VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
          replace_chunk(database, "REPLACE INTO contents VALUES (?, ?, ?)"),
          insert_cursor(database, "INSERT INTO sinks VALUES (?, ?, ?, ?)"),
          update_cursor(database, "UPDATE sinks SET events = ?, mark = ? WHERE name = ?"),
          delete_cursor(database, "DELETE FROM sinks WHERE name = ?"),
          replace_stream(database, "REPLACE INTO streams VALUES (?, ?, ?)"),
          insert_piece(database, "INSERT INTO pieces VALUES (?, ?, ?)") {}

    StateView view;
    StateReader reader;
    state::Tidier tidier;
    state::HeadWriter head_writer;
    Statement begin;
    Statement commit;
    Statement insert_entry;
    Statement insert_outbox;
    Statement replace_dump;
    Statement replace_chunk;
    Statement insert_cursor;
    Statement update_cursor;
    Statement delete_cursor;
    Statement replace_stream;
    Statement insert_piece;
  };

  [[nodiscard]] const HeadRow& head() const { return open_->view.head(); }
  [[nodiscard]] state::Digester& digester() { return open_->view.digester(); }
  [[nodiscard]] std::uint64_t building_first() const {
    return building_ ? building_->first : next_piece_;
  }

  void check_rules(const StateRules& given) {
    const StateRules& kept = open_->view.meta().rules;
    if (kept != given) {
      database_->refuse(ExitCode::kUsage,
                        fmt::format("it was made with {}, and these are {}. A state keeps its own: "
                                    "give the same ones, or begin a new state",
                                    shown(kept), shown(given)));
    }
  }

  void refuse_if_failed() const {
    if (failed_) {
      database_->refuse(ExitCode::kIoFailed, "writing it failed before. Start again");
    }
  }

  void require_cursors(const StateCommit& commit) const {
    std::uint64_t events = head().last.events;
    std::uint64_t letters = head().last.letters;
    for (const StateEntry& entry : commit.entries) {
      events += entry.events;
      letters += entry.letters;
    }
    for (const SinkCursor& cursor : commit.cursors) {
      const auto there = open_->reader.cursor(cursor.name);
      require(there && there->letters == cursor.letters, "a cursor that was not added");
      require(cursor.events >= there->events, "a cursor that goes back");
      const std::uint64_t end = cursor.letters ? letters : events;
      if (cursor.events > end) {
        database_->refuse(
            ExitCode::kBadInput,
            fmt::format("the sink {} has had {} {}, and the state knows of {}: one of the two is "
                        "older than the other. Restore both from the same time, or begin anew "
                        "with both",
                        cursor.name, cursor.events, cursor.letters ? "dead letters" : "events",
                        end));
      }
    }
  }

  // Whether anybody waits for what the entry brought forth.
  [[nodiscard]] bool is_awaited(const StateEntry& entry) const {
    return std::ranges::any_of(open_->view.standing().sinks, [&](const SinkCursor& sink) {
      return (sink.letters ? entry.letters : entry.events) > 0;
    });
  }

  void require_entries(const std::vector<StateEntry>& entries) const {
    for (const StateEntry& entry : entries) {
      require(entry.payload.size() <= kEntryBytesMax && entry.outbox.size() <= kEntryBytesMax,
              "an entry that is too large");
      require(!entry.outbox.empty() || !is_awaited(entry),
              "an entry with events that a sink waits for, and without an outbox");
    }
  }

  void require_dumps(const std::vector<DumpRecord>& dumps) const {
    std::uint64_t last = head().dumps;
    for (const DumpRecord& dump : dumps) {
      require(dump.number > 0 && (dump.number == last || dump.number == last + 1),
              "a dump that is neither the last nor the next");
      last = dump.number;
    }
  }

  void require_streams(const std::vector<StreamRecord>& streams) const {
    const std::vector<StreamRecord>& there = open_->view.standing().streams;
    std::size_t known = there.size();
    for (const StreamRecord& stream : streams) {
      require(!stream.name.empty() && stream.name.size() <= kStreamNameMax &&
                  stream.mark.size() <= kStreamMarkMax,
              "a stream without a name, or with too long a one, or too long a mark");
      known += std::ranges::binary_search(there, stream.name, {}, &StreamRecord::name) ? 0 : 1;
    }
    require(known <= StateStore::kStreamsMax, "more streams than a state keeps");
  }

  template <typename Work>
  void change(Work work) {
    transact(std::move(work));
    bring_in_wal();
  }

  // One transaction: `work` changes the tables and, with them, the standing.
  template <typename Work>
  void transact(Work work) {
    failed_ = true;  // until it is not: there are many ways out
    Standing next = open_->view.standing();
    Query(open_->begin).run();
    work(next);
    next.head.sinks = next.sinks.size();
    next.head.sinks_digest = state::digest_of(digester(), next.sinks);
    next.head.streams = next.streams.size();
    next.head.streams_digest = state::digest_of(digester(), next.streams);
    if (next.head != head()) {
      open_->head_writer.write(digester(), next.head);
    }
    Query(open_->commit).run();
    open_->view.adopt(std::move(next));
    failed_ = false;
  }

  void checkpoint_if_long() {
    if (database_->wal_pages() <= checkpoint_at_) {
      return;
    }
    // A reader of an old view keeps the WAL long. Then not with every commit again.
    const bool whole = database_->checkpoint(false);
    checkpoint_at_ = whole ? wal_pages_max_ : database_->wal_pages() + wal_pages_max_;
  }

  void insert_entry(Standing& next, const StateEntry& entry) {
    JournalPoint& last = next.head.last;
    const JournalPoint before = last;
    ++last.sequence;
    last.events += entry.events;
    last.letters += entry.letters;
    last.bytes += entry.payload.size();
    last.chain = state::chain_entry(digester(), before, last, entry.kind, entry.payload);
    Query(open_->insert_entry)
        .add(last.sequence)
        .add(static_cast<std::uint64_t>(entry.kind))
        .add(last.events)
        .add(last.letters)
        .add(last.bytes)
        .add_bytes(last.chain.view())
        .add_bytes(entry.payload)
        .run();
    if (is_awaited(entry)) {
      insert_outbox(
          next,
          {last.sequence, before.events, last.events, before.letters, last.letters, std::string()},
          entry.outbox);
    }
  }

  void insert_outbox(Standing& next, const OutboxRow& row, std::string_view bytes) {
    Digest& chain = next.head.outbox_chain;
    chain = state::chain_outbox(digester(), chain, row, bytes);
    Query(open_->insert_outbox)
        .add(row.sequence)
        .add(row.events_first)
        .add(row.events_end)
        .add(row.letters_first)
        .add(row.letters_end)
        .add_bytes(chain.view())
        .add_bytes(bytes)
        .run();
    open_->tidier.outbox_was_written(row);
  }

  void write_dump(Standing& next, const DumpRecord& dump) {
    if (dump.number > next.head.dumps) {
      if (next.head.dumps > 0) {
        note_content(next);
      }
      next.before_last_dump = next.head.dumps_chain;
      next.head.dumps = dump.number;
    }
    next.last_dump = dump;
    const Digest chain = state::chain_dump(digester(), next.before_last_dump, dump);
    next.head.dumps_chain = chain;
    Query(open_->replace_dump)
        .add(dump.number)
        .add_text(dump.name)
        .add(dump.bytes)
        .add_text(dump.content)
        .add(std::uint64_t{dump.files})
        .add(dump.offset)
        .add(dump.lines)
        .add(std::uint64_t{dump.done})
        .add_bytes(chain.view())
        .run();
  }

  // The last dump will not change any more: another one follows.
  void note_content(Standing& next) {
    const std::uint64_t chunk = (next.head.dumps - 1) / state::kChunkDumps;
    if ((next.head.dumps - 1) % state::kChunkDumps == 0) {
      next.last_chunk.clear();
      next.before_last_chunk = next.head.contents_chain;
    }
    state::append_fingerprint(next.last_chunk,
                              state::fingerprint_of(digester(), next.last_dump.content));
    const Digest chain =
        state::chain_contents(digester(), next.before_last_chunk, chunk, next.last_chunk);
    next.head.contents_chain = chain;
    Query(open_->replace_chunk).add(chunk).add_bytes(next.last_chunk).add_bytes(chain.view()).run();
  }

  void write_cursor(Standing& next, const SinkCursor& cursor) {
    *std::ranges::find(next.sinks, cursor.name, &SinkCursor::name) = cursor;
    Query(open_->update_cursor).add(cursor.events).add(cursor.mark).add_text(cursor.name).run();
  }

  void write_stream(Standing& next, const StreamRecord& stream) {
    const auto at = std::ranges::lower_bound(next.streams, stream.name, {}, &StreamRecord::name);
    if (at != next.streams.end() && at->name == stream.name) {
      *at = stream;
    } else {
      next.streams.insert(at, stream);
    }
    Query(open_->replace_stream)
        .add_text(stream.name)
        .add(stream.position)
        .add_bytes(stream.mark)
        .run();
  }

  void drop_unfinished() {
    if (building_) {
      building_.reset();
      open_->tidier.pieces_were_let_go();
    }
  }

  std::unique_ptr<state::FileLock> lock_;
  std::unique_ptr<Database> database_;
  bool sync_;
  std::uint64_t wal_pages_max_ = 0;
  std::uint64_t checkpoint_at_ = 0;  // so many pages
  std::uint64_t next_piece_ = 1;
  std::optional<Building> building_;
  std::unique_ptr<Open> open_;
  bool failed_ = false;
};

std::unique_ptr<StateStore> StateStore::open(const std::string& path, const StateOptions& options) {
  return std::unique_ptr<StateStore>(new StateStore(std::make_unique<Impl>(path, options)));
}

StateStore::StateStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StateStore::~StateStore() = default;

StateReader& StateStore::reader() { return impl_->reader(); }
void StateStore::commit(const StateCommit& commit) { impl_->commit(commit); }
void StateStore::bring_in_wal() { impl_->bring_in_wal(); }
SinkCursor StateStore::add_cursor(std::string_view name, bool letters, std::uint64_t mark) {
  return impl_->add_cursor(name, letters, mark);
}
bool StateStore::forget_cursor(std::string_view name) { return impl_->forget_cursor(name); }
void StateStore::begin_snapshot(std::uint64_t sequence) { impl_->begin_snapshot(sequence); }
void StateStore::add_snapshot_piece(std::string_view piece) { impl_->add_snapshot_piece(piece); }
void StateStore::finish_snapshot(std::uint64_t keep_journal_from) {
  impl_->finish_snapshot(keep_journal_from);
}
bool StateStore::tidy() { return impl_->tidy(); }
void StateStore::scrub() { impl_->scrub(); }

}  // namespace tagtill
