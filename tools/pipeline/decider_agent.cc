#include "tools/pipeline/decider_agent.h"

#include <algorithm>
#include <utility>

#include "engine/journal_codec.h"
#include "engine/lane.h"
#include "engine/programme.h"
#include "tools/pipeline/state_agent.h"

namespace tagtill {
namespace {

// Stands in the journal as an entry of its own.
bool changes_configuration(const LaneBatch& batch) {
  return batch.swap != nullptr || (batch.controls != nullptr && !batch.controls->changes.empty());
}

}  // namespace

DeciderAgent::DeciderAgent(std::unique_ptr<Decider> decider, const Ways& ways, Options options,
                           Clock& clock)
    : decider_(std::move(decider)),
      ways_(ways),
      options_(std::move(options)),
      clock_(clock),
      waiting_(ways.batches),
      step_(options_.first_step),
      next_event_(options_.first_event),
      next_letter_(options_.first_letter) {
  if (ways_.state != nullptr) {
    decider_->record_codes(&codes_);
  }
  publish();  // what it remembers from before
}

// Each block that is under way has a batch, and turns have no gaps: so no two of them
// share a place in the ring.
void DeciderAgent::collect() {
  while (LaneBatch* batch = ways_.done.take()) {
    waiting_[batch->sequence % waiting_.size()] = batch;
  }
}

bool DeciderAgent::do_work() {
  const bool worked = decide_next();
  if (!is_published_ && (!worked || clock_.now() - published_ >= kStandingEvery)) {
    publish();
  }
  return worked;
}

void DeciderAgent::publish() {
  is_published_ = true;
  published_ = clock_.now();
  DeciderStanding standing{
      lines_, intents_, decider_->counts(), decider_->open_windows(), decider_->clock(), parcels_};
  const std::lock_guard lock(mutex_);
  standing_ = standing;
}

DeciderStanding DeciderAgent::standing() const {
  const std::lock_guard lock(mutex_);
  return standing_;
}

bool DeciderAgent::decide_next() {
  collect();
  if (parcel_is_due()) {
    hand_over(parcel_->is_full() ? ParcelEnd::kFull : ParcelEnd::kGathered);
    return true;
  }
  LaneBatch*& place = waiting_[next_ % waiting_.size()];
  if (place == nullptr) {
    if (ways_.feed.turn_count() == next_) {
      end();
      return true;
    }
    return false;
  }
  if (changes_configuration(*place) && parcel_ != nullptr && !parcel_->is_empty()) {
    hand_over(ParcelEnd::kBeforeConfiguration);  // it is an entry of its own
    return true;
  }
  if (parcel_ == nullptr) {
    parcel_ = ways_.parcels.take();
    if (parcel_ == nullptr) {
      return false;
    }
    parcel_->first_event = next_event_;
    parcel_->first_letter = next_letter_;
  }
  ++next_;
  is_published_ = false;
  take(*std::exchange(place, nullptr));
  return true;
}

bool DeciderAgent::parcel_is_due() {
  if (parcel_ == nullptr || parcel_->is_empty()) {
    return false;
  }
  return ways_.state == nullptr || parcel_->is_full() ||
         clock_.now() - parcel_->begun >= (parcel_->has_news() ? options_.gather : kPositionsWait);
}

void DeciderAgent::take(LaneBatch& batch) {
  if (parcel_->is_empty() && ways_.state != nullptr) {
    parcel_->begun = clock_.now();
  }
  if (changes_configuration(batch)) {
    const Clock::TimePoint began = clock_.now();
    if (batch.swap != nullptr) {
      replace(*batch.swap);
      parcel_->held_up = clock_.now() - began;
    } else {
      control(batch);
    }
    batch.swap.reset();
    batch.controls.reset();
    ways_.free.give(&batch);
    hand_over(ParcelEnd::kConfiguration);
    return;
  }
  batch.controls.reset();
  std::uint64_t lines = 0;
  if (!stopped_ && cut_source_ != batch.source) {
    lines = batch.candidates.counts.lines;
    apply(batch);
    note_problems(batch);
  }
  take_step(batch, lines);
  ways_.free.give(&batch);
}

// P6.4.
void DeciderAgent::replace(const ConfigurationSwap& swap) {
  codes_.clear();
  options_.members = members_in_force(swap.members, decider_->controls());
  const std::shared_ptr<const MemberTable>& members = options_.members.table();
  decider_->replace(swap.offers, members, swap.secret, parcel_->events);
  decider_->set_replies(swap.replies);
  parcel_->offers = swap.offers;
  parcel_->journal_kind = JournalKind::kConfiguration;
  append_configuration(parcel_->journal, *swap.offers, *members, *decider_, codes_);
}

void DeciderAgent::control(const LaneBatch& batch) {
  const ControlRun& run = *batch.controls;
  for (const ControlChange& change : run.changes) {
    change_members(options_.members, change);
  }
  decider_->control(run.changes, run.offers, options_.members.table(), parcel_->events);
  if (any_is_of_offers(run.changes)) {
    parcel_->offers = run.offers;
  }
  parcel_->journal_kind = JournalKind::kControl;
  append_changes(parcel_->journal, run.changes);
  take_lines(batch);
  take_stream_step(batch);
}

void DeciderAgent::take_lines(const LaneBatch& batch) {
  lines_ += batch.candidates.counts;
  parcel_->letters.append(batch.letters);
  parcel_->letter_count += batch.letters.empty() ? 0 : batch.candidates.malformed.size();
}

void DeciderAgent::apply(LaneBatch& batch) {
  take_lines(batch);
  if (batch.candidates.lacks_members) {
    find_members(batch.candidates, *options_.members.table());
  }
  if (batch.candidates.candidates.empty()) {
    return;
  }
  intents_ += count_intents(batch.candidates);
  if (ways_.state != nullptr && !parcel_->has_news()) {
    parcel_->begun = clock_.now();
  }
  codes_.clear();
  decider_->apply(batch.candidates, parcel_->events);
  if (ways_.state != nullptr) {
    append_candidates(parcel_->journal, batch.candidates, *options_.members.table(), codes_);
  }
}

// A run that was stopped goes on, another time, where the last batch that counted ends: in the
// middle of the dump, as far as is known. Otherwise nothing more will ever be read of a dump that
// could not be read whole.
void DeciderAgent::take_step(const LaneBatch& batch, std::uint64_t lines) {
  if (ways_.state == nullptr || (stopped_ && lines == 0)) {
    return;
  }
  if (options_.live) {
    take_stream_step(batch);
    return;
  }
  if (batch.dump != step_.dump) {
    step_ = {.dump = batch.dump};
  }
  if (batch.file != step_.files) {
    step_.files = batch.file;
    step_.offset = 0;
  }
  step_.offset = std::max(step_.offset, batch.end_offset);
  step_.lines += lines;
  step_.done = batch.ends_dump && !stopped_;
  std::vector<DumpStep>& steps = parcel_->steps;
  if (steps.empty() || steps.back().dump != step_.dump) {
    steps.push_back(step_);
  } else {
    steps.back() = step_;
  }
}

void DeciderAgent::take_stream_step(const LaneBatch& batch) {
  if (batch.stream == kNoStream) {
    return;
  }
  std::vector<StreamStep>& streams = parcel_->streams;
  const auto known = std::ranges::find(streams, batch.stream, &StreamStep::stream);
  if (known != streams.end()) {
    known->position = batch.stream_end;
  } else {
    streams.push_back({batch.stream, batch.stream_end});
  }
}

void DeciderAgent::note_problems(const LaneBatch& batch) {
  if (batch.problems.empty()) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    problems_.add_all(batch.problems);
  }
  if (batch.cuts_source) {
    cut_source_ = batch.source;
  }
  if (options_.stop_at_problem) {
    stopped_ = true;
    ways_.feed.stop();
  }
}

void DeciderAgent::hand_over(ParcelEnd why) {
  Parcel* parcel = std::exchange(parcel_, nullptr);
  ++parcels_[static_cast<std::size_t>(why)];
  is_published_ = false;
  next_event_ = parcel->end_event();
  next_letter_ = parcel->end_letter();
  if (ways_.state != nullptr) {
    ways_.state->give(parcel);
    return;
  }
  give_to_all(ways_.outputs, parcel);
}

void DeciderAgent::end() {
  if (parcel_ != nullptr && !parcel_->is_empty()) {
    hand_over(ParcelEnd::kEnd);
  }
  done_ = true;
  if (ways_.state != nullptr) {
    ways_.state->end();
    return;
  }
  end_all(ways_.outputs);
}

FileErrors DeciderAgent::problems_after(std::size_t count) const {
  const std::lock_guard lock(mutex_);
  return problems_.after(count);
}

}  // namespace tagtill
