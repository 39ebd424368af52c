// The subcommand `serve`.
#pragma once

#include <string>

namespace tagtill {

class Command;

void add_serve_command(Command& root, const std::string& version);

}  // namespace tagtill
