// `tagtill corpus`: synthetic streams.
#pragma once

namespace tagtill {

class Command;

// Adds the subcommand with its own subcommands to `root`.
void add_corpus_command(Command& root);

}  // namespace tagtill
