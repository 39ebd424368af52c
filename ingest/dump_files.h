// The files of lines in one dump: the dump itself, or what it is packed of.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/file_errors.h"
#include "ingest/byte_source.h"

namespace tagtill {

class ArchiveReader;
class Interrupt;

// Opens a dump and gives its files one after the other, unpacked: of a plain or
// compressed dump there is one; of an archive there are those that are stored in
// it, in their order; and a file in an archive may itself be packed in any way,
// archives once within another.
//
// What cannot be read becomes a sentence in `problems`, and the rest goes on. To
// keep hostile files from unpacking for ever, one that is compressed more than
// kCompressionsMax times over, or an archive in an archive in an archive, is a
// problem too.
//
// Used by one thread. Memory: that of the layers that are open at once.
class DumpFiles {
 public:
  static constexpr int kCompressionsMax = 2;      // as .gz of a .bz2
  static constexpr std::size_t kArchivesMax = 2;  // as a tar in a zip

  // `path` is a file, or `-` for standard input. `problems` and `interrupt` (see
  // open_file_source) must outlive this.
  DumpFiles(std::string path, FileErrors& problems, const Interrupt& interrupt);
  ~DumpFiles();
  DumpFiles(const DumpFiles&) = delete;
  DumpFiles& operator=(const DumpFiles&) = delete;

  // Goes to the next file; false behind the last. Call it when read() of the file
  // before returned 0: then the failure of that one is known and said.
  [[nodiscard]] bool next();

  // The dump's path, and for a file in an archive `:` and its path there, as
  // `day.tar:00/01.json.bz2`.
  [[nodiscard]] const std::string& name() const { return name_; }

  // Of the file. `to` is not empty.
  [[nodiscard]] std::size_t read(std::span<char> to);

  // Of the file: read() returned 0 before its end. next() says why.
  [[nodiscard]] bool has_broken_off() const;

  // How far the dump was read, packed as it is.
  [[nodiscard]] std::uint64_t stored_bytes() const;

 private:
  struct Archive {
    std::string name;
    std::unique_ptr<ArchiveReader> reader;
  };

  bool open(std::string name, std::unique_ptr<ByteSource> source);
  void say_failure();

  std::string path_;
  FileErrors& problems_;
  const Interrupt& interrupt_;
  bool started_ = false;
  std::vector<Archive> archives_;     // the inner one last
  std::unique_ptr<ByteSource> file_;  // above the last archive; null between two
  std::string name_;                  // of file_
  std::uint64_t given_ = 0;           // bytes of file_
  std::uint64_t stored_before_ = 0;   // when nothing is open any more
};

}  // namespace tagtill
