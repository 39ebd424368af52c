// Codes that were made, to be played again.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/event.h"

namespace tagtill {

// Codes in the order in which the decider made them, so that a journal can play them
// again without the secret.
struct CodeTape {
  std::vector<Code> codes;
  std::size_t next = 0;  // the one to be played next

  void clear() {
    codes.clear();
    next = 0;
  }
};

}  // namespace tagtill
