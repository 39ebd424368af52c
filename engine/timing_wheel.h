// What falls due when: a timing wheel over stream time.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "engine/ahead.h"
#include "engine/give_back.h"
#include "engine/prefetch.h"
#include "engine/slab.h"
#include "engine/time.h"

namespace tagtill {

// Holds numbers of records of its owner, each with a due time, and gives them back
// when the time has come, in order of due time (those of the same millisecond in no
// particular order: the protocol has its own). Owned by one thread.
//
//   due time   |<-- now -->|<----- ring: 2,048 slots ----->|<---- far ---->
//   kept in      an array     a list for each 256 ms          a map of such lists
//                and a heap
//
// The ring spans 35 minutes from now, more than the common window of 15 minutes and
// its lateness, so that the common entry is written to a slot and read from it once.
// A list is of cache lines with 15 entries each. An entry's due time is not kept: when
// the time reaches a slot, or the first list of the map, the owner is asked for the due
// times of its entries, and they are laid out by the millisecond in an array, from
// which they are taken one by one (few are sorted, many are counted). What is scheduled within the
// slot of now goes through a heap. So the slowest step is the lay-out of the fullest slot: about a
// four-thousandth of the entries when windows of 15 minutes are opened evenly.
//
// There is no cancel: an owner whose entry has become void recognises it when it
// comes back. An entry whose due time has changed meanwhile comes back in the slot of
// its old one, and may be scheduled anew.
//
// Memory: 4.3 bytes an entry, half a cache line for each slot in use, 12 bytes for
// each entry of the slot of now; 32 KiB for the ring. Cost: schedule O(1) (far: O(log
// slots); slot of now: O(log of what is in the heap)), take O(1).
class TimingWheel {
 public:
  using Entry = std::uint32_t;
  static constexpr int kSlotBits = 8;  // 256 ms
  static constexpr Millis kSlotMillis = Millis{1} << kSlotBits;
  static constexpr std::size_t kSlots = 8192;
  static constexpr Millis kNever = std::numeric_limits<Millis>::max();

  // Slots begin `phase` milliseconds before the multiples of 256: wheels side by side
  // with different phases do not turn at once.
  explicit TimingWheel(Millis phase = 0) : phase_(phase) {}

  [[nodiscard]] std::size_t size() const { return size_; }

  // Nothing is due before this time. kNever when there is nothing.
  [[nodiscard]] Millis next_due() const { return next_due_; }

  // Of an empty wheel: entries will be scheduled in no order, none before this time. As a
  // rule (no time) the first one says where the wheel stands, and what is due before it
  // goes through the heap.
  void begin_at(std::optional<Millis> due) { first_tick_ = due ? tick_of(*due) : kNever; }

  // Adds an entry. It may be due already.
  void schedule(Millis due, Entry entry) {
    const std::int64_t tick = tick_of(due);
    if (size_ == 0) {
      // An empty wheel may stand anywhere.
      now_tick_ = std::min(tick, std::exchange(first_tick_, kNever)) - 1;
    }
    ++size_;
    next_due_ = std::min(next_due_, due);
    if (tick <= now_tick_) {
      early_.push_back({due, entry});
      std::push_heap(early_.begin(), early_.end(), kLater);
    } else if (tick <= now_tick_ + kSlotCount) {
      if (ring_.empty()) {
        ring_.resize(kSlots, kNoList);  // a wheel that is never used costs nothing
      }
      const std::size_t slot = slot_of(tick);
      append(ring_[slot], entry);
      occupied_[slot / 64] |= std::uint64_t{1} << (slot % 64);
    } else {
      append(far_.try_emplace(tick, kNoList).first->second, entry);
    }
  }

  // Takes the entry with the least due time, if that is < `bound`. Bounds must not
  // decrease from call to call. `owner.due_of(entry)` is the due time with which the
  // entry was scheduled; `owner.prefetch(entry, list)` comes some time before, and
  // `owner.expect(entry, list)` some time before the entry is taken. The list is the
  // caller's to ask for, at the end of some calls.
  template <typename Owner>
  [[nodiscard]] bool take_before(Millis bound, const Owner& owner, PrefetchList& list, Millis& due,
                                 Entry& entry) {
    if (bound <= next_due_) {
      return false;
    }
    while (at_ == now_.size() && early_.empty()) {
      const std::int64_t tick = next_tick();
      if (tick > tick_of(bound)) {
        next_due_ = tick == kNever ? kNever : begin_of(tick);
        return false;
      }
      enter(tick, owner, list);
    }
    const Millis in_slot = at_ < now_.size() ? due_of(now_[at_]) : kNever;
    const Millis in_heap = early_.empty() ? kNever : early_.front().due;
    due = std::min(in_slot, in_heap);
    if (due >= bound) {
      next_due_ = due;
      return false;
    }
    if (in_slot <= in_heap) {
      entry = now_[at_++].entry;
      if (at_ + kPrefetchAhead <= now_.size()) {
        owner.prefetch(now_[at_ + kPrefetchAhead - 1].entry, list);
      }
      if (at_ + kExpectAhead <= now_.size()) {
        owner.expect(now_[at_ + kExpectAhead - 1].entry, list);
      }
    } else {
      std::pop_heap(early_.begin(), early_.end(), kLater);
      entry = early_.back().entry;
      early_.pop_back();
    }
    if (--size_ == 0) {
      let_go();
    }
    return true;
  }

  // What the wheel holds in memory, but for the nodes of the map.
  [[nodiscard]] std::size_t memory_bytes() const {
    return lists_.memory_bytes() + ring_.capacity() * sizeof(List) +
           now_.capacity() * sizeof(Laid) + found_.capacity() * sizeof(Entry) +
           early_.capacity() * sizeof(Early);
  }

 private:
  struct Line {
    std::uint32_t next;  // kNoLine: the last one
    std::array<Entry, 15> entries;
  };
  // The number of the first line, and how many entries it holds: the others are full.
  using List = std::uint32_t;
  static constexpr List kNoList = std::numeric_limits<List>::max();
  static constexpr int kFillBits = 4;
  static constexpr std::uint32_t kFillMask = (1U << kFillBits) - 1;
  static constexpr std::uint32_t kNoLine = Slab<Line>::kNone;
  static_assert(Slab<Line>::kRecordsMax < kNoList >> kFillBits);

  struct Laid {
    Entry entry;
    std::uint32_t millisecond;  // within its slot
  };
  struct Early {
    Millis due;
    Entry entry;
  };
  static constexpr auto kLater = [](const Early& a, const Early& b) { return a.due > b.due; };
  static constexpr auto kSooner = [](const Laid& a, const Laid& b) {
    return a.millisecond < b.millisecond;
  };
  static constexpr auto kSlotCount = static_cast<std::int64_t>(kSlots);
  // How long before it is taken an entry is prefetched again and expected. Not long: with
  // wheels side by side as many entries as there are wheels lie between two of one, and
  // what is asked for too early is gone again.
  static constexpr std::size_t kPrefetchAhead = 4;
  static constexpr std::size_t kExpectAhead = 2;
  // So many are not counted: that costs as much as 256 entries.
  static constexpr std::size_t kFew = 64;
  // More room than for so many entries is given back.
  static constexpr std::size_t kKept = 16'384;

  [[nodiscard]] std::int64_t tick_of(Millis due) const { return (due + phase_) >> kSlotBits; }
  [[nodiscard]] Millis begin_of(std::int64_t tick) const { return (tick << kSlotBits) - phase_; }
  static std::size_t slot_of(std::int64_t tick) {
    return static_cast<std::size_t>(tick) & (kSlots - 1);
  }

  [[nodiscard]] Millis due_of(const Laid& laid) const {
    return begin_of(now_tick_) + laid.millisecond;
  }

  void append(List& list, Entry entry) {
    std::uint32_t fill = list & kFillMask;
    if (list == kNoList || fill == std::tuple_size_v<decltype(Line::entries)>) {
      Line line{};
      line.next = list == kNoList ? kNoLine : list >> kFillBits;
      list = lists_.add(line) << kFillBits;
      fill = 0;
    }
    lists_[list >> kFillBits].entries[fill] = entry;
    ++list;
  }

  // Moves the entries of a list to found_.
  void empty_out(List list) {
    std::uint32_t fill = list & kFillMask;
    for (std::uint32_t at = list >> kFillBits; at != kNoLine;) {
      const Line& line = lists_[at];
      found_.insert(found_.end(), line.entries.begin(), line.entries.begin() + fill);
      fill = static_cast<std::uint32_t>(line.entries.size());
      lists_.remove(std::exchange(at, line.next));
    }
  }

  // The next tick behind the current one that holds anything.
  [[nodiscard]] std::int64_t next_tick() const {
    return std::min(next_in_ring(), far_.empty() ? kNever : far_.begin()->first);
  }

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

  // Makes the tick the current one, and lays its entries out.
  template <typename Owner>
  void enter(std::int64_t tick, const Owner& owner, PrefetchList& list) {
    found_.clear();
    if (const std::size_t slot = slot_of(tick);
        tick <= now_tick_ + kSlotCount && !ring_.empty() && ring_[slot] != kNoList) {
      empty_out(std::exchange(ring_[slot], kNoList));
      occupied_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
    }
    if (!far_.empty() && far_.begin()->first == tick) {
      empty_out(far_.begin()->second);
      far_.erase(far_.begin());
    }
    now_tick_ = tick;
    ask_for_next(owner, list);
    lay_out(owner, list);
  }

  // A slot of few entries is laid out too fast for its own memory to be asked for in
  // time: that of the next one is asked for here.
  template <typename Owner>
  void ask_for_next(const Owner& owner, PrefetchList& list) const {
    if (ring_.empty()) {
      return;
    }
    if (const List after = ring_[slot_of(now_tick_ + 2)]; after != kNoList) {
      list.add(&lists_[after >> kFillBits]);
    }
    if (const List next = ring_[slot_of(now_tick_ + 1)]; next != kNoList) {
      const Line& line = lists_[next >> kFillBits];
      for (std::uint32_t i = 0; i < (next & kFillMask); ++i) {
        owner.prefetch(line.entries[i], list);
      }
      if (line.next != kNoLine) {
        list.add(&lists_[line.next]);
      }
    }
  }

  // Sorts the entries by the millisecond: many by counting, few by comparing.
  template <typename Owner>
  void lay_out(const Owner& owner, PrefetchList& list) {
    laid_.resize(found_.size());
    const Millis first = begin_of(now_tick_);
    const Millis last = first + kSlotMillis - 1;
    for_each_ahead(
        found_.size(),
        [&](std::size_t i, PrefetchList& records) { owner.prefetch(found_[i], records); },
        [](std::size_t, PrefetchList&) {},
        [&](std::size_t i) {
          const Millis due = std::clamp(owner.due_of(found_[i]), first, last);
          laid_[i] = {found_[i], static_cast<std::uint32_t>(due - first)};
        });
    if (now_.capacity() > kKept && now_.capacity() / 4 > found_.size()) {
      give_back(now_);
    }
    if (laid_.size() > kFew) {
      sort_by_counting();
    } else {
      now_ = laid_;
      std::sort(now_.begin(), now_.end(), kSooner);
    }
    at_ = 0;
    for (std::size_t i = 0; i < std::min(kExpectAhead, now_.size()); ++i) {
      owner.expect(now_[i].entry, list);
    }
    if (found_.size() > kKept) {
      give_back(found_);
      give_back(laid_);
    }
  }

  void sort_by_counting() {
    std::array<std::uint32_t, kSlotMillis + 1> begins{};
    for (const Laid& laid : laid_) {
      ++begins[laid.millisecond + 1];
    }
    for (std::size_t i = 1; i < begins.size(); ++i) {
      begins[i] += begins[i - 1];
    }
    now_.resize(laid_.size());
    for (const Laid& laid : laid_) {
      now_[begins[laid.millisecond]++] = laid;
    }
  }

  // The last entry was taken.
  void let_go() {
    next_due_ = kNever;
    at_ = 0;
    now_.clear();
    if (now_.capacity() > kKept) {
      give_back(now_);
    }
    if (early_.capacity() > kKept) {
      give_back(early_);
    }
  }

  std::vector<Laid> now_;  // entries of the current tick, by due time; those before at_ are taken
  std::size_t at_ = 0;
  std::vector<Early> early_;  // a heap: entries that came when their tick was current or past
  std::vector<List> ring_;    // the 8,192 ticks behind it
  std::array<std::uint64_t, kSlots / 64> occupied_{};  // which slots hold anything
  std::map<std::int64_t, List> far_;                   // by tick, those beyond
  Slab<Line> lists_;
  std::vector<Entry> found_;  // scratch
  std::vector<Laid> laid_;    // scratch
  Millis phase_;
  std::int64_t now_tick_ = 0;
  std::int64_t first_tick_ = kNever;  // of an empty wheel: where it is to stand
  Millis next_due_ = kNever;
  std::size_t size_ = 0;
};

}  // namespace tagtill
