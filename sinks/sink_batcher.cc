#include "sinks/sink_batcher.h"

#include <exception>
#include <string_view>
#include <utility>

namespace tagtill {
namespace {

// Runs `action` on a sink, which is given up when it throws.
template <typename Attached, typename Action>
void guarded(Attached& attached, Action action) {
  attached.usable = false;
  action();
  attached.usable = true;
}

}  // namespace

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

void SinkBatcher::attach(std::unique_ptr<Sink> sink, EventTypes types) {
  Attached attached;
  attached.sink = std::move(sink);
  attached.types = types;
  sinks_.push_back(std::move(attached));
}

void SinkBatcher::open() {
  for (Attached& attached : sinks_) {
    guarded(attached, [&] { attached.sink->open(); });
  }
}

void SinkBatcher::add(const EventBatch& events) {
  for (const Event& event : events.events) {
    for (Attached& attached : sinks_) {
      if (!attached.usable || !attached.types.test(static_cast<std::size_t>(event.type))) {
        continue;
      }
      gather(attached, event);
      if (attached.batch.events.size() >= kBatchEvents || attached.batch_bytes >= kBatchBytes) {
        write_out(attached);
      }
    }
  }
}

void SinkBatcher::flush() {
  for (Attached& attached : sinks_) {
    if (attached.usable) {
      write_out(attached);
      guarded(attached, [&] { attached.sink->flush(); });
    }
  }
}

void SinkBatcher::close() {
  std::exception_ptr first_error;
  for (Attached& attached : sinks_) {
    if (!attached.usable) {
      continue;
    }
    try {
      write_out(attached);
      attached.usable = false;
      attached.sink->close();
    } catch (...) {
      if (!first_error) {
        first_error = std::current_exception();
      }
    }
  }
  if (first_error) {
    std::rethrow_exception(first_error);
  }
}

void SinkBatcher::gather(Attached& to, const Event& event) {
  Event copy = event;
  for (std::string_view Event::*member :
       {&Event::offer_id, &Event::author_id, &Event::account, &Event::intent_id, &Event::post_id,
        &Event::title, &Event::tag_prefix}) {
    const std::string_view bytes = event.*member;
    copy.*member = to.batch.bytes.keep(bytes);
    to.batch_bytes += bytes.size();
  }
  to.batch_bytes += sizeof(Event);
  to.batch.events.push_back(copy);
}

void SinkBatcher::write_out(Attached& sink) {
  if (sink.batch.events.empty()) {
    return;
  }
  guarded(sink, [&] { sink.sink->write(sink.batch); });
  sink.batch.clear();
  sink.batch_bytes = 0;
}

}  // namespace tagtill
