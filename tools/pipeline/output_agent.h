// What writes: an output on a thread of its own, since it waits for disks.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
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
  // Why, once, when there is anything to flush, and so long has passed since the last time or
  // whoever asks is idle and flushes then.
  [[nodiscard]] std::optional<BatchEnd> is_due(bool idle);

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

  // A flush that succeeded: how long it took, with what had to be written for it, and how long
  // before its end the oldest parcel that it was for was committed, if that is known.
  struct Flushed {
    Clock::TimePoint::duration took{};
    std::optional<Clock::TimePoint::duration> since_commit{};
  };

  struct Options {
    std::string name;         // tells the output from the others
    std::size_t parcels = 0;  // how many there are at most
    Flush flush = Flush::kInTime;
    std::shared_ptr<OutputHealth> health = std::make_shared<OutputHealth>();
    std::function<void(const Flushed&)> on_flush = [](const Flushed&) {};  // on its thread
  };
  OutputAgent(std::unique_ptr<Output> output, Options options, Clock& clock);

  [[nodiscard]] const std::string& name() const { return options_.name; }
  [[nodiscard]] bool takes_letters() const { return output_->takes_letters(); }

  // Before the threads start. Returns where the output stands.
  SinkPosition open(const SinkStart& start);
  // Behind open(): as Output::set_offers().
  void set_offers(const std::shared_ptr<const OfferCatalogue>& offers);

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
  // Any thread.
  [[nodiscard]] const OutputHealth& health() const { return *options_.health; }
  [[nodiscard]] BatchCounts batches() const { return output_->batches(); }

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
  void flush(BatchEnd why);
  void ask();
  void tell() const {
    if (told_ != nullptr) {
      told_->ring();
    }
  }

  std::unique_ptr<Output> output_;
  Options options_;
  Clock& clock_;
  Inbox inbox_;
  FlushClock flush_clock_;
  std::optional<Clock::TimePoint> committed_;  // the oldest parcel since the last flush
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
