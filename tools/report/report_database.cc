#include "tools/report/report_database.h"

#include <fmt/core.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstddef>
#include <string_view>
#include <system_error>
#include <utility>

#include "engine/errors.h"
#include "engine/event.h"
#include "sinks/sqlite_schema.h"

namespace tagtill {
namespace {

constexpr int kBusyMilliseconds = 10'000;
constexpr int kValueBytesMax = 1 << 20;

std::string reason_of(int result, const char* message) {
  switch (result & 0xFF) {
    case SQLITE_NOTADB:
      return "it is not an SQLite database. Give the PATH of a --sink sqlite:PATH";
    case SQLITE_CORRUPT:
      return "the database is damaged. Restore it (sqlite3 FILE .recover)";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return fmt::format("another program kept it locked for {} s. Let that one end first",
                         kBusyMilliseconds / 1000);
    case SQLITE_READONLY:
      return "a run that wrote it was cut off. Replay into it once more";
    case SQLITE_TOOBIG:
      return "it holds a text of more than 1 MiB, which no run writes";
    case SQLITE_FULL:
      return "there is no room for temporary files. Free some, or set SQLITE_TMPDIR";
    case SQLITE_CANTOPEN:
      return fmt::format("{}. Check the rights of the file and its folder", message);
    default:
      return fmt::format("{} (SQLite error {}). Give the PATH of a --sink sqlite:PATH", message,
                         result);
  }
}

ReportValue value_of(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL:
      return {};
    case SQLITE_INTEGER:
      return sqlite3_column_int64(statement, column);
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    default: {
      const void* bytes = sqlite3_column_blob(statement, column);
      const int size = sqlite3_column_bytes(statement, column);
      return bytes == nullptr
                 ? std::string()
                 : std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
    }
  }
}

}  // namespace

std::int64_t integer_of(const ReportValue& value) {
  const auto* number = std::get_if<std::int64_t>(&value);
  return number == nullptr ? 0 : *number;
}

double real_of(const ReportValue& value) {
  if (const auto* number = std::get_if<double>(&value)) {
    return *number;
  }
  return static_cast<double>(integer_of(value));
}

const std::string& text_of(const ReportValue& value) {
  static const std::string kNone;
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? kNone : *text;
}

class ReportDatabase::Impl {
 public:
  explicit Impl(std::string path) : path_(std::move(path)) {
    try {
      open();
      make_views();
    } catch (...) {
      sqlite3_close_v2(database_);
      throw;
    }
  }
  ~Impl() { sqlite3_close_v2(database_); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] bool has_all_events() const { return has_all_events_; }

  std::vector<ReportRow> rows(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr));
    std::vector<ReportRow> rows;
    int result = SQLITE_OK;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
      ReportRow& row = rows.emplace_back();
      for (int column = 0; column < sqlite3_column_count(statement); ++column) {
        row.push_back(value_of(statement, column));
      }
    }
    sqlite3_finalize(statement);
    check(result == SQLITE_DONE ? SQLITE_OK : result);
    return rows;
  }

 private:
  void open() {
    struct stat status {};
    if (::stat(path_.c_str(), &status) != 0) {
      refuse(fmt::format("{}. Give the PATH of a --sink sqlite:PATH",
                         std::generic_category().message(errno)));
    }
    if (!S_ISREG(status.st_mode)) {
      refuse("it is not a file. Give the PATH of a --sink sqlite:PATH");
    }
    check(sqlite3_open_v2(sqlite_plain_path(path_).c_str(), &database_, SQLITE_OPEN_READONLY,
                          nullptr));
    sqlite3_busy_timeout(database_, kBusyMilliseconds);
    sqlite3_limit(database_, SQLITE_LIMIT_LENGTH, kValueBytesMax);
    sqlite3_db_config(database_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(database_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    (void)rows("BEGIN");
    (void)rows("PRAGMA schema_version");  // the first read tells whether it is a database
  }

  bool has_table(std::string_view name) {
    const auto found = rows(fmt::format(
        "SELECT count(*) FROM pragma_table_list('{}') WHERE schema = 'main' AND type = 'table'",
        name));
    return integer_of(found.at(0).at(0)) == 1;
  }

  void make_views() {
    if (!has_table(table_of(EventType::kConfirmed).name)) {
      refuse("it holds no table of purchases. Give the PATH of a --sink sqlite:PATH");
    }
    const bool has_offers = has_table(offers_table().name);
    has_all_events_ = has_offers;
    for (std::size_t type = 0; type < kEventTypes; ++type) {
      has_all_events_ = has_all_events_ && has_table(table_of(static_cast<EventType>(type)).name);
    }
    if (!has_offers) {
      (void)rows("CREATE TEMP TABLE offers (id TEXT, title TEXT, currency TEXT)");
    }
    for (const SqliteView& view : sqlite_views()) {
      if (has_all_events_ || !view.needs_all_events) {
        (void)rows(fmt::format("CREATE TEMP TABLE {} AS{}", view.name, view.select));
      }
    }
  }

  void check(int result) {
    if (result != SQLITE_OK) {
      refuse(reason_of(result, database_ == nullptr ? "no memory" : sqlite3_errmsg(database_)));
    }
  }

  [[noreturn]] void refuse(const std::string& reason) const {
    throw Error(ExitCode::kBadInput, fmt::format("cannot read {}: {}.", path_, reason));
  }

  std::string path_;
  sqlite3* database_ = nullptr;
  bool has_all_events_ = false;
};

ReportDatabase::ReportDatabase(std::string path) : impl_(std::make_unique<Impl>(std::move(path))) {}
ReportDatabase::~ReportDatabase() = default;
bool ReportDatabase::has_all_events() const { return impl_->has_all_events(); }
std::vector<ReportRow> ReportDatabase::rows(const std::string& sql) { return impl_->rows(sql); }

}  // namespace tagtill
