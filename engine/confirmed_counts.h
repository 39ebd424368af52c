// How often an author has closed windows of an offer by confirmation (P4.3): for ever.
#pragma once

#include <cstdint>
#include <limits>

#include "engine/author_index.h"
#include "engine/id_table.h"
#include "engine/slab.h"
#include "engine/terms.h"

namespace tagtill {

// Part of a Shard, whose ids and index of authors it uses, and whose counts it writes.
//
// Memory: 16 bytes an author and offer, with the index 30 (625,000 in one shard); for
// ever. A count stays at 2^32 − 1.
class ConfirmedCounts {
 public:
  ConfirmedCounts(IdTable& ids, AuthorIndex& by_author, Slab<ConfirmedCount>& counts)
      : ids_(ids), by_author_(by_author), counts_(counts) {}

  [[nodiscard]] std::int64_t count(IdKey author, OfferNumber offer) const {
    const std::uint32_t known = by_author_.count(author, offer);
    return known == AuthorIndex::kNone ? 0 : counts_[known].count;
  }

  void add(IdKey author, OfferNumber offer) {
    if (const std::uint32_t known = by_author_.count(author, offer); known != AuthorIndex::kNone) {
      std::uint32_t& count = counts_[known].count;
      count += count < std::numeric_limits<std::uint32_t>::max() ? 1 : 0;
      return;
    }
    restore(author, offer, 1);
  }

  // Calls f(author, offer, count) for each; f may change nothing.
  template <typename F>
  void for_each(F&& f) {
    counts_.for_each([&](std::uint32_t place) {
      const ConfirmedCount& count = counts_[place];
      f(count.author, count.offer, count.count);
    });
  }

  // Of a saved state. There is none yet, and `count` is not 0.
  void restore(IdKey author, OfferNumber offer, std::uint32_t count) {
    ids_.acquire(author);
    by_author_.add_count(counts_.add({author, offer, count}));
  }

 private:
  IdTable& ids_;
  AuthorIndex& by_author_;
  Slab<ConfirmedCount>& counts_;
};

}  // namespace tagtill
