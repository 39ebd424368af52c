// A piece of a source, cut at line ends: what a reader fills and a lane takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace tagtill {

// P1.2: a line that is longer, without its line end, is malformed.
inline constexpr std::size_t kLineBytesMax = std::size_t{1} << 20;

// Bytes behind a block's data that may be read, though they mean nothing
// (simdjson and the vector loops read ahead).
inline constexpr std::size_t kBlockPadding = 128;

// How much of a malformed line goes to the dead letters (P1.2).
inline constexpr std::size_t kDeadLetterBytes = 256;

// Invariants:
// 1. `data()` holds whole lines: each ends with '\n', but for the last of a
//    source. A line belongs to the block in which it starts, and never spans
//    two sources (P3.2).
// 2. A line too long to be held is a block of its own: `overlong_bytes` is then
//    its true length without its line end, and the data its first
//    kDeadLetterBytes bytes.
// 3. kBlockPadding bytes behind the data are readable.
//
// Owned by one thread at a time: the reader, then the lane, then the reader
// again. A reader fills it anew; capacity grows to the longest line met, at most
// the block size plus the line limit.
class Block {
 public:
  std::uint64_t sequence = 0;        // place in stream order, from 0
  std::uint32_t source = 0;          // the reader counts them
  std::uint64_t offset = 0;          // of the first byte, in its source
  std::uint64_t source_bytes = 0;    // bytes of the source this block stands for
  std::uint64_t overlong_bytes = 0;  // 0: an ordinary block

  [[nodiscard]] std::string_view data() const { return {bytes_.get(), size_}; }
  [[nodiscard]] char* mutable_data() { return bytes_.get(); }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  void set_size(std::size_t size) { size_ = size; }

  // Makes room for `bytes` (plus the padding), keeping the first `kept` bytes.
  void reserve(std::size_t bytes, std::size_t kept);

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
};

}  // namespace tagtill
