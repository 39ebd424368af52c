// The pinned pipeline: from dumps to outputs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/agent_runner.h"
#include "engine/decider.h"
#include "engine/lane.h"
#include "ingest/block_feed.h"
#include "tools/pipeline/batches.h"
#include "tools/pipeline/core_list.h"
#include "tools/pipeline/decider_agent.h"
#include "tools/pipeline/lane_agent.h"
#include "tools/pipeline/output_agent.h"

namespace tagtill {

struct PipelineOptions {
  std::size_t lanes = 0;  // 0: as many as the dumps and cores can use
  CorePlan cores;         // not empty
  BlockFeed::Options feed;
};

struct PipelineOutput {
  std::unique_ptr<Sink> sink;
  EventTypes types;
};

//   BlockFeed ─► lanes ─► decider ─► outputs
//   unpackers ┘                 └──► dead letters
//
// Lanes, decider and unpackers are agents that share as many threads as there are cores;
// each output, and a reader that may have to wait for a pipe, has a thread of its own.
// What comes out depends on none of this (P3.7).
//
// Bounds: 4 batches a lane and 4 more, each of one block's candidates; kParcels parcels of
// one block's events; kUnpackedBytes of unpacked blocks. Whoever finds none free waits.
//
// Used by one thread, once.
class Pipeline {
 public:
  static constexpr std::size_t kParcels = 32;
  static constexpr std::size_t kUnpackedBytes = std::size_t{32} << 20;

  // `dead_letters`: a path; empty: none.
  Pipeline(const PipelineOptions& options, std::vector<DumpSource> dumps,
           std::shared_ptr<const SearchContext> context, std::unique_ptr<Decider> decider,
           std::vector<PipelineOutput> outputs, const std::string& dead_letters);

  // Opens the outputs. Throws what they throw; those that are open already are closed.
  void open();

  // Runs to the end of the last dump and closes the outputs. `watch` is called every
  // `watch_every`, on the calling thread. When anything fails the other outputs are closed
  // with all they were sent before, and the first error is thrown.
  void run(const std::function<void()>& watch, std::chrono::milliseconds watch_every);

  // Instead of run(): for who wants to schedule the agents otherwise, as a test does.
  [[nodiscard]] std::vector<Agent*> agents() const;

  [[nodiscard]] const BlockFeed& feed() const { return feed_; }
  [[nodiscard]] const DeciderAgent& decider() const { return *decider_; }

 private:
  [[nodiscard]] std::vector<AgentThread> plan_threads() const;
  void hang_bells(const std::vector<AgentThread>& threads);
  void close_after_failure() noexcept;

  CorePlan cores_;
  BlockFeed feed_;
  bool readers_wait_;
  std::vector<std::unique_ptr<LaneBatch>> batches_;
  Handover<LaneBatch> free_batches_;
  Handover<LaneBatch> done_batches_;
  std::vector<std::unique_ptr<EventParcel>> parcels_;
  Handover<EventParcel> free_parcels_;
  std::vector<std::unique_ptr<Unpacker>> unpackers_;
  std::vector<std::unique_ptr<LaneAgent>> lanes_;
  std::vector<std::unique_ptr<OutputAgent>> outputs_;
  std::unique_ptr<DeadLetterAgent> dead_letters_;
  std::unique_ptr<DeciderAgent> decider_;
};

}  // namespace tagtill
