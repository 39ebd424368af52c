#include "tools/command_line.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

#include "tools/messages.h"
#include "tools/quantities.h"

namespace tagtill {
namespace {

constexpr std::size_t kHelpColumn = 30;

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

// `read` makes a value of the text, or says what is wrong by throwing.
template <typename Value, typename Read>
CLI::Option* add_value(CLI::App& app, const std::string& names, Value& value,
                       const std::string& placeholder, const std::string& meaning, Read read) {
  return app
      .add_option(
          names,
          [&value, read](const CLI::results_t& results) {
            value = read(results.front());
            return true;
          },
          meaning)
      ->type_name(placeholder);
}

std::string as_it_is(const std::string& text) { return text; }

// `app` is the innermost subcommand that was named.
std::string usage_message(const CLI::App& app, const CLI::ParseError& error) {
  std::string path = app.get_name();
  for (const CLI::App* outer = app.get_parent(); outer != nullptr; outer = outer->get_parent()) {
    path.insert(0, fmt::format("{} ", outer->get_name()));
  }
  // CLI11 would say of a misspelt subcommand that one is required.
  const std::vector<std::string> unknown = app.remaining();
  const bool misspelt = app.get_require_subcommand_min() > 0 && !unknown.empty();
  const std::string what =
      misspelt ? fmt::format("There is no command or option \"{}\" here", unknown.front())
               : std::string(error.what());
  return fmt::format("{}. `{} --help` shows what there is.", what, path);
}

// CLI11 takes a value in square brackets for a list. Ours are paths, and
// `./[x]` is the same path as `[x]`.
std::string without_brackets(std::string argument) {
  const bool bracketed = argument.size() >= 2 && argument.front() == '[' && argument.back() == ']';
  return bracketed ? "./" + argument : argument;
}

}  // namespace

struct Command::Impl {
  CLI::App* app = nullptr;
  std::function<ExitCode()> run;
  std::vector<std::unique_ptr<Command>> commands;
};

Command::Command(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Command::~Command() = default;

Command& Command::text(const std::string& names, std::string& value, const std::string& placeholder,
                       const std::string& meaning) {
  add_value(*impl_->app, names, value, placeholder, meaning, as_it_is)->default_str(value);
  return *this;
}

Command& Command::required_text(const std::string& names, std::string& value,
                                const std::string& placeholder, const std::string& meaning) {
  add_value(*impl_->app, names, value, placeholder, meaning, as_it_is)->required();
  return *this;
}

Command& Command::texts(const std::string& names, std::vector<std::string>& values,
                        const std::string& placeholder, const std::string& meaning) {
  std::string shown;
  for (const std::string& value : values) {
    shown += (shown.empty() ? "" : " ") + value;
  }
  impl_->app
      ->add_option(
          names,
          [&values](const CLI::results_t& results) {
            values = results;
            return true;
          },
          meaning)
      ->type_name(placeholder)
      ->expected(1, CLI::detail::expected_max_vector_size)
      ->allow_extra_args(false)
      ->default_str(shown);
  return *this;
}

Command& Command::required_lists(const std::string& names, std::vector<std::string>& values,
                                 const std::string& placeholder, const std::string& meaning) {
  impl_->app
      ->add_option(
          names,
          [&values](const CLI::results_t& results) {
            values = results;
            return true;
          },
          meaning)
      ->type_name(placeholder)
      ->expected(1, CLI::detail::expected_max_vector_size)
      ->allow_extra_args(true)
      ->required();
  return *this;
}

Command& Command::number(const std::string& names, std::uint64_t& value, std::uint64_t least,
                         std::uint64_t most, const std::string& meaning) {
  const auto read = [names, least, most](const std::string& text) {
    const auto parsed = parse_number<std::uint64_t>(text);
    if (!parsed || *parsed < least || *parsed > most) {
      throw CLI::ValidationError(
          names, fmt::format("\"{}\" is not a whole number from {} to {}", text, least, most));
    }
    return *parsed;
  };
  add_value(*impl_->app, names, value, "N", meaning, read)->default_str(fmt::format("{}", value));
  return *this;
}

Command& Command::share(const std::string& names, double& value, const std::string& meaning) {
  const auto read = [names](const std::string& text) {
    const auto parsed = parse_number<double>(text);
    if (!parsed || !(*parsed >= 0 && *parsed <= 1)) {
      throw CLI::ValidationError(names, fmt::format("\"{}\" is not a number from 0 to 1", text));
    }
    return *parsed;
  };
  add_value(*impl_->app, names, value, "X", meaning, read)->default_str(fmt::format("{}", value));
  return *this;
}

Command& Command::duration(const std::string& names, Millis& value, const std::string& meaning) {
  const auto read = [names](const std::string& text) {
    const auto parsed = parse_duration(text);
    if (!parsed || *parsed > kDurationMost) {
      throw CLI::ValidationError(
          names, fmt::format("\"{}\" is not a duration such as 30s, 1500ms, 15m, 24h or 0 (ten "
                             "years at most)",
                             text));
    }
    return *parsed;
  };
  add_value(*impl_->app, names, value, "DURATION", meaning, read)
      ->default_str(duration_text(value));
  return *this;
}

Command& Command::choice(const std::string& names, std::string& value,
                         std::vector<std::string> choices, const std::string& meaning) {
  std::string shown;
  for (const std::string& choice : choices) {
    shown += (shown.empty() ? "" : "|") + choice;
  }
  const auto read = [names, shown, allowed = std::move(choices)](const std::string& text) {
    if (std::ranges::find(allowed, text) == allowed.end()) {
      throw CLI::ValidationError(names, fmt::format("\"{}\" is none of {}", text, shown));
    }
    return text;
  };
  add_value(*impl_->app, names, value, shown, meaning, read)->default_str(value);
  return *this;
}

Command& Command::flag(const std::string& names, bool& value, const std::string& meaning) {
  impl_->app->add_flag(names, value, meaning);
  return *this;
}

Command& Command::positionals(const std::string& name, std::vector<std::string>& values,
                              bool required, const std::string& meaning) {
  impl_->app
      ->add_option(
          name,
          [&values](const CLI::results_t& results) {
            values = results;
            return true;
          },
          meaning)
      ->type_name("")
      ->expected(1, CLI::detail::expected_max_vector_size)
      ->allow_extra_args(true)
      ->required(required);
  return *this;
}

Command& Command::required_positional(const std::string& name, std::string& value,
                                      const std::string& meaning) {
  impl_->app->add_option(name, value, meaning)->type_name("")->required();
  return *this;
}

Command& Command::footer(const std::string& text) {
  impl_->app->footer(text);
  return *this;
}

Command& Command::command(const std::string& name, const std::string& meaning,
                          std::function<ExitCode()> run) {
  auto impl = std::make_unique<Impl>();
  impl->app = impl_->app->add_subcommand(name, meaning);
  impl->run = std::move(run);
  impl_->app->require_subcommand(1);
  impl_->commands.push_back(std::unique_ptr<Command>(new Command(std::move(impl))));
  return *impl_->commands.back();
}

struct CommandLine::Impl {
  Impl(const std::string& name, const std::string& meaning) : app(meaning, name) {}

  CLI::App app;
  std::unique_ptr<Command> root;
};

CommandLine::CommandLine(const std::string& name, const std::string& meaning,
                         const std::string& version)
    : impl_(std::make_unique<Impl>(name, meaning)) {
  impl_->app.set_version_flag("--version", version, "Print the version and end");
  impl_->app.get_formatter()->column_width(kHelpColumn);
  auto root = std::make_unique<Command::Impl>();
  root->app = &impl_->app;
  impl_->root.reset(new Command(std::move(root)));
}

CommandLine::~CommandLine() = default;

Command& CommandLine::root() { return *impl_->root; }

ExitCode CommandLine::run(int argument_count, const char* const* arguments) {
  std::vector<std::string> reversed;
  for (int i = argument_count - 1; i > 0; --i) {
    reversed.push_back(without_brackets(arguments[i]));
  }
  const auto innermost = [this] {
    const Command* command = impl_->root.get();
    for (bool found = true; found;) {
      found = false;
      for (const auto& inner : command->impl_->commands) {
        if (inner->impl_->app->parsed()) {
          command = inner.get();
          found = true;
          break;
        }
      }
    }
    return command;
  };
  try {
    impl_->app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    print_out(impl_->app.help());
    return ExitCode::kOk;
  } catch (const CLI::CallForVersion& version) {
    print_out(fmt::format("{}\n", version.what()));
    return ExitCode::kOk;
  } catch (const CLI::ParseError& error) {
    throw Error(ExitCode::kUsage, usage_message(*innermost()->impl_->app, error));
  }
  return innermost()->impl_->run();
}

std::string cli11_version() { return CLI11_VERSION; }

}  // namespace tagtill
