#include "tools/replay/replay_state.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <system_error>
#include <utility>

#include "engine/errors.h"
#include "tools/messages.h"
#include "tools/outputs.h"
#include "tools/pipeline/recovery.h"
#include "tools/replay/dump_plan.h"
#include "tools/shown_text.h"
#include "tools/state/forget_marks.h"

namespace tagtill {
namespace {

bool is_output(const std::vector<PipelineOutput>& outputs, const SinkCursor& cursor) {
  return std::ranges::any_of(
      outputs, [&](const PipelineOutput& output) { return output.name == cursor.name; });
}

// Those that are not there any more. Throws if there is something for them.
std::vector<SinkCursor> gone_outputs(const StateReader& state,
                                     const std::vector<PipelineOutput>& outputs) {
  const StateHead head = state.head();
  std::vector<SinkCursor> gone;
  for (const SinkCursor& cursor : state.cursors()) {
    if (is_output(outputs, cursor)) {
      continue;
    }
    const std::uint64_t left = (cursor.letters ? head.letters : head.events) - cursor.events;
    if (left > 0) {
      throw Error(ExitCode::kUsage,
                  fmt::format("The output {} has not had the last {} yet, and is not among those "
                              "of this run. Give it once more, or leave it for good: "
                              "tagtill state forget --state PATH --output '{}'",
                              cursor.name,
                              cursor.letters ? counted(left, "dead letter", "dead letters")
                                             : counted(left, "event", "events"),
                              cursor.name));
    }
    gone.push_back(cursor);
  }
  return gone;
}

// What stands in a file that the state has not written: a new output goes on behind it.
std::uint64_t bytes_there(const PipelineOutput& output) {
  std::ifstream file(output.file, std::ios::binary | std::ios::ate);
  if (output.file.empty() || !file) {
    return 0;
  }
  const std::streamoff bytes = file.tellg();
  char last = '\n';
  if (bytes > 0 && file.seekg(bytes - 1).get(last) && last != '\n') {
    throw Error(ExitCode::kUsage,
                fmt::format("{} is new to the state, and holds a piece of a line at its end, which "
                            "what comes now would follow. Give another path, or mend the file.",
                            output.file));
  }
  return static_cast<std::uint64_t>(std::max<std::streamoff>(bytes, 0));
}

// What comes live would stand in the middle of it.
void refuse_unfinished_dump(const StateReader& state) {
  const std::optional<DumpRecord> last = state.last_dump();
  if (last && !last->done) {
    throw Error(ExitCode::kUsage,
                fmt::format("The state has had the dump {} up to byte {} only. Let tagtill replay "
                            "read the rest of it, or leave it (--abandon), before what comes live.",
                            shown_text(last->name), last->offset));
  }
}

}  // namespace

void check_state_options(const ReplayOptions& options, const std::vector<SinkUrl>& sinks) {
  if (options.state.empty()) {
    for (const auto& [given, name] : {std::pair(options.again, "--again"),
                                      {options.repaired, "--repaired"},
                                      {options.abandon, "--abandon"}}) {
      if (given) {
        throw Error(ExitCode::kUsage, fmt::format("{} says what to do about what a state has had: "
                                                  "it needs --state PATH.",
                                                  name));
      }
    }
    const bool exempt =
        std::ranges::any_of(sinks, [](const SinkUrl& sink) { return !sink.waits_when_full; });
    if (exempt || options.outbox_max != StateAgent::kOutboxMax) {
      throw Error(ExitCode::kUsage,
                  fmt::format("{} is about what a state keeps for an output that is behind: it "
                              "needs --state PATH. Without a state the run waits for each output.",
                              exempt ? "full-outbox=grow" : "--outbox-max"));
    }
    return;
  }
  refuse_streams(options, sinks);
}

StateOptions store_options(const StateRun& run) {
  const ProtocolOptions& protocol = run.compaction.protocol;
  StateOptions options;
  options.rules = {.lateness_ms = protocol.lateness_ms,
                   .max_jump_ms = protocol.max_jump_ms,
                   .prefix = protocol.confirm_prefix};
  options.sync = run.sync;
  return options;
}

std::vector<std::string> go_on(std::unique_ptr<StateStore> store,
                               const Configuration& configuration, const StateRun& run,
                               PipelineParts& parts) {
  refuse_broken_off_forget(store->reader(), run.compaction.path);
  if (parts.live != nullptr) {
    refuse_unfinished_dump(store->reader());
  }
  DumpPlan plan = plan_dumps(store->reader(), std::move(parts.dumps), run.dumps);
  const std::vector<SinkCursor> gone = gone_outputs(store->reader(), parts.outputs);
  Recovered recovered = recover(store->reader(), configuration, run.compaction.protocol,
                                run.compaction.shards, run.check_offers);
  // Nothing is refused from here on, but a new output's file.
  for (const SinkCursor& output : gone) {
    store->forget_cursor(output.name);
  }
  // Those that are new begin with what comes now.
  const bool is_new = store->reader().head().sequence == 0;
  for (const PipelineOutput& output : parts.outputs) {
    if (!store->reader().cursor(output.name)) {
      (void)store->add_cursor(output.name, output.output->takes_letters(),
                              is_new ? 0 : bytes_there(output));
    }
  }
  if (recovered.change) {
    store->commit({.entries = {std::move(*recovered.change)}, .dumps = {}, .cursors = {}});
  }
  parts.dumps = std::move(plan.dumps);
  parts.decider = std::move(recovered.decider);
  parts.before = recovered.before;
  parts.state = std::make_unique<PipelineState>();
  parts.state->store = std::move(store);
  parts.state->sync = run.sync;
  parts.state->outbox_max = run.outbox_max;
  parts.state->dumps = std::move(plan.records);
  parts.state->offers_by_records = recovered.offers != configuration.offers;
  parts.state->offers = std::move(recovered.offers);
  parts.state->members = std::move(recovered.members);
  parts.state->compaction = run.compaction;
  return std::move(plan.notes);
}

void open_state(const ReplayOptions& options, const Configuration& configuration,
                CheckOffers check_offers, PipelineParts& parts) {
  StateRun run;
  run.check_offers = std::move(check_offers);
  run.dumps = {.again = options.again, .repaired = options.repaired, .abandon = options.abandon};
  run.sync = options.durability == "machine";
  run.outbox_max = options.outbox_max;
  run.compaction.path = options.state;
  run.compaction.protocol = options.protocol;
  run.compaction.shards = static_cast<std::uint32_t>(options.shards);
  run.compaction.keep_journal = options.journal == "all";
  std::unique_ptr<StateStore> store = StateStore::open(options.state, store_options(run));
  if (store->reader().head().sequence == 0) {
    say(fmt::format("The state {} is new: nothing is remembered yet, and outputs begin anew.",
                    options.state));
  }
  for (const std::string& note : go_on(std::move(store), configuration, run, parts)) {
    say(note);
  }
}

}  // namespace tagtill
