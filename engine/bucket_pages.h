// An array that grows and shrinks at its end and never moves, in large pages.
#pragma once

#include <bit>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/large_pages.h"

namespace tagtill {

// Owned by one thread. The first piece has 4 KiB; each one more doubles the array, up
// to pieces of 2 MiB, which stay at that and are large pages where the system has them
// (large_pages.h): what is looked up at random then finds its address without a look
// into the page tables. A piece is given back when it is empty. So memory is at most
// twice what is in use, or that and 2 MiB. add() is O(1).
template <typename Item>
class BucketPages {
  static_assert(std::is_trivially_copyable_v<Item> && std::has_single_bit(sizeof(Item)));

 public:
  [[nodiscard]] std::size_t size() const { return size_; }

  [[nodiscard]] Item& operator[](std::size_t number) {
    return const_cast<Item&>(std::as_const(*this)[number]);
  }
  [[nodiscard]] const Item& operator[](std::size_t number) const {
    const std::size_t piece = piece_of(number);
    return static_cast<const Item*>(pieces_[piece].data())[number - begin_of(piece)];
  }

  void add(const Item& item) {
    if (const std::size_t piece = piece_of(size_); piece == pieces_.size()) {
      pieces_.emplace_back(items_of(piece) * sizeof(Item));
    }
    (*this)[size_++] = item;
  }

  void remove_last() {
    --size_;
    if (size_ == begin_of(pieces_.size() - 1)) {
      pieces_.pop_back();
    }
  }

  // What it holds in memory.
  [[nodiscard]] std::size_t memory_bytes() const {
    std::size_t bytes = pieces_.capacity() * sizeof(LargePages);
    for (const LargePages& piece : pieces_) {
      bytes += piece.size();
    }
    return bytes;
  }

 private:
  static constexpr std::size_t kFirst = 4096 / sizeof(Item);
  static constexpr std::size_t kMost = LargePages::kPage / sizeof(Item);
  // Pieces that together have kMost items: those behind have as many each.
  static constexpr std::size_t kSmall =
      static_cast<std::size_t>(std::countr_zero(kMost / kFirst)) + 1;

  static std::size_t piece_of(std::size_t number) {
    return number < kMost ? static_cast<std::size_t>(std::bit_width(number / kFirst))
                          : kSmall - 1 + number / kMost;
  }
  static std::size_t begin_of(std::size_t piece) {
    return piece >= kSmall ? (piece - kSmall + 1) * kMost : piece == 0 ? 0 : kFirst << (piece - 1);
  }
  static std::size_t items_of(std::size_t piece) { return begin_of(piece + 1) - begin_of(piece); }

  std::vector<LargePages> pieces_;
  std::size_t size_ = 0;
};

}  // namespace tagtill
