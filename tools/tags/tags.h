// `tagtill tags`: the hashtags of lines of text, for whoever designs an offer.
#pragma once

#include <string>
#include <vector>

#include "engine/errors.h"

namespace tagtill {

class Command;

// Prints for each line of the files (none: standard input) a JSON array of its
// hashtags (P2.1), as they stand, without the sign, on standard output; answers
// go out before more input is waited for. A line that is not UTF-8 or longer
// than 16 MiB gets `[]` and a message, and makes the result kBadInput, as does
// a file that cannot be read.
[[nodiscard]] ExitCode tags(const std::vector<std::string>& files);

// Adds the subcommand to `root`.
void add_tags_command(Command& root);

}  // namespace tagtill
