// Makes snapshots of the journal, beside everything else.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "engine/agent.h"
#include "engine/decider.h"
#include "engine/doorbell.h"
#include "engine/journal_player.h"
#include "engine/state/state_store.h"

namespace tagtill {

// A snapshot is what the journal amounts to: the last snapshot and the entries behind it,
// played into a decider of its own, which is then saved and thrown away. So the decider that
// is at work never stops for it, and a snapshot is made by the code that recovery uses.
//
// The StateAgent says when. The work is done on the thread of this agent, through a connection
// of its own, into a file without a name in the folder of the state; from there the StateAgent
// copies it, a piece beside each commit, and puts it in the place of the old one.
//
// Memory: that of a second decider while it is made. Errors: kIoFailed when there is no room
// for the file; DamagedState.
class CompactionAgent : public Agent {
 public:
  struct Options {
    std::string path;  // of the state
    std::string vfs;   // as StateOptions
    ProtocolOptions protocol;
    std::uint32_t shards = Decider::kShards;
    // A snapshot is due when the journal since the last one is longer than this, and than that
    // one: so each byte of a snapshot is paid for by one of the journal.
    std::uint64_t journal_bytes_min = std::uint64_t{16} << 20;
    bool keep_journal = false;  // entries that a snapshot covers stay
  };

  explicit CompactionAgent(Options options);
  ~CompactionAgent() override;

  // Before the threads start: the bell of the agent's thread, and the StateAgent's.
  void ring_at(std::shared_ptr<Doorbell> bell) { bell_ = std::move(bell); }
  void tell(std::shared_ptr<Doorbell> bell) { told_ = std::move(bell); }

  // The StateAgent's thread: asks for a snapshot when one is due, or copies a piece of one that
  // was made. True if there was something to do.
  [[nodiscard]] bool attend(StateStore& store);
  // Nothing is asked for, and nothing is left to be copied.
  [[nodiscard]] bool is_idle() const { return phase_.load() == Phase::kIdle; }
  // Nothing will be asked for any more. Only when it is idle.
  void end();

  [[nodiscard]] bool do_work() override;
  [[nodiscard]] bool is_done() const override { return phase_.load() == Phase::kEnded; }

 private:
  // Who works: from kAsked to kMade this agent's thread, then the StateAgent's.
  enum class Phase : std::uint8_t { kIdle, kAsked, kMade, kEnded };
  class Spool;

  void begin();
  void play_some();
  void save();
  void copy_some(StateStore& store);
  void set_phase(Phase phase, const std::shared_ptr<Doorbell>& bell);

  Options options_;
  std::shared_ptr<Doorbell> bell_;
  std::shared_ptr<Doorbell> told_;
  std::atomic<Phase> phase_{Phase::kIdle};

  std::unique_ptr<StateReader> reader_;
  std::unique_ptr<JournalPlayer> player_;
  std::uint64_t next_ = 0;  // entry to be played
  std::uint64_t last_ = 0;  // that the snapshot covers
  std::unique_ptr<Spool> spool_;
  bool copying_ = false;
};

}  // namespace tagtill
