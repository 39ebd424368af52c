#include "engine/state/state_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "engine/state/state_view.h"

namespace tagtill::state {
namespace {

// After it was emptied the WAL gives back what it has more.
constexpr std::uint64_t kWalBytesKept = std::uint64_t{32} << 20;
constexpr std::uint64_t kCacheKibibytes = 8'192;

// Before SQLite would, which makes files that others may read. Its -wal and -shm take the rights
// of the file.
void make_private_file(const std::string& path) {
  const int descriptor =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);
  // What is wrong with the path SQLite finds as well, and Database has a sentence for it.
  if (descriptor >= 0) {
    ::close(descriptor);
  }
}

std::string draw_stream(const StateOptions& options) {
  std::random_device device;
  const auto draw = [&]() -> std::uint64_t {
    return options.random ? options.random() : std::uint64_t{device()} << 32 | device();
  };
  const std::uint64_t first = draw();
  return fmt::format("{:016x}{:016x}", first, draw());
}

void enter_wal(Database& database) {
  if (database.text("PRAGMA journal_mode = WAL") != "wal") {
    database.refuse(ExitCode::kIoFailed,
                    "its file system cannot share memory between programs, as SQLite needs it for "
                    "a WAL. Choose a place on a local disk");
  }
}

void insert_meta(Database& database, Digester& digester, const MetaRow& meta) {
  Statement insert(database, "INSERT INTO meta VALUES (1, ?, ?, ?, ?, ?)");
  const Digest digest = digest_of(digester, meta);
  Query(insert)
      .add_text(meta.stream)
      .add(static_cast<std::uint64_t>(meta.rules.lateness_ms))
      .add(static_cast<std::uint64_t>(meta.rules.max_jump_ms))
      .add_text(meta.rules.prefix)
      .add_bytes(digest.view())
      .run();
}

void make(Database& database, const StateOptions& options) {
  database.run(fmt::format("PRAGMA page_size = {}", options.page_bytes));
  database.run("PRAGMA auto_vacuum = INCREMENTAL");
  enter_wal(database);
  database.run("BEGIN IMMEDIATE");
  for (const Table& table : tables()) {
    database.run(std::string(table.sql));
  }
  MetaRow meta{draw_stream(options), options.rules};
  Digester digester;
  digester.set_stream(meta.stream);
  insert_meta(database, digester, meta);
  HeadRow head;
  head.sinks_digest = digest_of(digester, std::vector<SinkCursor>{});
  head.streams_digest = digest_of(digester, std::vector<StreamRecord>{});
  HeadWriter(database).write(digester, head);
  database.run(fmt::format("PRAGMA application_id = {}", kApplicationId));
  database.run(fmt::format("PRAGMA user_version = {}", kFormatVersion));
  database.run("COMMIT");
}

}  // namespace

std::unique_ptr<Database> open_or_make(const std::string& path, const StateOptions& options) {
  if (options.vfs.empty()) {
    make_private_file(path);
  }
  auto database = std::make_unique<Database>(
      path, options.vfs, options.vfs.empty() ? Database::Access::kWrite : Database::Access::kMake,
      options.on_sync);
  database->run(fmt::format("PRAGMA cache_size = -{}", kCacheKibibytes));
  database->run(fmt::format("PRAGMA journal_size_limit = {}", kWalBytesKept));
  // Zeros over what is deleted only where it costs no writing: scrub() is for the rest.
  database->run("PRAGMA secure_delete = FAST");
  set_sync(*database, options.sync);
  if (is_blank(*database)) {
    make(*database, options);
  } else if (database->number("PRAGMA application_id") != kApplicationId ||
             database->number("PRAGMA user_version") != kFormatVersion) {
    return database;
  }
  enter_wal(*database);  // a copy may have left it
  database->renew_wal();
  database->checkpoint(false);
  return database;
}

void set_sync(Database& database, bool sync) {
  database.run(sync ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
}

HeadWriter::HeadWriter(Database& database)
    : replace_(database, [] {
        std::string sql = "REPLACE INTO head VALUES (1";
        for (int i = 0; i < kHeadColumns + 1; ++i) {
          sql += ", ?";
        }
        return sql + ")";
      }()) {}

void HeadWriter::write(Digester& digester, const HeadRow& head) {
  const Digest digest = digest_of(digester, head);
  Query query(replace_);
  visit_head(head, [&](const auto& column) {
    if constexpr (std::is_same_v<decltype(column), const Digest&>) {
      query.add_bytes(column.view());
    } else {
      query.add(column);
    }
  });
  query.add_bytes(digest.view()).run();
}

}  // namespace tagtill::state
