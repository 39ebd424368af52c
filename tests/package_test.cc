// What is packed beside the program: completion and manual, against what the program says of
// itself with --help.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/run_program.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

using Names = std::set<std::string>;

struct CommandHelp {
  std::vector<std::string> path;  // without the program's name
  Names options;                  // the long ones, without --help
  Names commands;
};

CommandHelp help_of(const std::vector<std::string>& path) {
  CommandHelp help;
  help.path = path;
  std::vector<std::string> arguments = path;
  arguments.emplace_back("--help");
  const ProgramResult result = run_program(arguments);
  EXPECT_EQ(result.exit_code, 0);
  std::istringstream lines(result.out);
  std::string section;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) {
      section.clear();
    } else if (line == "Options:" || line == "Subcommands:") {
      section = line;
    } else if (line.starts_with("  ") && line[2] != ' ' && !section.empty()) {
      std::string name = line.substr(2, line.find(' ', 2) - 2);
      name = name.substr(name.find(',') + 1);
      if (section == "Subcommands:") {
        help.commands.insert(name);
      } else if (name != "--help") {
        help.options.insert(name);
      }
    }
  }
  return help;
}

// Of all commands there are, the program itself first.
const std::vector<CommandHelp>& all_help() {
  static const std::vector<CommandHelp> all = [] {
    std::vector<CommandHelp> found = {help_of({})};
    for (std::size_t i = 0; i < found.size(); ++i) {
      for (const std::string& command : Names(found[i].commands)) {
        std::vector<std::string> path = found[i].path;
        path.push_back(command);
        found.push_back(help_of(path));
      }
    }
    return found;
  }();
  return all;
}

std::string shown(const std::vector<std::string>& path) {
  std::string text = "tagtill";
  for (const std::string& name : path) {
    text += " " + name;
  }
  return text;
}

// What bash offers for the last of the words.
Names completions(const std::vector<std::string>& words) {
  std::vector<std::string> arguments = {
      "-c",
      "set -euo pipefail; . tools/package/tagtill.bash; COMP_WORDS=(tagtill \"$@\"); "
      "COMP_CWORD=$#; _tagtill; printf '%s\\n' \"${COMPREPLY[@]}\"",
      "bash"};
  arguments.insert(arguments.end(), words.begin(), words.end());
  const ProgramResult result = run_program(arguments, {.program = "bash"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  Names names;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) {
      names.insert(line);
    }
  }
  return names;
}

TEST(Package, HelpIsRead) {
  // Or the other tests would prove nothing.
  ASSERT_GE(all_help().size(), 20U);
  EXPECT_TRUE(all_help().front().commands.contains("serve"));
  const auto serve =
      std::ranges::find(all_help(), std::vector<std::string>{"serve"}, &CommandHelp::path);
  ASSERT_NE(serve, all_help().end());
  EXPECT_EQ(serve->options, (Names{"--config", "--set"}));
}

TEST(Package, CompletionKnowsEveryCommandAndOptionAndNoOther) {
  for (const CommandHelp& help : all_help()) {
    SCOPED_TRACE(shown(help.path));
    std::vector<std::string> words = help.path;
    words.emplace_back("");
    EXPECT_EQ(completions(words), help.commands);
    words.back() = "--";
    Names options = help.options;
    options.insert("--help");
    EXPECT_EQ(completions(words), options);
  }
}

TEST(Package, CompletionGoesByWhatStandsBefore) {
  EXPECT_EQ(completions({"se"}), (Names{"send", "serve"}));
  EXPECT_EQ(completions({"serve", "--config", "tagtill.toml", "--s"}), (Names{"--set"}));
  EXPECT_EQ(completions({"serve", "--config", ""}), Names{});
  EXPECT_EQ(completions({"send", "--summary", "t"}), (Names{"text"}));
  EXPECT_EQ(completions({"state", "", "--j"}), Names{});
  EXPECT_EQ(completions({"state", "show", "--j"}), (Names{"--json"}));
  EXPECT_EQ(completions({"unknown", "--h"}), (Names{"--help"}));
}

TEST(Package, ManualNamesEveryCommandAndOption) {
  const TempFolder folder;
  const std::string path = folder.path("tagtill.1");
  const ProgramResult made =
      run_program({program_path(), path}, {.program = "tools/package/manual.sh"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  std::istringstream manual(read_file(path));
  std::map<std::string, Names> options;
  std::string command = "tagtill";
  for (std::string line; std::getline(manual, line);) {
    std::erase(line, '\\');
    if (line.starts_with(".Ss ")) {
      command = line.substr(4);
      options[command];
    } else if (line.starts_with(".It Fl -")) {
      options[command].insert("-" + line.substr(7, line.find(' ', 7) - 7));
    }
  }
  for (const CommandHelp& help : all_help()) {
    if (!help.path.empty()) {
      EXPECT_EQ(options[shown(help.path)], help.options) << shown(help.path);
    }
  }
}

}  // namespace
}  // namespace tagtill
