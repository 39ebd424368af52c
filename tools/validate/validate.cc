#include "tools/validate/validate.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>

#include "engine/post_decoder.h"
#include "engine/reply_template.h"
#include "ingest/dump_reader.h"
#include "tools/command_line.h"
#include "tools/configuration.h"
#include "tools/messages.h"
#include "tools/serve/serve_config.h"
#include "tools/shown_text.h"
#include "tools/validate/catalogue_warnings.h"
#include "tools/validate/counts.h"
#include "tools/validate/tag_usage.h"

namespace tagtill {
namespace {

constexpr std::uint64_t kShownMax = 1'000'000;

constexpr const char* kFooter =
    "Example:\n"
    "  tagtill validate --offers offers.jsonl --members members.jsonl --against recordings/\n"
    "  tagtill validate --config tagtill.toml\n"
    "With --config all that it names is checked as well; nothing is opened for writing.\n"
    "Errors and warnings are said on standard error as file:line: what; warnings are about\n"
    "tags that look alike, are one edit apart, begin with another tag, or are common in the\n"
    "posts of --against (in more than one post of 10,000), and about windows longer than\n"
    "their offer.\n"
    "Exit codes: 0, also with warnings; 2 wrong usage; 65 a dump could not be read whole;\n"
    "78 an error, or a warning with --warnings-as-errors.";

std::optional<std::string> given(const std::string& path) {
  return path.empty() ? std::nullopt : std::optional(path);
}

// Blank lines and lines that are too long hold no post.
void add_posts(const Block& block, PostDecoder& decoder, TagUsage& usage) {
  std::string_view rest = block.lines();
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.size() > kLineBytesMax || line.find_first_not_of(" \t\r") == std::string_view::npos) {
      continue;
    }
    const DecodedLine& decoded = decoder.decode(line);
    if (decoded.kind == LineKind::kPost && !decoded.is_repost) {
      usage.add_post(decoded.text);
    }
  }
}

void check_usage(const ValidateOptions& options) {
  const bool has_files =
      !options.offers.empty() || !options.members.empty() || !options.secret_file.empty();
  if (!options.serve.config.empty() && has_files) {
    throw Error(ExitCode::kUsage,
                "--config names the offers, the members and the secret: leave out --offers, "
                "--members and --secret-file, or say --set offers.file=… and so on.");
  }
  if (options.serve.config.empty() && !options.serve.settings.empty()) {
    throw Error(ExitCode::kUsage, "--set changes what stands in a --config, and there is none.");
  }
  if (options.serve.config.empty() && !has_files) {
    throw Error(ExitCode::kUsage,
                "There is nothing to check. Give --config, --offers, --members or --secret-file.");
  }
  if (!options.against.empty() && options.offers.empty() && options.serve.config.empty()) {
    throw Error(ExitCode::kUsage, "--against needs the --offers whose tags are to be looked for.");
  }
  check_prefix(options.confirm_prefix);
}

// The configuration may have errors: then what it names is looked at as far as it is known.
void take_files_of(const ServeConfig& config, ValidateOptions& options) {
  options.offers = config.offers_file;
  options.members = config.members_file;
  options.confirm_prefix = config.protocol.confirm_prefix;
  try {
    options.secret_file = secret_path(config);
  } catch (const Error&) {
    say(
        fmt::format("The secret was not looked at: systemd hands over the credential {} when it "
                    "starts the unit.",
                    config.secret.credential));
  }
}

std::string describe_config(const ServeConfig& config, const std::string& path) {
  std::string text =
      fmt::format("{}: {}, {}\n", path, counted(config.sources.size(), "source", "sources"),
                  counted(config.sinks.size(), "sink", "sinks"));
  for (const ServeConfig::Source& source : config.sources) {
    text += fmt::format("  {:<22}{}{}\n", source.kind, source.listen, source.path);
  }
  return text;
}

// Says what is wrong with the replies of these offers; returns how much that is.
std::size_t reply_errors(const ReplyTemplate& replies, const OfferCatalogue& offers,
                         const ValidateOptions& options) {
  try {
    replies.check(offers, options.confirm_prefix);
  } catch (const Error& error) {
    say_raw(fmt::format("{}: {}\n", options.serve.config, shown_text(error.what())));
    return 1;
  }
  return 0;
}

// False if a dump could not be read whole; that has been said.
bool read_posts(const std::vector<std::string>& dumps, TagUsage& usage) {
  FileErrors problems;
  DumpReader reader(expand_dumps(dumps, problems));
  PostDecoder decoder;
  Block block;
  while (reader.next(block)) {
    add_posts(block, decoder, usage);
  }
  say_problems(problems);
  say_problems(reader.problems());
  return problems.empty() && reader.problems().empty();
}

// Returns how many there are.
std::size_t say_warnings(const std::vector<Warnings>& all) {
  std::size_t count = 0;
  for (const Warnings& warnings : all) {
    for (const std::string& warning : warnings.shown) {
      say_raw(warning + '\n');
    }
    if (warnings.count > warnings.shown.size()) {
      say_raw(fmt::format("… and {} more of {} (--show N shows more)\n",
                          grouped(warnings.count - warnings.shown.size()), warnings.what));
    }
    count += warnings.count;
  }
  return count;
}

std::string warning_counts(const std::vector<Warnings>& all, std::size_t count) {
  std::string text = counted(count, "warning", "warnings") + '\n';
  for (const Warnings& warnings : all) {
    if (warnings.count > 0) {
      text += fmt::format("  {:>12}  {}\n", grouped(warnings.count), warnings.what);
    }
  }
  return text;
}

}  // namespace

ExitCode validate(const ValidateOptions& given_options) {
  ValidateOptions options = given_options;
  check_usage(options);
  std::size_t config_errors = 0;
  std::string text;
  std::shared_ptr<const ReplyTemplate> replies;
  if (!options.serve.config.empty()) {
    FileErrors errors;
    const ServeConfig config =
        load_serve_config(options.serve.config, options.serve.settings, errors);
    config_errors = say_errors(errors);
    take_files_of(config, options);
    if (config_errors == 0) {
      text = describe_config(config, options.serve.config);
      replies = config.reply_template.empty()
                    ? nullptr
                    : std::make_shared<ReplyTemplate>(config.reply_template);
    }
  }
  const Configuration loaded = load_configuration({.offers = given(options.offers),
                                                   .members = given(options.members),
                                                   .secret_file = given(options.secret_file),
                                                   .confirm_prefix = options.confirm_prefix});
  std::size_t wrong = config_errors + loaded.errors;
  if (replies != nullptr && loaded.offers != nullptr) {
    wrong += reply_errors(*replies, *loaded.offers, options);
  }
  if (wrong > 0) {
    say(fmt::format("{}. No run would start with these files.", counted(wrong, "error", "errors")));
    return ExitCode::kBadConfig;
  }

  bool read_whole = true;
  std::size_t warned = 0;
  if (loaded.offers) {
    std::optional<TagUsage> usage;
    if (!options.against.empty()) {
      read_whole = read_posts(options.against, usage.emplace(loaded.offers));
    }
    const std::vector<Warnings> warnings =
        find_warnings(*loaded.offers, options.offers, usage ? &*usage : nullptr, options.shown);
    warned = say_warnings(warnings);
    text += describe_offers(*loaded.offers, options.offers);
    if (usage) {
      text +=
          fmt::format("  {:<22}{}\n", "compared with", counted(usage->posts(), "post", "posts"));
    }
    text += warning_counts(warnings, warned);
  }
  if (loaded.members) {
    text += describe_members(*loaded.members, options.members);
  }
  if (!options.secret_file.empty()) {
    text += fmt::format("{}: long enough\n", options.secret_file);
  }
  print_out(text);
  if (options.warnings_as_errors && warned > 0) {
    return ExitCode::kBadConfig;
  }
  return read_whole ? ExitCode::kOk : ExitCode::kBadInput;
}

void add_validate_command(Command& root) {
  const auto options = std::make_shared<ValidateOptions>();
  Command& command = root.command("validate",
                                  "Check configurations, offers, members and secret, and warn of "
                                  "confusing tags",
                                  [options] { return validate(*options); });
  add_config_options(command, options->serve, true);
  command.text("--offers", options->offers, "FILE", "The offers, JSON Lines")
      .text("--members", options->members, "FILE", "The members, JSON Lines")
      .text("--secret-file", options->secret_file, "FILE", "The secret of the confirmation codes")
      .text("--prefix", options->confirm_prefix, "LETTERS", "What confirmation tags begin with")
      .texts("--against", options->against, "DUMP",
             "Posts in which offers' tags should be rare: a file, a folder, or - for standard "
             "input; may be repeated")
      .number("--show", options->shown, 0, kShownMax, "How many warnings of a kind are shown")
      .flag("--warnings-as-errors", options->warnings_as_errors,
            "End with exit code 78 if there is a warning")
      .footer(kFooter);
}

}  // namespace tagtill
