// Gathers events into batches and hands them to a sink.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "engine/event.h"
#include "engine/time.h"
#include "sinks/sink.h"

namespace tagtill {

// What a sink is given unless it is configured otherwise: purchases are what
// sinks exist for (P8).
[[nodiscard]] EventTypes confirmed_only();
[[nodiscard]] EventTypes all_event_types();

// When a batch is full.
struct SinkLimits {
  static constexpr std::size_t kEventsMost = 1'000'000;
  static constexpr std::size_t kBytesMost = std::size_t{64} << 20;
  static constexpr Millis kAgeMost = 3'600'000;

  std::size_t events = 4'096;
  std::size_t bytes = std::size_t{1} << 20;  // of memory, and one event more
  // How long an event may wait for others. A batcher has no clock: who owns it calls flush().
  Millis age_ms = 1'000;
};

// Why a batch was written.
enum class BatchEnd : std::uint8_t {
  kFull,
  kInTime,  // its first event should wait no longer
  kIdle,    // there was nothing more just now
  kOffers,  // others are in force behind it
  kEnd,     // of the run
};
inline constexpr std::size_t kBatchEnds = 5;
using BatchCounts = std::array<std::uint64_t, kBatchEnds>;

// A sink and the batch that is gathered for it. Used by one thread. The sink is given the
// events of its types, in order, in batches of the size that its limits say, or smaller ones at
// flush() and close().
//
// Events have numbers, counted over all types, and come without gaps. Those that the sink has
// had already are skipped, so that a caller may begin anywhere before where it stands.
//
// When the sink throws, the error passes through, and the sink is not touched again.
//
// Bounds: one batch. Cost: one copy of an event's strings.
class SinkBatcher {
 public:
  SinkBatcher(std::unique_ptr<Sink> sink, EventTypes types, SinkLimits limits = {})
      : sink_(std::move(sink)), types_(types), limits_(limits) {}

  [[nodiscard]] const SinkLimits& limits() const { return limits_; }

  // Returns where the sink stands.
  SinkPosition open(const SinkStart& start);

  // Copies what the sink wants of `events`, and writes the batch when it is full. `first`: the
  // number of the first event. Throws tagtill::Error (ExitCode::kFailed) when events between
  // those that were added before and these are missing: they would be lost to the sink.
  void add(const EventBatch& events, std::uint64_t first);

  // As Sink::set_offers(), behind all that was added: that is written first.
  void set_offers(const std::shared_ptr<const OfferCatalogue>& offers);

  // Writes what was gathered, tells the sink how far the stream has come though there was
  // nothing for it, and flushes it. Returns where it stands: behind all that was added.
  SinkPosition flush(BatchEnd why = BatchEnd::kInTime);

  // Writes what was gathered and closes the sink, unless it has failed.
  void close();

  // As Sink::answers(). False once it has failed.
  [[nodiscard]] bool answers() { return usable_ && sink_->answers(); }

  // Batches that were written, by why. Any thread.
  [[nodiscard]] BatchCounts batches() const;

 private:
  template <typename Action>
  void guarded(Action action);
  void gather(const Event& event, std::uint64_t number);
  void write_out(BatchEnd why);

  std::unique_ptr<Sink> sink_;
  EventTypes types_;
  SinkLimits limits_;
  EventBatch batch_;
  std::size_t batch_bytes_ = 0;
  std::uint64_t through_ = 0;  // all events before this number were added, or had before
  std::uint64_t written_ = 0;  // and written to the sink
  SinkPosition flushed_;
  std::array<std::atomic<std::uint64_t>, kBatchEnds> batches_{};
  bool usable_ = false;  // opened, not closed, did not fail
};

}  // namespace tagtill
