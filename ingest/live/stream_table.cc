#include "ingest/live/stream_table.h"

#include <algorithm>
#include <utility>

namespace tagtill {

StreamTable::StreamTable(const std::vector<LiveStream>& known, std::size_t streams_max)
    : streams_max_(streams_max) {
  for (const LiveStream& stream : known) {
    (void)add(stream.name, stream.position, stream.mark);
  }
}

std::uint32_t StreamTable::add(std::string_view name, std::uint64_t position, std::string mark) {
  const auto number = static_cast<std::uint32_t>(streams_.size());
  Stream& stream = streams_.emplace_back();
  stream.name = name;
  stream.committed = position;
  if (!mark.empty()) {
    stream.marks.push_back({position, std::move(mark)});
  }
  numbers_.emplace(stream.name, number);
  return number;
}

std::uint32_t StreamTable::number_of(std::string_view name) {
  const std::lock_guard lock(mutex_);
  if (const auto found = numbers_.find(std::string(name)); found != numbers_.end()) {
    return found->second;
  }
  return streams_.size() >= streams_max_ ? kNoStream : add(name, 0, {});
}

std::string StreamTable::name(std::uint32_t stream) const {
  const std::lock_guard lock(mutex_);
  return streams_.at(stream).name;
}

void StreamTable::commit(std::uint32_t stream, std::uint64_t position) {
  const std::lock_guard lock(mutex_);
  Stream& known = streams_.at(stream);
  if (position <= known.committed) {
    return;
  }
  known.committed = position;
  while (known.marks.size() > 1 && known.marks[1].from <= position) {
    known.marks.pop_front();
  }
  if (!std::exchange(known.changed, true)) {
    changed_.push_back(stream);
  }
}

std::uint64_t StreamTable::committed(std::uint32_t stream) const {
  const std::lock_guard lock(mutex_);
  return streams_.at(stream).committed;
}

std::vector<std::uint32_t> StreamTable::take_changed() {
  const std::lock_guard lock(mutex_);
  for (const std::uint32_t stream : changed_) {
    streams_[stream].changed = false;
  }
  return std::exchange(changed_, {});
}

bool StreamTable::has_changed() const {
  const std::lock_guard lock(mutex_);
  return !changed_.empty();
}

void StreamTable::set_mark(std::uint32_t stream, std::uint64_t from, std::string mark) {
  const std::lock_guard lock(mutex_);
  std::deque<Mark>& marks = streams_.at(stream).marks;
  if (!marks.empty() && marks.back().from == from) {
    marks.back().text = std::move(mark);
  } else if (marks.empty() || marks.back().text != mark) {
    marks.push_back({from, std::move(mark)});
  }
}

std::string StreamTable::mark(std::uint32_t stream, std::uint64_t position) const {
  const std::lock_guard lock(mutex_);
  const std::deque<Mark>& marks = streams_.at(stream).marks;
  const auto behind =
      std::upper_bound(marks.begin(), marks.end(), position,
                       [](std::uint64_t wanted, const Mark& mark) { return wanted < mark.from; });
  return behind == marks.begin() ? std::string() : std::prev(behind)->text;
}

}  // namespace tagtill
