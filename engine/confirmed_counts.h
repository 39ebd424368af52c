// How often an author has closed windows of an offer by confirmation (P4.3): for ever.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "engine/hash_index.h"
#include "engine/id_table.h"
#include "engine/slab.h"
#include "engine/terms.h"

namespace tagtill {

// Part of a Shard, whose ids it uses.
//
// Memory: 16 bytes an author and offer, with the index 30 (625,000 in one shard); for ever. A count
// stays at 2^32 − 1.
class ConfirmedCounts {
 public:
  explicit ConfirmedCounts(IdTable& ids) : ids_(ids) {}

  [[nodiscard]] std::int64_t count(IdKey author, OfferNumber offer) const {
    const std::uint32_t known = find(author, offer);
    return known == HashIndex::kNone ? 0 : counts_[known].count;
  }

  void add(IdKey author, OfferNumber offer) {
    if (const std::uint32_t known = find(author, offer); known != HashIndex::kNone) {
      std::uint32_t& count = counts_[known].count;
      count += count < std::numeric_limits<std::uint32_t>::max() ? 1 : 0;
      return;
    }
    const std::uint32_t added = counts_.add({author, offer, 1});
    ids_.acquire(author);
    by_ids_.add(hash_of(author, offer), added, [this](std::uint32_t index) {
      return hash_of(counts_[index].author, counts_[index].offer);
    });
  }

  // In two steps, by the author's hash alone.
  void prefetch(std::uint64_t hash, PrefetchList& list) const { by_ids_.prefetch(hash, list); }
  void prefetch_record(std::uint64_t hash, PrefetchList& list) const {
    by_ids_.prefetch_chain(hash, list);
  }

  [[nodiscard]] std::size_t size() const { return counts_.size(); }
  [[nodiscard]] std::size_t memory_bytes() const {
    return counts_.memory_bytes() + by_ids_.memory_bytes();
  }

 private:
  struct Count {
    IdKey author;
    OfferNumber offer;
    std::uint32_t count;
  };

  // The lower half, and so the bucket, is of the author alone: it can be asked for
  // before anybody knows the offer. One who buys everything has a long chain, of which
  // one record in 63 is looked at.
  static std::uint64_t hash_of(IdKey author, OfferNumber offer) {
    constexpr std::uint64_t kUpperHalf = ~std::uint64_t{0} << 32;
    return hash_number(author) ^ (hash_number(offer) & kUpperHalf);
  }

  [[nodiscard]] std::uint32_t find(IdKey author, OfferNumber offer) const {
    return by_ids_.find(hash_of(author, offer), [&](std::uint32_t index) {
      return counts_[index].author == author && counts_[index].offer == offer;
    });
  }

  IdTable& ids_;
  Slab<Count> counts_;
  HashIndex by_ids_;
};

}  // namespace tagtill
