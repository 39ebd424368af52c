// Cuts what comes of one sequence of bytes into blocks of whole lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/block.h"

namespace tagtill {

// Bytes are read straight into a block; only the piece of a line at its end is copied, and is kept
// until the rest of the line has come:
//
//   if (cutter.holds_lines()) {
//     cutter.take_held(block);                  // lines: hand the block on
//   } else {
//     got = read(into cutter.room(block));
//     if (cutter.take(block, got)) {...}        // lines: hand the block on
//   }
//
// A block is filled by one such step. When a step leaves no lines in it, it can be used for the
// next one, of this cutter or of another. Blocks are as Block and DumpReader say: a line that is
// longer than the limit stands in its block if it came to stand there, and is for the lane to
// refuse; otherwise it is passed over, its head kept, and the last of its block.
//
// Memory: the piece, at most the line limit and 1 byte; nothing while there is none; what was given
// back. Each byte is copied at most twice, however small the steps, and once more whenever it is
// given back.
//
// Used by one thread.
class LineCutter {
 public:
  // `line_bytes_max`: at least kDeadLetterBytes. As after begin_at(0, true).
  LineCutter(std::size_t block_bytes, std::size_t line_bytes_max);

  // Where to read to: not empty. The block's capacity may grow for it, to the block size and the
  // line limit and kBlockSlack at most.
  [[nodiscard]] std::span<char> room(Block& block);
  // So many bytes (at least 1) were read there. True if `block` holds lines now.
  [[nodiscard]] bool take(Block& block, std::size_t got);

  // Lines have come that are in no block yet.
  [[nodiscard]] bool holds_lines() const { return holds_lines_ || !given_back_.empty(); }
  void take_held(Block& block);
  // Of the lines that were cut into the block last, the first `kept` bytes, which are lines, stay
  // in it; the others are held. Not of a block with an overlong line.
  void give_back(Block& block, std::size_t kept);

  // The sequence has ended: what stands at its end is a line. False if there is nothing.
  // Not while holds_lines().
  [[nodiscard]] bool take_end(Block& block);

  // The piece of a line that has come, as far as it is kept.
  [[nodiscard]] std::string_view piece() const { return piece_; }
  // What was taken is forgotten, and the next byte stands at `begin`. `may_be_marked`: it is the
  // first one of a file, and a byte order mark is passed over.
  void begin_at(std::uint64_t begin, bool may_be_marked);

  // Up to the end of the last line that stands in a block.
  [[nodiscard]] std::uint64_t end() const { return end_; }
  [[nodiscard]] std::size_t kept_bytes() const {
    return piece_.capacity() + given_back_.capacity();
  }

 private:
  [[nodiscard]] bool is_passing_over() const { return passed_ > 0; }
  void cut(Block& block, std::size_t lines, std::size_t size);
  bool pass_over(Block& block, std::size_t got);
  void keep(std::string_view piece);
  void begin_passing_over();
  void finish_passing_over(Block& block, bool line_end);
  void finish(Block& block, std::size_t size, std::uint64_t source_bytes);

  std::size_t block_bytes_;
  std::size_t line_bytes_max_;
  std::uint64_t end_;
  bool may_be_marked_;
  std::string piece_;         // while passing over: the head
  bool holds_lines_ = false;  // in the piece
  std::string given_back_;    // lines, which stand before the piece
  std::uint64_t passed_ = 0;  // bytes of the line that is passed over
  bool passed_blank_ = false;
  char passed_last_ = 0;
};

}  // namespace tagtill
