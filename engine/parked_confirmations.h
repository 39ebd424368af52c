// Confirmations that wait for their windows (P5.6).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/due.h"
#include "engine/event.h"
#include "engine/hash_index.h"
#include "engine/id_table.h"
#include "engine/slab.h"
#include "engine/time.h"
#include "engine/timing_wheel.h"

namespace tagtill {

// A tag of confirmation form in a member's post (P5). Views live with the post.
struct Confirmation {
  Code code = kNoCode;
  std::string_view post_id;
  Millis at = 0;  // the post's event time
  std::int64_t followers = 0;
  std::uint32_t place = 0;  // among the post's tags, in text order
};

using ParkedIndex = std::uint32_t;

// One that waits, or did: it stays in memory until its due time, also when it was
// applied or dropped before.
struct ParkedConfirmation {
  IdKey author;
  IdKey post;
  Code code;
  Millis at;
  std::int64_t followers;
  std::uint32_t place;
  ParkedIndex next : 31;  // of the same author, parked later
  bool waiting : 1;
};

// Part of a Shard, whose ids and wheel it uses.
//
// Memory: 48 bytes a confirmation and 4.3 in the wheel; an author for whom any waits
// has 16, and some 14 in an index. Bound: 32 that wait, an author; those that wait no
// more are given back at their due time, so within one L of stream time there may be
// as many as there were posts.
class ParkedConfirmations {
 public:
  static constexpr ParkedIndex kNone = 0x7FFFFFFF;
  static constexpr std::size_t kMax = 32;  // an author

  ParkedConfirmations(IdTable& ids, TimingWheel& wheel) : ids_(ids), wheel_(wheel) {}

  [[nodiscard]] const ParkedConfirmation& operator[](ParkedIndex index) const {
    return parked_[index];
  }

  // How many wait, of this author.
  [[nodiscard]] std::size_t waiting(IdKey author) const;
  // The first of them, as they came, or kNone; `next` leads to the others.
  [[nodiscard]] ParkedIndex first(IdKey author) const;

  void park(IdKey author, const Confirmation& confirmation);
  // It waits no more.
  void unpark(ParkedIndex index);

  // Calls f(author, first) for each author for whom any waits; f may not change that.
  template <typename F>
  void for_each_author(F&& f) {
    authors_.for_each([&](std::uint32_t index) { f(authors_[index].id, authors_[index].first); });
  }

  // Calls f(key) for each id that is held here, as often as it is.
  template <typename F>
  void for_each_id(F&& f) {
    parked_.for_each([&](ParkedIndex index) {
      f(parked_[index].author);
      f(parked_[index].post);
    });
  }

  // For the wheel.
  [[nodiscard]] Millis due(ParkedIndex index) const { return parked_[index].at; }
  void prefetch(ParkedIndex index, PrefetchList& list) const { list.add(&parked_[index]); }
  // It has come back, and is given up.
  void fall_due(ParkedIndex index);

  [[nodiscard]] std::size_t size() const { return parked_.size(); }
  [[nodiscard]] std::size_t memory_bytes() const {
    return parked_.memory_bytes() + authors_.memory_bytes() + by_author_.memory_bytes();
  }

 private:
  struct Author {
    IdKey id;
    ParkedIndex first;
    std::uint32_t waiting;  // at least one
  };

  [[nodiscard]] std::uint32_t find(IdKey author) const;

  IdTable& ids_;
  TimingWheel& wheel_;
  Slab<ParkedConfirmation> parked_;
  Slab<Author> authors_;
  HashIndex by_author_;
};

}  // namespace tagtill
