// A plain file of lines, cut into blocks that any thread can read for itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/block.h"

namespace tagtill {

// Block number n holds the lines that start in the n-th piece of `block_bytes` bytes behind
// the place where reading begins, and so the blocks together each line once, whoever reads
// them and in whatever order. Which lines those are does not depend on the block size.
//
// A file is as long as it was when it was opened: what is appended later is not read. If
// it was made shorter, what is gone cannot be read.
//
// Const; any number of threads may read at once (pread). Closed by its destructor. A read
// copies a block and kTailBytes from the page cache; to map the file instead is no
// faster (DECISIONS.md) and would end the program when a file is cut while it is read.
class PlainFile {
 public:
  // Null unless `path` can be opened and is a regular file with anything in it that is
  // neither packed nor an archive: then a DumpReader has to see to it. Reading begins at
  // `begin`, where a line must start (a place behind the end is the end).
  [[nodiscard]] static std::shared_ptr<const PlainFile> open(const std::string& path,
                                                             std::size_t block_bytes,
                                                             std::size_t line_bytes_max,
                                                             std::uint64_t begin = 0);
  ~PlainFile();
  PlainFile(const PlainFile&) = delete;
  PlainFile& operator=(const PlainFile&) = delete;

  // At least 1.
  [[nodiscard]] std::uint64_t block_count() const;

  // Fills `block`, but for its source. It may be left without lines.
  //
  // Returns what is wrong, as a sentence with the offset, if the block could not be read
  // whole: it holds the lines before then, and those of the blocks behind do not count. The piece
  // of a line that stood there is the last one of them, unless `whole_lines`.
  [[nodiscard]] std::optional<std::string> read(std::uint64_t number, Block& block,
                                                bool whole_lines = false) const;

 private:
  PlainFile(std::string path, int file, std::uint64_t begin, std::uint64_t size,
            std::size_t block_bytes, std::size_t line_bytes_max);

  struct Reading;

  std::string path_;
  int file_;
  std::uint64_t begin_;
  std::uint64_t size_;
  std::size_t block_bytes_;
  std::size_t line_bytes_max_;
};

}  // namespace tagtill
