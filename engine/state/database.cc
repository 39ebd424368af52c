#include "engine/state/database.h"

#include <fmt/core.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

#include "engine/state/wal_renewal.h"

namespace tagtill::state {
namespace {

constexpr int kBusyMilliseconds = 10'000;

// The path as SQLite takes it for a plain file name, whatever it is.
std::string plain_name(const std::string& path) {
  return path.starts_with('/') ? path : "./" + path;
}

// As a URI that says that nobody writes the file.
std::string immutable_name(const std::string& path) {
  std::string name = "file:";
  for (const char c : plain_name(path)) {
    if (c == '%' || c == '?' || c == '#') {
      name += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    } else {
      name += c;
    }
  }
  return name + "?immutable=1";
}

// What SQLite says of bytes that are not what they should be; of a schema, too, and of keys that
// are there already.
bool means_damage(int result) {
  switch (result & 0xFF) {
    case SQLITE_ERROR:
    case SQLITE_CORRUPT:
    case SQLITE_TOOBIG:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_FORMAT:
    case SQLITE_RANGE:
      return true;
    default:
      return false;
  }
}

std::string disk_reason(int result, int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "the disk is full. Free some room there and start again: nothing is lost";
    case EFBIG:
      return "the file became larger than it may. Raise the limit of file sizes (ulimit -f) and "
             "start again: nothing is lost";
    case EROFS:
      return "it lies on a file system that cannot be written. Choose another place";
    default:
      return fmt::format(
          "{} (SQLite error {}). Check the disk and start again: what was committed stands",
          error == 0 ? sqlite3_errstr(result) : std::generic_category().message(error), result);
  }
}

}  // namespace

Database::Database(std::string path, const std::string& vfs, Access access, OnSync on_sync)
    : path_(std::move(path)), writes_(access != Access::kRead) {
  const int make = access == Access::kMake ? SQLITE_OPEN_CREATE : 0;
  if (!vfs.empty() && sqlite3_vfs_find(vfs.c_str()) == nullptr) {
    refuse(ExitCode::kFailed, fmt::format("SQLite has no VFS \"{}\". Register it first", vfs));
  }
  if (on_sync) {
    timer_ = std::make_unique<SyncTimer>(vfs, std::move(on_sync));
  }
  const std::string& through = timer_ == nullptr ? vfs : timer_->name();
  try {
    int result = open(plain_name(path_), through,
                      writes_ ? SQLITE_OPEN_READWRITE | make : SQLITE_OPEN_READONLY);
    if (!writes_ && vfs.empty() && can_be_read_unlocked(result)) {
      sqlite3_close_v2(std::exchange(database_, nullptr));
      result = open(immutable_name(path_), through, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
    }
    check(result);
    if (writes_ && sqlite3_db_readonly(database_, "main") == 1) {
      fail(SQLITE_READONLY);
    }
  } catch (...) {
    sqlite3_close_v2(std::exchange(database_, nullptr));
    throw;
  }
}

// Not sqlite3_close: what a query that failed left behind must not keep it open.
Database::~Database() { sqlite3_close_v2(database_); }

int Database::open(const std::string& name, const std::string& vfs, int flags) {
  const int opened = sqlite3_open_v2(name.c_str(), &database_, flags | SQLITE_OPEN_NOMUTEX,
                                     vfs.empty() ? nullptr : vfs.c_str());
  if (opened != SQLITE_OK) {
    return opened;
  }
  sqlite3_extended_result_codes(database_, 1);
  sqlite3_busy_timeout(database_, kBusyMilliseconds);
  sqlite3_db_config(database_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_db_config(database_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  // SQLite's own checkpoint after a commit says nothing when its fsync fails, and the next one
  // would try that fsync again.
  sqlite3_wal_hook(
      database_,
      [](void* pages, sqlite3*, const char*, int count) {
        *static_cast<std::uint64_t*>(pages) = static_cast<std::uint64_t>(count);
        return SQLITE_OK;
      },
      &wal_pages_);
  // The first read tells whether it is a database at all.
  return sqlite3_exec(database_, "PRAGMA cell_size_check = ON; SELECT 1 FROM sqlite_schema LIMIT 1",
                      nullptr, nullptr, nullptr);
}

// To be read, a database with a WAL needs a file for what its users tell each other. Where none
// can be made nobody writes either, and without a WAL the file is all there is.
bool Database::can_be_read_unlocked(int result) const {
  struct stat status {};
  const bool refused = (result & 0xFF) == SQLITE_CANTOPEN || (result & 0xFF) == SQLITE_READONLY;
  return refused && ::stat(path_.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         (::stat((path_ + "-wal").c_str(), &status) != 0 || status.st_size == 0);
}

void Database::run(const std::string& sql) {
  errno = 0;
  check(sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr));
}

std::uint64_t Database::number(const std::string& sql) {
  Statement statement(*this, sql);
  Query query(statement);
  return query.step() ? query.number(0) : 0;
}

std::string Database::text(const std::string& sql) {
  Statement statement(*this, sql);
  Query query(statement);
  return std::string(query.step() ? query.bytes(0) : "");
}

void Database::renew_wal() {
  errno = 0;
  check(state::renew_wal(database_));
}

bool Database::checkpoint(bool to_the_end) {
  int pages = 0;
  int copied = 0;
  errno = 0;
  const int result = sqlite3_wal_checkpoint_v2(
      database_, "main", to_the_end ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE,
      &pages, &copied);
  if ((result & 0xFF) == SQLITE_BUSY || (result & 0xFF) == SQLITE_LOCKED) {
    return false;
  }
  check(result);
  return pages == copied;
}

void Database::close() {
  sqlite3_busy_timeout(database_, 0);
  sqlite3_db_config(database_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
  sqlite3_close_v2(std::exchange(database_, nullptr));
}

void Database::damaged(std::string_view what) const {
  throw DamagedState(
      fmt::format("the state {} is damaged: {}. Restore it from a copy, or begin a new state and "
                  "replay the dumps.",
                  path_, what));
}

void Database::refuse(ExitCode code, std::string_view reason) const {
  throw Error(code, fmt::format("the state {} cannot be used: {}.", path_, reason));
}

void Database::check(int result) const {
  if (result != SQLITE_OK) {
    fail(result);
  }
}

void Database::fail(int result) const {
  const int last_errno = errno;
  const char* message = database_ == nullptr ? sqlite3_errstr(result) : sqlite3_errmsg(database_);
  // SQLite forgets it when a commit fails.
  const int known = database_ == nullptr ? 0 : sqlite3_system_errno(database_);
  const int error = known == 0 ? last_errno : known;
  if (means_damage(result)) {
    damaged(fmt::format("{} (SQLite error {})", message, result));
  }
  std::string reason;
  switch (result & 0xFF) {
    case SQLITE_NOMEM:
      throw std::bad_alloc();
    case SQLITE_NOTADB:
      refuse(
          ExitCode::kBadInput,
          "it is not an SQLite database, or the beginning of it is damaged. Choose another path, "
          "or restore it");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      reason = fmt::format("another program kept it locked for {} s. Let that one end first",
                           kBusyMilliseconds / 1000);
      break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      reason = "it cannot be written. Check the rights of the file and its folder";
      break;
    case SQLITE_CANTOPEN:
      reason = fmt::format(
          "{}. Check that it is a file, and that its folder exists and can be {}", message,
          writes_ ? "written" : "read; where nothing can be written, copy it with its -wal first");
      break;
    case SQLITE_FULL:
      reason = disk_reason(result, ENOSPC);
      break;
    default:
      reason = disk_reason(result, error);
      break;
  }
  throw Error(ExitCode::kIoFailed, fmt::format("cannot {} the state {}: {}.",
                                               writes_ ? "write" : "read", path_, reason));
}

Statement::Statement(Database& database, const std::string& sql) : database_(database) {
  database.check(sqlite3_prepare_v3(database.database_, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT,
                                    &statement_, nullptr));
}

Statement::~Statement() { sqlite3_finalize(statement_); }

Query::~Query() { sqlite3_reset(statement_.statement_); }

Query& Query::add(std::uint64_t number) {
  statement_.database_.check(
      sqlite3_bind_int64(statement_.statement_, ++place_, static_cast<sqlite3_int64>(number)));
  return *this;
}

Query& Query::add_text(std::string_view text) {
  // To SQLite a text without an address is a null.
  const char* bytes = text.data() == nullptr ? "" : text.data();
  statement_.database_.check(sqlite3_bind_text64(statement_.statement_, ++place_, bytes,
                                                 text.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Query& Query::add_bytes(std::string_view bytes) {
  const char* at = bytes.data() == nullptr ? "" : bytes.data();
  statement_.database_.check(
      sqlite3_bind_blob64(statement_.statement_, ++place_, at, bytes.size(), SQLITE_STATIC));
  return *this;
}

bool Query::step() {
  errno = 0;
  const int result = sqlite3_step(statement_.statement_);
  if (result != SQLITE_ROW && result != SQLITE_DONE) {
    statement_.database_.fail(result);
  }
  return result == SQLITE_ROW;
}

void Query::run() {
  while (step()) {
  }
}

std::uint64_t Query::number(int column) const {
  return static_cast<std::uint64_t>(sqlite3_column_int64(statement_.statement_, column));
}

std::string_view Query::bytes(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.statement_, column);
  const int size = sqlite3_column_bytes(statement_.statement_, column);
  return bytes == nullptr
             ? std::string_view()
             : std::string_view(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

}  // namespace tagtill::state
