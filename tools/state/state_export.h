// `tagtill state export`: what a state remembers, as JSON Lines.
#pragma once

#include <string>

#include "engine/errors.h"

namespace tagtill {

struct StateExportOptions {
  std::string state;
  std::string out = "-";  // `-`: standard output
};

// Only reads, also beside a process that writes the state. docs/formats.md says what stands in
// each line. Throws as StateReader and JournalPlayer do, and kIoFailed when the output fails.
[[nodiscard]] ExitCode export_state(const StateExportOptions& options);

}  // namespace tagtill
