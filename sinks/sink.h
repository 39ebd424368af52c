// Where events go: the narrow waist that every output sits behind.
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/event.h"

namespace tagtill {

class OfferCatalogue;

// The event types that a sink is given.
using EventTypes = std::bitset<kEventTypes>;

// How far a sink has come in the stream of events: it has had all before number `events`
// (counted over all types, from 0). `mark` is what it wants to be told at its next open():
// a file its length in bytes.
struct SinkPosition {
  std::uint64_t events = 0;
  std::uint64_t mark = 0;

  friend bool operator==(const SinkPosition&, const SinkPosition&) = default;
};

// What a sink is opened with.
struct SinkStart {
  // The identity of the state that the events come from. Empty: a run without one, which
  // begins at 0 and cannot be gone on with.
  std::string stream;
  // Where the state knows the sink to be: what flush() or open() returned when it was last
  // written down. A sink that the state has not known before: number of its first event, mark 0.
  SinkPosition at;
  // Events that the state has written down in all: no sink that it feeds can be further.
  std::uint64_t committed = 0;
  // What was flushed survives a crash of the machine as well, not of the program alone.
  bool sync = false;
};

// A sink. Used by one thread. Every function throws tagtill::Error with
// ExitCode::kIoFailed and a sentence that names the sink and its path when it
// fails; after that only the destructor may be called, and what earlier flushes
// made durable stands, whole.
//
// With a stream nothing is lost and nothing doubled: after a crash the sink is opened where
// the state knew it to be, and takes back or does not ask again for what it was given since.
// Without one the same event may be written twice (when the same dump is replayed): the
// purchase id is the key.
class Sink {
 public:
  virtual ~Sink() = default;
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  // Makes or opens the output and checks that it can be written. Returns where it really
  // stands: a database that keeps its own count, in the transaction of each batch, may be
  // further than `start.at`; events before that must not be given again.
  virtual SinkPosition open(const SinkStart& start) = 0;
  // Takes the events of the batch, in order. Keeps no reference to it. With them the sink has
  // had every event before number `through`: it never gets smaller. The batch may be empty,
  // then that alone moves on.
  virtual void write(const EventBatch& batch, std::uint64_t through) = 0;
  // What was written before survives a crash of the program when this returns, and one of
  // the machine if that was asked for. Returns where the sink stands now.
  virtual SinkPosition flush() = 0;
  // Flushes and gives back what the sink holds.
  virtual void close() = 0;

  // For a sink that keeps the offers: these are in force for the events behind all that were
  // written (P6.4). They stand as durably as what a write() wrote. May be called with what it has
  // had.
  virtual void set_offers(const std::shared_ptr<const OfferCatalogue>& /*offers*/) {}

  // For a sink whose open() does not wait for its other side: false until that has answered once.
  // Does not wait: it is asked again, some times a second, while it says false.
  [[nodiscard]] virtual bool answers() { return true; }
};

}  // namespace tagtill
