// The files in a tar or zip archive, in the order in which they are stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "ingest/byte_source.h"

namespace tagtill {

// Reads the archive once from front to back, so that it may come through a pipe
// and may be larger than memory. What is not a file (folders, links, devices) is
// passed over.
//
// Used by one thread. Memory: a buffer of 256 KiB, and what libarchive needs for a
// header and for unpacking a zip member.
class ArchiveReader {
 public:
  explicit ArchiveReader(std::unique_ptr<ByteSource> below);
  ~ArchiveReader();
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  // Goes to the next file, passing over what was not read of this one; false at
  // the end of the archive, or where it is cut or damaged beyond help.
  [[nodiscard]] bool next();

  // Its path in the archive, as UTF-8 where the archive says what it is.
  [[nodiscard]] const std::string& name() const;

  // Its bytes; 0 at its end or after a failure.
  [[nodiscard]] std::size_t read(std::span<char> to);

  // After read() returned 0: why the file could not be read whole. Empty at its
  // regular end.
  [[nodiscard]] const std::string& file_failure() const;

  // After next() returned false: why the archive could not be read whole, or what
  // its end lacks. Empty at the regular end of all.
  [[nodiscard]] const std::string& failure() const;

  [[nodiscard]] std::uint64_t stored_bytes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// With those of the compression libraries, as `libarchive 3.6.2 zlib/1.2.13 …`.
[[nodiscard]] std::string archive_library_versions();

}  // namespace tagtill
