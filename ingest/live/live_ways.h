// What a live feed and its reader share.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/configuration_swap.h"
#include "engine/handover.h"
#include "ingest/feed.h"
#include "ingest/live/stream_table.h"
#include "ingest/live/wakeup.h"

namespace tagtill {

// A block that the reader filled, for a turn; or what stands in its place.
struct LiveBlock : ReadyBlock {
  std::shared_ptr<const std::string> source_name;
  std::uint32_t source = 0;
  std::uint32_t stream = kNoStream;
  std::uint64_t stream_end = 0;
  bool sample = false;
  std::size_t charged = 0;                          // bytes that count while it is under way
  std::shared_ptr<const ConfigurationSwap> swap{};  // no block, but this,
  std::shared_ptr<const ControlRun> controls{};     // or this
};

enum class LiveEnd : std::uint8_t { kPeer, kIdle, kTakenOver, kError };
inline constexpr std::size_t kLiveEnds = 4;

// Written by the reader, read by any thread.
struct SourceCounters {
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> blocks{0};
  std::atomic<std::uint64_t> open{0};  // connections
};
struct LiveCounters {
  explicit LiveCounters(std::size_t source_count) : sources(source_count) {}

  std::vector<SourceCounters> sources;
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> refused{0};
  std::array<std::atomic<std::uint64_t>, kLiveEnds> ended{};
  std::atomic<std::uint64_t> waits{0};
};

struct PendingSwap {
  std::shared_ptr<ConfigurationSwap> swap;
  std::function<void(const std::string& problem)> done;
};

struct LiveWays {
  LiveWays(std::size_t blocks, std::size_t sources, const std::vector<LiveStream>& known,
           std::size_t streams_max)
      : ready(blocks), free(blocks), streams(known, streams_max), counters(sources) {}

  Handover<LiveBlock> ready;  // to the lanes, in stream order
  Handover<LiveBlock> free;   // back
  StreamTable streams;
  LiveCounters counters;
  Wakeup wakeup;
  std::mutex swap_mutex;
  std::optional<PendingSwap> swap;       // for the reader; guarded by swap_mutex
  std::atomic<bool> wants_block{false};  // the reader waits for a free one
  std::atomic<bool> draining{false};
  std::atomic<bool> stopped{false};
  std::atomic<bool> read_all{false};  // nothing more comes to `ready`
};

inline constexpr const char* kNothingMoreIsRead = "nothing more is read, since the tier stops";

// The one that waits, if there is one, will not be taken.
inline void refuse_swap(LiveWays& ways, const std::string& why) {
  std::optional<PendingSwap> left;
  {
    const std::lock_guard lock(ways.swap_mutex);
    left.swap(ways.swap);
  }
  if (left) {
    left->done(why);
  }
}

}  // namespace tagtill
