// `tagtill send`: its options.
#pragma once

namespace tagtill {

class Command;

// Adds the subcommand to `root`.
void add_send_command(Command& root);

}  // namespace tagtill
