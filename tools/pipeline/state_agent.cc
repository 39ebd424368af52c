#include "tools/pipeline/state_agent.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/errors.h"
#include "tools/pipeline/outbox.h"

namespace tagtill {
namespace {

// Where outputs stand is written down with what comes; when nothing comes, so often.
constexpr std::chrono::seconds kCursorsEvery{1};

std::uint64_t first_of(const Parcel& parcel, bool letters) {
  return letters ? parcel.first_letter : parcel.first_event;
}

std::uint64_t end_of(const Parcel& parcel, bool letters) {
  return letters ? parcel.end_letter() : parcel.end_event();
}

}  // namespace

StateAgent::StateAgent(const Ways& ways, const OutboxLimit& limit, std::vector<DumpRecord> dumps,
                       std::size_t parcels, Clock& clock)
    : ways_(ways),
      dumps_(std::move(dumps)),
      clock_(clock),
      inbox_(parcels),
      outbox_max_(limit.most),
      cursors_written_(clock.now()) {
  for (const auto& output : ways_.outputs) {
    Reader& reader = readers_.emplace_back();
    reader.agent = output.get();
    reader.own_free = std::make_unique<Handover<Parcel>>(kOwn);
    for (std::size_t i = 0; i < kOwn; ++i) {
      Parcel* parcel = reader.own.emplace_back(std::make_unique<Parcel>()).get();
      parcel->home = reader.own_free.get();
      reader.own_free->give(parcel);
    }
  }
  for (const std::size_t output : limit.waited_for) {
    readers_[output].waited_for = true;
  }
}

void StateAgent::ring_at(const std::shared_ptr<Doorbell>& bell) {
  inbox_.ring_at(bell);
  for (Reader& reader : readers_) {
    reader.agent->tell(bell);
    reader.own_free->ring_at({bell});
  }
  if (ways_.compaction != nullptr) {
    ways_.compaction->tell(bell);
  }
}

void StateAgent::start() {
  const StateHead head = ways_.store.reader().head();
  next_event_ = head.events;
  next_letter_ = head.letters;
  taken_event_ = head.events;
  taken_letter_ = head.letters;
  for (Reader& reader : readers_) {
    const SinkPosition at = reader.agent->flushed();
    reader.given = at.events;
  }
}

bool StateAgent::do_work() {
  const bool collected = collect();
  const bool committed = commit();
  bool worked = collected || committed;
  for (Reader& reader : readers_) {
    worked = catch_up(reader) || worked;
  }
  if (ways_.compaction != nullptr && ways_.compaction->attend(ways_.store)) {
    worked = true;
  }
  if (!worked && ended_) {
    worked = end_readers();
  }
  return worked;
}

bool StateAgent::collect() {
  bool ended = false;
  while (!outbox_is_full()) {
    Parcel* parcel = inbox_.take(ended);
    if (parcel == nullptr) {
      break;
    }
    taken_event_ = parcel->end_event();
    taken_letter_ = parcel->end_letter();
    group_.push_back(parcel);
  }
  const bool news = ended && !ended_;
  ended_ = ended_ || ended;
  return !group_.empty() || news;
}

bool StateAgent::outbox_is_full() const {
  return std::ranges::any_of(readers_, [this](const Reader& reader) {
    const std::uint64_t taken = reader.agent->takes_letters() ? taken_letter_ : taken_event_;
    return reader.waited_for && taken >= reader.agent->flushed().events + outbox_max_;
  });
}

// One transaction for all that has come.
bool StateAgent::commit() {
  if (!cursors_are_due(!group_.empty())) {
    return false;
  }
  StateCommit commit;
  for (Parcel* parcel : group_) {
    add_entry(*parcel, commit);
  }
  add_streams(commit);
  add_cursors(commit);
  const Clock::TimePoint began = clock_.now();
  ways_.store.commit(commit);
  const Clock::TimePoint ended = clock_.now();
  if (ways_.watch != nullptr && !group_.empty()) {
    ways_.watch->committed(group_, ways_.store.reader(), began, ended);
  }
  hand_out(ended);
  for (const StreamStep& step : streams_) {  // a sender's ack is in less of a hurry than a prompt
    ways_.live->committed(step.stream, step.position);
  }
  ways_.store.bring_in_wal();
  return true;
}

void StateAgent::add_entry(Parcel& parcel, StateCommit& commit) const {
  for (const DumpStep& step : parcel.steps) {
    DumpRecord record = dumps_[step.dump];
    if (record.number == 0) {
      continue;
    }
    record.files = step.files;
    record.offset = step.offset;
    record.lines += step.lines;
    record.done = step.done;
    if (!commit.dumps.empty() && commit.dumps.back().number == record.number) {
      commit.dumps.back() = std::move(record);
    } else {
      commit.dumps.push_back(std::move(record));
    }
  }
  if (parcel.journal.empty() && !parcel.has_output()) {
    return;
  }
  StateEntry& entry = commit.entries.emplace_back();
  entry.kind = parcel.journal.empty() ? JournalKind::kNothing : parcel.journal_kind;
  entry.payload = std::move(parcel.journal);
  parcel.journal.clear();
  entry.events = parcel.events.events.size();
  entry.letters = parcel.letter_count;
  if (parcel.has_output()) {
    append_outbox(entry.outbox, parcel);
  }
}

// Each once, with its last position.
void StateAgent::add_streams(StateCommit& commit) {
  streams_.clear();
  for (const Parcel* parcel : group_) {
    for (const StreamStep& step : parcel->streams) {
      const auto known = std::ranges::find(streams_, step.stream, &StreamStep::stream);
      if (known == streams_.end()) {
        streams_.push_back(step);
      } else {
        known->position = step.position;
      }
    }
  }
  for (const StreamStep& step : streams_) {
    commit.streams.push_back({.name = ways_.live->stream_name(step.stream),
                              .position = step.position,
                              .mark = ways_.live->stream_mark(step.stream, step.position)});
  }
}

// True if a commit is to be made: `with_others`, or for them alone.
bool StateAgent::cursors_are_due(bool with_others) {
  if (with_others) {
    return true;
  }
  const bool changed = std::ranges::any_of(
      readers_, [](const Reader& reader) { return reader.agent->flushed() != reader.written; });
  const bool all_done = ended_ && std::ranges::all_of(readers_, [](const Reader& reader) {
                          return reader.agent->is_done();
                        });
  return changed && (all_done || clock_.now() - cursors_written_ >= kCursorsEvery);
}

void StateAgent::add_cursors(StateCommit& commit) {
  for (Reader& reader : readers_) {
    const SinkPosition at = reader.agent->flushed();
    if (at != reader.written) {
      reader.written = at;
      commit.cursors.push_back({.name = reader.agent->name(),
                                .events = at.events,
                                .mark = at.mark,
                                .letters = reader.agent->takes_letters()});
    }
  }
  cursors_written_ = clock_.now();
}

// What was committed goes to the outputs that have had everything before it.
void StateAgent::hand_out(Clock::TimePoint committed) {
  for (Parcel* parcel : group_) {
    parcel->committed = committed;
    std::vector<Reader*> takers;
    for (Reader& reader : readers_) {
      if (takes(reader, *parcel)) {
        takers.push_back(&reader);
      } else if (parcel->offers != nullptr && !reader.agent->takes_letters()) {
        keep_offers(reader, *parcel);
      }
    }
    next_event_ = parcel->end_event();
    next_letter_ = parcel->end_letter();
    for (Reader* reader : takers) {
      reader->given = end_of(*parcel, reader->agent->takes_letters());
    }
    if (std::ranges::any_of(readers_, [this](const Reader& reader) { return is_behind(reader); })) {
      times_.note(parcel->first_event, parcel->first_letter, committed);
    } else {
      times_.clear();
    }
    if (takers.empty()) {
      parcel->go_home();
      continue;
    }
    parcel->readers = static_cast<std::uint32_t>(takers.size());
    for (Reader* reader : takers) {
      reader->agent->give(parcel);
    }
  }
  group_.clear();
}

bool StateAgent::is_behind(const Reader& reader) const {
  return reader.given < (reader.agent->takes_letters() ? next_letter_ : next_event_) ||
         !reader.offers.empty();
}

bool StateAgent::takes(const Reader& reader, const Parcel& parcel) const {
  const bool letters = reader.agent->takes_letters();
  const bool has_news =
      end_of(parcel, letters) > reader.given || (parcel.offers != nullptr && !letters);
  return reader.given == first_of(parcel, letters) && reader.offers.empty() && has_news &&
         reader.agent->waiting() < kInbox;
}

void StateAgent::keep_offers(Reader& reader, const Parcel& parcel) {
  if (reader.offers.size() == kOffers) {
    reader.offers.pop_back();
  }
  reader.offers.push_back({parcel.first_event, parcel.offers});
}

// Gives one that is behind the next row of the outbox, or the offers that come before it.
bool StateAgent::catch_up(Reader& reader) {
  if (!is_behind(reader) || reader.agent->waiting() >= kInbox) {
    return false;
  }
  Parcel* parcel = reader.own_free->take();
  if (parcel == nullptr) {
    return false;
  }
  parcel->readers = 1;
  if (!reader.offers.empty() && reader.offers.front().at <= reader.given) {
    parcel->first_event = reader.given;
    parcel->offers = std::move(reader.offers.front().offers);
    reader.offers.pop_front();
    reader.agent->give(parcel);
    return true;
  }
  const bool letters = reader.agent->takes_letters();
  if (!ways_.store.reader().outbox_at(reader.given, letters, row_)) {
    throw DamagedState(
        "the state has no events for an output that has not had them all. Restore the state from "
        "a backup, or replay the dumps with a new one.");
  }
  parcel->first_event = row_.events_first;
  parcel->first_letter = row_.letters_first;
  read_outbox(row_.bytes, row_.letters_end - row_.letters_first, *parcel);
  parcel->committed = times_.of(reader.given, letters);
  reader.given = end_of(*parcel, letters);
  reader.agent->give(parcel);
  return true;
}

// Everything is committed. True while there is something to do.
bool StateAgent::end_readers() {
  bool all_done = true;
  bool worked = false;
  for (Reader& reader : readers_) {
    if (!reader.ended && !is_behind(reader)) {
      reader.ended = true;
      reader.agent->end();
      worked = true;
    }
    all_done = all_done && reader.agent->is_done();
  }
  if (all_done && !cursors_are_due(false) &&
      (ways_.compaction == nullptr || ways_.compaction->is_idle())) {
    if (ways_.compaction != nullptr) {
      ways_.compaction->end();
    }
    done_ = true;
    worked = true;
  }
  return worked;
}

}  // namespace tagtill
