#include "tools/validate/validate.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>

#include "engine/post_decoder.h"
#include "ingest/dump_reader.h"
#include "tools/command_line.h"
#include "tools/configuration.h"
#include "tools/messages.h"
#include "tools/validate/catalogue_warnings.h"
#include "tools/validate/counts.h"
#include "tools/validate/tag_usage.h"

namespace tagtill {
namespace {

constexpr std::uint64_t kShownMax = 1'000'000;

constexpr const char* kFooter =
    "Example:\n"
    "  tagtill validate --offers offers.jsonl --members members.jsonl --against recordings/\n"
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

ExitCode validate(const ValidateOptions& options) {
  check_prefix(options.confirm_prefix);
  if (options.offers.empty() && options.members.empty() && options.secret_file.empty()) {
    throw Error(ExitCode::kUsage,
                "There is nothing to check. Give --offers, --members or --secret-file.");
  }
  if (!options.against.empty() && options.offers.empty()) {
    throw Error(ExitCode::kUsage, "--against needs the --offers whose tags are to be looked for.");
  }
  const Configuration loaded = load_configuration({.offers = given(options.offers),
                                                   .members = given(options.members),
                                                   .secret_file = given(options.secret_file),
                                                   .confirm_prefix = options.confirm_prefix});
  if (loaded.errors > 0) {
    say(fmt::format("{}. No run would start with these files.",
                    counted(loaded.errors, "error", "errors")));
    return ExitCode::kBadConfig;
  }

  std::string text;
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
  root.command("validate", "Check offers, members and secret, and warn of confusing tags",
               [options] { return validate(*options); })
      .text("--offers", options->offers, "FILE", "The offers, JSON Lines")
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
