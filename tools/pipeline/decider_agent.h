// The decider at work: puts the lanes' batches into stream order, decides, hands out.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "engine/agent.h"
#include "engine/decider.h"
#include "engine/file_errors.h"
#include "engine/handover.h"
#include "ingest/block_feed.h"
#include "tools/pipeline/batches.h"
#include "tools/pipeline/output_agent.h"

namespace tagtill {

class DeciderAgent : public Agent {
 public:
  // Everything must outlive the agent. `batches`: how many LaneBatches there are;
  // `dead_letters` may be null.
  struct Ways {
    BlockFeed& feed;
    std::size_t batches;
    Handover<LaneBatch>& done;       // from the lanes
    Handover<LaneBatch>& free;       // back to them
    Handover<EventParcel>& parcels;  // empty ones
    std::span<const std::unique_ptr<OutputAgent>> outputs;
    DeadLetterAgent* dead_letters;
  };

  // `stop_at_problem`: ends the run where a dump cannot be read whole.
  DeciderAgent(std::unique_ptr<Decider> decider, const Ways& ways, bool stop_at_problem);

  [[nodiscard]] bool do_work() override;
  [[nodiscard]] bool is_done() const override { return done_; }

  // After the run:
  [[nodiscard]] const Decider& decider() const { return *decider_; }
  [[nodiscard]] const LineCounts& lines() const { return lines_; }
  [[nodiscard]] std::uint64_t intents() const { return intents_; }

  // Any thread, at any time: the problems after the first `count`.
  [[nodiscard]] FileErrors problems_after(std::size_t count) const;

 private:
  void collect();
  void take(LaneBatch& batch);
  void apply(LaneBatch& batch);
  void note_problems(const LaneBatch& batch);
  void give_back(LaneBatch& batch);
  void end();

  std::unique_ptr<Decider> decider_;
  Ways ways_;
  bool stop_at_problem_;
  std::vector<LaneBatch*> waiting_;          // for those before them; by sequence, in a ring
  std::uint64_t next_ = 0;                   // sequence of the batch that is due
  EventParcel* parcel_ = nullptr;            // empty
  std::optional<std::uint32_t> cut_source_;  // of which nothing more counts
  bool stopped_ = false;                     // nothing more counts
  bool done_ = false;
  LineCounts lines_;
  std::uint64_t intents_ = 0;
  std::uint64_t events_ = 0;  // given out
  mutable std::mutex mutex_;
  FileErrors problems_;  // guarded by mutex_
};

}  // namespace tagtill
