#include "sinks/jsonl_sink.h"

#include <utility>

namespace tagtill {

JsonlSink::JsonlSink(std::string path, std::string role)
    : file_(std::move(path), std::move(role)) {}

void JsonlSink::open() { file_.open(); }

void JsonlSink::write(const EventBatch& batch) {
  for (const Event& event : batch.events) {
    append_json_line(file_.lines(), event);
    file_.drain_if_full();
  }
}

void JsonlSink::flush() { file_.flush(); }

void JsonlSink::close() { file_.close(); }

}  // namespace tagtill
