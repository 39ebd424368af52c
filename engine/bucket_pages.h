// An array that grows and shrinks at its end, in pieces.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace tagtill {

// Owned by one thread. Pieces of 64 KiB, which never move; the first one begins with
// 4 KiB, and doubles and halves by copying until it is as large as the others. A piece is
// given back when it is empty. So memory is what is in use and a piece, no step copies
// more than 32 KiB, and an item is found by two loads. A reference lives until the next
// add() or remove_last().
template <typename Item>
class BucketPages {
  static_assert(std::is_trivially_copyable_v<Item> && 4096 % sizeof(Item) == 0);

 public:
  [[nodiscard]] std::size_t size() const { return size_; }

  [[nodiscard]] Item& operator[](std::size_t number) {
    return pieces_[number / kPiece][number % kPiece];
  }
  [[nodiscard]] const Item& operator[](std::size_t number) const {
    return pieces_[number / kPiece][number % kPiece];
  }

  void add(const Item& item) {
    if (size_ == room_) {
      grow();
    }
    (*this)[size_++] = item;
  }

  void remove_last() {
    --size_;
    if (size_ % kPiece == 0) {
      pieces_.pop_back();
      room_ = size_;
    } else if (size_ >= kLeast && size_ == room_ / 4) {  // half of it stays free
      resize_first(room_ / 2);
    }
  }

  // What it holds in memory.
  [[nodiscard]] std::size_t memory_bytes() const {
    return room_ * sizeof(Item) + pieces_.capacity() * sizeof(pieces_[0]);
  }

 private:
  static constexpr std::size_t kLeast = 4096 / sizeof(Item);
  static constexpr std::size_t kPiece = 16 * kLeast;

  void grow() {
    if (room_ > 0 && room_ < kPiece) {
      resize_first(2 * room_);
      return;
    }
    const std::size_t more = room_ == 0 ? kLeast : kPiece;
    pieces_.push_back(std::make_unique_for_overwrite<Item[]>(more));
    room_ += more;
  }

  void resize_first(std::size_t room) {
    auto resized = std::make_unique_for_overwrite<Item[]>(room);
    std::copy_n(pieces_[0].get(), size_, resized.get());
    pieces_[0] = std::move(resized);
    room_ = room;
  }

  std::vector<std::unique_ptr<Item[]>> pieces_;
  std::size_t size_ = 0;
  std::size_t room_ = 0;  // for so many there is memory
};

}  // namespace tagtill
