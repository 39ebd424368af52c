// Gathers events into batches and hands them to a sink.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "engine/event.h"
#include "sinks/sink.h"

namespace tagtill {

// What a sink is given unless it is configured otherwise: purchases are what
// sinks exist for (P8).
[[nodiscard]] EventTypes confirmed_only();
[[nodiscard]] EventTypes all_event_types();

// A sink and the batch that is gathered for it. Used by one thread. The sink is given the
// events of its types, in order, in batches of at most kBatchEvents events or kBatchBytes
// bytes (plus one event), or fewer at flush() and close().
//
// Events have numbers, counted over all types, and come without gaps. Those that the sink has
// had already are skipped, so that a caller may begin anywhere before where it stands.
//
// When the sink throws, the error passes through, and the sink is not touched again.
//
// Bounds: one batch. Cost: one copy of an event's strings.
class SinkBatcher {
 public:
  static constexpr std::size_t kBatchEvents = 4'096;
  static constexpr std::size_t kBatchBytes = std::size_t{1} << 20;

  SinkBatcher(std::unique_ptr<Sink> sink, EventTypes types)
      : sink_(std::move(sink)), types_(types) {}

  // Returns where the sink stands.
  SinkPosition open(const SinkStart& start);

  // Copies what the sink wants of `events`, and writes the batch when it is full. `first`: the
  // number of the first event. Throws tagtill::Error (ExitCode::kFailed) when events between
  // those that were added before and these are missing: they would be lost to the sink.
  void add(const EventBatch& events, std::uint64_t first);

  // Writes what was gathered, tells the sink how far the stream has come though there was
  // nothing for it, and flushes it. Returns where it stands: behind all that was added.
  SinkPosition flush();

  // Writes what was gathered and closes the sink, unless it has failed.
  void close();

 private:
  template <typename Action>
  void guarded(Action action);
  void gather(const Event& event, std::uint64_t number);
  void write_out();

  std::unique_ptr<Sink> sink_;
  EventTypes types_;
  EventBatch batch_;
  std::size_t batch_bytes_ = 0;
  std::uint64_t through_ = 0;  // all events before this number were added, or had before
  std::uint64_t written_ = 0;  // and written to the sink
  SinkPosition flushed_;
  bool usable_ = false;  // opened, not closed, did not fail
};

}  // namespace tagtill
