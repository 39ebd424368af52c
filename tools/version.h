// What this program is made of and runs on.
#pragma once

#include <string>

namespace tagtill {

class Command;

// "0.1.0".
[[nodiscard]] std::string version_number();

// "tagtill 0.1.0".
[[nodiscard]] std::string version_line();

// Adds the subcommand `version` to `root`: version, compiler, libraries as they
// are loaded, and what the processor offers to the vector loops.
void add_version_command(Command& root);

}  // namespace tagtill
