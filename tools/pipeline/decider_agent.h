// The decider at work: puts the lanes' batches into stream order, decides, hands out.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "engine/clock.h"
#include "engine/code_tape.h"
#include "engine/decider.h"
#include "engine/file_errors.h"
#include "engine/growing_members.h"
#include "engine/handover.h"
#include "ingest/feed.h"
#include "tools/pipeline/batches.h"
#include "tools/pipeline/deciding_agent.h"
#include "tools/pipeline/output_agent.h"

namespace tagtill {

class StateAgent;

// How far the decider is, as it was at most kStandingEvery before its last work.
struct DeciderStanding {
  LineCounts lines;  // of this run, as intents
  std::uint64_t intents = 0;
  DecisionCounts decisions;
  std::uint64_t open_windows = 0;
  std::optional<Millis> clock;  // P3.3
  ParcelCounts parcels{};       // that were handed on, by why
};

// Without a state each batch's events go to the outputs at once. With one they are gathered
// for up to `gather` of the clock, with the candidates that they were made of and how far the
// dumps were read, and go to the state. How they are gathered changes no result.
class DeciderAgent : public DecidingAgent {
 public:
  static constexpr std::chrono::milliseconds kPositionsWait{100};
  static constexpr std::chrono::milliseconds kStandingEvery{100};

  // Everything must outlive the agent. `batches`: how many LaneBatches there are.
  struct Ways {
    Feed& feed;
    std::size_t batches;
    Handover<LaneBatch>& done;  // from the lanes
    Handover<LaneBatch>& free;  // back to them
    Handover<Parcel>& parcels;  // empty ones
    std::span<const std::unique_ptr<OutputAgent>> outputs;
    StateAgent* state;  // null: none
  };

  struct Options {
    bool stop_at_problem = false;  // ends the run where a dump cannot be read whole
    GrowingMembers members{};      // with a state: those in force, whose table the decider has
    std::chrono::milliseconds gather{0};
    // The feed has live sources instead of dumps: what was decided waits for `gather`, how far
    // streams were read, when nothing was decided, for kPositionsWait.
    bool live = false;
    // With a state: what was decided before, and where reading begins in the first dump.
    std::uint64_t first_event = 0;
    std::uint64_t first_letter = 0;
    DumpStep first_step;
  };

  DeciderAgent(std::unique_ptr<Decider> decider, const Ways& ways, Options options, Clock& clock);

  [[nodiscard]] bool do_work() override;
  [[nodiscard]] bool is_done() const override { return done_; }

  [[nodiscard]] const Decider& decider() const override { return *decider_; }
  [[nodiscard]] const LineCounts& lines() const override { return lines_; }
  [[nodiscard]] std::uint64_t intents() const override { return intents_; }
  [[nodiscard]] FileErrors problems_after(std::size_t count) const override;
  // Any thread, at any time.
  [[nodiscard]] DeciderStanding standing() const;

 private:
  [[nodiscard]] bool decide_next();
  void publish();
  void collect();
  [[nodiscard]] bool parcel_is_due();
  void take(LaneBatch& batch);
  void replace(const ConfigurationSwap& swap);
  void control(const LaneBatch& batch);
  void take_lines(const LaneBatch& batch);
  void apply(LaneBatch& batch);
  void take_step(const LaneBatch& batch, std::uint64_t lines);
  void take_stream_step(const LaneBatch& batch);
  void note_problems(const LaneBatch& batch);
  void hand_over(ParcelEnd why);
  void end();

  std::unique_ptr<Decider> decider_;
  Ways ways_;
  Options options_;
  Clock& clock_;
  std::vector<LaneBatch*> waiting_;          // for those before them; by sequence, in a ring
  std::uint64_t next_ = 0;                   // sequence of the batch that is due
  Parcel* parcel_ = nullptr;                 // that is filled
  CodeTape codes_;                           // of the batch that is applied, with a state
  DumpStep step_;                            // how far reading is
  std::optional<std::uint32_t> cut_source_;  // of which nothing more counts
  bool stopped_ = false;                     // nothing more counts
  bool done_ = false;
  LineCounts lines_;
  std::uint64_t intents_ = 0;
  ParcelCounts parcels_{};
  std::uint64_t next_event_ = 0;  // numbers of the parcel's first ones
  std::uint64_t next_letter_ = 0;
  bool is_published_ = true;
  Clock::TimePoint published_;
  mutable std::mutex mutex_;
  FileErrors problems_;       // guarded by mutex_
  DeciderStanding standing_;  // guarded by mutex_
};

}  // namespace tagtill
