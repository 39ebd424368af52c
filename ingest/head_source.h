// Looks at the first bytes of a source before they are read.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "ingest/byte_source.h"

namespace tagtill {

// Gives all bytes of `below`, the head included. Used by one thread. Memory: the
// head. Cost: what comes behind the head is read into the caller's buffer at once.
class HeadSource : public ByteSource {
 public:
  // Waits until `bytes` have come, or the end.
  HeadSource(std::unique_ptr<ByteSource> below, std::size_t bytes);

  // The first bytes, until the first read().
  [[nodiscard]] std::string_view head() const { return head_; }

  [[nodiscard]] std::size_t read(std::span<char> to) override;
  [[nodiscard]] const std::string& failure() const override { return below_->failure(); }
  [[nodiscard]] std::uint64_t stored_bytes() const override { return below_->stored_bytes(); }

 private:
  std::unique_ptr<ByteSource> below_;
  std::string head_;
  std::size_t given_ = 0;  // bytes of the head
};

}  // namespace tagtill
