// All metrics of `tagtill serve`, in one place. docs/observing.md has a line for each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/candidate.h"
#include "engine/decider.h"
#include "engine/event.h"
#include "sinks/sink_batcher.h"
#include "tools/pipeline/batches.h"
#include "tools/serve/http_server.h"
#include "tools/serve/log.h"
#include "tools/serve/metrics.h"

namespace tagtill {

// What metrics are told apart by, known before the first of them counts. Each name once.
struct StandardNames {
  std::string version;
  std::vector<std::string> sinks;
  std::vector<std::string> sources{};
};

// References into a registry, which must outlive them. Registered by the constructor, which also
// seals it. To be written to from any thread (metrics.h).
class StandardMetrics {
 public:
  StandardMetrics(MetricRegistry& registry, const StandardNames& names);

  struct Lines {
    Counter& bytes;
    Counter& blocks;
    Counter& all;
    Counter& parsed;
    Counter& posts;
    Counter& delete_notices;
    Counter& controls;
    Counter& others;
    Counter& malformed;
    Counter& keep_alives;
    // Of what a lane or the decider counted in all.
    void set(const LineCounts& counts);
  };
  struct Decisions {
    Counter& candidates;
    Counter& intents;
    Counter& duplicates;
    Counter& repeated;
    std::array<Counter*, kEventTypes> events{};
    std::array<Counter*, kRejectReasons> rejected{};
    Gauge& open_windows;
    Gauge& oldest_window_seconds;  // NaN: none
    Gauge& clock_lag_seconds;      // NaN: no clock yet
    Gauge& clock_seconds;          // since 1970; NaN: none
    // Since the program was started; all but intents.
    void set(const DecisionCounts& counts);
  };
  struct Parcels {  // of what was decided
    std::array<Counter*, kParcelEnds> ended{};
    // Since the program was started.
    void set(const ParcelCounts& counts);
  };
  struct Queues {  // how many things wait
    Gauge& decider;
    Gauge& state;
    Gauge& outputs;
  };
  struct Commits {
    Histogram& batch_events;
    Histogram& commit_seconds;
    Histogram& fsync_seconds;
    Histogram& decide_to_commit_seconds;
    Gauge& journal_bytes;
  };
  struct SinkMetrics {
    Counter& events;
    Gauge& behind_events;
    Gauge& behind_seconds;
    Gauge& up;
    Counter& retries;
    Histogram& delivery_seconds;
    Histogram& flush_seconds;
    std::array<Counter*, kBatchEnds> batches{};
    // Since the program was started.
    void set(const BatchCounts& counts);
  };
  struct SourceMetrics {
    Counter& bytes;
    Counter& blocks;
    Gauge& connections;
  };
  enum class ConnectionEnd : std::uint8_t { kPeer, kIdle, kTakenOver, kError };
  static constexpr std::size_t kConnectionEnds = 4;
  struct Connections {
    Gauge& open;
    Counter& accepted;
    Counter& refused;
    std::array<Counter*, kConnectionEnds> ended{};
    Counter& waits_for_block;
    [[nodiscard]] Counter& ended_by(ConnectionEnd end) const {
      return *ended[static_cast<std::size_t>(end)];
    }
  };
  struct Reloads {
    Counter& done;
    Counter& refused;
    Histogram& seconds;
    Histogram& pause_seconds;
    Gauge& last_seconds;  // when the last one was done, since 1970; 0: never
  };
  struct Program {
    Gauge& build_info;
    Gauge& start_seconds;
    Gauge& ready;
    Counter& log_lines;
    Counter& log_dropped;
    Counter& log_suppressed;
    Counter& http_requests;
    Counter& http_refused;
    Counter& http_dropped;
    Gauge& http_watchers;
    void set(const Log::Counts& counts);
    void set(const HttpServer::Counts& counts);
  };

  Lines lines;
  Decisions decisions;
  Parcels parcels;
  Queues queues;
  Commits commits;
  Connections connections;
  std::vector<SourceMetrics> sources;  // as they stand in the names
  std::vector<SinkMetrics> sinks;      // likewise
  Reloads reloads;
  Program program;
};

}  // namespace tagtill
