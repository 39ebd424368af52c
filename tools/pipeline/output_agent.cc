#include "tools/pipeline/output_agent.h"

#include <utility>

namespace tagtill {

bool FlushClock::is_due(bool now) {
  if (!written_) {
    return false;
  }
  const Clock::TimePoint time = clock_.now();
  if (!now && time < next_) {
    return false;
  }
  next_ = time + every_;
  written_ = false;
  return true;
}

OutputAgent::OutputAgent(std::unique_ptr<Output> output, std::string name, std::size_t parcels,
                         Clock& clock, Flush flush)
    : output_(std::move(output)),
      name_(std::move(name)),
      inbox_(parcels),
      flush_clock_(clock, output_->flush_every()),
      flush_(flush) {}

// Runs `action` on the output, which is given up when it throws.
template <typename Action>
void OutputAgent::guarded(Action action) {
  usable_ = false;
  action();
  usable_ = true;
}

SinkPosition OutputAgent::open(const SinkStart& start) {
  guarded([&] { flushed_ = output_->open(start); });
  return flushed_;
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
    flush();
    usable_ = false;
    output_->close();
    done_ = true;
    tell();
    return true;
  }
  if (flush_clock_.is_due(parcel == nullptr && flush_ == Flush::kWhenIdle)) {
    flush();
    tell();
    return true;
  }
  return parcel != nullptr;
}

void OutputAgent::write(Parcel* parcel) {
  guarded([&] { output_->add(*parcel); });
  parcel->release();
  waiting_.fetch_sub(1);
  tell();
}

void OutputAgent::flush() {
  SinkPosition at;
  guarded([&] { at = output_->flush(); });
  const std::lock_guard lock(mutex_);
  flushed_ = at;
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
      flush();
      usable_ = false;
      output_->close();
    }
  } catch (...) {  // the first failure is the one to tell
  }
}

}  // namespace tagtill
