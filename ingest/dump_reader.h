// Reads recorded dumps as blocks: files, folders, standard input, packed or plain.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/block.h"
#include "engine/file_errors.h"

namespace tagtill {

class Interrupt;

// A file to be read, found by expand_dumps.
struct DumpSource {
  std::string name;         // the path, or `-`
  std::uint64_t bytes = 0;  // its size as it lies there, 0 when it is not known (a pipe)
  // Where reading begins: files of lines that are passed over (an archive holds several),
  // and the place in the next one, unpacked, where a line starts.
  std::uint32_t first_file = 0;
  std::uint64_t first_offset = 0;
};

// What a reader does when a dump cannot be read whole.
enum class OnProblem : std::uint8_t {
  kGoOn,  // with what can be read
  kStop,  // what stood before the place is still given, but for a piece of a line
};

// Turns the DUMP arguments into sources, in the order given: a file stands for
// itself (a pipe or device, too), a folder for the regular files below it in byte
// order of their whole paths, `-` for standard input. Symbolic links are followed,
// but no folder is entered twice for one argument. What cannot be read (missing,
// no rights) becomes a sentence in `problems`, and the rest goes on.
[[nodiscard]] std::vector<DumpSource> expand_dumps(const std::vector<std::string>& dumps,
                                                   FileErrors& problems);

// Reads the sources one after the other (P3.2). Used by one thread.
//
// A dump may be packed: gzip, bzip2, xz, zstd, lz4, and tar and zip archives, as
// DumpFiles says. What is called a source below, and in Block, is one file of
// lines: a plain or compressed dump, or a file in an archive. Its offsets and bytes
// are those of the unpacked file.
//
// The lines do not depend on the block size, nor does where they stand: a block's
// offset counts a byte order mark, which is skipped, and `source_bytes` of all
// blocks of a source add up to what was read of it. A last line without its end
// counts as a line, also when the source broke off there, unless the reader stops for that: when
// the source is repaired, the line begins where reading ended.
//
// A line longer than the limit that fits into a block stands in it, and is for
// the lane to refuse; one that does not is passed over in pieces, whatever its
// length (Block, invariant 2). In both cases the length leaves out `\n` or `\r\n`.
// If there is nothing but spaces, tabs and carriage returns in it, a blank line of
// one byte stands for it.
//
// Memory: a carried piece of at most a block, the last names, and what unpacking takes
// (DumpFiles); the block is the caller's, and has room for a block's bytes or
// a line of the limit, whichever is more.
class DumpReader {
 public:
  static constexpr std::size_t kNamesKept = 1024;

  // Blocks have at least 512 bytes, lines at least kDeadLetterBytes. When `interrupt` is
  // called, next() no longer waits for a pipe, and soon returns false.
  explicit DumpReader(std::vector<DumpSource> sources,
                      std::size_t block_bytes = std::size_t{256} * 1024,
                      std::size_t line_bytes_max = kLineBytesMax,
                      OnProblem on_problem = OnProblem::kGoOn,
                      std::shared_ptr<const Interrupt> interrupt = nullptr);
  ~DumpReader();
  DumpReader(const DumpReader&) = delete;
  DumpReader& operator=(const DumpReader&) = delete;

  // Fills `block` with the next lines; false at the end of the last source, or
  // where the reader stops for a problem.
  //
  // What cannot be opened or read to its end adds a sentence with the offset to
  // problems(); what was read of it counts.
  [[nodiscard]] bool next(Block& block);

  // How many sources there were so far; Block::source counts them.
  [[nodiscard]] std::uint32_t source_count() const;
  // The name of one of the last kNamesKept of them: the path of the dump, and for a file
  // in an archive `:` and its path there. (An archive can hold any number of files, and
  // their names must not fill the memory.)
  [[nodiscard]] const std::string& source_name(std::uint32_t source) const;
  // Of all sources so far, unpacked.
  [[nodiscard]] std::uint64_t bytes_read() const;
  // Of all dumps so far, as they lie there.
  [[nodiscard]] std::uint64_t stored_bytes_read() const;
  [[nodiscard]] const FileErrors& problems() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tagtill
