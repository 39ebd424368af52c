// Events as JSON Lines (P8), in a file or on standard output.
#pragma once

#include <memory>
#include <string>

#include "sinks/output_file.h"
#include "sinks/sink.h"

namespace tagtill {

// Writes every event it is given, in order. open() empties the file: it holds
// the events of this run, and the same run again makes the same bytes. (An
// event that is written twice within a run stands there twice: this sink does
// not know its keys.)
//
// Cost: formatting, some 200 ns an event, and a write(2) a MiB.
class JsonlSink final : public Sink {
 public:
  // `path` may be `-`. `role` says in messages what the output is.
  JsonlSink(std::string path, std::string role);

  void open() override;
  void write(const EventBatch& batch) override;
  void flush() override;
  void close() override;

 private:
  OutputFile file_;
};

}  // namespace tagtill
