// The program `tagtill`: subcommands, and how errors become exit codes.

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <new>
#include <string>

#include "engine/errors.h"
#include "tools/command_line.h"
#include "tools/corpus/corpus_command.h"
#include "tools/explain/explain.h"
#include "tools/messages.h"
#include "tools/replay/replay_command.h"
#include "tools/report/report_command.h"
#include "tools/send/send_command.h"
#include "tools/serve/config_command.h"
#include "tools/serve/serve_command.h"
#include "tools/state/state_command.h"
#include "tools/tags/tags.h"
#include "tools/validate/validate.h"
#include "tools/version.h"

namespace tagtill {
namespace {

ExitCode run(int argument_count, const char* const* arguments) {
  CommandLine command_line(
      "tagtill", "Finds purchases in recorded and live streams of social posts.", version_line());
  Command& root = command_line.root();
  root.footer(
      "`tagtill COMMAND --help` shows the options of a command.\n"
      "Exit codes: 0; 1 failed; 2 wrong usage; 65 bad input; 74 input or output failed;\n"
      "75 given up; 78 a bad configuration, catalogue, member file or secret.");
  add_replay_command(root);
  add_explain_command(root);
  add_validate_command(root);
  add_serve_command(root, version_number());
  add_config_command(root);
  add_send_command(root);
  add_report_command(root);
  add_state_command(root);
  add_tags_command(root);
  add_corpus_command(root);
  add_version_command(root);
  return command_line.run(argument_count, arguments);
}

ExitCode guarded_run(int argument_count, const char* const* arguments) {
  try {
    return run(argument_count, arguments);
  } catch (const Error& error) {
    say(error.what());
    return error.code();
  } catch (const std::bad_alloc&) {
    say("there is not enough memory. Close other programs, or use a machine with more.");
  } catch (const std::exception& error) {
    say(std::string("this should not have happened: ") + error.what() +
        ". Please report it with the command that was run.");
  }
  return ExitCode::kFailed;
}

// Whoever started us may have closed standard input, output or error. The next
// file that is opened would take the free place, and messages would end up in a
// database. What is put there instead fails when it is used.
void fill_closed_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) < 0) {
      (void)::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
  }
}

}  // namespace
}  // namespace tagtill

int main(int argument_count, char** arguments) {
  tagtill::fill_closed_descriptors();
  // Whoever reads our output may go away: that is an error of write(2), which
  // is told like any other, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  return static_cast<int>(tagtill::guarded_run(argument_count, arguments));
}
