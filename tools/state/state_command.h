// `tagtill state`: show, check, export, forget.
#pragma once

namespace tagtill {

class Command;

// Adds the subcommand to `root`.
void add_state_command(Command& root);

}  // namespace tagtill
