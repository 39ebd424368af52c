// The shards, and which of them anything is due in.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "engine/id_table.h"
#include "engine/shard.h"
#include "engine/terms.h"
#include "engine/time.h"

namespace tagtill {

// Owned by the decider's thread. Authors are spread over the shards by their hash.
// The wheels of the shards turn at different milliseconds, so that the clock does not
// find work in all of them at once.
class ShardSet {
 public:
  static constexpr std::uint32_t kMost = 4096;

  // `shards` is a power of two, at most kMost; `terms` must live as long.
  ShardSet(const TermsTable& terms, std::uint32_t shards);

  [[nodiscard]] std::size_t size() const { return next_due_.size(); }
  [[nodiscard]] Shard& operator[](std::size_t number) { return *by_number_[number]; }
  [[nodiscard]] auto begin() { return shards_.begin(); }
  [[nodiscard]] auto end() { return shards_.end(); }
  [[nodiscard]] auto begin() const { return shards_.begin(); }
  [[nodiscard]] auto end() const { return shards_.end(); }

  // The author's shard. The hash's lower bits spread the authors inside of it.
  [[nodiscard]] std::size_t number_of(const Id& author) const {
    return static_cast<std::size_t>(author.hash >> 52) & (next_due_.size() - 1);
  }
  [[nodiscard]] Shard& of(const Id& author) { return *by_number_[number_of(author)]; }
  [[nodiscard]] const Shard& of(const Id& author) const { return *by_number_[number_of(author)]; }

  // Must be called when anything may have been scheduled in the shard.
  void scheduled(std::size_t number) {
    next_due_[number] = by_number_[number]->next_due();
    earliest_ = std::min(earliest_, next_due_[number]);
  }

  // Appends everything due before `bound` to `due`, as Shard::collect_due does, and puts
  // it in order (due_order.h). One comparison if nothing is due.
  void collect_due(Millis bound, std::vector<Due>& due) {
    if (earliest_ < bound) {
      collect(bound, due);
    }
  }

  // What the shards hold in memory. Goes over all of them.
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  void collect(Millis bound, std::vector<Due>& due);

  std::deque<Shard> shards_;  // do not move
  std::vector<Shard*> by_number_;
  std::vector<Millis> next_due_;  // of each: nothing is due before
  Millis earliest_ = TimingWheel::kNever;
};

}  // namespace tagtill
