// A hash table of the numbers of records that somebody else keeps, for tables that
// grow and shrink for ever and must never stop.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "engine/bucket_pages.h"
#include "engine/prefetch.h"
#include "engine/slab.h"

namespace tagtill {

// Linear hashing (Litwin, 1980) with buckets of one cache line:
//
//   bucket  12 marks of a byte, filled from the first on | the next bucket of the chain 4
//           12 slots of 4 bytes
//   mark    8 bits of the hash, or 0 for a free slot
//   slot    6 bits of the hash | the number of a record 26
//
// A look-up compares the marks of a bucket at once, and the six bits of those that
// agree, before it asks whether a record is the wanted one: one cache miss for one that
// is not there, two for one that is. With every few additions one bucket is split in
// two, and with every few removals two become one again, so that a bucket holds 3 to 5
// on the average: there is no rehash, the slowest step is the split of one bucket, and
// memory follows the content both ways. A bucket that overflows gets a chain, which with
// so few is rare, for it costs another cache miss. The slot's six bits are those by which a
// table of 20,000 to 1,300,000 elements is split, so that a split need not ask for the
// hashes of records that are far away.
//
// Memory: 12.8 bytes an element while it grows, up to 21.3 while it shrinks, and the
// chains; the last piece of BucketPages. An empty one holds nothing.
//
// Owned by one thread. Numbers are below kNumbers, which is 2^26. `hash_of` gives
// the hash of a record by its number, the same as long as it is in here. Elements
// with the same hash make a chain of their own: they are found one by one.
class HashIndex {
 public:
  using Index = std::uint32_t;
  static constexpr Index kNone = std::numeric_limits<Index>::max();
  static constexpr Index kNumbers = Index{1} << 26;

  [[nodiscard]] std::size_t size() const { return size_; }

  // Before a look-up, in two steps, each some time before the next: first the bucket;
  // then the rest of its chain, where guess() also gives a number that is the wanted one,
  // should there be one for which `may_be_wanted(number)`, or kNone.
  void prefetch(std::uint64_t hash, PrefetchList& list) const {
    if (size_ > 0) {
      list.add(&buckets_[number_of(hash)]);
    }
  }
  template <typename MayBeWanted>
  [[nodiscard]] Index guess(std::uint64_t hash, PrefetchList& list,
                            MayBeWanted may_be_wanted) const {
    if (size_ == 0) {
      return kNone;
    }
    const Bucket& first = buckets_[number_of(hash)];
    if (first.next != kNone) {
      list.add(&chained_[first.next]);
    }
    return find_in(first, hash, may_be_wanted);
  }

  // The number with this hash for which `is_wanted(number)`, or kNone.
  template <typename IsWanted>
  [[nodiscard]] Index find(std::uint64_t hash, IsWanted is_wanted) const {
    if (size_ == 0) {
      return kNone;
    }
    for (const Bucket* at = &buckets_[number_of(hash)];; at = &chained_[at->next]) {
      if (const Index found = find_in(*at, hash, is_wanted); found != kNone) {
        return found;
      }
      if (at->next == kNone) {
        return kNone;
      }
    }
  }

  // `index` is not in here yet.
  template <typename HashOf>
  void add(std::uint64_t hash, Index index, HashOf hash_of) {
    if (buckets_.size() == 0) {
      append_bucket();
    }
    put(buckets_[number_of(hash)], {mark_of(hash), slot_of(hash, index)});
    ++size_;
    if (size_ > buckets_.size() * kSplitAt) {
      split(hash_of);
    }
  }

  // Removes `index`, if it is in here with this hash; says whether.
  bool remove(std::uint64_t hash, Index index) {
    if (size_ == 0) {
      return false;
    }
    Bucket& first = buckets_[number_of(hash)];
    const Place hole = place_of(first, {mark_of(hash), slot_of(hash, index)});
    if (hole.bucket == nullptr) {
      return false;
    }
    take(first, hole);
    --size_;
    if (2 * size_ < buckets_.size() * kMergeAtTwice) {
      merge();
    }
    return true;
  }

  // Puts `index` where `old`, of the same hash, stands, if it is in here; says whether.
  bool replace(std::uint64_t hash, Index old, Index index) {
    if (size_ == 0) {
      return false;
    }
    const Place place = place_of(buckets_[number_of(hash)], {mark_of(hash), slot_of(hash, old)});
    if (place.bucket == nullptr) {
      return false;
    }
    place.bucket->slots[place.slot] = slot_of(hash, index);
    return true;
  }

  // What the index holds in memory.
  [[nodiscard]] std::size_t memory_bytes() const {
    return buckets_.memory_bytes() + chained_.memory_bytes();
  }

 private:
  static constexpr std::size_t kSplitAt = 5;       // elements a bucket, on the average
  static constexpr std::size_t kMergeAtTwice = 6;  // 3
  static constexpr std::size_t kSlots = 12;
  static constexpr int kIndexBits = std::countr_zero(kNumbers);
  static constexpr Index kIndexMask = kNumbers - 1;
  static_assert(Slab<Index>::kRecordsMax <= kNumbers);
  // The bits of a hash that stand in its slot: of bucket numbers of 13 to 18 bits the
  // first one. Those of the mark are none that choose a bucket or a shard.
  static constexpr unsigned kKeptFrom = 12;
  static constexpr unsigned kKeptBits = 32 - kIndexBits;
  static constexpr unsigned kMarkFrom = 40;

  struct alignas(64) Bucket {
    std::array<std::uint8_t, kSlots> marks;  // 0: free, and so are those behind
    Index next;                              // in chained_, or kNone
    std::array<Index, kSlots> slots;
  };
  static_assert(sizeof(Bucket) == 64);
  static constexpr Bucket kEmpty = [] {
    Bucket bucket{};
    bucket.next = kNone;
    return bucket;
  }();
  struct Element {
    std::uint8_t mark;
    Index slot;
  };
  struct Place {
    Bucket* bucket;  // null: nowhere
    std::size_t slot;
  };
  struct Move {
    Element element;
    bool away;
  };

  static std::uint8_t mark_of(std::uint64_t hash) {
    const auto mark = static_cast<std::uint8_t>(hash >> kMarkFrom);
    return mark == 0 ? 1 : mark;
  }

  static Index slot_of(std::uint64_t hash, Index index) {
    return static_cast<Index>(hash >> kKeptFrom) << kIndexBits | index;
  }

  // A bit for each slot that has the mark. The last four bytes are no marks.
  static std::uint32_t slots_like(const Bucket& bucket, std::uint8_t mark) {
#ifdef __SSE2__
    const __m128i marks = _mm_load_si128(reinterpret_cast<const __m128i*>(&bucket));
    const __m128i same = _mm_cmpeq_epi8(marks, _mm_set1_epi8(static_cast<char>(mark)));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(same)) & ((1U << kSlots) - 1);
#else
    std::uint32_t same = 0;
    for (std::size_t i = 0; i < kSlots; ++i) {
      same |= static_cast<std::uint32_t>(bucket.marks[i] == mark) << i;
    }
    return same;
#endif
  }

  // How many slots are taken.
  static std::size_t fill_of(const Bucket& bucket) {
    return static_cast<std::size_t>(std::countr_zero(slots_like(bucket, 0) | 1U << kSlots));
  }

  // The bucket of a hash: as many of its low bits as there are bits in the greatest
  // bucket's number, one less if that bucket is not there yet.
  [[nodiscard]] std::size_t number_of(std::uint64_t hash) const {
    const std::size_t number = static_cast<std::size_t>(hash) & mask_;
    // No branch: nobody could predict it.
    const auto beyond = static_cast<std::size_t>(number >= buckets_.size());
    return number & (mask_ >> beyond);
  }

  template <typename IsWanted>
  [[nodiscard]] static Index find_in(const Bucket& bucket, std::uint64_t hash, IsWanted is_wanted) {
    const Index wanted = slot_of(hash, 0);
    for (std::uint32_t same = slots_like(bucket, mark_of(hash)); same != 0; same &= same - 1) {
      const Index index = bucket.slots[static_cast<std::size_t>(std::countr_zero(same))] ^ wanted;
      if (index <= kIndexMask && is_wanted(index)) {
        return index;
      }
    }
    return kNone;
  }

  [[nodiscard]] Place place_of(Bucket& first, Element element) {
    for (Bucket* at = &first;; at = &chained_[at->next]) {
      for (std::uint32_t same = slots_like(*at, element.mark); same != 0; same &= same - 1) {
        const auto slot = static_cast<std::size_t>(std::countr_zero(same));
        if (at->slots[slot] == element.slot) {
          return {at, slot};
        }
      }
      if (at->next == kNone) {
        return {nullptr, 0};
      }
    }
  }

  void append_bucket() {
    buckets_.add(kEmpty);
    mask_ = std::bit_ceil(buckets_.size()) - 1;
  }

  void remove_last_bucket() {
    buckets_.remove_last();
    mask_ = buckets_.size() == 0 ? 0 : std::bit_ceil(buckets_.size()) - 1;
  }

  void put(Bucket& first, Element element) {
    Bucket* at = &first;
    while (at->next != kNone) {
      at = &chained_[at->next];
    }
    std::size_t fill = fill_of(*at);
    if (fill == kSlots) {
      const Index next = chained_.add(kEmpty);
      // `at` may stand in chained_; its chunks do not move.
      at->next = next;
      at = &chained_[next];
      fill = 0;
    }
    at->marks[fill] = element.mark;
    at->slots[fill] = element.slot;
  }

  // Fills the hole with the last element of the chain.
  void take(Bucket& first, Place hole) {
    Bucket* before = nullptr;
    Bucket* last = &first;
    while (last->next != kNone) {
      before = last;
      last = &chained_[last->next];
    }
    const std::size_t end = fill_of(*last) - 1;
    hole.bucket->marks[hole.slot] = last->marks[end];
    hole.bucket->slots[hole.slot] = last->slots[end];
    last->marks[end] = 0;
    if (before != nullptr && end == 0) {
      chained_.remove(std::exchange(before->next, kNone));
    }
  }

  // Calls f with each element of the chain, and leaves the bucket empty.
  template <typename F>
  void empty_out(Bucket& first, F f) {
    Bucket old = std::exchange(first, kEmpty);
    for (;;) {
      const std::size_t fill = fill_of(old);
      for (std::size_t i = 0; i < fill; ++i) {
        f(Element{old.marks[i], old.slots[i]});
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
    const std::size_t added = buckets_.size() - 1;
    Bucket& from = buckets_[added & (mask_ >> 1)];
    Bucket& to = buckets_[added];
    const auto bit = static_cast<unsigned>(std::bit_width(added)) - 1;
    const bool kept = bit >= kKeptFrom && bit < kKeptFrom + kKeptBits;
    // First all bits: where records are asked, their cache misses overlap.
    moves_.clear();
    empty_out(from, [&](Element element) {
      const std::uint64_t bits = kept ? element.slot >> (kIndexBits + bit - kKeptFrom)
                                      : hash_of(element.slot & kIndexMask) >> bit;
      moves_.push_back({element, (bits & 1) != 0});
    });
    for (const Move& move : moves_) {
      put(move.away ? to : from, move.element);
    }
    prefetch_line(&buckets_[(added + 1) & (mask_ >> 1)]);  // for the next one
  }

  void merge() {
    const std::size_t last = buckets_.size() - 1;
    if (last == 0) {
      if (size_ == 0) {
        remove_last_bucket();
      }
      return;
    }
    Bucket& to = buckets_[last & (mask_ >> 1)];
    empty_out(buckets_[last], [&](Element element) { put(to, element); });
    remove_last_bucket();
  }

  BucketPages<Bucket> buckets_;
  Slab<Bucket> chained_;
  std::vector<Move> moves_;  // scratch: what a split moves, and whether
  std::size_t mask_ = 0;     // bits of the greatest bucket's number
  std::size_t size_ = 0;
};

}  // namespace tagtill
