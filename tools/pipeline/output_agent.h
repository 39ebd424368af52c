// What writes: a sink, or the dead letters, each on a thread of its own, since it waits for
// disks.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "engine/agent.h"
#include "engine/handover.h"
#include "sinks/sink_batcher.h"
#include "tools/pipeline/batches.h"
#include "tools/replay/dead_letters.h"

namespace tagtill {

// From the decider to one output, in order.
template <typename T>
class Inbox {
 public:
  explicit Inbox(std::size_t things) : queue_(things) {}

  void give(T* thing) { queue_.give(thing); }
  // Nothing will be given any more.
  void end() {
    ended_ = true;
    queue_.ring();
  }
  void ring_at(std::shared_ptr<Doorbell> bell) { queue_.ring_at({std::move(bell)}); }

  // Null if there is nothing now; `ended` is set when there never will be.
  [[nodiscard]] T* take(bool& ended) {
    const bool was_last = ended_;  // read first: what was given before end() is there then
    T* thing = queue_.take();
    ended = thing == nullptr && was_last;
    return thing;
  }

 private:
  Handover<T> queue_;
  std::atomic<bool> ended_{false};
};

// When to flush: what an output was given should not get old, somebody may be watching.
class FlushClock {
 public:
  void note_write() { written_ = true; }
  // True, once, when a second has passed since the last time and there is anything to flush.
  [[nodiscard]] bool is_due();

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kEvery{1};

  bool written_ = false;
  Clock::time_point next_ = Clock::now() + kEvery;
};

// Gives a sink its events.
class OutputAgent : public Agent {
 public:
  // `free`: where parcels go when all outputs have had them; `parcels`: how many there are.
  OutputAgent(std::unique_ptr<Sink> sink, EventTypes types, Handover<EventParcel>& free,
              std::size_t parcels);

  // Before the threads start.
  void open() { (void)batcher_.open({}); }

  // The decider's.
  void give(EventParcel* parcel) { inbox_.give(parcel); }
  void end() { inbox_.end(); }
  // Before the threads start: that of the agent's thread.
  void ring_at(std::shared_ptr<Doorbell> bell) { inbox_.ring_at(std::move(bell)); }

  // Closes the sink behind the last parcel.
  [[nodiscard]] bool do_work() override;
  [[nodiscard]] bool is_done() const override { return done_; }

  // When the threads have ended without that: writes what was given, and closes. Does
  // nothing if it was this sink that failed. Errors are not told: the first one was.
  void close_after_failure() noexcept;

 private:
  void write(EventParcel* parcel);

  SinkBatcher batcher_;
  Inbox<EventParcel> inbox_;
  Handover<EventParcel>& free_parcels_;
  FlushClock flush_clock_;
  bool done_ = false;
};

// Writes the malformed lines.
class DeadLetterAgent : public Agent {
 public:
  DeadLetterAgent(const std::string& path, Handover<LaneBatch>& free, std::size_t batches);

  void open() { (void)letters_.open({}); }
  void give(LaneBatch* batch) { inbox_.give(batch); }
  void end() { inbox_.end(); }
  void ring_at(std::shared_ptr<Doorbell> bell) { inbox_.ring_at(std::move(bell)); }

  [[nodiscard]] bool do_work() override;
  [[nodiscard]] bool is_done() const override { return done_; }

  void close_after_failure() noexcept;

 private:
  void write(LaneBatch* batch);

  DeadLetterFile letters_;
  std::string letter_;
  std::uint64_t count_ = 0;  // letters written
  Inbox<LaneBatch> inbox_;
  Handover<LaneBatch>& free_batches_;
  FlushClock flush_clock_;
  bool usable_ = true;
  bool done_ = false;
};

}  // namespace tagtill
