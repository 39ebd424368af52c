// `tagtill config`: what a configuration comes to, and which keys there are.
#pragma once

#include <string>
#include <vector>

#include "engine/errors.h"

namespace tagtill {

class Command;

struct ConfigOptions {
  std::string config;                 // a path, or `-`
  std::vector<std::string> settings;  // of --set
};

// Adds --config (which must be given unless it `is_optional`) and --set. `options` must live until
// the command has run.
void add_config_options(Command& command, ConfigOptions& options, bool is_optional = false);

// Prints all keys with their values. Returns kOk; kBadConfig if the configuration is refused, which
// has been said then.
[[nodiscard]] ExitCode show_config(const ConfigOptions& options);

// Adds the subcommand to `root`.
void add_config_command(Command& root);

}  // namespace tagtill
