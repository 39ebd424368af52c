// The pinned pipeline: from dumps to outputs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/agent_runner.h"
#include "engine/clock.h"
#include "engine/decider.h"
#include "engine/lane.h"
#include "ingest/block_feed.h"
#include "ingest/live/live_feed.h"
#include "tools/pipeline/batches.h"
#include "tools/pipeline/compaction_agent.h"
#include "tools/pipeline/core_list.h"
#include "tools/pipeline/decider_agent.h"
#include "tools/pipeline/journal_agent.h"
#include "tools/pipeline/lane_agent.h"
#include "tools/pipeline/output_agent.h"
#include "tools/pipeline/state_agent.h"

namespace tagtill {

struct PipelineOptions {
  std::size_t lanes = 0;  // 0: as many as the dumps and cores can use
  CorePlan cores;         // not empty
  BlockFeed::Options feed;
};

struct PipelineOutput {
  std::unique_ptr<Output> output;
  std::string name;    // tells it from the others, in a state from run to run
  std::string file{};  // of lines, which is gone on with behind what stands in it; empty: none
  bool waits_when_full = true;  // the run waits when the outbox is full of what this one lacks
  // What the sink behind it tells of itself.
  std::shared_ptr<OutputHealth> health = std::make_shared<OutputHealth>();
};

// The state of a run, recovered and ready to be written on.
struct PipelineState {
  std::unique_ptr<StateStore> store;
  bool sync = true;               // outputs, too, survive a crash of the machine
  std::vector<DumpRecord> dumps;  // as they stand, by their number in the run
  // In force; the decider has the table. `offers_by_records`: these are not those of the file.
  std::shared_ptr<const OfferCatalogue> offers;
  bool offers_by_records = false;
  GrowingMembers members{};
  CompactionAgent::Options compaction;
  // How long what was decided may wait for what comes next.
  std::chrono::milliseconds gather{100};
  // How many events (dead letters) an output may lack before the run waits for it.
  std::uint64_t outbox_max = StateAgent::kOutboxMax;
};

// What a pipeline is made of: dumps or live sources, with all that they need, or a journal alone;
// and outputs.
struct PipelineParts {
  std::optional<RecordedRun> journal;  // instead of dumps, context, decider and state
  std::vector<DumpSource> dumps;
  std::unique_ptr<LiveFeed> live;  // instead of dumps; with a state
  std::shared_ptr<const SearchContext> context;
  std::unique_ptr<Decider> decider;
  DecisionCounts before;  // what it had decided before this run
  std::vector<PipelineOutput> outputs;
  std::unique_ptr<PipelineState> state;  // null: none
  PipelineWatch* watch = nullptr;        // must outlive the pipeline
  Clock* clock = &Clock::real();
  // Called when anything has failed, on any thread, once: outputs that wait for others should
  // give up, since the run ends.
  std::function<void()> on_failure = [] {};
};

//   BlockFeed ─► lanes ─► decider ─► (state ─►) outputs
//   unpackers ┘
//
// or, of live sources, with a LiveFeed and its reader in the place of BlockFeed and unpackers, or,
// of a journal, one agent in the place of all before the outputs.
//
// Lanes, decider and unpackers are agents that share as many threads as there are cores;
// each output, the state, its compaction, and a reader that may have to wait for bytes, have
// a thread of their own. What comes out depends on none of this (P3.7).
//
// Bounds: 4 batches a lane and 4 more, each of one block's candidates; kParcels parcels, and
// some for each output with a state; kUnpackedBytes of unpacked blocks. Whoever finds none free
// waits.
//
// Used by one thread, once.
class Pipeline {
 public:
  static constexpr std::size_t kParcels = 32;
  static constexpr std::size_t kUnpackedBytes = std::size_t{32} << 20;

  Pipeline(const PipelineOptions& options, PipelineParts parts);
  ~Pipeline();

  // Opens the outputs. Throws what they throw; those that are open already are closed.
  void open();

  // Runs to the end of the last dump and closes the outputs. `watch` is called every
  // `watch_every`, on the calling thread. When anything fails the other outputs are closed
  // with all they were sent before, and the first error is thrown.
  void run(const std::function<void()>& watch, std::chrono::milliseconds watch_every);

  // Instead of run(): for who wants to schedule the agents otherwise, as a test does.
  [[nodiscard]] std::vector<Agent*> agents() const;
  // What run() does when an agent has thrown.
  void close_after_failure() noexcept;

  [[nodiscard]] const DecidingAgent& decider() const { return *deciding(); }
  // What a live tier shows. Any thread, at any time.
  [[nodiscard]] DeciderStanding standing() const { return decider_->standing(); }
  [[nodiscard]] std::span<const std::unique_ptr<OutputAgent>> outputs() const { return outputs_; }
  [[nodiscard]] LiveFeed& live() { return *live_; }
  struct Depths {             // how many of each wait, about
    std::size_t batches = 0;  // for the decider
    std::size_t parcels = 0;  // for the state
  };
  [[nodiscard]] Depths depths() const {
    return {done_batches_.waiting(), state_agent_ == nullptr ? 0 : state_agent_->waiting()};
  }
  // Of all dumps or sources so far, as they lie or come there, or of the journal. Any thread.
  [[nodiscard]] std::uint64_t bytes_read() const;

 private:
  void make_outputs(std::vector<PipelineOutput> outputs, Clock& clock, PipelineWatch* watch);
  void make_decider(const PipelineOptions& options, std::unique_ptr<Decider> decider, Clock& clock);
  [[nodiscard]] DecidingAgent* deciding() const;
  [[nodiscard]] SinkStart start_of(const OutputAgent& output) const;
  [[nodiscard]] std::vector<AgentThread> plan_threads() const;
  void hang_bells(const std::vector<AgentThread>& threads);

  CorePlan cores_;
  std::function<void()> on_failure_;
  std::size_t lane_count_;
  std::unique_ptr<LiveFeed> live_;  // one of these two
  std::unique_ptr<BlockFeed> recorded_;
  Feed& feed_;
  bool readers_wait_;
  std::unique_ptr<PipelineState> state_;
  std::vector<std::unique_ptr<LaneBatch>> batches_;
  Handover<LaneBatch> free_batches_;
  Handover<LaneBatch> done_batches_;
  std::vector<std::unique_ptr<Parcel>> parcels_;
  Handover<Parcel> free_parcels_;
  std::vector<std::unique_ptr<Unpacker>> unpackers_;
  std::vector<std::unique_ptr<LaneAgent>> lanes_;
  std::vector<std::unique_ptr<OutputAgent>> outputs_;
  std::unique_ptr<CompactionAgent> compaction_;
  std::unique_ptr<StateAgent> state_agent_;
  std::unique_ptr<DeciderAgent> decider_;
  std::unique_ptr<JournalAgent> journal_;  // or this one
};

}  // namespace tagtill
