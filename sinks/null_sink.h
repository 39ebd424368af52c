// Takes everything and keeps nothing: for dry runs and measurements.
#pragma once

#include "sinks/sink.h"

namespace tagtill {

class NullSink final : public Sink {
 public:
  void open() override {}
  void write(const EventBatch&) override {}
  void flush() override {}
  void close() override {}
};

}  // namespace tagtill
