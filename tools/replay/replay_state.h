// What `tagtill replay --state` does before its first byte: opens the state, sees what there is
// still to do, and makes everything ready to go on.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/programme.h"
#include "sinks/sink_url.h"
#include "tools/configuration.h"
#include "tools/pipeline/pipeline.h"
#include "tools/replay/dump_plan.h"
#include "tools/replay/replay.h"

namespace tagtill {

// Throws tagtill::Error (kUsage) for options that mean nothing without --state, and with it for
// outputs that cannot be cut back, as a pipe.
void check_state_options(const ReplayOptions& options, const std::vector<SinkUrl>& sinks);

struct StateRun {
  DumpPlanOptions dumps;
  bool sync = true;  // as PipelineState, like the next
  std::uint64_t outbox_max = StateAgent::kOutboxMax;
  CompactionAgent::Options compaction;  // its rules and shards are those of the run
  CheckOffers check_offers{};           // as recover()
};

// With which its file is opened.
[[nodiscard]] StateOptions store_options(const StateRun& run);

// Fills the state and the decider of `parts`, and leaves those of its dumps that are still to
// be read. Its outputs must be there, not yet open: those that the state does not know are
// entered in it, and it forgets those that are not there any more. What a new one begins with
// stands behind what its file holds already; only with a new state files are written anew.
// Returns sentences for whoever started the run.
//
// Throws as plan_dumps() and recover() do; and kUsage when an output that is not there any more
// has not had everything, or a new one has a file that ends in the middle of a line.
std::vector<std::string> go_on(std::unique_ptr<StateStore> store,
                               const Configuration& configuration, const StateRun& run,
                               PipelineParts& parts);

// The same with the state that the options name. Says what there is to say. Throws as
// StateStore::open(), too.
void open_state(const ReplayOptions& options, const Configuration& configuration,
                CheckOffers check_offers, PipelineParts& parts);

}  // namespace tagtill
