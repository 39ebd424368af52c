#include "tools/pipeline/output_agent.h"

#include <utility>

namespace tagtill {

bool FlushClock::is_due() {
  if (!written_) {
    return false;
  }
  const Clock::time_point now = Clock::now();
  if (now < next_) {
    return false;
  }
  next_ = now + kEvery;
  written_ = false;
  return true;
}

OutputAgent::OutputAgent(std::unique_ptr<Sink> sink, EventTypes types, Handover<EventParcel>& free,
                         std::size_t parcels)
    : batcher_(std::move(sink), types), inbox_(parcels), free_parcels_(free) {}

bool OutputAgent::do_work() {
  bool ended = false;
  EventParcel* parcel = inbox_.take(ended);
  if (parcel != nullptr) {
    write(parcel);
    flush_clock_.note_write();
  }
  if (ended) {
    batcher_.close();
    done_ = true;
    return true;
  }
  if (flush_clock_.is_due()) {
    (void)batcher_.flush();
    return true;
  }
  return parcel != nullptr;
}

void OutputAgent::write(EventParcel* parcel) {
  batcher_.add(parcel->events, parcel->first);
  if (parcel->readers.fetch_sub(1) == 1) {
    parcel->events.clear();
    free_parcels_.give(parcel);
  }
}

void OutputAgent::close_after_failure() noexcept {
  try {
    bool ended = false;
    while (EventParcel* parcel = inbox_.take(ended)) {
      write(parcel);
    }
    batcher_.close();
  } catch (...) {  // the first failure is the one to tell
  }
}

DeadLetterAgent::DeadLetterAgent(const std::string& path, Handover<LaneBatch>& free,
                                 std::size_t batches)
    : letters_(path), inbox_(batches), free_batches_(free) {}

bool DeadLetterAgent::do_work() {
  bool ended = false;
  LaneBatch* batch = inbox_.take(ended);
  if (batch != nullptr) {
    write(batch);
    flush_clock_.note_write();
  }
  if (ended) {
    usable_ = false;
    letters_.close();
    done_ = true;
    return true;
  }
  if (flush_clock_.is_due()) {
    usable_ = false;
    (void)letters_.flush();
    usable_ = true;
    return true;
  }
  return batch != nullptr;
}

void DeadLetterAgent::write(LaneBatch* batch) {
  usable_ = false;
  for (const MalformedLine& line : batch->candidates.malformed) {
    append_dead_letter(letter_, line, *batch->source_name);
    letters_.write(letter_, ++count_);
    letter_.clear();
  }
  usable_ = true;
  free_batches_.give(batch);
}

void DeadLetterAgent::close_after_failure() noexcept {
  try {
    bool ended = false;
    for (LaneBatch* batch = nullptr; usable_ && (batch = inbox_.take(ended)) != nullptr;) {
      write(batch);
    }
    if (usable_) {
      letters_.close();
    }
  } catch (...) {
  }
}

}  // namespace tagtill
