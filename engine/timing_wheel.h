// What falls due when: a hierarchical timing wheel over stream time.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "engine/time.h"

namespace tagtill {

// Holds entries with a due time and gives them back when the time has come, in
// order of due time (those of the same millisecond in no particular order: the
// protocol has its own). Owned by one thread.
//
//   due time   |<-- now -->|<----- ring: 2,048 slots ----->|<---- far ---->
//   kept in      a heap      a vector for each 1,024 ms      a map of such vectors
//
// The ring spans 35 minutes from now, more than the common window of 15 minutes
// and its lateness, so that the common entry is written to a slot and read from
// it, at no more cost. When the time reaches a slot, or the first vector of the
// map, that becomes the heap, which gives its entries back one by one. No entry
// ever moves from level to level, so the slowest single step is that of the
// fullest slot: about a thousandth of the entries when windows of 15 minutes are
// opened evenly.
//
// There is no cancel: an owner whose entry has become void recognises it when it
// comes back. Memory: the entry and its due time. Cost: schedule O(1) (far: O(log
// slots)), take O(log of a slot's entries).
template <typename Entry>
class TimingWheel {
 public:
  static constexpr int kSlotBits = 10;  // 1,024 ms
  static constexpr std::size_t kSlots = 2048;

  [[nodiscard]] std::size_t size() const { return size_; }

  // Adds an entry. It may be due already.
  void schedule(Millis due, Entry entry) {
    const std::int64_t tick = due >> kSlotBits;
    if (size_ == 0) {
      now_tick_ = tick - 1;  // an empty wheel may stand anywhere
    }
    ++size_;
    if (tick <= now_tick_) {
      now_.push_back({due, std::move(entry)});
      std::push_heap(now_.begin(), now_.end(), kLater);
    } else if (tick <= now_tick_ + kSlotCount) {
      if (ring_.empty()) {
        ring_.resize(kSlots);  // a wheel that is never used costs nothing
      }
      const std::size_t slot = slot_of(tick);
      ring_[slot].push_back({due, std::move(entry)});
      occupied_[slot / 64] |= std::uint64_t{1} << (slot % 64);
    } else {
      far_[tick].push_back({due, std::move(entry)});
    }
  }

  // Takes the entry with the least due time, if that is < `bound`. Bounds must
  // not decrease from call to call.
  [[nodiscard]] bool take_before(Millis bound, Millis& due, Entry& entry) {
    while (now_.empty()) {
      if (size_ == 0 || !advance(bound >> kSlotBits)) {
        return false;
      }
    }
    if (now_.front().due >= bound) {
      return false;
    }
    std::pop_heap(now_.begin(), now_.end(), kLater);
    due = now_.back().due;
    entry = std::move(now_.back().entry);
    now_.pop_back();
    --size_;
    return true;
  }

 private:
  struct Item {
    Millis due;
    Entry entry;
  };
  static constexpr auto kLater = [](const Item& a, const Item& b) { return a.due > b.due; };
  static constexpr auto kSlotCount = static_cast<std::int64_t>(kSlots);
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  static std::size_t slot_of(std::int64_t tick) {
    return static_cast<std::size_t>(tick) & (kSlots - 1);
  }

  // Makes the next tick that holds anything the current one, if it is not behind
  // `bound_tick`, and its entries the heap (which is empty).
  bool advance(std::int64_t bound_tick) {
    const std::int64_t in_ring = next_in_ring();
    const std::int64_t in_far = far_.empty() ? kNever : far_.begin()->first;
    const std::int64_t tick = std::min(in_ring, in_far);
    if (tick > bound_tick) {
      return false;
    }
    if (in_ring == tick) {
      const std::size_t slot = slot_of(tick);
      now_.swap(ring_[slot]);
      occupied_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
    }
    if (in_far == tick) {
      auto first = far_.extract(far_.begin());
      now_.insert(now_.end(), std::make_move_iterator(first.mapped().begin()),
                  std::make_move_iterator(first.mapped().end()));
    }
    std::make_heap(now_.begin(), now_.end(), kLater);
    now_tick_ = tick;
    return true;
  }

  // The first tick behind the current one whose slot holds anything.
  [[nodiscard]] std::int64_t next_in_ring() const {
    const std::int64_t end = now_tick_ + kSlotCount;
    for (std::int64_t tick = now_tick_ + 1; tick <= end;) {
      const std::size_t slot = slot_of(tick);
      const std::uint64_t rest = occupied_[slot / 64] >> (slot % 64);
      if (rest != 0) {
        return tick + std::countr_zero(rest);
      }
      tick += static_cast<std::int64_t>(64 - slot % 64);
    }
    return kNever;
  }

  std::vector<Item> now_;                              // a heap: entries of ticks up to now_tick_
  std::vector<std::vector<Item>> ring_;                // the 2,048 ticks behind it
  std::array<std::uint64_t, kSlots / 64> occupied_{};  // which slots hold anything
  std::map<std::int64_t, std::vector<Item>> far_;      // by tick, those beyond
  std::int64_t now_tick_ = 0;
  std::size_t size_ = 0;
};

}  // namespace tagtill
