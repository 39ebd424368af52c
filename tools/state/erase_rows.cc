#include "tools/state/erase_rows.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <cstddef>

#include "engine/errors.h"
#include "engine/event.h"
#include "sinks/sqlite_database.h"
#include "sinks/sqlite_schema.h"

namespace tagtill {
namespace {

bool has_table(SqliteDatabase& database, std::string_view name) {
  return database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?")
      .add(name)
      .step();
}

// SqliteDatabase would make it.
void refuse_missing(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    throw Error(
        ExitCode::kIoFailed,
        fmt::format("the output: {} is not there, and the state has given it events. Put "
                    "it back, or leave it for good: tagtill state forget --state PATH --output",
                    path));
  }
}

// What a broken run left in a WAL comes into the database, and the WAL goes.
void leave_wal(SqliteDatabase& database) {
  SqliteStatement mode = database.prepare("PRAGMA journal_mode = DELETE");
  if (!mode.step() || mode.text(0) != "delete") {
    database.refuse("another program has it open. Let that one end first", "write");
  }
}

std::uint64_t changed(SqliteDatabase& database, const std::string& sql, std::string_view author) {
  database.prepare(sql).add(author).run();
  return static_cast<std::uint64_t>(database.number("SELECT changes()"));
}

}  // namespace

void check_rows(const std::string& path, std::string_view stream, std::uint64_t events,
                Disk& disk) {
  refuse_missing(path);
  SqliteDatabase database(path, disk.sqlite_vfs());
  database.open(true);
  const bool known = has_table(database, cursors_table().name);
  std::int64_t had = -1;
  if (known) {
    SqliteStatement find = database.prepare("SELECT events FROM tagtill_cursors WHERE stream = ?");
    had = find.add(stream).step() ? find.number(0) : -1;
  }
  if (had < 0 || static_cast<std::uint64_t>(had) != events) {
    database.refuse(
        "it is not the one that the state has given its events: another one, or from another time. "
        "Put the right one back, or leave it for good: tagtill state forget --state PATH --output");
  }
}

Erased erase_rows(const std::string& path, std::string_view author, std::uint64_t mark,
                  Disk& disk) {
  refuse_missing(path);
  Erased erased;
  erased.mark = mark;
  SqliteDatabase database(path, disk.sqlite_vfs());
  database.open(true);
  leave_wal(database);
  database.run("PRAGMA secure_delete = ON");
  database.run("BEGIN IMMEDIATE");
  for (std::size_t type = 0; type < kEventTypes; ++type) {
    const std::string_view table = table_of(static_cast<EventType>(type)).name;
    if (!has_table(database, table)) {
      continue;
    }
    if (static_cast<EventType>(type) == EventType::kConfirmed) {
      erased.purchases = changed(
          database,
          fmt::format("UPDATE {0} SET author_id = '{1}', confirm_id = '{1}', reach = 0 WHERE "
                      "author_id = ?",
                      table, kForgotten),
          author);
    } else {
      erased.dropped +=
          changed(database, fmt::format("DELETE FROM {} WHERE author_id = ?", table), author);
    }
  }
  database.run("COMMIT");
  database.run("VACUUM");
  database.close();
  return erased;
}

}  // namespace tagtill
