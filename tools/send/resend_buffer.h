// What was sent of a stream and may have to be sent again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace tagtill {

// A ring of bytes that stand at begin() to end() of a stream. Used by one thread.
//
// Invariant: begin() <= end() <= begin() + capacity. Memory: the capacity, as far as it was ever
// used.
class ResendBuffer {
 public:
  explicit ResendBuffer(std::size_t capacity);

  [[nodiscard]] std::uint64_t begin() const { return begin_; }
  [[nodiscard]] std::uint64_t end() const { return end_; }
  [[nodiscard]] std::size_t room() const {
    return capacity_ - static_cast<std::size_t>(end_ - begin_);
  }

  // There must be room.
  void append(std::string_view bytes);

  // Some of the bytes from there on, at least one; at end() none. `position` lies within.
  [[nodiscard]] std::string_view piece_at(std::uint64_t position) const;

  // What is before is not needed any more. `position` lies within.
  void forget_before(std::uint64_t position) { begin_ = position; }

  // Is empty, and goes on there.
  void restart_at(std::uint64_t position) { begin_ = end_ = position; }

 private:
  [[nodiscard]] std::size_t slot_of(std::uint64_t position) const {
    return static_cast<std::size_t>(position % capacity_);
  }

  std::size_t capacity_;
  std::unique_ptr<char[]> bytes_;
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
};

}  // namespace tagtill
