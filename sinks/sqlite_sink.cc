#include "sinks/sqlite_sink.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "engine/errors.h"
#include "sinks/output_file.h"

namespace tagtill {
namespace {

constexpr int kBusyMilliseconds = 10'000;

// "tgtl": `file` and other programs tell by it whose database this is.
constexpr std::int64_t kApplicationId = 0x7467746C;
constexpr std::int64_t kSchemaVersion = 1;

struct Column {
  std::string_view name;
  std::string_view type;
  bool not_null;
};

// In the order of the members of the `confirmed` event (P8). The first is the
// primary key.
constexpr std::array<Column, 14> kColumns = {{
    {"purchase_id", "TEXT", true},
    {"offer_id", "TEXT", true},
    {"account", "TEXT", true},
    {"author_id", "TEXT", true},
    {"intent_id", "TEXT", true},
    {"confirm_id", "TEXT", true},
    {"intent_at", "TEXT", true},
    {"confirmed_at", "TEXT", true},
    {"price_minor", "INTEGER", true},
    {"currency", "TEXT", true},
    {"commission_minor", "INTEGER", true},
    {"fulfilment", "TEXT", true},
    {"claim_code", "TEXT", false},
    {"reach", "INTEGER", true},
}};

// No index but the primary key: every further one costs each insert, and a
// table of purchases is small enough to be read whole for a report.
std::string create_table_sql() {
  std::string sql = "CREATE TABLE purchases (";
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    sql += fmt::format("{}\n  {} {}{}{}", i == 0 ? "" : ",", kColumns[i].name, kColumns[i].type,
                       i == 0 ? " PRIMARY KEY" : "", kColumns[i].not_null ? " NOT NULL" : "");
  }
  return sql + "\n) STRICT";
}

std::string insert_sql() {
  std::string names;
  std::string marks;
  for (const Column& column : kColumns) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", column.name);
    marks += marks.empty() ? "?" : ", ?";
  }
  // The conflict is named: any other constraint that somebody added to the
  // table must fail aloud, not swallow purchases.
  return fmt::format("INSERT INTO purchases ({}) VALUES ({}) ON CONFLICT (purchase_id) DO NOTHING",
                     names, marks);
}

// What makes SQLite take a path as anything but a plain file name (":memory:",
// "file:…?mode=memory") is at its beginning.
std::string as_plain_path(const std::string& path) {
  return path.starts_with('/') ? path : "./" + path;
}

}  // namespace

class SqliteSink::Impl {
 public:
  explicit Impl(std::string path) : path_(std::move(path)) {}
  ~Impl() { release(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void open() {
    const int result = sqlite3_open_v2(as_plain_path(path_).c_str(), &database_,
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
    run("COMMIT", "write");
    enter_wal();
    insert_ = prepare(insert_sql());
    begin_ = prepare("BEGIN IMMEDIATE");
    commit_ = prepare("COMMIT");
  }

  void write(const EventBatch& batch) {
    const bool any = std::ranges::any_of(
        batch.events, [](const Event& event) { return event.type == EventType::kConfirmed; });
    if (!any) {
      return;
    }
    step_to_end(begin_);
    for (const Event& event : batch.events) {
      if (event.type == EventType::kConfirmed) {
        insert(event);
      }
    }
    step_to_end(commit_);
  }

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
    if (number("SELECT count(*) FROM sqlite_schema WHERE name = 'purchases' COLLATE NOCASE") == 0) {
      run(create_table_sql(), "write");
    } else {
      check_table();
    }
    if (empty) {
      run(fmt::format("PRAGMA application_id = {}", kApplicationId), "write");
      run(fmt::format("PRAGMA user_version = {}", kSchemaVersion), "write");
    }
  }

  void check_table() {
    bool same = number(
                    "SELECT count(*) FROM pragma_table_list('purchases') "
                    "WHERE schema = 'main' AND type = 'table' AND strict = 1") == 1;
    sqlite3_stmt* columns = prepare(
        "SELECT name, type, \"notnull\", pk FROM "
        "pragma_table_xinfo('purchases') ORDER BY cid");
    std::size_t place = 0;
    int result = SQLITE_OK;
    while ((result = sqlite3_step(columns)) == SQLITE_ROW) {
      same = same && place < kColumns.size() && text(columns, 0) == kColumns[place].name &&
             text(columns, 1) == kColumns[place].type &&
             (sqlite3_column_int(columns, 2) != 0) == kColumns[place].not_null &&
             sqlite3_column_int(columns, 3) == (place == 0 ? 1 : 0);
      ++place;
    }
    sqlite3_finalize(columns);
    if (result != SQLITE_DONE) {
      fail("read", result);
    }
    if (!same || place != kColumns.size()) {
      refuse(
          "it has a table \"purchases\" of another form. Choose another path, or rename that "
          "table");
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

  void insert(const Event& event) {
    scratch_.clear();
    append_purchase_id(scratch_, event);
    const std::size_t id_end = scratch_.size();
    append_rfc3339(scratch_, event.intent_at);
    const std::size_t intent_end = scratch_.size();
    append_rfc3339(scratch_, event.at);
    const std::string_view scratch = scratch_;

    int place = 0;
    bind(++place, scratch.substr(0, id_end));
    bind(++place, event.offer_id);
    bind(++place, event.account);
    bind(++place, event.author_id);
    bind(++place, event.intent_id);
    bind(++place, event.post_id);
    bind(++place, scratch.substr(id_end, intent_end - id_end));
    bind(++place, scratch.substr(intent_end));
    bind(++place, event.price_minor);
    bind(++place, std::string_view(event.currency.data(), event.currency.size()));
    bind(++place, event.commission_minor);
    bind(++place, std::string_view(event.fulfilment == Fulfilment::kShip ? "ship" : "pickup"));
    const auto claim = code_characters(event.code);
    if (event.code == kNoCode) {
      sqlite3_bind_null(insert_, ++place);
    } else {
      bind(++place, std::string_view(claim.data(), claim.size()));
    }
    bind(++place, event.reach);
    step_to_end(insert_);
  }

  // The bytes are only looked at in the step that follows: SQLite needs no copy.
  void bind(int place, std::string_view value) {
    check(sqlite3_bind_text64(insert_, place, value.data(), value.size(), SQLITE_STATIC,
                              SQLITE_UTF8));
  }
  void bind(int place, std::int64_t value) { check(sqlite3_bind_int64(insert_, place, value)); }

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
    sqlite3_finalize(std::exchange(insert_, nullptr));
    sqlite3_finalize(std::exchange(begin_, nullptr));
    sqlite3_finalize(std::exchange(commit_, nullptr));
  }

  // Without a word: an open transaction is rolled back.
  void release() {
    finalize_statements();
    sqlite3_close_v2(std::exchange(database_, nullptr));
  }

  std::string path_;
  std::string scratch_;
  sqlite3* database_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  sqlite3_stmt* begin_ = nullptr;
  sqlite3_stmt* commit_ = nullptr;
};

SqliteSink::SqliteSink(std::string path) : impl_(std::make_unique<Impl>(std::move(path))) {}
SqliteSink::~SqliteSink() = default;

void SqliteSink::open() { impl_->open(); }
void SqliteSink::write(const EventBatch& batch) { impl_->write(batch); }
// Every write() is committed when it returns.
void SqliteSink::flush() {}
void SqliteSink::close() { impl_->close(); }

std::string sqlite_version() { return sqlite3_libversion(); }

}  // namespace tagtill
