// Dumps as one stream of lines that is the same in every run.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/block.h"
#include "ingest/dump_reader.h"

namespace tagtill {

// The lines of all dumps, one after the other, and all of that `times` times, byte for byte. Each
// line is followed by one `\n`, also where a dump's last one lacks it. Lines longer than
// kLineBytesMax are left out, so what comes depends on the dumps and `times` alone; it can be
// counted in bytes from its beginning, and gone on with at such a position.
//
// Used by one thread. Memory: a DumpReader and a block.
class Recording {
 public:
  Recording(std::vector<DumpSource> dumps, std::uint64_t times);

  // The next line, without its `\n`; nothing at the end. Lives until take(), and stays the same
  // until then.
  [[nodiscard]] std::optional<std::string_view> line();
  // The line is done with. There must be one.
  void take();

  // Where the next line begins: the bytes of those before, each with its `\n`.
  [[nodiscard]] std::uint64_t position() const { return position_; }
  // Takes lines until position() is there or behind it, or there are none left. True if it is
  // there.
  [[nodiscard]] bool skip_to(std::uint64_t position);

  // Of all dumps so far, as they lie there.
  [[nodiscard]] std::uint64_t stored_bytes_read() const;
  // Lines that were left out.
  [[nodiscard]] std::uint64_t too_long() const { return too_long_; }
  // What could not be read; of dumps that are read several times, the first time.
  [[nodiscard]] const FileErrors& problems() const;

 private:
  // Makes rest_ begin with a line; false at the end.
  bool find_line();
  bool next_block();

  std::vector<DumpSource> dumps_;
  std::uint64_t times_left_;
  std::unique_ptr<DumpReader> reader_;
  FileErrors problems_;
  bool has_read_all_once_ = false;
  std::uint64_t stored_before_ = 0;  // of readers that are done with
  Block block_;
  std::string_view rest_;       // of the block
  std::size_t line_bytes_ = 0;  // of the line at the beginning of rest_
  bool has_line_ = false;
  std::uint64_t position_ = 0;
  std::uint64_t too_long_ = 0;
};

}  // namespace tagtill
