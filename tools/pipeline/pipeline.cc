#include "tools/pipeline/pipeline.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

namespace tagtill {
namespace {

bool may_wait(const DumpSource& dump) {
  std::error_code ignored;
  return dump.name == "-" || !std::filesystem::is_regular_file(dump.name, ignored);
}

// One dump that no lane can read for itself feeds all lanes through one thread.
bool is_single_stream(const std::vector<DumpSource>& dumps, const BlockFeed::Options& options) {
  return dumps.size() == 1 &&
         (dumps[0].name == "-" ||
          PlainFile::open(dumps[0].name, options.block_bytes, options.line_bytes_max) == nullptr);
}

std::size_t lane_count(const PipelineOptions& options, const PipelineParts& parts) {
  if (parts.journal || options.lanes > 0) {
    return parts.journal ? 0 : options.lanes;
  }
  const std::size_t cores = options.cores.cores.size();
  return parts.live != nullptr || is_single_stream(parts.dumps, options.feed)
             ? std::max<std::size_t>(cores, 2) - 1
             : cores;
}

}  // namespace

Pipeline::Pipeline(const PipelineOptions& options, PipelineParts parts)
    : cores_(options.cores),
      on_failure_(std::move(parts.on_failure)),
      lane_count_(lane_count(options, parts)),
      live_(std::move(parts.live)),
      recorded_(live_ != nullptr ? nullptr
                                 : std::make_unique<BlockFeed>(parts.dumps, options.feed)),
      feed_(live_ != nullptr ? static_cast<Feed&>(*live_) : *recorded_),
      readers_wait_(std::any_of(parts.dumps.begin(), parts.dumps.end(), may_wait)),
      state_(std::move(parts.state)),
      batches_(4 * lane_count_ + 4),
      free_batches_(batches_.size()),
      done_batches_(batches_.size()),
      parcels_(kParcels + (state_ == nullptr ? 0 : StateAgent::kInbox * parts.outputs.size())),
      free_parcels_(parcels_.size()) {
  for (auto& batch : batches_) {
    batch = std::make_unique<LaneBatch>();
    free_batches_.give(batch.get());
  }
  for (auto& parcel : parcels_) {
    parcel = std::make_unique<Parcel>();
    parcel->home = &free_parcels_;
    free_parcels_.give(parcel.get());
  }
  const std::size_t unpackers = live_ != nullptr ? 0
                                : readers_wait_  ? 1
                                                : std::min(cores_.cores.size(), parts.dumps.size());
  const std::size_t blocks = std::max<std::size_t>(
      4, kUnpackedBytes / options.feed.block_bytes / std::max(unpackers, 1UL));
  for (std::size_t i = 0; i < unpackers; ++i) {
    unpackers_.push_back(std::make_unique<Unpacker>(*recorded_, blocks));
  }
  const bool wants_letters = std::ranges::any_of(
      parts.outputs, [](const PipelineOutput& output) { return output.output->takes_letters(); });
  for (std::size_t i = 0; i < lane_count_; ++i) {
    lanes_.push_back(std::make_unique<LaneAgent>(parts.context, feed_, free_batches_, done_batches_,
                                                 wants_letters));
  }
  make_outputs(std::move(parts.outputs), *parts.clock, parts.watch);
  if (parts.journal) {
    journal_ = std::make_unique<JournalAgent>(std::move(*parts.journal), free_parcels_, outputs_);
  } else {
    make_decider(options, std::move(parts.decider), *parts.clock);
  }
}

Pipeline::~Pipeline() = default;

void Pipeline::make_outputs(std::vector<PipelineOutput> outputs, Clock& clock,
                            PipelineWatch* watch) {
  std::vector<std::size_t> waited_for;
  for (PipelineOutput& output : outputs) {
    if (state_ != nullptr && output.waits_when_full) {
      waited_for.push_back(outputs_.size());
    }
    OutputAgent::Options how;
    how.name = std::move(output.name);
    how.parcels = parcels_.size();
    how.flush = live_ != nullptr ? OutputAgent::Flush::kWhenIdle : OutputAgent::Flush::kInTime;
    how.health = std::move(output.health);
    if (watch != nullptr) {
      how.on_flush = [watch, number = outputs_.size()](const OutputAgent::Flushed& flushed) {
        watch->flushed(number, flushed);
      };
    }
    outputs_.push_back(
        std::make_unique<OutputAgent>(std::move(output.output), std::move(how), clock));
  }
  if (state_ != nullptr) {
    compaction_ = std::make_unique<CompactionAgent>(state_->compaction);
    state_agent_ = std::make_unique<StateAgent>(
        StateAgent::Ways{*state_->store, outputs_, compaction_.get(), live_.get(), watch},
        StateAgent::OutboxLimit{state_->outbox_max, waited_for}, state_->dumps, parcels_.size(),
        clock);
  }
}

void Pipeline::make_decider(const PipelineOptions& options, std::unique_ptr<Decider> decider,
                            Clock& clock) {
  DeciderAgent::Options how;
  how.stop_at_problem = options.feed.on_problem == OnProblem::kStop;
  how.live = live_ != nullptr;
  if (state_ != nullptr) {
    const StateHead head = state_->store->reader().head();
    how.members = std::move(state_->members);
    how.gather = state_->gather;
    how.first_event = head.events;
    how.first_letter = head.letters;
    if (!state_->dumps.empty()) {
      how.first_step.files = state_->dumps[0].files;
      how.first_step.offset = state_->dumps[0].offset;
    }
  }
  decider_ = std::make_unique<DeciderAgent>(
      std::move(decider),
      DeciderAgent::Ways{feed_, batches_.size(), done_batches_, free_batches_, free_parcels_,
                         outputs_, state_agent_.get()},
      std::move(how), clock);
}

DecidingAgent* Pipeline::deciding() const {
  return journal_ != nullptr ? static_cast<DecidingAgent*>(journal_.get()) : decider_.get();
}

std::uint64_t Pipeline::bytes_read() const {
  return journal_ != nullptr ? journal_->bytes_read() : feed_.stored_bytes_read();
}

// Where the state knows the output to be.
SinkStart Pipeline::start_of(const OutputAgent& output) const {
  SinkStart start;
  if (state_ != nullptr) {
    const StateReader& state = state_->store->reader();
    start.stream = state.stream();
    start.committed = output.takes_letters() ? state.head().letters : state.head().events;
    start.sync = state_->sync;
    if (const std::optional<SinkCursor> cursor = state.cursor(output.name())) {
      start.at = {cursor->events, cursor->mark};
    }
  }
  return start;
}

void Pipeline::open() {
  try {
    for (const auto& output : outputs_) {
      output->open(start_of(*output));
      if (state_ != nullptr && state_->offers_by_records) {
        output->set_offers(state_->offers);
      }
    }
    if (state_agent_ != nullptr) {
      state_agent_->start();
    }
  } catch (...) {
    close_after_failure();
    throw;
  }
}

// The agents that compute are dealt out to the cores in turn; on each core those that
// finish what was begun go first. The only lane of a live feed shares its thread with the decider,
// though there were a core for it: a block that has just come is small, and to wake another thread
// takes longer than to decide it.
std::vector<AgentThread> Pipeline::plan_threads() const {
  std::vector<AgentThread> threads;
  const std::size_t readers = readers_wait_ ? 0 : unpackers_.size();
  const std::size_t agents = readers + lanes_.size();
  const std::size_t shared = std::min(cores_.cores.size(), agents);
  const bool decider_alone =
      cores_.cores.size() > agents && !(live_ != nullptr && lanes_.size() == 1);
  const auto add = [&](std::string name, std::vector<int> cores) -> AgentThread& {
    AgentThread& thread = threads.emplace_back();
    thread.name = std::move(name);
    thread.cores = std::move(cores);
    return thread;
  };
  for (std::size_t i = 0; i < shared + (decider_alone ? 1 : 0); ++i) {
    (void)add(fmt::format("tagtill/{}", i),
              cores_.pinned ? std::vector<int>{cores_.cores[i]} : std::vector<int>{});
  }
  threads.back().agents.push_back(deciding());
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    threads[(readers + i) % shared].agents.push_back(lanes_[i].get());
  }
  for (std::size_t i = 0; i < readers; ++i) {
    threads[i % shared].agents.push_back(unpackers_[i].get());
  }
  // These wait more than they compute: on any of the cores.
  const std::vector<int> any = cores_.pinned ? cores_.cores : std::vector<int>{};
  if (live_ != nullptr) {
    add("tagtill/read", any).agents.push_back(&live_->reader());
  } else if (readers_wait_) {
    add("tagtill/read", any).agents.push_back(unpackers_[0].get());
  }
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    add(fmt::format("tagtill/sink{}", i), any).agents.push_back(outputs_[i].get());
  }
  if (state_agent_ != nullptr) {
    add("tagtill/state", any).agents.push_back(state_agent_.get());
    add("tagtill/compact", any).agents.push_back(compaction_.get());
  }
  return threads;
}

std::vector<Agent*> Pipeline::agents() const {
  std::vector<Agent*> agents;
  for (const AgentThread& thread : plan_threads()) {
    agents.insert(agents.end(), thread.agents.begin(), thread.agents.end());
  }
  return agents;
}

// Who waits for what.
void Pipeline::hang_bells(const std::vector<AgentThread>& threads) {
  const auto bell_of = [&](const Agent* agent) {
    return std::find_if(threads.begin(), threads.end(),
                        [&](const AgentThread& thread) {
                          return std::find(thread.agents.begin(), thread.agents.end(), agent) !=
                                 thread.agents.end();
                        })
        ->bell;
  };
  const auto bells_of = [&](const auto& agents) {
    std::vector<std::shared_ptr<Doorbell>> bells;
    for (const auto& agent : agents) {
      bells.push_back(bell_of(agent.get()));
    }
    std::sort(bells.begin(), bells.end());
    bells.erase(std::unique(bells.begin(), bells.end()), bells.end());
    return bells;
  };
  feed_.ring_at(bells_of(lanes_), bells_of(unpackers_));
  for (const auto& unpacker : unpackers_) {
    unpacker->ring_at(bell_of(unpacker.get()));
  }
  free_batches_.ring_at(bells_of(lanes_));
  done_batches_.ring_at({bell_of(deciding())});
  free_parcels_.ring_at({bell_of(deciding())});
  for (const auto& output : outputs_) {
    output->ring_at(bell_of(output.get()));
  }
  if (state_agent_ != nullptr) {
    compaction_->ring_at(bell_of(compaction_.get()));
    state_agent_->ring_at(bell_of(state_agent_.get()));
  }
}

void Pipeline::run(const std::function<void()>& watch, std::chrono::milliseconds watch_every) {
  std::vector<AgentThread> threads = plan_threads();
  hang_bells(threads);
  AgentRunner runner(std::move(threads));
  try {
    runner.run(watch, watch_every, [this] {
      feed_.stop();
      on_failure_();
    });
  } catch (...) {
    close_after_failure();
    throw;
  }
}

void Pipeline::close_after_failure() noexcept {
  for (const auto& output : outputs_) {
    output->close_after_failure();
  }
}

}  // namespace tagtill
