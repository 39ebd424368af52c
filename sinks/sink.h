// Where events go: the narrow waist that every output sits behind.
#pragma once

#include <bitset>
#include <memory>
#include <string>
#include <string_view>

#include "engine/event.h"

namespace tagtill {

// The event types that a sink is given.
using EventTypes = std::bitset<kEventTypes>;

// A sink. Used by one thread. Every function throws tagtill::Error with
// ExitCode::kIoFailed and a sentence that names the sink and its path when it
// fails; after that only the destructor may be called, and what earlier flushes
// made durable stands, whole.
//
// The same event may be written twice (after a crash, or when the same dump is
// replayed): the purchase id is the key.
class Sink {
 public:
  virtual ~Sink() = default;
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  // Makes or opens the output and checks that it can be written.
  virtual void open() = 0;
  // Takes the events of the batch, in order. Keeps no reference to it.
  virtual void write(const EventBatch& batch) = 0;
  // What was written before survives a crash of the program when this returns.
  virtual void flush() = 0;
  // Flushes and gives back what the sink holds.
  virtual void close() = 0;
};

}  // namespace tagtill
