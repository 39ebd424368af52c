// Where the bytes of a dump come from: a narrow waist between the reader, which
// makes blocks of lines of them, and files, pipes, and whatever must be unpacked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace tagtill {

class Interrupt;

// Used by one thread. Closed by its destructor.
class ByteSource {
 public:
  ByteSource() = default;
  virtual ~ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  // Waits for at least one byte, puts what is there into `to` (not empty), and
  // returns how many bytes; 0 at the end or after a failure, and from then on.
  [[nodiscard]] virtual std::size_t read(std::span<char> to) = 0;

  // After read() returned 0: why it failed, as `Input/output error`; empty at the
  // regular end.
  [[nodiscard]] virtual const std::string& failure() const = 0;

  // How many bytes of the file that lies below were taken, packed as they are:
  // what a progress line counts.
  [[nodiscard]] virtual std::uint64_t stored_bytes() const = 0;
};

// Opens a file, or standard input for `-`. Returns null, and says why in
// `failure`, if that cannot be done. After `interrupt`, which must outlive it, was called a
// source that would wait ends.
[[nodiscard]] std::unique_ptr<ByteSource> open_file_source(const std::string& path,
                                                           const Interrupt& interrupt,
                                                           std::string& failure);

}  // namespace tagtill
