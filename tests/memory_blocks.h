// Cuts a file in memory into blocks, as plainly as can be: line by line.
#pragma once

#include <algorithm>
#include <cstring>
#include <string_view>

#include "engine/block.h"

namespace product {

template <typename F>
void for_each_memory_block(std::string_view file, std::size_t block_bytes, tagtill::Block& block,
                           F&& f) {
  // A byte order mark is passed over, but has its place in offsets and counts.
  std::size_t begin = file.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  std::size_t end = begin;
  std::size_t counted = 0;
  const auto emit = [&](std::string_view bytes) {
    block.reserve(bytes.size(), 0);
    if (!bytes.empty()) {
      std::memcpy(block.mutable_data(), bytes.data(), bytes.size());
    }
    std::memset(block.mutable_data() + bytes.size(), 0, tagtill::kBlockPadding);
    block.set_lines(0, bytes.size());
    f();
  };
  if (begin == file.size() && begin > 0) {
    block.source_bytes = file.size();
    emit({});
  }
  while (begin < file.size()) {
    end = begin;
    while (end < file.size()) {
      const std::size_t line_end = std::min(file.find('\n', end), file.size() - 1) + 1;
      if (end > begin && line_end - begin > block_bytes) {
        break;
      }
      end = line_end;
    }
    block.offset = begin;
    block.source_bytes = end - counted;
    counted = end;
    emit(file.substr(begin, end - begin));
    begin = end;
  }
}

}  // namespace product
