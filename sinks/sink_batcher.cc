#include "sinks/sink_batcher.h"

#include <string_view>

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

void SinkBatcher::open() {
  guarded([&] { sink_->open(); });
}

void SinkBatcher::add(const EventBatch& events) {
  for (const Event& event : events.events) {
    if (!usable_ || !types_.test(static_cast<std::size_t>(event.type))) {
      continue;
    }
    gather(event);
    if (batch_.events.size() >= kBatchEvents || batch_bytes_ >= kBatchBytes) {
      write_out();
    }
  }
}

void SinkBatcher::flush() {
  if (usable_) {
    write_out();
    guarded([&] { sink_->flush(); });
  }
}

void SinkBatcher::close() {
  if (usable_) {
    write_out();
    usable_ = false;
    sink_->close();
  }
}

void SinkBatcher::gather(const Event& event) {
  Event copy = event;
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

void SinkBatcher::write_out() {
  if (batch_.events.empty()) {
    return;
  }
  guarded([&] { sink_->write(batch_); });
  batch_.clear();
  batch_bytes_ = 0;
}

}  // namespace tagtill
