// Lines as they come out of blocks, and as plainly as can be out of bytes.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "engine/block.h"
#include "tests/seeded.h"

namespace tagtill {

// What a lane would make of a line: blank ones are none, of one that is too long there is the
// head, and its length.
inline void add_live_line(std::string_view line, std::size_t limit,
                          std::vector<std::string>& lines) {
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
    return;
  }
  lines.emplace_back(line.size() > limit ? std::string(line.substr(0, kDeadLetterBytes)) + "+" +
                                               std::to_string(line.size())
                                         : std::string(line));
}

inline void add_live_lines(std::string_view bytes, std::size_t limit,
                           std::vector<std::string>& lines) {
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    add_live_line(bytes.substr(0, end), limit, lines);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
}

inline void add_live_lines(const Block& block, std::size_t limit, std::vector<std::string>& lines) {
  add_live_lines(block.lines(), limit, lines);
  if (block.overlong_bytes > 0) {
    lines.push_back(std::string(block.overlong_head()) + "+" +
                    std::to_string(block.overlong_bytes));
  }
}

// Lines of all lengths around those of blocks and of the limit, with all ends.
inline std::string random_live_bytes(seeded::Random& random, std::size_t lines,
                                     std::size_t block_bytes, std::size_t limit) {
  std::string bytes;
  for (; lines > 0; --lines) {
    const std::size_t around = random.percent(6)    ? limit
                               : random.percent(3)  ? 2 * limit + block_bytes
                               : random.percent(15) ? block_bytes
                                                    : random.below(200) + 8;
    const std::size_t length = around - std::min(around, random.below(8)) + random.below(8);
    const bool blank = random.percent(10);
    for (std::size_t i = 0; i < length; ++i) {
      bytes += blank ? ' ' : static_cast<char>('a' + random.below(26));
    }
    bytes += random.percent(20) ? "\r\n" : "\n";
  }
  return bytes;
}

}  // namespace tagtill
