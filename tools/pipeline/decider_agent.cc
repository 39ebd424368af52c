#include "tools/pipeline/decider_agent.h"

#include <utility>

namespace tagtill {
namespace {

std::uint64_t intents_in(const CandidateBatch& batch) {
  std::uint64_t intents = 0;
  for (const Candidate& candidate : batch.candidates) {
    for (const PostTag& tag : candidate.tags) {
      intents += tag.tag != kNoTag ? 1 : 0;
    }
  }
  return intents;
}

}  // namespace

DeciderAgent::DeciderAgent(std::unique_ptr<Decider> decider, const Ways& ways, bool stop_at_problem)
    : decider_(std::move(decider)),
      ways_(ways),
      stop_at_problem_(stop_at_problem),
      waiting_(ways.batches) {}

// Each block that is under way has a batch, and turns have no gaps: so no two of them
// share a place in the ring.
void DeciderAgent::collect() {
  while (LaneBatch* batch = ways_.done.take()) {
    waiting_[batch->sequence % waiting_.size()] = batch;
  }
}

bool DeciderAgent::do_work() {
  collect();
  LaneBatch*& place = waiting_[next_ % waiting_.size()];
  if (place == nullptr) {
    if (ways_.feed.turn_count() == next_) {
      end();
      return true;
    }
    return false;
  }
  if (parcel_ == nullptr) {
    parcel_ = ways_.parcels.take();
    if (parcel_ == nullptr) {
      return false;
    }
  }
  ++next_;
  take(*std::exchange(place, nullptr));
  return true;
}

void DeciderAgent::take(LaneBatch& batch) {
  if (stopped_ || cut_source_ == batch.source) {
    ways_.free.give(&batch);
    return;
  }
  apply(batch);
  note_problems(batch);
  give_back(batch);
}

void DeciderAgent::apply(LaneBatch& batch) {
  lines_ += batch.candidates.counts;
  if (batch.candidates.candidates.empty()) {
    return;
  }
  intents_ += intents_in(batch.candidates);
  decider_->apply(batch.candidates, parcel_->events);
  if (parcel_->events.events.empty() || ways_.outputs.empty()) {
    parcel_->events.clear();
    return;
  }
  EventParcel* parcel = std::exchange(parcel_, nullptr);
  parcel->first = events_;
  events_ += parcel->events.events.size();
  parcel->readers = static_cast<std::uint32_t>(ways_.outputs.size());
  for (const auto& output : ways_.outputs) {
    output->give(parcel);
  }
}

void DeciderAgent::note_problems(const LaneBatch& batch) {
  if (batch.problems.empty()) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    problems_.add_all(batch.problems);
  }
  if (batch.cuts_source) {
    cut_source_ = batch.source;
  }
  if (stop_at_problem_) {
    stopped_ = true;
    ways_.feed.stop();
  }
}

void DeciderAgent::give_back(LaneBatch& batch) {
  if (ways_.dead_letters != nullptr && !batch.candidates.malformed.empty()) {
    ways_.dead_letters->give(&batch);
  } else {
    ways_.free.give(&batch);
  }
}

void DeciderAgent::end() {
  done_ = true;
  for (const auto& output : ways_.outputs) {
    output->end();
  }
  if (ways_.dead_letters != nullptr) {
    ways_.dead_letters->end();
  }
}

FileErrors DeciderAgent::problems_after(std::size_t count) const {
  const std::lock_guard lock(mutex_);
  return problems_.after(count);
}

}  // namespace tagtill
