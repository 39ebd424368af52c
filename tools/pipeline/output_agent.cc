#include "tools/pipeline/output_agent.h"

#include <utility>

namespace tagtill {

std::optional<BatchEnd> FlushClock::is_due(bool idle) {
  if (!written_) {
    return std::nullopt;
  }
  const Clock::TimePoint time = clock_.now();
  const bool in_time = time >= next_;
  if (!idle && !in_time) {
    return std::nullopt;
  }
  next_ = time + every_;
  written_ = false;
  return in_time ? BatchEnd::kInTime : BatchEnd::kIdle;
}

OutputAgent::OutputAgent(std::unique_ptr<Output> output, Options options, Clock& clock)
    : output_(std::move(output)),
      options_(std::move(options)),
      clock_(clock),
      inbox_(options_.parcels),
      flush_clock_(clock, output_->flush_every()) {}

// Runs `action` on the output, which is given up when it throws.
template <typename Action>
void OutputAgent::guarded(Action action) {
  usable_ = false;
  try {
    action();
  } catch (...) {
    options_.health->up = false;
    throw;
  }
  usable_ = true;
  options_.health->up = options_.health->answered.load();
}

SinkPosition OutputAgent::open(const SinkStart& start) {
  guarded([&] { flushed_ = output_->open(start); });
  ask();
  return flushed_;
}

void OutputAgent::set_offers(const std::shared_ptr<const OfferCatalogue>& offers) {
  guarded([&] { output_->set_offers(offers); });
}

void OutputAgent::give(Parcel* parcel) {
  waiting_.fetch_add(1);
  inbox_.give(parcel);
}

SinkPosition OutputAgent::flushed() const {
  const std::lock_guard lock(mutex_);
  return flushed_;
}

bool OutputAgent::do_work() {
  bool ended = false;
  Parcel* parcel = inbox_.take(ended);
  if (parcel != nullptr) {
    write(parcel);
    flush_clock_.note_write();
  }
  if (ended) {
    flush(BatchEnd::kEnd);
    usable_ = false;
    output_->close();
    done_ = true;
    tell();
    return true;
  }
  const bool idle = parcel == nullptr && options_.flush == Flush::kWhenIdle;
  if (const std::optional<BatchEnd> why = flush_clock_.is_due(idle)) {
    flush(*why);
    tell();
    return true;
  }
  ask();
  return parcel != nullptr;
}

void OutputAgent::write(Parcel* parcel) {
  guarded([&] { output_->add(*parcel); });
  if (!committed_) {
    committed_ = parcel->committed;
  }
  parcel->release();
  waiting_.fetch_sub(1);
  tell();
}

void OutputAgent::flush(BatchEnd why) {
  SinkPosition at;
  const Clock::TimePoint began = clock_.now();
  guarded([&] { at = output_->flush(why); });
  const Clock::TimePoint ended = clock_.now();
  Flushed flushed{.took = ended - began};
  if (committed_) {
    flushed.since_commit = ended - *std::exchange(committed_, std::nullopt);
  }
  options_.on_flush(flushed);
  const std::lock_guard lock(mutex_);
  flushed_ = at;
}

// Until it has answered once.
void OutputAgent::ask() {
  if (!options_.health->answered && output_->answers()) {
    options_.health->answered = true;
    options_.health->up = true;
  }
}

void give_to_all(std::span<const std::unique_ptr<OutputAgent>> outputs, Parcel* parcel) {
  if (outputs.empty()) {
    parcel->go_home();
    return;
  }
  parcel->readers = static_cast<std::uint32_t>(outputs.size());
  for (const auto& output : outputs) {
    output->give(parcel);
  }
}

void end_all(std::span<const std::unique_ptr<OutputAgent>> outputs) {
  for (const auto& output : outputs) {
    output->end();
  }
}

void OutputAgent::close_after_failure() noexcept {
  try {
    bool ended = false;
    for (Parcel* parcel = nullptr; usable_ && (parcel = inbox_.take(ended)) != nullptr;) {
      write(parcel);
    }
    if (usable_) {
      flush(BatchEnd::kEnd);
      usable_ = false;
      output_->close();
    }
  } catch (...) {  // the first failure is the one to tell
  }
}

}  // namespace tagtill
