#include "tools/send/resend_buffer.h"

#include <algorithm>
#include <cstring>

namespace tagtill {

// Not make_unique: that would write zeros, and so take all of the memory at once.
ResendBuffer::ResendBuffer(std::size_t capacity)
    : capacity_(capacity), bytes_(new char[capacity]) {}

void ResendBuffer::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t slot = slot_of(end_);
    const std::size_t count = std::min(bytes.size(), capacity_ - slot);
    std::memcpy(bytes_.get() + slot, bytes.data(), count);
    end_ += count;
    bytes.remove_prefix(count);
  }
}

std::string_view ResendBuffer::piece_at(std::uint64_t position) const {
  const std::size_t slot = slot_of(position);
  const auto left = static_cast<std::size_t>(end_ - position);
  return {bytes_.get() + slot, std::min(left, capacity_ - slot)};
}

}  // namespace tagtill
