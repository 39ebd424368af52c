#include "sinks/sqlite_sink.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/errors.h"
#include "engine/time.h"
#include "sinks/sink_batcher.h"
#include "sinks/sqlite_schema.h"

namespace tagtill {
namespace {

constexpr int kBusyMilliseconds = 10'000;

// "tgtl": `file` and other programs tell by it whose database this is.
constexpr std::int64_t kApplicationId = 0x7467746C;
constexpr std::int64_t kSchemaVersion = 1;

// How often each rejection came in this run; it is gone with the connection. A
// table and not a map, so that memory stays bounded.
constexpr const char* kCreateSeenSql =
    "CREATE TEMP TABLE rejections_seen (post_id, author_id, reason, offer_id, at, times, "
    "PRIMARY KEY (post_id, author_id, reason, offer_id, at)) WITHOUT ROWID";
constexpr const char* kCountSeenSql =
    "INSERT INTO temp.rejections_seen VALUES (?, ?, ?, ?, ?, 1) "
    "ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times";

// No post is older than 1970 (P1.5), so an offer may as well begin there.
Millis since_1970(Millis time) { return std::max<Millis>(time, 0); }

// `DE,FR`.
std::string list_of(const std::vector<RegionCode>& regions) {
  std::string list;
  for (const RegionCode& region : regions) {
    list.append(list.empty() ? "" : ",").append(region.data(), region.size());
  }
  return list;
}

}  // namespace

class SqliteSink::Impl {
 public:
  Impl(std::string path, EventTypes types, std::shared_ptr<const OfferCatalogue> offers)
      : path_(std::move(path)), types_(types), offers_(std::move(offers)) {}
  ~Impl() { release(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  SinkPosition open(const SinkStart& start) {
    position_ = start.at;
    const int result = sqlite3_open_v2(sqlite_plain_path(path_).c_str(), &database_,
                                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    if (result != SQLITE_OK) {
      fail("open", result);
    }
    sqlite3_extended_result_codes(database_, 1);
    sqlite3_busy_timeout(database_, kBusyMilliseconds);
    // The first read tells whether it is a database at all.
    (void)number("PRAGMA schema_version");
    if (sqlite3_db_readonly(database_, "main") == 1) {
      refuse("it cannot be written. Check the rights of the file and its folder");
    }
    run("BEGIN IMMEDIATE", "write");
    make_or_check_schema();
    if (wants_more()) {
      store_offers();
    }
    run("COMMIT", "write");
    enter_wal();
    prepare_inserts();
    begin_ = prepare("BEGIN IMMEDIATE");
    commit_ = prepare("COMMIT");
    return position_;
  }

  void write(const EventBatch& batch, std::uint64_t through) {
    position_.events = through;
    if (std::ranges::none_of(batch.events, [&](const Event& event) { return takes(event.type); })) {
      return;
    }
    step_to_end(begin_);
    for (const Event& event : batch.events) {
      if (takes(event.type)) {
        insert(event);
      }
    }
    step_to_end(commit_);
  }

  [[nodiscard]] SinkPosition position() const { return position_; }

  void close() {
    finalize_statements();
    // With other readers on the file this is refused and the WAL stays, which is
    // whole as well; the next close() does it. Not worth waiting for.
    sqlite3_busy_timeout(database_, 0);
    (void)sqlite3_exec(database_, "PRAGMA journal_mode = DELETE", nullptr, nullptr, nullptr);
    const int result = sqlite3_close(std::exchange(database_, nullptr));
    if (result != SQLITE_OK) {
      fail("close", result);
    }
  }

 private:
  // The parameters of a statement, one after the other. The bytes are only
  // looked at in the step that follows: SQLite needs no copy.
  class Row {
   public:
    Row(Impl& sink, sqlite3_stmt* statement) : sink_(sink), statement_(statement) {}
    Row& add(std::string_view value) {
      // To SQLite a text without an address is a null.
      const char* bytes = value.data() == nullptr ? "" : value.data();
      sink_.check(sqlite3_bind_text64(statement_, ++place_, bytes, value.size(), SQLITE_STATIC,
                                      SQLITE_UTF8));
      return *this;
    }
    Row& add(std::int64_t value) {
      sink_.check(sqlite3_bind_int64(statement_, ++place_, value));
      return *this;
    }
    Row& add(const std::optional<std::int64_t>& value) { return value ? add(*value) : add_null(); }
    Row& add_null() {
      sink_.check(sqlite3_bind_null(statement_, ++place_));
      return *this;
    }
    void write() { sink_.step_to_end(statement_); }

   private:
    Impl& sink_;
    sqlite3_stmt* statement_;
    int place_ = 0;
  };

  // Purchases are what the sink exists for, whatever else it takes.
  [[nodiscard]] bool has_table(EventType type) const {
    return type == EventType::kConfirmed || takes(type);
  }
  [[nodiscard]] bool takes(EventType type) const {
    return types_.test(static_cast<std::size_t>(type));
  }
  // More than purchases: then the offers stand in the database as well.
  [[nodiscard]] bool wants_more() const { return (types_ & ~confirmed_only()).any(); }

  void make_or_check_schema() {
    const std::int64_t application = number("PRAGMA application_id");
    const std::int64_t version = number("PRAGMA user_version");
    const bool empty = number("SELECT count(*) FROM sqlite_schema") == 0;
    if (application != 0 && application != kApplicationId) {
      refuse("it is the database of another program. Choose another path");
    }
    if (application == kApplicationId && version > kSchemaVersion) {
      refuse(
          fmt::format("a newer tagtill wrote it (version {}, this one knows {}). Use that one, "
                      "or choose another path",
                      version, kSchemaVersion));
    }
    for (std::size_t type = 0; type < kEventTypes; ++type) {
      if (has_table(static_cast<EventType>(type))) {
        make_or_check(table_of(static_cast<EventType>(type)));
      }
    }
    if (wants_more()) {
      make_or_check(offers_table());
    }
    if (types_.all()) {
      make_views(empty || application == kApplicationId);
    }
    if (empty) {
      run(fmt::format("PRAGMA application_id = {}", kApplicationId), "write");
      run(fmt::format("PRAGMA user_version = {}", kSchemaVersion), "write");
    }
  }

  // The SQL of a table, view or index; none if there is nothing of that name.
  std::optional<std::string> stored_sql(std::string_view name) {
    sqlite3_stmt* statement =
        prepare("SELECT sql FROM sqlite_schema WHERE name = ? COLLATE NOCASE");
    Row(*this, statement).add(name);
    std::optional<std::string> sql;
    const int result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
      sql = text(statement, 0);
    }
    sqlite3_finalize(statement);
    if (result != SQLITE_ROW && result != SQLITE_DONE) {
      fail("read", result);
    }
    return sql;
  }

  void make_or_check(const SqliteTable& table) {
    const std::string index = create_index_sql(table);
    if (!stored_sql(table.name)) {
      run(create_table_sql(table), "write");
      if (!index.empty()) {
        run(index, "write");
      }
      return;
    }
    if (!has_form(table) ||
        (!index.empty() && stored_sql(fmt::format("{}_once", table.name)) != index)) {
      refuse_form(table.name);
    }
  }

  [[noreturn]] void refuse_form(std::string_view name) {
    refuse(
        fmt::format("it has a table \"{}\" of another form. Choose another path, or rename "
                    "that table",
                    name));
  }

  // Views hold no data: one that an earlier version made is made anew. In a
  // database of somebody else's it may be theirs.
  void make_views(bool ours) {
    for (const SqliteView& view : sqlite_views()) {
      const std::string sql = fmt::format("CREATE VIEW {} AS{}", view.name, view.select);
      const std::optional<std::string> stored = stored_sql(view.name);
      if (stored == sql) {
        continue;
      }
      if (stored && (!ours || !stored->starts_with("CREATE VIEW"))) {
        refuse_form(view.name);
      }
      run(fmt::format("DROP VIEW IF EXISTS {}", view.name), "write");
      run(sql, "write");
    }
  }

  bool has_form(const SqliteTable& table) {
    bool same = number(fmt::format("SELECT count(*) FROM pragma_table_list('{}') "
                                   "WHERE schema = 'main' AND type = 'table' AND strict = 1",
                                   table.name)) == 1;
    sqlite3_stmt* columns =
        prepare(fmt::format("SELECT name, type, \"notnull\", pk FROM "
                            "pragma_table_xinfo('{}') ORDER BY cid",
                            table.name));
    std::size_t place = 0;
    int result = SQLITE_OK;
    while ((result = sqlite3_step(columns)) == SQLITE_ROW) {
      same = same && place < table.columns.size() &&
             text(columns, 0) == table.columns[place].name &&
             text(columns, 1) == table.columns[place].type &&
             (sqlite3_column_int(columns, 2) != 0) == table.columns[place].not_null &&
             sqlite3_column_int(columns, 3) == (table.key_is_first_column && place == 0 ? 1 : 0);
      ++place;
    }
    sqlite3_finalize(columns);
    if (result != SQLITE_DONE) {
      fail("read", result);
    }
    return same && place == table.columns.size();
  }

  void store_offers() {
    sqlite3_stmt* upsert = prepare(upsert_sql(offers_table()));
    for (const Offer& offer : offers_->offers()) {
      scratch_.clear();
      const std::size_t begin_end = append_time(since_1970(offer.starts_at));
      append_time(since_1970(offer.ends_at));
      const std::string_view scratch = scratch_;
      const std::string regions = list_of(offer.regions);
      Row row(*this, upsert);
      row.add(offer.id)
          .add(offer.tag)
          .add(offer.title)
          .add(offer.price_minor)
          .add(std::string_view(offer.currency.data(), offer.currency.size()))
          .add(name_of(offer.fulfilment))
          .add(scratch.substr(0, begin_end))
          .add(scratch.substr(begin_end))
          .add(offer.list_price_minor)
          .add(offer.stock)
          .add(offer.limit_per_member)
          .add(offer.commission_bps)
          .add(offer.window_ms / 1'000);
      regions.empty() ? row.add_null() : row.add(regions);
      row.write();
    }
    sqlite3_finalize(upsert);
  }

  void prepare_inserts() {
    for (std::size_t type = 0; type < kEventTypes; ++type) {
      if (takes(static_cast<EventType>(type))) {
        inserts_[type] = prepare(insert_sql(table_of(static_cast<EventType>(type))));
      }
    }
    if (takes(EventType::kRejected)) {
      run(kCreateSeenSql, "write");
      count_seen_ = prepare(kCountSeenSql);
    }
  }

  // Where the file system cannot do WAL (no shared memory: some network ones),
  // SQLite stays with the rollback journal, which then needs its fsyncs.
  void enter_wal() {
    sqlite3_stmt* statement = prepare("PRAGMA journal_mode = WAL");
    const int result = sqlite3_step(statement);
    const bool wal = result == SQLITE_ROW && text(statement, 0) == "wal";
    sqlite3_finalize(statement);
    if (result != SQLITE_ROW) {
      fail("write", result);
    }
    run(wal ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL", "write");
  }

  // Appends the time to scratch_; returns where it ends there.
  std::size_t append_time(Millis time) {
    append_rfc3339(scratch_, time);
    return scratch_.size();
  }

  void insert(const Event& event) {
    sqlite3_stmt* statement = inserts_[static_cast<std::size_t>(event.type)];
    if (event.type == EventType::kRejected) {
      insert_rejection(statement, event);
      return;
    }
    scratch_.clear();
    append_purchase_id(scratch_, event);
    const std::size_t id_end = scratch_.size();
    const std::size_t intent_end = append_time(event.intent_at);
    if (event.type != EventType::kCancelled) {
      append_time(event.type == EventType::kConfirmed ? event.at : event.deadline);
    }
    const std::string_view scratch = scratch_;
    const std::string_view intent_at = scratch.substr(id_end, intent_end - id_end);
    const std::string_view last_time = scratch.substr(intent_end);

    Row row(*this, statement);
    row.add(scratch.substr(0, id_end)).add(event.offer_id);
    if (event.type != EventType::kPrompt) {
      row.add(event.account);
    }
    row.add(event.author_id).add(event.intent_id);
    if (event.type == EventType::kConfirmed) {
      row.add(event.post_id);
    }
    row.add(intent_at).add(event.type == EventType::kCancelled ? name_of(event.cancel_reason)
                                                               : last_time);
    switch (event.type) {
      case EventType::kPrompt:
        finish_prompt(row, event);
        break;
      case EventType::kConfirmed:
        finish_purchase(row, event);
        break;
      case EventType::kExpired:
      case EventType::kCancelled:
      case EventType::kRejected:
        row.write();
        break;
    }
  }

  void finish_prompt(Row& row, const Event& event) {
    const auto code = code_characters(event.code);
    tag_.assign("#").append(event.tag_prefix).append(code.data(), code.size());
    row.add(tag_)
        .add(event.title)
        .add(event.price_minor)
        .add(std::string_view(event.currency.data(), event.currency.size()))
        .write();
  }

  void finish_purchase(Row& row, const Event& event) {
    row.add(event.price_minor)
        .add(std::string_view(event.currency.data(), event.currency.size()))
        .add(event.commission_minor)
        .add(name_of(event.fulfilment));
    const auto claim = code_characters(event.code);
    if (event.code == kNoCode) {
      row.add_null();
    } else {
      row.add(std::string_view(claim.data(), claim.size()));
    }
    row.add(event.reach).write();
  }

  void insert_rejection(sqlite3_stmt* statement, const Event& event) {
    scratch_.clear();
    append_time(event.at);
    const std::string_view reason = name_of(event.reject_reason);
    Row(*this, count_seen_)
        .add(event.post_id)
        .add(event.author_id)
        .add(reason)
        .add(event.offer_id)
        .add(scratch_);
    const int result = sqlite3_step(count_seen_);
    if (result != SQLITE_ROW) {
      fail("write", result);
    }
    const std::int64_t nth = sqlite3_column_int64(count_seen_, 0);
    step_to_end(count_seen_);

    Row row(*this, statement);
    row.add(reason).add(event.post_id).add(event.author_id);
    event.offer_id.empty() ? row.add_null() : row.add(event.offer_id);
    row.add(scratch_).add(nth).write();
  }

  void check(int result) {
    if (result != SQLITE_OK) {
      fail("write", result);
    }
  }

  void step_to_end(sqlite3_stmt* statement) {
    const int result = sqlite3_step(statement);
    if (result != SQLITE_DONE) {
      fail("write", result);
    }
    sqlite3_reset(statement);
  }

  sqlite3_stmt* prepare(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    const int result = sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr);
    if (result != SQLITE_OK) {
      fail("read", result);
    }
    return statement;
  }

  void run(const std::string& sql, const char* action) {
    const int result = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
    if (result != SQLITE_OK) {
      fail(action, result);
    }
  }

  std::int64_t number(const std::string& sql) {
    sqlite3_stmt* statement = prepare(sql);
    const int result = sqlite3_step(statement);
    const std::int64_t value = result == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    if (result != SQLITE_ROW) {
      fail("read", result);
    }
    return value;
  }

  static std::string_view text(sqlite3_stmt* statement, int column) {
    const auto* bytes = sqlite3_column_text(statement, column);
    if (bytes == nullptr) {
      return {};
    }
    return {reinterpret_cast<const char*>(bytes),
            static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
  }

  [[noreturn]] void fail(const char* action, int result) {
    std::string reason;
    switch (result & 0xFF) {
      case SQLITE_FULL:
        reason = "the disk is full. Free some room there, or choose another place";
        break;
      case SQLITE_NOTADB:
        reason = "it is not an SQLite database. Choose another path";
        break;
      case SQLITE_CORRUPT:
        reason =
            "the database is damaged. Restore it (sqlite3 FILE .recover), or choose another "
            "path";
        break;
      case SQLITE_BUSY:
      case SQLITE_LOCKED:
        reason = fmt::format("another program kept it locked for {} s. Let that one end first",
                             kBusyMilliseconds / 1000);
        break;
      case SQLITE_READONLY:
      case SQLITE_PERM:
        reason = "it cannot be written. Check the rights of the file and its folder";
        break;
      case SQLITE_CANTOPEN:
        reason = fmt::format(
            "{}. Check that its folder exists and can be written, and that it is "
            "a file",
            database_ == nullptr ? "no memory" : sqlite3_errmsg(database_));
        break;
      default:
        reason = fmt::format(
            "{} (SQLite error {}). Check the disk, or choose another place",
            database_ == nullptr ? sqlite3_errstr(result) : sqlite3_errmsg(database_), result);
        break;
    }
    refuse(reason, action);
  }

  [[noreturn]] void refuse(const std::string& reason, const char* action = "use") {
    const std::string sentence =
        fmt::format("the sqlite sink: cannot {} {}: {}.", action, path_, reason);
    release();
    throw Error(ExitCode::kIoFailed, sentence);
  }

  void finalize_statements() {
    for (sqlite3_stmt*& insert : inserts_) {
      sqlite3_finalize(std::exchange(insert, nullptr));
    }
    sqlite3_finalize(std::exchange(count_seen_, nullptr));
    sqlite3_finalize(std::exchange(begin_, nullptr));
    sqlite3_finalize(std::exchange(commit_, nullptr));
  }

  // Without a word: an open transaction is rolled back.
  void release() {
    finalize_statements();
    sqlite3_close_v2(std::exchange(database_, nullptr));
  }

  std::string path_;
  EventTypes types_;
  std::shared_ptr<const OfferCatalogue> offers_;
  std::string scratch_;
  std::string tag_;
  SinkPosition position_;
  sqlite3* database_ = nullptr;
  std::array<sqlite3_stmt*, kEventTypes> inserts_{};  // null: the type is not taken
  sqlite3_stmt* count_seen_ = nullptr;
  sqlite3_stmt* begin_ = nullptr;
  sqlite3_stmt* commit_ = nullptr;
};

SqliteSink::SqliteSink(std::string path) : SqliteSink(std::move(path), confirmed_only(), nullptr) {}
SqliteSink::SqliteSink(std::string path, EventTypes types,
                       std::shared_ptr<const OfferCatalogue> offers)
    : impl_(std::make_unique<Impl>(std::move(path), types, std::move(offers))) {}
SqliteSink::~SqliteSink() = default;

SinkPosition SqliteSink::open(const SinkStart& start) { return impl_->open(start); }
void SqliteSink::write(const EventBatch& batch, std::uint64_t through) {
  impl_->write(batch, through);
}
// Every write() is committed when it returns.
SinkPosition SqliteSink::flush() { return impl_->position(); }
void SqliteSink::close() { impl_->close(); }

std::string sqlite_version() { return sqlite3_libversion(); }

}  // namespace tagtill
