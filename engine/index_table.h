// A hash table of places in an array that somebody else keeps.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "engine/hash_bytes.h"

namespace tagtill {

// Slots of 4 bytes, at most two thirds full, probed one after the other:
//
//   slot  upper bits: of the hash | lower bits, as many as the greatest index has: an index
//
// A look-up compares the hash's bits of a slot before it asks whether the element
// is the wanted one, so that one that is not there costs one cache miss and no
// look at the array, one that is there two. 6 bytes an element.
//
// Made for a number of elements that is known beforehand; it does not grow.
// Const look-ups from any thread.
class IndexTable {
 public:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::size_t kElementsMax = (std::size_t{1} << 31) - 1;

  IndexTable() : IndexTable(0) {}
  // For up to `elements` elements, at most kElementsMax.
  explicit IndexTable(std::size_t elements)
      // Indexes end at elements - 1, so all ones is none of them, and a free slot
      // cannot be taken for one that is used.
      : slots_(elements + elements / 2 + 1, kNone),
        index_mask_((1U << std::bit_width(elements)) - 1) {}

  // The index with this hash for which `is_wanted(index)`, or kNone.
  template <typename IsWanted>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, IsWanted is_wanted) const {
    return index_in(find_slot(hash, is_wanted));
  }

  // A find() with this hash will come soon.
  void prefetch(std::uint64_t hash) const {
    __builtin_prefetch(&slots_[hash_slot(hash, slots_.size())]);
  }

  // The same; if there is none, puts `index` in and returns kNone.
  template <typename IsWanted>
  std::uint32_t find_or_put(std::uint64_t hash, std::uint32_t index, IsWanted is_wanted) {
    const std::size_t slot = find_slot(hash, is_wanted);
    const std::uint32_t found = index_in(slot);
    if (found == kNone) {
      slots_[slot] = (static_cast<std::uint32_t>(hash) & ~index_mask_) | index;
    }
    return found;
  }

  // Calls fetch(i) for all elements, which gives their hashes, and use(i, hash)
  // in the same order, a little later: the cache misses of several overlap.
  template <typename Fetch, typename Use>
  void for_all(std::size_t elements, Fetch fetch, Use use) {
    constexpr std::size_t kBatch = 16;
    std::uint64_t hashes[kBatch];
    for (std::size_t begin = 0; begin < elements; begin += kBatch) {
      const std::size_t end = std::min(begin + kBatch, elements);
      for (std::size_t i = begin; i < end; ++i) {
        hashes[i - begin] = fetch(i);
        __builtin_prefetch(&slots_[hash_slot(hashes[i - begin], slots_.size())], 1);
      }
      for (std::size_t i = begin; i < end; ++i) {
        use(i, hashes[i - begin]);
      }
    }
  }

  [[nodiscard]] std::size_t memory_bytes() const {
    return slots_.capacity() * sizeof(std::uint32_t);
  }

 private:
  template <typename IsWanted>
  [[nodiscard]] std::size_t find_slot(std::uint64_t hash, IsWanted is_wanted) const {
    // The upper half of the hash decides the place, the lower half tells apart
    // what stands near it.
    const std::uint32_t mark = static_cast<std::uint32_t>(hash) & ~index_mask_;
    std::size_t slot = hash_slot(hash, slots_.size());
    for (;;) {
      const std::uint32_t held = slots_[slot];
      if (held == kNone || ((held & ~index_mask_) == mark && is_wanted(held & index_mask_))) {
        return slot;
      }
      slot = slot + 1 == slots_.size() ? 0 : slot + 1;
    }
  }

  [[nodiscard]] std::uint32_t index_in(std::size_t slot) const {
    return slots_[slot] == kNone ? kNone : slots_[slot] & index_mask_;
  }

  std::vector<std::uint32_t> slots_;  // kNone: free
  std::uint32_t index_mask_;
};

}  // namespace tagtill
