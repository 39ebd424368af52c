// The lines that could not be read (P1.2), as JSON Lines.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/candidate.h"
#include "sinks/output_file.h"
#include "sinks/sink.h"

namespace tagtill {

// Appends the dead letter of a line, one object with a line end:
// {"source","offset","length","cause","field","head","head_base64"}: the file's
// name, the line's place and length in it (bytes, without the line end), why it
// is malformed, which field (if the cause is bad_field; why, if it is bad_control; else null), and
// its first 256 bytes, once for reading (what is not UTF-8 as U+FFFD) and once exactly.
void append_dead_letter(std::string& out, const MalformedLine& line, std::string_view source);

// The file of dead letters. Stands in their stream, which has numbers of its own, as a sink
// stands in the stream of events (sinks/sink.h): SinkPosition::events counts letters, and the
// mark is the length of the file.
//
// Used by one thread. Fails and refuses as OutputFile does.
class DeadLetterFile {
 public:
  explicit DeadLetterFile(std::string path, Disk& disk = Disk::real());

  SinkPosition open(const SinkStart& start);
  // `lines`: whole dead letters, the last of them number `through` - 1.
  void write(std::string_view lines, std::uint64_t through);
  SinkPosition flush();
  void close();

 private:
  OutputFile file_;
  std::uint64_t letters_ = 0;  // all before this number were written
};

}  // namespace tagtill
