#include "sinks/jsonl_sink.h"

#include <utility>

namespace tagtill {

JsonlSink::JsonlSink(std::string path, std::string role, Disk& disk)
    : file_(std::move(path), std::move(role), disk) {}

SinkPosition JsonlSink::open(const SinkStart& start) {
  if (start.stream.empty()) {
    file_.open();
  } else {
    file_.open_at(start.at.mark, start.sync);
  }
  events_ = start.at.events;
  return {events_, file_.bytes()};
}

void JsonlSink::write(const EventBatch& batch, std::uint64_t through) {
  for (const Event& event : batch.events) {
    append_json_line(file_.lines(), event);
    file_.drain_if_full();
  }
  events_ = through;
}

SinkPosition JsonlSink::flush() {
  file_.flush();
  return {events_, file_.bytes()};
}

void JsonlSink::close() { file_.close(); }

}  // namespace tagtill
