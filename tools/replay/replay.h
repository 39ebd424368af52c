// One run over recorded dumps: from configuration files and dumps to events,
// sinks, dead letters and a summary.
#pragma once

#include <string>
#include <vector>

#include "engine/errors.h"
#include "tools/outputs.h"
#include "tools/pipeline/state_agent.h"
#include "tools/stream_options.h"

namespace tagtill {

struct ReplayOptions : StreamOptions, OutputOptions {
  std::string reply_template;          // empty: prompts have no replies
  std::string state;                   // empty: none
  bool again = false;                  // read dumps that the state has had once more
  bool repaired = false;               // go on with an unfinished dump in another file
  bool abandon = false;                // leave the rest of an unfinished dump unread
  std::string durability = "machine";  // what a commit survives: machine, process
  std::string journal = "snapshot";    // how long its entries are kept: snapshot, all
  std::uint64_t outbox_max = StateAgent::kOutboxMax;  // events an output may lack
  bool strict = false;
  bool fail_fast = false;                   // stop at a dump that cannot be read whole
  std::string lanes = "auto";               // or a number
  std::uint64_t shards = Decider::kShards;  // a power of two
  std::string pin = "auto";                 // auto, none, or a list of cores
  std::string summary = "text";             // text, json, none
  std::string progress = "auto";            // auto, on, off
};

// Runs on the calling thread to the end of the last dump and says on standard
// error what there is to say.
//
// Returns kOk; kBadInput when a dump could not be read whole (the run went on with
// what could be, or with `fail_fast` ended there), or with `strict` a line was
// malformed; kBadConfig when catalogue, members or secret are
// refused. Throws tagtill::Error with kUsage for options that do not go
// together, and with kIoFailed when an output fails: the other outputs are then
// closed with what they were sent before.
//
// Order: options are checked, then the configuration is read, then the state is opened and
// recovered, then the outputs are opened, then the first byte of a dump is read. So whatever
// is refused leaves the outputs of the last run as they were.
[[nodiscard]] ExitCode replay(const ReplayOptions& options);

}  // namespace tagtill
