// Whole replays with a state on one thread and a simulated disk, all from a seed.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/clock.h"
#include "engine/decider.h"
#include "engine/lane.h"
#include "tests/seeded.h"
#include "tests/sim_disk.h"
#include "tests/streams.h"
#include "tests/temp_folder.h"
#include "tools/configuration.h"

namespace simulation {

// Moves as the scheduler says.
class SimClock final : public tagtill::Clock {
 public:
  TimePoint now() override { return now_; }
  void pass(std::chrono::milliseconds time) { now_ += time; }
  [[nodiscard]] std::chrono::milliseconds passed() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch());
  }

 private:
  TimePoint now_{};
};

// What a finished run leaves behind, as bytes.
struct Outcome {
  std::string events;     // of --events
  std::string purchases;  // of a jsonl: sink
  std::string letters;    // dead letters
  std::string rows;       // of the tables of a sqlite: sink

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// One replay of a stream: state, --events, a jsonl and a sqlite sink and dead letters lie on
// the simulated disk; the dumps are real files, which nobody writes.
class SimulatedReplay {
 public:
  // The stream must live as long. `sync`: commits survive a loss of power.
  SimulatedReplay(const streams::Stream& stream, bool sync);

  // One start of the program on `disk`, to its end or to its death. Agents are drawn by lot,
  // and now and then one is left waiting for long. Everything random comes from `random`.
  // Returns true when it ended by itself. Throws what is no failure of the disk.
  bool attempt(tagtill::SimDisk& disk, seeded::Random& random);

  // What the program said at the end of the last attempt, if it failed.
  [[nodiscard]] const std::string& last_error() const { return last_error_; }

  // After an attempt that ended by itself, with nothing planned on the disk any more. Also
  // checks the state: every digest, every invariant.
  [[nodiscard]] Outcome outcome(tagtill::SimDisk& disk) const;

  [[nodiscard]] std::chrono::milliseconds simulated_time() const { return clock_.passed(); }

 private:
  [[nodiscard]] std::string path(const std::string& name) const { return folder_.path(name); }
  void run(tagtill::SimDisk& disk, seeded::Random& random);

  const streams::Stream& stream_;
  bool sync_;
  tagtill::TempFolder folder_;
  std::vector<std::string> dumps_;
  tagtill::ProtocolOptions protocol_;
  tagtill::Configuration configuration_;
  std::shared_ptr<const tagtill::SearchContext> context_;
  SimClock clock_;
  std::string last_error_;
};

}  // namespace simulation
