// The ingest tier at work: live sources to outputs, with a state, until it is told to stop.
#pragma once

#include <string>

#include "engine/errors.h"
#include "tools/serve/config_command.h"

namespace tagtill {

// SIGHUP: offers, members and secret are read anew, checked whole, and take the place of those in
// force between two blocks (P6.4); files with an error change nothing, and that is said.
//
// Runs on the calling thread until all sources have ended, or SIGTERM or SIGINT has come: then it
// reads no further, finishes what was read, commits, lets the outputs have it, and returns kOk.
// What to tell a person goes to the log. `version`: of the program.
//
// Returns kBadConfig when the configuration, or a file that it names, is refused: all errors have
// been said then. kGaveUp when an output had not had everything 25 s after the signal: the state
// keeps that, and the next start delivers it. Throws tagtill::Error as a replay with a state does,
// and for a source or an address that cannot be opened.
//
// Order: the configuration and its files are read, then the state is opened and recovered,
// then sources are listened at, then outputs are opened. `/healthz` answers from before the state
// is opened.
[[nodiscard]] ExitCode serve(const ConfigOptions& options, const std::string& version);

}  // namespace tagtill
