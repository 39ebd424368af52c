// Which dumps a run with a state has still to read, and from where.
#pragma once

#include <string>
#include <vector>

#include "engine/state/state_store.h"
#include "ingest/dump_reader.h"

namespace tagtill {

struct DumpPlanOptions {
  bool again = false;     // read what was read before once more
  bool repaired = false;  // go on with the unfinished dump in the first one that is not known
  bool abandon = false;   // leave the rest of the unfinished dump unread
};

struct DumpPlan {
  std::vector<DumpSource> dumps;    // to be read, in order
  std::vector<DumpRecord> records;  // of each; number 0: the state will not know of it
  std::vector<std::string> notes;   // sentences for whoever started the run
};

// - A dump that was read to its end is left out, and known by its content (DumpIdentity): under
//   another name it is refused, and so is one that is given twice, lest one recording be taken
//   for two. One without bytes is no recording, and left out.
// - One that was read and has grown since is refused, if it still has its name: what was read
//   would be decided twice. Other content under the name of one that was read is a new recording.
// - The dump in the middle of which the last run ended is gone on with, under whatever name, and
//   also if something was appended to it. It must be the first that is read.
// - Pipes and standard input cannot be known again, nor gone on with.
//
// Cost: two reads of 64 KiB for each dump; a look at each dump that the state has had, if there
// is a new one. Throws tagtill::Error (kUsage) with a sentence for each refusal.
[[nodiscard]] DumpPlan plan_dumps(StateReader& state, std::vector<DumpSource> dumps,
                                  const DumpPlanOptions& options);

}  // namespace tagtill
