// The command line: subcommands and their options. CLI11 stays in
// command_line.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/errors.h"
#include "engine/time.h"

namespace tagtill {

// A subcommand. An option's value is written to the variable it is bound to,
// which must live until run() returns; what stands in it before is the default,
// and the help shows it. `meaning` is the line of the help.
class Command {
 public:
  Command& text(const std::string& names, std::string& value, const std::string& placeholder,
                const std::string& meaning);
  Command& required_text(const std::string& names, std::string& value,
                         const std::string& placeholder, const std::string& meaning);
  // May be given several times, one value each time; then it replaces the default.
  Command& texts(const std::string& names, std::vector<std::string>& values,
                 const std::string& placeholder, const std::string& meaning);
  // Must be given; once or several times, one or several values each time.
  Command& required_lists(const std::string& names, std::vector<std::string>& values,
                          const std::string& placeholder, const std::string& meaning);
  // Refused outside of [least, most].
  Command& number(const std::string& names, std::uint64_t& value, std::uint64_t least,
                  std::uint64_t most, const std::string& meaning);
  Command& share(const std::string& names, double& value, const std::string& meaning);
  // `30s`, `1500ms`, `24h`, `0`; refused beyond ten years.
  Command& duration(const std::string& names, Millis& value, const std::string& meaning);
  Command& choice(const std::string& names, std::string& value, std::vector<std::string> choices,
                  const std::string& meaning);
  Command& flag(const std::string& names, bool& value, const std::string& meaning);
  // All arguments that belong to no option; at least `least`.
  Command& positionals(const std::string& name, std::vector<std::string>& values, bool required,
                       const std::string& meaning);

  // The one argument that belongs to no option; it must be given.
  Command& required_positional(const std::string& name, std::string& value,
                               const std::string& meaning);

  // What stands at the end of the help, as it is.
  Command& footer(const std::string& text);

  // A subcommand of this one; it lives as long as the CommandLine.
  Command& command(const std::string& name, const std::string& meaning,
                   std::function<ExitCode()> run);

  ~Command();
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

 private:
  friend class CommandLine;
  struct Impl;
  explicit Command(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class CommandLine {
 public:
  CommandLine(const std::string& name, const std::string& meaning, const std::string& version);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // To which subcommands are added.
  [[nodiscard]] Command& root();

  // Reads the arguments and runs the subcommand that they name. `--help` and
  // `--version` are answered on standard output. Wrong arguments throw
  // tagtill::Error with ExitCode::kUsage.
  [[nodiscard]] ExitCode run(int argument_count, const char* const* arguments);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

[[nodiscard]] std::string cli11_version();

}  // namespace tagtill
