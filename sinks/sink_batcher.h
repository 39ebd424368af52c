// Gathers events into batches and hands them to the sinks.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "engine/event.h"
#include "sinks/sink.h"

namespace tagtill {

// What a sink is given unless it is configured otherwise: purchases are what
// sinks exist for (P8).
[[nodiscard]] EventTypes confirmed_only();
[[nodiscard]] EventTypes all_event_types();

// Used by one thread. Each sink is given the events of its types, in order, in
// batches of at most kBatchEvents events or kBatchBytes bytes (plus one event),
// or fewer at flush() and close().
//
// When a sink throws, the error passes through, and that sink is not touched
// again. The others can still be closed, which gives them all they were sent
// before.
//
// Bounds: one batch a sink. Cost: one copy of an event's strings a sink.
class SinkBatcher {
 public:
  static constexpr std::size_t kBatchEvents = 4'096;
  static constexpr std::size_t kBatchBytes = std::size_t{1} << 20;

  // Before open().
  void attach(std::unique_ptr<Sink> sink, EventTypes types);

  void open();

  // Copies what the sinks want of `events`, and writes the batches that are full.
  void add(const EventBatch& events);

  // Writes what was gathered and flushes the sinks.
  void flush();

  // Writes what was gathered and closes every sink that has not failed, also
  // when one of them fails now; then throws the first error.
  void close();

 private:
  struct Attached {
    std::unique_ptr<Sink> sink;
    EventTypes types;
    EventBatch batch;
    std::size_t batch_bytes = 0;
    bool usable = false;  // opened, not closed, did not fail
  };

  static void gather(Attached& to, const Event& event);
  static void write_out(Attached& sink);

  std::vector<Attached> sinks_;
};

}  // namespace tagtill
