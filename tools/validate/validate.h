// `tagtill validate`: checks what a run would be configured with, without one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/errors.h"
#include "tools/serve/config_command.h"

namespace tagtill {

class Command;

struct ValidateOptions {
  // Of `tagtill serve`: then offers, members, secret and prefix are those that it names. No path:
  // not to be checked.
  ConfigOptions serve;
  std::string offers;  // paths; empty: not to be checked
  std::string members;
  std::string secret_file;
  std::string confirm_prefix = "Confirm";
  std::vector<std::string> against;  // dumps
  std::uint64_t shown = 20;          // warnings of a kind
  bool warnings_as_errors = false;
};

// Says errors and warnings on standard error, and on standard output what there is
// if there are no errors. Opens nothing for writing, and connects to nobody.
//
// Returns kOk; kBadConfig if a file is refused (P7.3), or with `warnings_as_errors`
// if there is a warning; kBadInput if a dump could not be read whole. Throws
// tagtill::Error with kUsage if nothing is given to be checked, or a configuration and files.
[[nodiscard]] ExitCode validate(const ValidateOptions& options);

// Adds the subcommand to `root`.
void add_validate_command(Command& root);

}  // namespace tagtill
