// Where what there is of an author stands.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/hash_bytes.h"
#include "engine/hash_index.h"
#include "engine/id_table.h"
#include "engine/prefetch.h"
#include "engine/slab.h"
#include "engine/terms.h"
#include "engine/window.h"

namespace tagtill {

// How often an author has closed windows of an offer by confirmation.
struct ConfirmedCount {
  IdKey author;
  OfferNumber offer;
  std::uint32_t count;
};

// Part of a Shard, whose windows and counts it finds. Both of an author are in one bucket
// of one index, since who looks for the one mostly looks for the other: that is one cache
// miss. One who has bought everything has a long chain of counts, of which one record in
// 63 is looked at.
//
// Memory: that of a HashIndex for each author with windows, and for each count.
class AuthorIndex {
 public:
  static constexpr std::uint32_t kNone = HashIndex::kNone;

  AuthorIndex(const Slab<Window>& windows, const Slab<ConfirmedCount>& counts)
      : windows_(windows), counts_(counts) {}

  // In two steps, by the author's hash.
  void prefetch(std::uint64_t hash, PrefetchList& list) const { index_.prefetch(hash, list); }
  void prefetch_records(std::uint64_t hash, PrefetchList& list) const {
    const std::uint32_t first =
        index_.guess(hash, list, [](std::uint32_t number) { return number < kCount; });
    if (first != kNone) {
      list.add(&windows_[first]);
    }
  }

  // The author's first window, or kNone.
  [[nodiscard]] WindowIndex first_window(IdKey author) const {
    return index_.find(hash_number(author), [&](std::uint32_t number) {
      return number < kCount && windows_[number].author == author;
    });
  }
  // The window is the first one of its author. It stands in its slab.
  void add_window(WindowIndex window) { add(hash_number(windows_[window].author), window); }
  // It is not any more, and there is no other, or `next` is; false: it was not.
  bool remove_window(WindowIndex window) {
    return index_.remove(hash_number(windows_[window].author), window);
  }
  bool replace_window(WindowIndex window, WindowIndex next) {
    return index_.replace(hash_number(windows_[window].author), window, next);
  }

  // The place of a count, or kNone.
  [[nodiscard]] std::uint32_t count(IdKey author, OfferNumber offer) const {
    const std::uint32_t found = index_.find(hash_of(author, offer), [&](std::uint32_t number) {
      return number >= kCount && counts_[number - kCount].author == author &&
             counts_[number - kCount].offer == offer;
    });
    return found == kNone ? kNone : found - kCount;
  }
  void add_count(std::uint32_t place) {
    add(hash_of(counts_[place].author, counts_[place].offer), kCount + place);
  }

  [[nodiscard]] std::size_t memory_bytes() const { return index_.memory_bytes(); }

 private:
  // Numbers from here on are of counts, those below of windows.
  static constexpr std::uint32_t kCount = HashIndex::kNumbers / 2;
  static_assert(Slab<Window>::kRecordsMax <= kCount);

  // The lower half, and so the bucket, is of the author alone.
  static std::uint64_t hash_of(IdKey author, OfferNumber offer) {
    constexpr std::uint64_t kUpperHalf = ~std::uint64_t{0} << 32;
    return hash_number(author) ^ (hash_number(offer) & kUpperHalf);
  }

  void add(std::uint64_t hash, std::uint32_t number) {
    index_.add(hash, number, [this](std::uint32_t other) {
      return other < kCount
                 ? hash_number(windows_[other].author)
                 : hash_of(counts_[other - kCount].author, counts_[other - kCount].offer);
    });
  }

  const Slab<Window>& windows_;
  const Slab<ConfirmedCount>& counts_;
  HashIndex index_;
};

}  // namespace tagtill
