#include "engine/shard_set.h"

#include "engine/due_order.h"

namespace tagtill {

ShardSet::ShardSet(const TermsTable& terms, std::uint32_t shards) {
  for (std::uint32_t i = 0; i < shards; ++i) {
    const Millis phase = TimingWheel::kSlotMillis * static_cast<Millis>(i) / shards;
    by_number_.push_back(&shards_.emplace_back(terms, phase));
  }
  next_due_.resize(shards, TimingWheel::kNever);
}

void ShardSet::collect(Millis bound, std::vector<Due>& due) {
  const auto first = static_cast<std::ptrdiff_t>(due.size());
  earliest_ = TimingWheel::kNever;
  PrefetchList list;
  for (std::size_t i = 0; i < next_due_.size(); ++i) {
    if (next_due_[i] < bound) {
      by_number_[i]->collect_due(bound, due, list);
      next_due_[i] = by_number_[i]->next_due();
    }
    earliest_ = std::min(earliest_, next_due_[i]);
  }
  list.ask();
  std::sort(due.begin() + first, due.end(), ends_before);
}

std::size_t ShardSet::memory_bytes() const {
  std::size_t bytes = 0;
  for (const Shard& shard : shards_) {
    bytes += shard.memory_bytes();
  }
  return bytes;
}

}  // namespace tagtill
