// What travels between the agents of a pipeline: made at its start, used again and again.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/candidate.h"
#include "engine/clock.h"
#include "engine/event.h"
#include "engine/file_errors.h"
#include "engine/handover.h"
#include "engine/journal_kind.h"
#include "ingest/feed.h"

namespace tagtill {

// What a lane found in one block. From a lane to the decider, and back.
struct LaneBatch {
  std::uint64_t sequence = 0;  // of the block's turn
  std::uint32_t source = 0;
  std::uint32_t dump = 0;        // which of the dumps,
  std::uint32_t file = 0;        // which file of lines in it,
  std::uint64_t end_offset = 0;  // and where in that no line starts before which is not known yet
  bool ends_dump = false;        // it is the last one of its dump
  std::uint32_t stream = kNoStream;                 // of a live source: which stream it belongs to,
  std::uint64_t stream_end = 0;                     // and that one's position behind it
  std::shared_ptr<const ConfigurationSwap> swap{};  // no block, but this in its place,
  std::shared_ptr<const ControlRun> controls{};     // or this
  FileErrors problems;       // why the block, or something before it, could not be read
  bool cuts_source = false;  // it is the block: nothing behind it in its source counts
  CandidateBatch candidates;
  std::string letters;  // dead letters, if the run has an output for them
};

// How far a dump was read.
struct DumpStep {
  std::uint32_t dump = 0;
  std::uint32_t files = 0;   // of lines, read whole
  std::uint64_t offset = 0;  // in the next one: where a line starts
  std::uint64_t lines = 0;   // in this run
  bool done = false;
};

// How far a stream of a live source was read.
struct StreamStep {
  std::uint32_t stream = 0;  // the feed's number of it
  std::uint64_t position = 0;
};

// Why the decider handed a parcel on.
enum class ParcelEnd : std::uint8_t {
  kFull,
  kGathered,             // its time was up
  kBeforeConfiguration,  // that comes next
  kConfiguration,        // it holds one
  kEnd,                  // of the stream
};
inline constexpr std::size_t kParcelEnds = 5;
using ParcelCounts = std::array<std::uint64_t, kParcelEnds>;

// What the decider made of some batches: events and dead letters for the outputs, and for a
// state what they were made of. On its way to all outputs; the last one that is done with it
// sends it home.
//
// Bounds: the decider hands a parcel on when it holds kEvents events or kBytes bytes of dead
// letters or journal, so at most one batch more.
struct Parcel {
  static constexpr std::size_t kEvents = 4'096;
  static constexpr std::size_t kBytes = std::size_t{1} << 20;

  Clock::TimePoint begun;  // when something came into it first; with a state

  std::uint64_t first_event = 0;  // its number in the stream of events
  EventBatch events;
  std::uint64_t first_letter = 0;  // its number in the stream of dead letters
  std::uint64_t letter_count = 0;
  std::string letters;  // as JSON Lines

  std::string journal;  // an entry, for a state
  JournalKind journal_kind = JournalKind::kCandidates;
  std::vector<DumpStep> steps;      // by dump, for a state
  std::vector<StreamStep> streams;  // each once, for a state

  // Of a parcel that holds a configuration: what is on offer from its events on, and for how long
  // the decider did nothing else.
  std::shared_ptr<const OfferCatalogue> offers;
  std::optional<Clock::TimePoint::duration> held_up;
  std::optional<Clock::TimePoint> committed;  // when, if that is known

  std::atomic<std::uint32_t> readers{0};
  Handover<Parcel>* home = nullptr;

  [[nodiscard]] bool has_output() const { return !events.events.empty() || letter_count > 0; }
  // Something was decided.
  [[nodiscard]] bool has_news() const { return has_output() || !journal.empty(); }
  [[nodiscard]] bool is_empty() const { return !has_news() && steps.empty() && streams.empty(); }
  [[nodiscard]] bool is_full() const {
    return events.events.size() >= kEvents || letters.size() >= kBytes || journal.size() >= kBytes;
  }
  [[nodiscard]] std::uint64_t end_event() const { return first_event + events.events.size(); }
  [[nodiscard]] std::uint64_t end_letter() const { return first_letter + letter_count; }

  void clear() {
    events.clear();
    letter_count = 0;
    letters.clear();
    journal.clear();
    journal_kind = JournalKind::kCandidates;
    steps.clear();
    streams.clear();
    offers.reset();
    held_up.reset();
    committed.reset();
  }

  // Nobody looks at it any more.
  void go_home() {
    clear();
    home->give(this);
  }
  // One reader is done with it.
  void release() {
    if (readers.fetch_sub(1) == 1) {
      go_home();
    }
  }
};

}  // namespace tagtill
