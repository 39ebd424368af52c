// The lines that could not be read (P1.2), as JSON Lines.
#pragma once

#include <string>
#include <string_view>

#include "engine/candidate.h"
#include "sinks/output_file.h"

namespace tagtill {

// One object a line:
// {"source","offset","length","cause","field","head","head_base64"}: the file's
// name, the line's place and length in it (bytes, without the line end), why it
// is malformed, which field (null unless the cause is bad_field), and its first
// 256 bytes, once for reading (what is not UTF-8 as U+FFFD) and once exactly.
//
// Used by one thread. Fails as OutputFile does.
class DeadLetters {
 public:
  explicit DeadLetters(std::string path);

  void open();
  void add(const MalformedLine& line, std::string_view source);
  void flush();
  void close();

 private:
  OutputFile file_;
  std::string text_;
};

}  // namespace tagtill
