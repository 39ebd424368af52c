#include "tools/corpus/corpus_command.h"

#include <fmt/core.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "corpus/generate.h"
#include "engine/time.h"
#include "tools/command_line.h"
#include "tools/corpus/corpus_report.h"
#include "tools/corpus/weave_command.h"
#include "tools/messages.h"

namespace tagtill {
namespace {

struct Settings {
  corpus::GenerateOptions options;
  std::string folder;
  std::string form = "2017";
  std::string start;
  std::uint64_t posts_per_second = options.posts_per_second;
};

corpus::GenerateOptions options_of(const Settings& settings) {
  corpus::GenerateOptions options = settings.options;
  options.form = settings.form == "2013" ? corpus::WireForm::k2013 : corpus::WireForm::k2017;
  options.posts_per_second = static_cast<std::uint32_t>(settings.posts_per_second);
  if (!settings.start.empty()) {
    options.start_ms = parse_rfc3339(settings.start);
    if (!options.start_ms) {
      throw Error(ExitCode::kUsage,
                  fmt::format("--start: \"{}\" is not a time such as 2017-01-26T12:00:00Z.",
                              settings.start));
    }
  }
  return options;
}

std::string report_text(const corpus::GenerateReport& report, const std::string& folder,
                        double seconds) {
  const double bytes = static_cast<double>(report.bytes);
  return fmt::format("Wrote {} in {:.1f} s ({}/s): {} and {}, of them {}.\n\n", as_bytes(bytes),
                     seconds, as_bytes(seconds > 0 ? bytes / seconds : 0),
                     counted(report.statuses, "post", "posts"),
                     counted(report.delete_notices, "delete notice", "delete notices"),
                     counted(report.candidates, "candidate", "candidates")) +
         corpus_files_text(folder, report.purchases);
}

ExitCode generate(const Settings& settings) {
  using Clock = std::chrono::steady_clock;
  const corpus::GenerateOptions options = options_of(settings);
  const Clock::time_point begin = Clock::now();
  corpus::GenerateReport report;
  try {
    report = corpus::generate(options, settings.folder);
  } catch (const std::invalid_argument& error) {
    throw Error(ExitCode::kUsage, error.what());
  } catch (const std::runtime_error& error) {
    throw Error(ExitCode::kIoFailed, error.what());
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  print_out(report_text(report, settings.folder, seconds));
  return ExitCode::kOk;
}

}  // namespace

void add_corpus_command(Command& root) {
  const auto settings = std::make_shared<Settings>();
  Command& corpus = root.command("corpus", "Make streams to try things with", nullptr);
  corpus
      .command("generate",
               "Make a synthetic stream, its offers, members and secret, and the list of the "
               "purchases that must come out",
               [settings] { return generate(*settings); })
      .required_text("--out", settings->folder, "DIR",
                     "The folder for the five files; made if missing, files in it are replaced")
      .number("--seed", settings->options.seed, 0, UINT64_MAX, "The same seed, the same bytes")
      .number("--posts", settings->options.posts, 1, 1'000'000'000'000,
              "Lines: posts and delete notices")
      .number("--offers", settings->options.offers, 1, 1'000'000, "Offers")
      .number("--members", settings->options.members, 1, 100'000'000, "Members")
      .share("--candidates", settings->options.candidates,
             "The share of lines that an offer or a confirmation stands in, 0 to 0.5")
      .choice("--form", settings->form, {"2013", "2017"}, "The wire form of which year")
      .number("--posts-per-second", settings->posts_per_second, 1, 80'000,
              "Lines a second of the stream's own time")
      .text("--start", settings->start, "TIME",
            "When the stream begins (RFC 3339; default: a day of the form's year)")
      .footer(
          "Example:\n"
          "  tagtill corpus generate --out corpus --posts 200000 --seed 7\n"
          "Exit codes: 0; 2 wrong usage; 74 a file could not be written.");
  add_weave_command(corpus);
}

}  // namespace tagtill
