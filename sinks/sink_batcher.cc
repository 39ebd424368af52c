#include "sinks/sink_batcher.h"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>

#include "engine/errors.h"

namespace tagtill {

EventTypes confirmed_only() {
  EventTypes types;
  types.set(static_cast<std::size_t>(EventType::kConfirmed));
  return types;
}

EventTypes all_event_types() {
  EventTypes types;
  types.set();
  return types;
}

// Runs `action` on the sink, which is given up when it throws.
template <typename Action>
void SinkBatcher::guarded(Action action) {
  usable_ = false;
  action();
  usable_ = true;
}

SinkPosition SinkBatcher::open(const SinkStart& start) {
  guarded([&] { flushed_ = sink_->open(start); });
  through_ = written_ = flushed_.events;
  return flushed_;
}

void SinkBatcher::add(const EventBatch& events, std::uint64_t first) {
  if (!usable_) {
    return;
  }
  if (first > through_) {
    usable_ = false;
    throw Error(ExitCode::kFailed,
                fmt::format("events {} to {} are missing: a sink would never be given them. "
                            "This is an error in tagtill; please report it.",
                            through_, first - 1));
  }
  const std::size_t skipped = std::min<std::uint64_t>(through_ - first, events.events.size());
  for (std::size_t i = skipped; i < events.events.size(); ++i) {
    const Event& event = events.events[i];
    const std::uint64_t number = through_++;
    if (!types_.test(static_cast<std::size_t>(event.type))) {
      continue;
    }
    gather(event, number);
    if (batch_.events.size() >= limits_.events || batch_bytes_ >= limits_.bytes) {
      write_out(BatchEnd::kFull);
    }
  }
}

void SinkBatcher::set_offers(const std::shared_ptr<const OfferCatalogue>& offers) {
  if (usable_) {
    write_out(BatchEnd::kOffers);
    guarded([&] { sink_->set_offers(offers); });
  }
}

SinkPosition SinkBatcher::flush(BatchEnd why) {
  if (usable_ && flushed_.events != through_) {
    write_out(why);
    guarded([&] { flushed_ = sink_->flush(); });
  }
  return flushed_;
}

void SinkBatcher::close() {
  if (usable_) {
    write_out(BatchEnd::kEnd);
    usable_ = false;
    sink_->close();
  }
}

void SinkBatcher::gather(const Event& event, std::uint64_t number) {
  Event copy = event;
  copy.number = number;
  for (std::string_view Event::*member :
       {&Event::offer_id, &Event::author_id, &Event::account, &Event::intent_id, &Event::post_id,
        &Event::title, &Event::reply, &Event::tag_prefix}) {
    const std::string_view bytes = event.*member;
    copy.*member = batch_.bytes.keep(bytes);
    batch_bytes_ += bytes.size();
  }
  batch_bytes_ += sizeof(Event);
  batch_.events.push_back(copy);
}

BatchCounts SinkBatcher::batches() const {
  BatchCounts counts{};
  for (std::size_t i = 0; i < kBatchEnds; ++i) {
    counts[i] = batches_[i].load(std::memory_order_relaxed);
  }
  return counts;
}

// A batch without events is none: the position alone moves on.
void SinkBatcher::write_out(BatchEnd why) {
  if (written_ == through_) {
    return;
  }
  guarded([&] { sink_->write(batch_, through_); });
  written_ = through_;
  if (!batch_.events.empty()) {
    batches_[static_cast<std::size_t>(why)].fetch_add(1, std::memory_order_relaxed);
  }
  batch_.clear();
  batch_bytes_ = 0;
}

}  // namespace tagtill
