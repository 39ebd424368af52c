#include "tools/pipeline/lane_agent.h"

#include <utility>

namespace tagtill {

LaneAgent::LaneAgent(std::shared_ptr<const SearchContext> context, BlockFeed& feed,
                     Handover<LaneBatch>& free, Handover<LaneBatch>& done)
    : lane_(std::move(context)), feed_(feed), free_batches_(free), done_batches_(done) {}

bool LaneAgent::do_work() {
  if (batch_ == nullptr) {
    batch_ = free_batches_.take();
  }
  if (batch_ == nullptr) {
    return false;
  }
  BlockFeed::Turn turn;
  switch (feed_.next(turn)) {
    case BlockFeed::Next::kNotYet:
      return false;
    case BlockFeed::Next::kEnd:
      done_ = true;
      done_batches_.ring();  // the decider may wait to hear of it
      return true;
    case BlockFeed::Next::kTurn:
      break;
  }
  LaneBatch* batch = std::exchange(batch_, nullptr);
  batch->sequence = turn.sequence;
  batch->source = turn.source;
  batch->source_name = turn.source_name;
  lane_.process(feed_.read(turn, block_, batch->problems), batch->candidates);
  batch->cuts_source = turn.file != nullptr && !batch->problems.empty();
  BlockFeed::finish(turn);
  done_batches_.give(batch);
  return true;
}

}  // namespace tagtill
