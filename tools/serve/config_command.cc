#include "tools/serve/config_command.h"

#include <fmt/core.h>

#include <memory>

#include "tools/command_line.h"
#include "tools/messages.h"
#include "tools/serve/config_keys.h"
#include "tools/serve/serve_config.h"

namespace tagtill {

void add_config_options(Command& command, ConfigOptions& options, bool is_optional) {
  const auto file = is_optional ? &Command::text : &Command::required_text;
  (command.*file)("--config", options.config, "FILE",
                  "The configuration of `tagtill serve`, TOML; - for standard input");
  command.texts("--set", options.settings, "KEY=VALUE",
                "Takes the place of what stands in it, as --set protocol.lateness=10s or "
                "--set source.0.listen=127.0.0.1:7070; may be repeated");
}

ExitCode show_config(const ConfigOptions& options) {
  FileErrors errors;
  const ServeConfig config = load_serve_config(options.config, options.settings, errors);
  if (say_errors(errors) > 0) {
    say(fmt::format("{} in the configuration.", counted(errors.count(), "error", "errors")));
    return ExitCode::kBadConfig;
  }
  print_out(serve_config_toml(config));
  return ExitCode::kOk;
}

void add_config_command(Command& root) {
  Command& config = root.command("config", "Look into a configuration of `tagtill serve`", nullptr);
  const auto options = std::make_shared<ConfigOptions>();
  Command& show = config.command("show", "Print all keys with their values, defaults filled in",
                                 [options] { return show_config(*options); });
  add_config_options(show, *options);
  show.footer(
      "Prints TOML that is read as the same configuration again; what is secret is masked.\n"
      "Example:\n"
      "  tagtill config show --config tagtill.toml --set state.durability=process\n"
      "Exit codes: 0; 2 wrong usage; 78 the configuration is refused, each error is said.");
  config
      .command("keys", "Print which keys there are, what they mean and may be, as Markdown",
               [] {
                 print_out(config_reference());
                 return ExitCode::kOk;
               })
      .footer("Exit codes: 0; 2 wrong usage.");
}

}  // namespace tagtill
