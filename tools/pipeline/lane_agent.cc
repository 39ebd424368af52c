#include "tools/pipeline/lane_agent.h"

#include <utility>

#include "tools/replay/dead_letters.h"

namespace tagtill {

LaneAgent::LaneAgent(std::shared_ptr<const SearchContext> context, Feed& feed,
                     Handover<LaneBatch>& free, Handover<LaneBatch>& done, bool wants_letters)
    : lane_(std::move(context)),
      feed_(feed),
      free_batches_(free),
      done_batches_(done),
      wants_letters_(wants_letters) {}

bool LaneAgent::do_work() {
  if (batch_ == nullptr) {
    batch_ = free_batches_.take();
  }
  if (batch_ == nullptr) {
    return false;
  }
  Feed::Turn turn;
  switch (feed_.next(turn)) {
    case Feed::Next::kNotYet:
      return false;
    case Feed::Next::kEnd:
      done_ = true;
      done_batches_.ring();  // the decider may wait to hear of it
      return true;
    case Feed::Next::kTurn:
      break;
  }
  LaneBatch* batch = std::exchange(batch_, nullptr);
  fill(*batch, turn);
  done_batches_.give(batch);
  return true;
}

void LaneAgent::fill(LaneBatch& batch, Feed::Turn& turn) {
  batch.sequence = turn.sequence;
  batch.source = turn.source;
  batch.dump = turn.dump;
  batch.file = turn.file_number;
  batch.ends_dump = turn.ends_dump;
  batch.stream = turn.stream;
  batch.stream_end = turn.stream_end;
  batch.letters.clear();
  batch.swap = std::move(turn.swap);
  batch.controls = std::move(turn.controls);
  if (batch.swap != nullptr || batch.controls != nullptr) {
    batch.candidates.clear();
    batch.problems = {};
    batch.cuts_source = false;
    if (batch.controls != nullptr) {
      count(batch, turn);
    }
    return;
  }
  if (turn.context != context_) {
    context_ = turn.context;
    lane_.set_context(context_);
  }
  const Block& block = feed_.read(turn, block_, batch.problems);
  batch.end_offset = block.end_offset;
  lane_.process(block, batch.candidates, turn.sample);
  write_letters(batch, turn);
  batch.cuts_source = turn.file != nullptr && !batch.problems.empty();
  feed_.finish(turn);
}

// Control records have been read already.
void LaneAgent::count(LaneBatch& batch, const Feed::Turn& turn) const {
  const ControlRun& run = *batch.controls;
  CandidateBatch& candidates = batch.candidates;
  for (const ControlRun::Refused& refused : run.refused) {
    candidates.malformed.push_back({turn.source,
                                    refused.offset,
                                    refused.length,
                                    MalformedCause::kBadControl,
                                    refused.why,
                                    {}});
  }
  candidates.counts = {.bytes = run.bytes,
                       .lines = run.changes.size() + run.refused.size(),
                       .controls = run.changes.size(),
                       .malformed = run.refused.size()};
  write_letters(batch, turn);
}

void LaneAgent::write_letters(LaneBatch& batch, const Feed::Turn& turn) const {
  if (wants_letters_) {
    for (const MalformedLine& line : batch.candidates.malformed) {
      append_dead_letter(batch.letters, line, *turn.source_name);
    }
  }
}

}  // namespace tagtill
