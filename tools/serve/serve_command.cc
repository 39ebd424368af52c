#include "tools/serve/serve_command.h"

#include <memory>

#include "tools/command_line.h"
#include "tools/serve/serve.h"

namespace tagtill {

void add_serve_command(Command& root, const std::string& version) {
  const auto options = std::make_shared<ConfigOptions>();
  Command& command = root.command("serve", "Find the purchases in a stream as it happens",
                                  [options, version] { return serve(*options, version); });
  add_config_options(command, *options);
  command.footer(
      "Senders connect to the sources that the configuration names; `tagtill send` is one.\n"
      "Stop it with SIGTERM: what was read is finished first.\n"
      "Example:\n"
      "  tagtill serve --config tagtill.toml\n"
      "Exit codes: 0 all sources ended, or it was stopped; 2 wrong usage; 65 a damaged state;\n"
      "74 an output or the state failed; 75 stopped before an output had everything, which the\n"
      "state keeps for it; 78 a bad configuration, catalogue, member file or secret.");
}

}  // namespace tagtill
