// `tagtill corpus weave`: purchases woven into recordings.
#pragma once

namespace tagtill {

class Command;

// Adds the subcommand to `corpus`.
void add_weave_command(Command& corpus);

}  // namespace tagtill
