#include "engine/shard_set.h"

#include "engine/due_order.h"

namespace tagtill {

ShardSet::ShardSet(const TermsTable& terms, std::uint32_t shards) {
  for (std::uint32_t i = 0; i < shards; ++i) {
    shards_.emplace_back(terms, TimingWheel::kSlotMillis * static_cast<Millis>(i) / shards);
  }
  next_due_.resize(shards, TimingWheel::kNever);
}

void ShardSet::collect(Millis bound, std::vector<Due>& due) {
  const auto first = static_cast<std::ptrdiff_t>(due.size());
  earliest_ = TimingWheel::kNever;
  for (std::size_t i = 0; i < next_due_.size(); ++i) {
    if (next_due_[i] < bound) {
      shards_[i].collect_due(bound, due);
      next_due_[i] = shards_[i].next_due();
    }
    earliest_ = std::min(earliest_, next_due_[i]);
  }
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
