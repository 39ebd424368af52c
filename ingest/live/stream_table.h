// The streams of a live feed: their names, and how far each was committed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ingest/feed.h"
#include "ingest/live/live_source.h"

namespace tagtill {

// Any thread. Bounds: `streams_max` names (of those known at the start there may be more), none of
// which is ever forgotten; a mark for each block that is under way and changed it.
class StreamTable {
 public:
  // The known ones have the numbers from 0 on.
  StreamTable(const std::vector<LiveStream>& known, std::size_t streams_max);

  // A new one begins at 0. kNoStream: there are as many as may be.
  [[nodiscard]] std::uint32_t number_of(std::string_view name);
  [[nodiscard]] std::string name(std::uint32_t stream) const;

  // Less than before changes nothing.
  void commit(std::uint32_t stream, std::uint64_t position);
  [[nodiscard]] std::uint64_t committed(std::uint32_t stream) const;
  // Those that were committed further since the last call, each once.
  [[nodiscard]] std::vector<std::uint32_t> take_changed();
  [[nodiscard]] bool has_changed() const;

  // The mark that goes with positions from `from` on; not less than that of the last one.
  void set_mark(std::uint32_t stream, std::uint64_t from, std::string mark);
  // The one that goes with this position, which is at least the committed one.
  [[nodiscard]] std::string mark(std::uint32_t stream, std::uint64_t position) const;

 private:
  struct Mark {
    std::uint64_t from = 0;
    std::string text;
  };
  struct Stream {
    std::string name;
    std::uint64_t committed = 0;
    bool changed = false;
    std::deque<Mark> marks;  // by `from`
  };

  std::uint32_t add(std::string_view name, std::uint64_t position, std::string mark);

  std::size_t streams_max_;
  mutable std::mutex mutex_;  // of all below
  std::vector<Stream> streams_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::vector<std::uint32_t> changed_;
};

}  // namespace tagtill
