// Which dumps a run with a state has still to read, and from where.
#pragma once

#include <string>
#include <vector>

#include "engine/state/state_store.h"
#include "ingest/dump_reader.h"

namespace tagtill {

struct DumpPlanOptions {
  bool again = false;    // read what was read before once more
  bool abandon = false;  // leave the rest of a dump unread that the last run did not finish
};

struct DumpPlan {
  std::vector<DumpSource> dumps;    // to be read, in order
  std::vector<DumpRecord> records;  // of each; number 0: the state will not know of it
  std::vector<std::string> notes;   // sentences for whoever started the run
};

// - A dump that was read to its end is left out, and known by its content (DumpIdentity): under
//   another name it is refused, lest one recording be taken for two. A file without bytes is no
//   recording.
// - The dump in the middle of which the last run ended is gone on with. It must be the first
//   that is read.
// - Pipes and standard input cannot be known again, nor gone on with.
//
// Throws tagtill::Error (kUsage) with a sentence for each refusal.
[[nodiscard]] DumpPlan plan_dumps(StateReader& state, std::vector<DumpSource> dumps,
                                  const DumpPlanOptions& options);

}  // namespace tagtill
