// `tagtill state forget`: erases a person, or leaves an output for good.
#pragma once

#include <string>

#include "engine/errors.h"

namespace tagtill {

struct StateForgetOptions {
  std::string state;
  std::string author;  // exactly one of these is given
  std::string output;
};

// Takes the state's lock. Prints what was done, and what is left to whoever runs it. Throws
// tagtill::Error: kUsage unless there is exactly one thing to forget and the state is ready for
// it, else as AuthorEraser and StateStore do.
[[nodiscard]] ExitCode forget_in_state(const StateForgetOptions& options);

}  // namespace tagtill
