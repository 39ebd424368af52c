#include "ingest/head_source.h"

#include <utility>

namespace tagtill {

HeadSource::HeadSource(std::unique_ptr<ByteSource> below, std::size_t bytes)
    : below_(std::move(below)), head_(bytes, '\0') {
  std::size_t held = 0;
  while (held < bytes) {
    const std::size_t got = below_->read(std::span<char>(head_).subspan(held));
    if (got == 0) {
      break;
    }
    held += got;
  }
  head_.resize(held);
}

std::size_t HeadSource::read(std::span<char> to) {
  if (given_ == head_.size()) {
    return below_->read(to);
  }
  const std::size_t got = head_.copy(to.data(), to.size(), given_);
  given_ += got;
  return got;
}

}  // namespace tagtill
