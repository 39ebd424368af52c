// `tagtill state show`: what a state is and how far everything has come.
#pragma once

#include <string>

#include "engine/errors.h"

namespace tagtill {

struct StateShowOptions {
  std::string state;
  bool json = false;
};

// Prints on standard output. Only reads, also beside a process that writes the state. Throws as
// StateReader and JournalPlayer do.
[[nodiscard]] ExitCode show_state(const StateShowOptions& options);

}  // namespace tagtill
