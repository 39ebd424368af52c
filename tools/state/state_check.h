// `tagtill state check`: does everything in a state hold?
#pragma once

#include <string>
#include <vector>

#include "engine/errors.h"

namespace tagtill {

// What was found of a state. One of the two is empty.
struct StateFindings {
  std::vector<std::string> broken;   // sentences
  std::vector<std::string> checked;  // what holds, with counts
};

// Checks: every row against its digest, and what SQLite keeps of its own; that the snapshot and
// the journal behind it can be played, and each entry brings forth the events that it did (as
// many, and the same as wait in the outbox); where the whole journal is kept, that it leads to the
// snapshot; the invariants of what is then remembered (Decider::broken_invariants); that all that
// outputs have not had waits for them, without a gap, and can be read; that none has had more
// than there is; that dumps are numbered; that no forgetting was broken off.
//
// Only reads, also beside a process that writes the state (the parts may then be of different
// commits). A part that is damaged does not keep the others from being checked. Throws
// tagtill::Error (kIoFailed) when the state cannot be read. Memory: that of a decider, or two.
[[nodiscard]] StateFindings examine_state(const std::string& path);

struct StateCheckOptions {
  std::string state;
};

// Prints what holds on standard output and returns kOk, or says all that does not and returns
// kBadInput.
[[nodiscard]] ExitCode check_state(const StateCheckOptions& options);

}  // namespace tagtill
