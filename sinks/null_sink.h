// Takes everything and keeps nothing: for dry runs and measurements.
#pragma once

#include <cstdint>

#include "sinks/sink.h"

namespace tagtill {

class NullSink final : public Sink {
 public:
  SinkPosition open(const SinkStart& start) override { return position_ = start.at; }
  void write(const EventBatch&, std::uint64_t through) override { position_.events = through; }
  SinkPosition flush() override { return position_; }
  void close() override {}

 private:
  SinkPosition position_;
};

}  // namespace tagtill
