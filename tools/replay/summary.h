// What a replay says at its end.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/candidate.h"
#include "engine/decider.h"

namespace tagtill {

struct ReplayResult {
  bool from_journal = false;  // then there were no lines
  std::uint64_t bytes = 0;    // read from all sources
  LineCounts lines;
  std::uint64_t intents = 0;  // offers' tags in candidate posts, whatever became of them
  DecisionCounts decisions;
  std::uint64_t open_windows = 0;  // at the end of the stream
  bool set_aside = false;          // P3.9, at the end of the stream
  double load_seconds = 0;         // until the first byte could be read
  double replay_seconds = 0;       // from then until all outputs were closed

  [[nodiscard]] double bytes_per_second() const {
    return replay_seconds > 0 ? static_cast<double>(bytes) / replay_seconds : 0;
  }
};

// One object on one line, with its line end. `rejected` has the reasons that
// occurred, in alphabetical order.
[[nodiscard]] std::string summary_json(const ReplayResult& result);

// Several lines for a person. `where` says where the results lie, a line each.
[[nodiscard]] std::string summary_text(const ReplayResult& result,
                                       const std::vector<std::string>& where);

}  // namespace tagtill
