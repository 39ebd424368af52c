// A hash table of the numbers of records that somebody else keeps, for tables that
// grow and shrink for ever and must never stop.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "engine/prefetch.h"
#include "engine/slab.h"

namespace tagtill {

// Linear hashing (Litwin, 1980) with buckets of one cache line:
//
//   bucket  15 slots of 4 bytes, filled from the first on | the next bucket of the chain 4
//   slot    6 bits of the hash | the number of a record 26
//
// A look-up compares the hash's bits of all slots of a bucket before it asks whether
// a record is the wanted one: one cache miss for one that is not there, two for one
// that is. With every few additions one bucket is split in two, and with every few
// removals two become one again, so that a bucket holds 5 to 9 on the average: there
// is no rehash, the slowest step is the split of one bucket, and memory follows the
// content both ways. A bucket that overflows gets a chain.
//
// Memory: 7.1 bytes an element while it grows, up to 12.8 while it shrinks; chains
// are 3% to 10% of that. An empty one holds nothing.
//
// Owned by one thread. Numbers are below 2^26 (Slab::kRecordsMax). `hash_of` gives
// the hash of a record by its number, the same as long as it is in here. Elements
// with the same hash make a chain of their own: they are found one by one.
class HashIndex {
 public:
  using Index = std::uint32_t;
  static constexpr Index kNone = std::numeric_limits<Index>::max();

  [[nodiscard]] std::size_t size() const { return size_; }

  // Call it some time before the look-up.
  void prefetch(std::uint64_t hash) const {
    if (size_ > 0) {
      prefetch_line(&bucket(number_of(hash)));
    }
  }

  // A number with this hash, or nearly, or kNone: what find() will look at first, to
  // be prefetched.
  [[nodiscard]] Index guess(std::uint64_t hash) const {
    return find(hash, [](Index) { return true; });
  }

  // The number with this hash for which `is_wanted(number)`, or kNone.
  template <typename IsWanted>
  [[nodiscard]] Index find(std::uint64_t hash, IsWanted is_wanted) const {
    if (size_ == 0) {
      return kNone;
    }
    const Index mark = mark_of(hash);
    for (const Bucket* at = &bucket(number_of(hash));; at = &chained_[at->next]) {
      for (std::uint32_t same = slots_like(*at, mark); same != 0; same &= same - 1) {
        const auto slot = static_cast<std::size_t>(std::countr_zero(same));
        const Index index = at->slots[slot] & kIndexMask;
        if (is_wanted(index)) {
          return index;
        }
      }
      if (at->next == kNone) {
        return kNone;
      }
    }
  }

  // `index` is not in here yet.
  template <typename HashOf>
  void add(std::uint64_t hash, Index index, HashOf hash_of) {
    if (buckets_ == 0) {
      append_bucket();
    }
    put(bucket(number_of(hash)), mark_of(hash) | index);
    ++size_;
    if (size_ > buckets_ * kSplitAt) {
      split(hash_of);
    }
  }

  // `index` is in here, with this hash.
  void remove(std::uint64_t hash, Index index) {
    Bucket& first = bucket(number_of(hash));
    take(first, slot_of(first, mark_of(hash) | index));
    --size_;
    if (size_ < buckets_ * kMergeAt) {
      merge();
    }
  }

  // Puts `index` where `old`, of the same hash, stands.
  void replace(std::uint64_t hash, Index old, Index index) {
    *slot_of(bucket(number_of(hash)), mark_of(hash) | old) = mark_of(hash) | index;
  }

  // What the index holds in memory.
  [[nodiscard]] std::size_t memory_bytes() const {
    return chunks_.size() * sizeof(Chunk) + chunks_.capacity() * sizeof(chunks_[0]) +
           chained_.memory_bytes();
  }

 private:
  static constexpr std::size_t kSplitAt = 9;  // elements a bucket, on the average
  static constexpr std::size_t kMergeAt = 5;
  static constexpr std::size_t kChunkBuckets = 64;  // 4 KiB
  static constexpr int kIndexBits = 26;
  static constexpr Index kIndexMask = (Index{1} << kIndexBits) - 1;
  static_assert(Slab<Index>::kRecordsMax <= kIndexMask);

  struct alignas(64) Bucket {
    std::array<Index, 15> slots;  // kNone: free, and so are those behind
    Index next;                   // in chained_, or kNone
  };
  static constexpr Bucket kEmpty = [] {
    Bucket bucket{};
    bucket.slots.fill(kNone);
    bucket.next = kNone;
    return bucket;
  }();
  using Chunk = std::array<Bucket, kChunkBuckets>;

  // All ones stand for a free slot, and are no mark.
  static Index mark_of(std::uint64_t hash) {
    const Index bits = static_cast<Index>(hash >> 32) & 63;
    return (bits == 63 ? 0 : bits) << kIndexBits;
  }

  // A bit for each slot that has the mark. The sixteenth word is no slot.
  static std::uint32_t slots_like(const Bucket& bucket, Index mark) {
    constexpr std::uint32_t kSlots = (1U << 15) - 1;
#ifdef __SSE2__
    const __m128i marks = _mm_set1_epi32(static_cast<int>(mark >> kIndexBits));
    const auto four = [&](std::size_t first) {
      const __m128i slots =
          _mm_load_si128(reinterpret_cast<const __m128i*>(bucket.slots.data() + first));
      return _mm_cmpeq_epi32(_mm_srli_epi32(slots, kIndexBits), marks);
    };
    const __m128i same =
        _mm_packs_epi16(_mm_packs_epi32(four(0), four(4)), _mm_packs_epi32(four(8), four(12)));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(same)) & kSlots;
#else
    std::uint32_t same = 0;
    for (std::size_t i = 0; i < bucket.slots.size(); ++i) {
      same |= static_cast<std::uint32_t>((bucket.slots[i] & ~kIndexMask) == mark) << i;
    }
    return same & kSlots;
#endif
  }

  // The bucket of a hash: as many of its low bits as there are bits in the greatest
  // bucket's number, one less if that bucket is not there yet.
  [[nodiscard]] std::size_t number_of(std::uint64_t hash) const {
    const std::size_t number = static_cast<std::size_t>(hash) & mask_;
    return number < buckets_ ? number : number & (mask_ >> 1);
  }

  [[nodiscard]] Bucket& bucket(std::size_t number) {
    return (*chunks_[number / kChunkBuckets])[number % kChunkBuckets];
  }
  [[nodiscard]] const Bucket& bucket(std::size_t number) const {
    return (*chunks_[number / kChunkBuckets])[number % kChunkBuckets];
  }

  void append_bucket() {
    if (buckets_ % kChunkBuckets == 0) {
      chunks_.push_back(std::make_unique_for_overwrite<Chunk>());
    }
    bucket(buckets_++) = kEmpty;
    mask_ = std::bit_ceil(buckets_) - 1;
  }

  void remove_last_bucket() {
    --buckets_;
    mask_ = buckets_ == 0 ? 0 : std::bit_ceil(buckets_) - 1;
    if (buckets_ % kChunkBuckets == 0) {
      chunks_.pop_back();
    }
  }

  void put(Bucket& first, Index value) {
    Bucket* at = &first;
    while (at->next != kNone) {
      at = &chained_[at->next];
    }
    if (at->slots.back() != kNone) {
      const Index next = chained_.add(kEmpty);
      // `at` may stand in chained_; its chunks do not move.
      at->next = next;
      at = &chained_[next];
    }
    *std::find(at->slots.begin(), at->slots.end(), kNone) = value;
  }

  Index* slot_of(Bucket& first, Index value) {
    for (Bucket* at = &first;; at = &chained_[at->next]) {
      const auto slot = std::find(at->slots.begin(), at->slots.end(), value);
      if (slot != at->slots.end()) {
        return &*slot;
      }
    }
  }

  // Fills the hole with the last element of the chain.
  void take(Bucket& first, Index* hole) {
    Bucket* before = nullptr;
    Bucket* last = &first;
    while (last->next != kNone) {
      before = last;
      last = &chained_[last->next];
    }
    auto end = std::find(last->slots.begin(), last->slots.end(), kNone);
    --end;
    *hole = *end;
    *end = kNone;
    if (before != nullptr && end == last->slots.begin()) {
      chained_.remove(std::exchange(before->next, kNone));
    }
  }

  // Calls f with each element of the chain, and leaves the bucket empty.
  template <typename F>
  void empty_out(Bucket& first, F f) {
    Bucket old = std::exchange(first, kEmpty);
    for (;;) {
      for (const Index value : old.slots) {
        if (value != kNone) {
          f(value);
        }
      }
      if (old.next == kNone) {
        return;
      }
      const Index next = old.next;
      old = chained_[next];
      chained_.remove(next);
    }
  }

  // The bucket that has not been split longest gives what belongs there to a new one.
  template <typename HashOf>
  void split(HashOf hash_of) {
    append_bucket();
    const std::size_t added = buckets_ - 1;
    Bucket& from = bucket(added & (mask_ >> 1));
    Bucket& to = bucket(added);
    // First all hashes: the cache misses of their records overlap.
    moves_.clear();
    empty_out(from, [&](Index value) {
      moves_.emplace_back(value, number_of(hash_of(value & kIndexMask)) == added);
    });
    for (const auto& [value, away] : moves_) {
      put(away ? to : from, value);
    }
  }

  void merge() {
    const std::size_t last = buckets_ - 1;
    if (last == 0) {
      if (size_ == 0) {
        remove_last_bucket();
      }
      return;
    }
    Bucket& to = bucket(last & (mask_ >> 1));
    empty_out(bucket(last), [&](Index value) { put(to, value); });
    remove_last_bucket();
  }

  std::vector<std::unique_ptr<Chunk>> chunks_;
  Slab<Bucket> chained_;
  std::vector<std::pair<Index, bool>> moves_;  // scratch: what a split moves, and whether
  std::size_t buckets_ = 0;
  std::size_t mask_ = 0;  // bits of the greatest bucket's number
  std::size_t size_ = 0;
};

}  // namespace tagtill
