// Delete notices that came before their posts (P6.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "engine/due.h"
#include "engine/hash_index.h"
#include "engine/id_table.h"
#include "engine/slab.h"
#include "engine/time.h"
#include "engine/timing_wheel.h"

namespace tagtill {

// Part of a Shard, whose ids and wheel it uses.
//
// Memory: 32 bytes a notice and 32 an author who has any, each with some 14 in an
// index; at most 1,000 notices an author. Notices are given back when clock − L has
// passed the clock at which they came. Every step is O(1).
class DeleteNotices {
 public:
  // The clock before there is one.
  static constexpr Millis kNoClock = std::numeric_limits<Millis>::min();
  static constexpr std::size_t kMax = 1'000;  // an author

  DeleteNotices(IdTable& ids, TimingWheel& wheel) : ids_(ids), wheel_(wheel) {}

  // The post was deleted when the clock stood at `clock`. Returns how many older
  // notices were forgotten for it.
  [[nodiscard]] std::uint64_t remember(const Id& author, const Id& post, Millis clock,
                                       Millis bound);
  [[nodiscard]] bool remembers(const Id& author, const Id& post, Millis bound) const;
  // Notices that came before there was a clock came with the first one.
  void set_first_clock(Millis clock);

  struct Remembered {
    IdKey post;
    Millis clock;
  };
  // Calls f(author, a span of Remembered, the oldest first) for each author of whom any
  // are not forgotten; f may change nothing.
  template <typename F>
  void for_each_author(Millis bound, F&& f) {
    std::vector<Remembered> kept;
    authors_.for_each([&](Index author) {
      kept.clear();
      for (Index at = authors_[author].oldest; at != kNone; at = notices_[at].behind) {
        if (notices_[at].clock >= bound) {
          kept.push_back({notices_[at].post, notices_[at].clock});
        }
      }
      if (!kept.empty()) {
        f(authors_[author].id, std::span<const Remembered>(kept));
      }
    });
  }

  // Calls f(key) for each id that is held here, as often as it is.
  template <typename F>
  void for_each_id(F&& f) {
    authors_.for_each([&](Index author) { f(authors_[author].id); });
    notices_.for_each([&](Index notice) {
      f(notices_[notice].author);
      f(notices_[notice].post);
    });
  }

  // For the wheel, which holds the authors.
  [[nodiscard]] Millis due(std::uint32_t author) const;
  void prefetch(std::uint32_t author, PrefetchList& list) const { list.add(&authors_[author]); }
  void fall_due(std::uint32_t author, Millis bound);

  [[nodiscard]] std::size_t size() const { return notices_.size(); }
  [[nodiscard]] std::size_t authors() const { return authors_.size(); }
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  using Index = std::uint32_t;
  static constexpr Index kNone = HashIndex::kNone;

  struct Notice {
    IdKey author;
    IdKey post;
    Millis clock;
    Index before;  // of the same author, the one that came before; or kNone
    Index behind;
  };
  // Stays while the wheel holds it, or it waits for a clock.
  struct Author {
    IdKey id;
    Index oldest;
    Index newest;
    std::uint32_t notices;
  };

  [[nodiscard]] Index find(IdKey author, IdKey post) const;
  [[nodiscard]] Index find_or_add_author(IdKey id);
  void schedule(Index author);
  void append(Index author, IdKey post, Millis clock);
  void remove(Index author, Index notice);
  void drop(Index author, Millis bound);

  IdTable& ids_;
  TimingWheel& wheel_;
  Slab<Notice> notices_;
  HashIndex by_ids_;
  Slab<Author> authors_;
  HashIndex by_author_;
  std::vector<Index> waiting_for_clock_;  // authors whose notices came before it
};

}  // namespace tagtill
