// Events as JSON Lines (P8), in a file or on standard output.
#pragma once

#include <cstdint>
#include <string>

#include "sinks/output_file.h"
#include "sinks/sink.h"

namespace tagtill {

// Writes every event it is given, in order. Its mark is the length of the file. Without a
// stream, and at mark 0, open() empties the file: it holds the events of this run, and the
// same run again makes the same bytes. (An event that is written twice within a run stands
// there twice: this sink does not know its keys.) At another mark the file is cut back to
// it; OutputFile says what is refused.
//
// Cost: formatting, some 200 ns an event, and a write(2) a MiB.
class JsonlSink final : public Sink {
 public:
  // `path` may be `-`. `role` says in messages what the output is.
  JsonlSink(std::string path, std::string role, Disk& disk = Disk::real());

  SinkPosition open(const SinkStart& start) override;
  void write(const EventBatch& batch, std::uint64_t through) override;
  SinkPosition flush() override;
  void close() override;

 private:
  OutputFile file_;
  std::uint64_t events_ = 0;  // all before this number were written
};

}  // namespace tagtill
