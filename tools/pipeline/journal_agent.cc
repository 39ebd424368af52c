#include "tools/pipeline/journal_agent.h"

#include <cstddef>
#include <utility>
#include <vector>

#include "engine/errors.h"
#include "tools/pipeline/recovery.h"

namespace tagtill {

JournalAgent::JournalAgent(RecordedRun run, Handover<Parcel>& parcels,
                           std::span<const std::unique_ptr<OutputAgent>> outputs)
    : run_(std::move(run)),
      parcels_(parcels),
      outputs_(outputs),
      last_(run_.state->head().sequence) {}

bool JournalAgent::do_work() {
  if (parcel_ != nullptr && (parcel_->is_full() || next_ > last_)) {
    hand_over();
    return true;
  }
  if (next_ > last_) {
    end_all(outputs_);
    done_ = true;
    return true;
  }
  if (parcel_ == nullptr) {
    parcel_ = parcels_.take();
    if (parcel_ == nullptr) {
      return false;
    }
    parcel_->first_event = next_event_;
  }
  play_next();
  return true;
}

// What stands before an entry that is damaged reaches the outputs.
void JournalAgent::play_next() {
  std::vector<Event>& events = parcel_->events.events;
  const std::size_t before = events.size();
  try {
    if (!play_entry(*run_.state, *run_.player, next_, entry_, parcel_->events)) {
      throw DamagedState("the state has fewer entries than it says. Restore it from a backup.");
    }
  } catch (...) {
    events.resize(before);
    hand_over();
    throw;
  }
  ++next_;
  bytes_read_ += entry_.payload.size();
}

void JournalAgent::hand_over() {
  Parcel* parcel = std::exchange(parcel_, nullptr);
  next_event_ = parcel->end_event();
  give_to_all(outputs_, parcel);
}

}  // namespace tagtill
