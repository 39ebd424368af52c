#include "engine/block.h"

#include <cstring>
#include <utility>

namespace tagtill {

void Block::reserve(std::size_t bytes, std::size_t kept) {
  if (bytes_ != nullptr && bytes <= capacity_) {
    return;
  }
  // Exactly as much as was asked for: the reader grows a block geometrically
  // itself, and knows where a line's growth ends, which keeps the class's bound.
  std::unique_ptr<char[], Free> grown(static_cast<char*>(
      ::operator new[](bytes + kBlockPadding, std::align_val_t{kBlockAlignment})));
  if (kept > 0) {
    std::memcpy(grown.get(), bytes_.get(), kept);
  }
  std::memset(grown.get() + bytes, 0, kBlockPadding);
  bytes_ = std::move(grown);
  capacity_ = bytes;
}

}  // namespace tagtill
