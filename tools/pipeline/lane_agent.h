// A lane at work: takes its turn, reads, searches, hands over.
#pragma once

#include <memory>

#include "engine/agent.h"
#include "engine/handover.h"
#include "engine/lane.h"
#include "ingest/feed.h"
#include "tools/pipeline/batches.h"

namespace tagtill {

class LaneAgent : public Agent {
 public:
  // `free`: empty batches; the lane takes one before its turn, so that no lane can be
  // further ahead of the decider than there are batches. `done`: where the filled ones go.
  // All must outlive the agent. `wants_letters`: malformed lines become dead letters.
  LaneAgent(std::shared_ptr<const SearchContext> context, Feed& feed, Handover<LaneBatch>& free,
            Handover<LaneBatch>& done, bool wants_letters);

  [[nodiscard]] bool do_work() override;
  [[nodiscard]] bool is_done() const override { return done_; }

 private:
  void fill(LaneBatch& batch, Feed::Turn& turn);
  void count(LaneBatch& batch, const Feed::Turn& turn) const;
  void write_letters(LaneBatch& batch, const Feed::Turn& turn) const;

  Lane lane_;
  Feed& feed_;
  Handover<LaneBatch>& free_batches_;
  Handover<LaneBatch>& done_batches_;
  bool wants_letters_;
  std::shared_ptr<const SearchContext> context_;  // of the last swap; null: as at first
  Block block_;
  LaneBatch* batch_ = nullptr;
  bool done_ = false;
};

}  // namespace tagtill
