// What a failed fsync may have left undone in a WAL, done once more before it matters.
#pragma once

struct sqlite3;

namespace tagtill::state {

// When an fsync fails the operating system may give up the pages that it did not write, and yet
// show them to whoever reads the file, also to the next process; no later fsync writes them. A
// checkpoint from such a WAL, and a loss of power in the middle of it, would leave half of it in
// the database and nothing in the WAL to mend it with. So whoever goes on with a WAL that
// another process left first writes all of it anew, byte for byte, in its place, and syncs it.
//
// `database` is open, with nothing begun. Does nothing if it has no WAL. Returns an extended
// result code of SQLite. Cost: reading and writing the WAL once, and one fsync.
[[nodiscard]] int renew_wal(sqlite3* database);

}  // namespace tagtill::state
