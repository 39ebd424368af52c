#include "engine/state/wal_renewal.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>

namespace tagtill::state {
namespace {

int rewrite(sqlite3_file* wal) {
  sqlite3_int64 size = 0;
  if (const int result = wal->pMethods->xFileSize(wal, &size); result != SQLITE_OK) {
    return result;
  }
  std::array<char, 65'536> piece{};
  for (sqlite3_int64 at = 0; at < size;) {
    const int bytes = static_cast<int>(
        std::min<sqlite3_int64>(size - at, static_cast<sqlite3_int64>(piece.size())));
    int result = wal->pMethods->xRead(wal, piece.data(), bytes, at);
    if (result == SQLITE_OK) {
      result = wal->pMethods->xWrite(wal, piece.data(), bytes, at);
    }
    if (result != SQLITE_OK) {
      return result;
    }
    at += bytes;
  }
  return size == 0 ? SQLITE_OK : wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL);
}

}  // namespace

int renew_wal(sqlite3* database) {
  // With the right to write nobody else appends to the WAL, or begins it anew.
  int result = sqlite3_exec(database, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) {
    return result;
  }
  sqlite3_file* wal = nullptr;
  sqlite3_file* file = nullptr;
  result = sqlite3_file_control(database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
  if (result == SQLITE_OK) {
    result = sqlite3_file_control(database, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  }
  if (result == SQLITE_OK && wal != nullptr && wal != file && wal->pMethods != nullptr) {
    result = rewrite(wal);
  }
  const int end = sqlite3_exec(database, "ROLLBACK", nullptr, nullptr, nullptr);
  return result == SQLITE_OK ? end : result;
}

}  // namespace tagtill::state
