// What travels between the agents of a pipeline: made at its start, used again and again.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "engine/candidate.h"
#include "engine/event.h"
#include "engine/file_errors.h"

namespace tagtill {

// What a lane found in one block. From a lane to the decider, to the dead letters if there
// is anything for them, and back.
struct LaneBatch {
  std::uint64_t sequence = 0;  // of the block's turn
  std::uint32_t source = 0;
  std::shared_ptr<const std::string> source_name;
  FileErrors problems;       // why the block, or something before it, could not be read
  bool cuts_source = false;  // it is the block: nothing behind it in its source counts
  CandidateBatch candidates;
};

// Events on their way to all outputs. The last one that is done sends them back.
struct EventParcel {
  EventBatch events;
  std::uint64_t first = 0;  // number of the first event, counted from the start of the run
  std::atomic<std::uint32_t> readers{0};
};

}  // namespace tagtill
