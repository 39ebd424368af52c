// A journal, played again in the place of dumps, lanes and decider.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#include "engine/handover.h"
#include "engine/journal_player.h"
#include "engine/state/state_reader.h"
#include "tools/pipeline/batches.h"
#include "tools/pipeline/deciding_agent.h"
#include "tools/pipeline/output_agent.h"

namespace tagtill {

// A journal that is whole, and a new player for it. The state must have an entry.
struct RecordedRun {
  std::unique_ptr<StateReader> state;
  std::unique_ptr<JournalPlayer> player;
};

// Plays all entries that there are when it begins, and gives the outputs the events: those that
// were made when the journal was written, byte for byte. Whoever writes the state goes on
// meanwhile; its WAL grows until this has ended.
//
// Bounds: a parcel has at most one entry's events more than its limit. Throws DamagedState; what
// stands before the damage has been given to the outputs then.
class JournalAgent : public DecidingAgent {
 public:
  // Everything must outlive the agent. `parcels`: empty ones.
  JournalAgent(RecordedRun run, Handover<Parcel>& parcels,
               std::span<const std::unique_ptr<OutputAgent>> outputs);

  [[nodiscard]] bool do_work() override;
  [[nodiscard]] bool is_done() const override { return done_; }

  [[nodiscard]] const Decider& decider() const override { return *player().decider(); }
  // There are none in a journal.
  [[nodiscard]] const LineCounts& lines() const override { return lines_; }
  [[nodiscard]] std::uint64_t intents() const override { return run_.player->intents(); }
  [[nodiscard]] FileErrors problems_after(std::size_t) const override { return {}; }

  // Of the journal so far. Any thread.
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  [[nodiscard]] const JournalPlayer& player() const { return *run_.player; }
  void play_next();
  void hand_over();

  RecordedRun run_;
  Handover<Parcel>& parcels_;
  std::span<const std::unique_ptr<OutputAgent>> outputs_;
  std::uint64_t next_ = 1;  // entry to be played
  std::uint64_t last_;
  StateEntry entry_;
  Parcel* parcel_ = nullptr;  // that is filled
  std::uint64_t next_event_ = 0;
  std::atomic<std::uint64_t> bytes_read_{0};
  bool done_ = false;
  LineCounts lines_;
};

}  // namespace tagtill
