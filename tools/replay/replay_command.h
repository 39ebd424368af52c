// `tagtill replay`: its options.
#pragma once

namespace tagtill {

class Command;

// Adds the subcommand to `root`.
void add_replay_command(Command& root);

}  // namespace tagtill
