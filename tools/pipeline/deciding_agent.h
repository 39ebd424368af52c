// What makes events: from dumps, or from a journal.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/agent.h"
#include "engine/candidate.h"
#include "engine/decider.h"
#include "engine/file_errors.h"

namespace tagtill {

class DecidingAgent : public Agent {
 public:
  // After the run:
  [[nodiscard]] virtual const Decider& decider() const = 0;
  [[nodiscard]] virtual const LineCounts& lines() const = 0;
  [[nodiscard]] virtual std::uint64_t intents() const = 0;

  // Any thread, at any time: what could not be read, after the first `count` problems.
  [[nodiscard]] virtual FileErrors problems_after(std::size_t count) const = 0;
};

}  // namespace tagtill
