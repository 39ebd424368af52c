// The state at work: writes down what was decided before any output learns of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/agent.h"
#include "engine/clock.h"
#include "engine/handover.h"
#include "engine/state/state_store.h"
#include "ingest/live/live_feed.h"
#include "tools/pipeline/batches.h"
#include "tools/pipeline/commit_times.h"
#include "tools/pipeline/compaction_agent.h"
#include "tools/pipeline/output_agent.h"

namespace tagtill {

// Is told what happens to parcels, by the thread on which it does, which waits for it.
class PipelineWatch {
 public:
  PipelineWatch() = default;
  virtual ~PipelineWatch() = default;
  PipelineWatch(const PipelineWatch&) = delete;
  PipelineWatch& operator=(const PipelineWatch&) = delete;

  // On the state's thread: every commit that had parcels, before any output has them. `began`,
  // `ended`: the commit alone.
  virtual void committed(std::span<Parcel* const> parcels, const StateReader& state,
                         Clock::TimePoint began, Clock::TimePoint ended) = 0;
  // On the output's thread: every flush. `output`: its number.
  virtual void flushed(std::size_t output, const OutputAgent::Flushed& flush) = 0;
};

// Takes the decider's parcels, all that have come at once, and commits them in one
// transaction: the journal's entries, the events and dead letters (the outbox), how far the
// dumps were read, and where outputs stand that have flushed meanwhile. Then each output is
// given them. One that is slow gets no more than kInbox parcels; what comes after is read for
// it from the outbox when it has caught up so far, so that it holds nobody back. (The outbox
// is on the disk; it is emptied of what all outputs have had.)
//
// The outbox is full when an output lacks as many events (of dead letters likewise) as it may.
// Then nothing is taken from the decider until that output has had some, and so the whole run
// waits; the other outputs are given all that stands in the outbox meanwhile. An output may be
// exempt: for it the outbox grows, as far as the disk goes.
//
// New offers reach each output in their place among the events. They do not stand in the outbox:
// for an output that is behind the last kOffers of them are kept, and of more than that the places
// of those before the newest one are lost, with what they offered. (What was in force when a run
// starts, an output is opened with.)
//
// A live feed is told what was committed of its streams.
//
// When the journal has grown enough, a CompactionAgent makes a new snapshot of it.
//
// An error of the store ends the run (kIoFailed); nothing that it did not commit has reached
// an output.
class StateAgent : public Agent {
 public:
  static constexpr std::size_t kInbox = 8;
  static constexpr std::uint64_t kOutboxMax = 10'000'000;
  static constexpr std::size_t kOffers = 8;

  // Everything must outlive the agent. `dumps`: those of the run, by their number in it.
  // `compaction` may be null: then none is made.
  struct Ways {
    StateStore& store;
    std::span<const std::unique_ptr<OutputAgent>> outputs;
    CompactionAgent* compaction;
    LiveFeed* live;        // null: the feed has dumps
    PipelineWatch* watch;  // null: nobody
  };
  struct OutboxLimit {
    std::uint64_t most;                   // events that an output may lack, and one parcel more
    std::vector<std::size_t> waited_for;  // which of the outputs
  };
  StateAgent(const Ways& ways, const OutboxLimit& limit, std::vector<DumpRecord> dumps,
             std::size_t parcels, Clock& clock);

  // The decider's.
  void give(Parcel* parcel) { inbox_.give(parcel); }
  void end() { inbox_.end(); }

  // Before the threads start: the bell of the agent's thread; the outputs ring it, too.
  void ring_at(const std::shared_ptr<Doorbell>& bell);
  // The outputs have been opened, and stand there.
  void start();
  // Parcels that wait for a commit. Any thread.
  [[nodiscard]] std::size_t waiting() const { return inbox_.waiting(); }

  [[nodiscard]] bool do_work() override;
  [[nodiscard]] bool is_done() const override { return done_; }

 private:
  // What is on offer from an event on.
  struct NewOffers {
    std::uint64_t at;
    std::shared_ptr<const OfferCatalogue> offers;
  };
  // An output, and what it was given.
  struct Reader {
    OutputAgent* agent;
    std::uint64_t given = 0;       // it was given all before this number of its stream
    std::deque<NewOffers> offers;  // that it was not given
    SinkPosition written;          // its cursor in the state
    bool ended = false;
    bool waited_for = false;
    std::vector<std::unique_ptr<Parcel>> own;  // for what is read from the outbox
    std::unique_ptr<Handover<Parcel>> own_free;
  };
  static constexpr std::size_t kOwn = 2;  // of each reader

  [[nodiscard]] bool collect();
  [[nodiscard]] bool outbox_is_full() const;
  [[nodiscard]] bool commit();
  void add_entry(Parcel& parcel, StateCommit& commit) const;
  void add_streams(StateCommit& commit);
  void add_cursors(StateCommit& commit);
  [[nodiscard]] bool cursors_are_due(bool with_others);
  void hand_out(Clock::TimePoint committed);
  [[nodiscard]] bool catch_up(Reader& reader);
  [[nodiscard]] bool end_readers();
  [[nodiscard]] bool is_behind(const Reader& reader) const;
  [[nodiscard]] bool takes(const Reader& reader, const Parcel& parcel) const;
  static void keep_offers(Reader& reader, const Parcel& parcel);

  Ways ways_;
  std::vector<DumpRecord> dumps_;
  Clock& clock_;
  Inbox inbox_;
  std::vector<Reader> readers_;
  std::uint64_t outbox_max_;
  std::vector<Parcel*> group_;    // taken, not committed
  std::uint64_t next_event_ = 0;  // numbers behind all that was handed out
  std::uint64_t next_letter_ = 0;
  std::uint64_t taken_event_ = 0;  // and behind all that was taken
  std::uint64_t taken_letter_ = 0;
  bool ended_ = false;  // the inbox
  bool done_ = false;
  Clock::TimePoint cursors_written_;
  std::vector<StreamStep> streams_;  // of the group
  OutboxRow row_;
  CommitTimes times_;  // of what any output lacks
};

}  // namespace tagtill
