// Making and opening the file of a state for writing.
#pragma once

#include <memory>
#include <string>

#include "engine/state/database.h"
#include "engine/state/digest.h"
#include "engine/state/state_records.h"
#include "engine/state/state_rows.h"

namespace tagtill::state {

// Makes the state if there is none or an empty file. What is another program's is not touched,
// and refused when a StateView looks at it. What a broken run left in the WAL is brought into
// the database and synced first: if an fsync of it failed then, nobody knows what of it is on
// the disk. Throws as Database does.
[[nodiscard]] std::unique_ptr<Database> open_or_make(const std::string& path,
                                                     const StateOptions& options);

// As the options say, from the next commit on.
void set_sync(Database& database, bool sync);

// Replaces the head.
class HeadWriter {
 public:
  explicit HeadWriter(Database& database);
  void write(Digester& digester, const HeadRow& head);

 private:
  Statement replace_;
};

}  // namespace tagtill::state
