#include "engine/shard.h"

#include <algorithm>

namespace tagtill {

void Shard::prefetch(const Id& author, const Id& post, PrefetchList& list) const {
  if (author.key != kNoId) {
    by_author_.prefetch(author.hash, list);
    posts_.prefetch(author, post, list);
  }
}

void Shard::prefetch_records(const Id& author, const Id& post, PrefetchList& list) const {
  if (author.key != kNoId) {
    by_author_.prefetch_records(author.hash, list);
    posts_.prefetch_record(author, post, list);
  }
}

WindowIndex Shard::add_window(const Window& window, WindowIndex last) {
  const WindowIndex added = windows_.add(window);
  ids_.acquire(window.author);
  ids_.acquire(window.intent);
  if (last == kNoWindow) {
    by_author_.add_window(added);
  } else {
    windows_[last].next = added;
  }
  wheel_.schedule(deadline(window), wheel_entry(DueKind::kWindow, added));
  return added;
}

void Shard::remove_window(WindowIndex index) {
  const Window window = windows_[index];
  // Mostly it is the author's first one, and the index knows it.
  if (window.next == kNoWindow ? !by_author_.remove_window(index)
                               : !by_author_.replace_window(index, window.next)) {
    WindowIndex before = first_window(window.author);
    while (windows_[before].next != index) {
      before = windows_[before].next;
    }
    windows_[before].next = window.next;
  }
  windows_.remove(index);
  if (window.account_kept) {
    accounts_.remove(window.account);
  }
  ids_.release(window.intent);
  ids_.release(window.author);
}

void Shard::keep_account(Window& window, std::string_view account) {
  Account kept{};
  kept.length = static_cast<std::uint8_t>(account.size());
  std::copy(account.begin(), account.end(), kept.bytes.begin());
  window.account = accounts_.add(kept);
  window.account_kept = true;
}

Millis Shard::WheelOwner::due_of(TimingWheel::Entry entry) const {
  const std::uint32_t index = index_of(entry);
  switch (kind_of(entry)) {
    case DueKind::kWindow:
      return shard.deadline(shard.windows_[index]);
    case DueKind::kParked:
      return shard.parked_.due(index);
    case DueKind::kNotices:
      return shard.notices_.due(index);
    case DueKind::kPost:
      break;
  }
  return shard.posts_.due(index);
}

void Shard::WheelOwner::prefetch(TimingWheel::Entry entry, PrefetchList& list) const {
  const std::uint32_t index = index_of(entry);
  switch (kind_of(entry)) {
    case DueKind::kWindow:
      list.add(&shard.windows_[index]);
      return;
    case DueKind::kParked:
      shard.parked_.prefetch(index, list);
      return;
    case DueKind::kNotices:
      shard.notices_.prefetch(index, list);
      return;
    case DueKind::kPost:
      shard.posts_.prefetch(index, list);
      return;
  }
}

void Shard::WheelOwner::expect(TimingWheel::Entry entry, PrefetchList& list) const {
  const std::uint32_t index = index_of(entry);
  if (kind_of(entry) == DueKind::kWindow) {
    shard.by_author_.prefetch(hash_number(shard.windows_[index].author), list);
  } else if (kind_of(entry) == DueKind::kPost) {
    shard.posts_.expect(index, list);
  }
}

void Shard::collect_due(Millis bound, std::vector<Due>& due, PrefetchList& list) {
  Millis at = 0;
  TimingWheel::Entry entry = 0;
  while (wheel_.take_before(bound, WheelOwner{*this}, list, at, entry)) {
    const std::uint32_t index = index_of(entry);
    switch (kind_of(entry)) {
      case DueKind::kWindow:
        due.push_back({at, this, windows_[index].intent, index, DueKind::kWindow});
        break;
      case DueKind::kParked:
        due.push_back({at, this, parked_[index].post, index, DueKind::kParked});
        break;
      case DueKind::kNotices:
        notices_.fall_due(index, bound);
        break;
      case DueKind::kPost:
        posts_.fall_due(index, bound);
        break;
    }
  }
}

std::uint64_t Shard::holders_of_ids() {
  std::uint64_t holders = 0;
  const auto count = [&holders](IdKey key) { holders += key > Id::kNumberMax ? 1 : 0; };
  windows_.for_each([&](WindowIndex index) {
    count(windows_[index].author);
    count(windows_[index].intent);
  });
  confirmed_.for_each([&](IdKey author, OfferNumber, std::uint32_t) { count(author); });
  parked_.for_each_id(count);
  posts_.for_each_id(count);
  notices_.for_each_id(count);
  return holders;
}

std::size_t Shard::memory_bytes() const {
  return sizeof(Shard) + ids_.memory_bytes() + wheel_.memory_bytes() + windows_.memory_bytes() +
         by_author_.memory_bytes() + accounts_.memory_bytes() + counts_.memory_bytes() +
         parked_.memory_bytes() + posts_.memory_bytes() + notices_.memory_bytes();
}

}  // namespace tagtill
