// A piece of a source, cut at line ends: what a reader fills and a lane takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>

namespace tagtill {

// P1.2: a line that is longer, without its line end, is malformed.
inline constexpr std::size_t kLineBytesMax = std::size_t{1} << 20;

// Bytes behind a block's data that may be read, though they mean nothing
// (simdjson and the vector loops read ahead).
inline constexpr std::size_t kBlockPadding = 128;

// A reader may hold so many bytes more than the block size.
inline constexpr std::size_t kBlockSlack = 8192;

// Files are copied faster to where memory pages begin.
inline constexpr std::size_t kBlockAlignment = 4096;

// How much of a malformed line goes to the dead letters (P1.2).
inline constexpr std::size_t kDeadLetterBytes = 256;

// Invariants:
// 1. `lines()` are whole lines: each ends with '\n', but for the last of a source. A
//    line belongs to the block in which it starts, and never spans two sources (P3.2).
// 2. The last line of a block may be too long to be held: `overlong_bytes` is then its
//    true length without its line end, and behind the lines stand its first
//    kDeadLetterBytes bytes, the `overlong_head()`.
// 3. kBlockPadding bytes behind `lines()` are readable. (They may be the overlong head.)
//
// Owned by one thread at a time: the reader, then the lane, then the reader
// again. A reader fills it anew; capacity grows to the longest line met, at most
// the block size plus the line limit and kBlockSlack.
class Block {
 public:
  std::uint32_t source = 0;          // the reader counts them
  std::uint64_t offset = 0;          // of the first byte, in its source
  std::uint64_t source_bytes = 0;    // bytes of the source this block stands for
  std::uint64_t end_offset = 0;      // where they end in it: no line behind it starts before
  std::uint64_t overlong_bytes = 0;  // 0: no such line

  [[nodiscard]] std::string_view lines() const { return {bytes_.get() + begin_, size_}; }
  [[nodiscard]] std::string_view overlong_head() const {
    return overlong_bytes == 0 ? std::string_view()
                               : std::string_view(bytes_.get() + begin_ + size_, kDeadLetterBytes);
  }
  [[nodiscard]] std::string_view lines_and_head() const {
    return {bytes_.get() + begin_, size_ + overlong_head().size()};
  }
  [[nodiscard]] char* mutable_data() { return bytes_.get(); }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  // The lines stand so in mutable_data(), and the overlong head, if there is one,
  // behind them.
  void set_lines(std::size_t begin, std::size_t size) {
    begin_ = begin;
    size_ = size;
  }

  // Makes room for `bytes` (plus the padding), keeping the first `kept` bytes. The bytes
  // begin at a multiple of kBlockAlignment.
  void reserve(std::size_t bytes, std::size_t kept);

 private:
  struct Free {
    void operator()(char* bytes) const {
      ::operator delete[](bytes, std::align_val_t{kBlockAlignment});
    }
  };

  std::unique_ptr<char[], Free> bytes_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t size_ = 0;
};

}  // namespace tagtill
