// What writes: an output on a thread of its own, since it waits for disks.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>

#include "engine/agent.h"
#include "engine/clock.h"
#include "engine/handover.h"
#include "tools/pipeline/batches.h"
#include "tools/pipeline/output.h"

namespace tagtill {

// From the decider or the state to one agent, in order.
class Inbox {
 public:
  explicit Inbox(std::size_t things) : queue_(things) {}

  void give(Parcel* parcel) { queue_.give(parcel); }
  // Nothing will be given any more.
  void end() {
    ended_ = true;
    queue_.ring();
  }
  void ring_at(std::shared_ptr<Doorbell> bell) { queue_.ring_at({std::move(bell)}); }
  // About. Any thread.
  [[nodiscard]] std::size_t waiting() const { return queue_.waiting(); }

  // Null if there is nothing now; `ended` is set when there never will be.
  [[nodiscard]] Parcel* take(bool& ended) {
    const bool was_last = ended_;  // read first: what was given before end() is there then
    Parcel* parcel = queue_.take();
    ended = parcel == nullptr && was_last;
    return parcel;
  }

 private:
  Handover<Parcel> queue_;
  std::atomic<bool> ended_{false};
};

// When to flush: what an output was given should not get old, somebody may be watching.
class FlushClock {
 public:
  FlushClock(Clock& clock, std::chrono::milliseconds every)
      : clock_(clock), every_(every), next_(clock.now() + every) {}

  void note_write() { written_ = true; }
  // True, once, when there is anything to flush, and so long has passed since the last time or it
  // should be `now`.
  [[nodiscard]] bool is_due(bool now);

 private:
  Clock& clock_;
  std::chrono::milliseconds every_;
  bool written_ = false;
  Clock::TimePoint next_;
};

// Gives an output its parcels.
class OutputAgent : public Agent {
 public:
  enum class Flush : std::uint8_t {
    kInTime,    // Output::flush_every()
    kWhenIdle,  // and whenever it has written all that it was given
  };

  // `name` tells the output from the others. `parcels`: how many there are at most.
  OutputAgent(std::unique_ptr<Output> output, std::string name, std::size_t parcels, Clock& clock,
              Flush flush);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool takes_letters() const { return output_->takes_letters(); }

  // Before the threads start. Returns where the output stands.
  SinkPosition open(const SinkStart& start);

  // Whoever gives it parcels, on one thread.
  void give(Parcel* parcel);
  void end() { inbox_.end(); }
  // Parcels that it was given and is not done with.
  [[nodiscard]] std::size_t waiting() const { return waiting_.load(); }

  // Before the threads start: the bell of the agent's thread, and that of whoever wants to
  // know when it has done with a parcel, has flushed or has ended (may be null).
  void ring_at(std::shared_ptr<Doorbell> bell) { inbox_.ring_at(std::move(bell)); }
  void tell(std::shared_ptr<Doorbell> bell) { told_ = std::move(bell); }

  // Where the output stood when it was last flushed. Any thread.
  [[nodiscard]] SinkPosition flushed() const;

  // Flushes and closes the output behind the last parcel.
  [[nodiscard]] bool do_work() override;
  [[nodiscard]] bool is_done() const override { return done_.load(); }

  // When the threads have ended without that: writes what was given, and closes. Does
  // nothing if it was this output that failed. Errors are not told: the first one was.
  void close_after_failure() noexcept;

 private:
  template <typename Action>
  void guarded(Action action);
  void write(Parcel* parcel);
  void flush();
  void tell() const {
    if (told_ != nullptr) {
      told_->ring();
    }
  }

  std::unique_ptr<Output> output_;
  std::string name_;
  Inbox inbox_;
  FlushClock flush_clock_;
  Flush flush_;
  std::shared_ptr<Doorbell> told_;
  std::atomic<std::size_t> waiting_{0};
  std::atomic<bool> done_{false};
  bool usable_ = false;
  mutable std::mutex mutex_;
  SinkPosition flushed_;  // guarded by mutex_
};

// For whoever has nothing else between itself and the outputs: gives the parcel to each of them,
// or sends it home if there are none.
void give_to_all(std::span<const std::unique_ptr<OutputAgent>> outputs, Parcel* parcel);
void end_all(std::span<const std::unique_ptr<OutputAgent>> outputs);

}  // namespace tagtill
