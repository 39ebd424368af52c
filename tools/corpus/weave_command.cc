#include "tools/corpus/weave_command.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "corpus/codes.h"
#include "corpus/line_shift.h"
#include "corpus/weave.h"
#include "engine/errors.h"
#include "engine/event.h"
#include "engine/file_errors.h"
#include "engine/offer_catalogue.h"
#include "engine/time.h"
#include "ingest/dump_reader.h"
#include "tools/command_line.h"
#include "tools/corpus/corpus_report.h"
#include "tools/messages.h"
#include "tools/replay/file_conflicts.h"

namespace tagtill {
namespace {

// Malformed lines belong to a recording: only what is far longer than those that `replay`
// reads is left out.
constexpr std::size_t kKeptLineMax = std::size_t{64} * kLineBytesMax;

struct Settings {
  corpus::WeaveOptions options;
  std::vector<std::string> dumps;
  std::string tags_file;
  std::string folder;
};

// The tags of the file, checked as those of a catalogue are, so that errors name its lines.
std::vector<std::string> read_tags(const std::string& path) {
  std::error_code error;
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open() || std::filesystem::is_directory(path, error)) {
    throw Error(ExitCode::kBadConfig,
                fmt::format("{}: the file cannot be read. Check --tags.", path));
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::string> tags;
  std::string offers;
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  std::string_view rest = text;
  rest.remove_prefix(rest.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view tag = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (tag.ends_with('\r')) {
      tag.remove_suffix(1);
    }
    if (tag.starts_with('#')) {
      tag.remove_prefix(1);
    }
    if (!tag.empty()) {
      tags.emplace_back(tag);
      offers += fmt::format(R"({{"id":"{}","tag":)", tags.size());
      append_json_string(offers, tag);
      offers += R"(,"title":"-","price_minor":0,"currency":"USD","fulfilment":"ship",)"
                R"("starts_at":"2011-01-01T00:00:00Z","ends_at":"2079-01-01T00:00:00Z"})";
    }
    offers += '\n';
  }
  FileErrors errors;
  (void)OfferCatalogue::parse(offers, path, corpus::kConfirmPrefix, errors);
  (void)say_errors(errors);
  if (!errors.empty() || tags.empty()) {
    throw Error(ExitCode::kBadConfig,
                errors.empty()
                    ? fmt::format("{}: there is no tag in it. Write one tag a line.", path)
                    : fmt::format("{} in the tags of {}. Nothing was written; correct them and "
                                  "start again.",
                                  counted(errors.count(), "error", "errors"), path));
  }
  return tags;
}

void check_files(const Settings& settings, const std::vector<DumpSource>& sources) {
  const corpus::CorpusPaths paths = corpus::corpus_paths(settings.folder);
  std::vector<FileRole> outputs;
  for (const std::filesystem::path& path :
       {paths.posts, paths.offers, paths.members, paths.secret, paths.purchases}) {
    outputs.push_back({"--out", path.string()});
  }
  std::vector<FileRole> inputs;
  for (const DumpSource& source : sources) {
    inputs.push_back({"the background", source.name});
  }
  if (!settings.tags_file.empty()) {
    inputs.push_back({"--tags", settings.tags_file});
  }
  refuse_file_conflicts(outputs, inputs);
}

struct Reading {
  corpus::Background background;
  std::uint64_t left_out = 0;  // lines that were too long
};

// A recording that is not read whole would be another one next time: it is refused.
void read_background(const Settings& settings, Reading& reading) {
  FileErrors problems;
  std::vector<DumpSource> sources = expand_dumps(settings.dumps, problems);
  check_files(settings, sources);
  if (problems.empty()) {
    constexpr std::size_t kBlockBytes = std::size_t{1} << 20U;
    DumpReader reader(std::move(sources), kBlockBytes, kKeptLineMax);
    Block block;
    while (reader.next(block)) {
      reading.left_out += block.overlong_bytes != 0 ? 1 : 0;
      reading.background.add(block.lines());
    }
    problems = reader.problems();
  }
  say_problems(problems);
  if (!problems.empty()) {
    throw Error(ExitCode::kBadInput,
                "the background could not be read whole, so nothing was written.");
  }
}

std::string report_text(const corpus::WeaveReport& report, const Settings& settings,
                        std::uint64_t left_out, double seconds) {
  const double bytes = static_cast<double>(report.bytes);
  std::string text = fmt::format(
      "Wrote {} in {:.1f} s ({}/s): {} recorded and {} woven in.\n", as_bytes(bytes), seconds,
      as_bytes(seconds > 0 ? bytes / seconds : 0), counted(report.recorded_lines, "line", "lines"),
      counted(report.candidates, "candidate", "candidates"));
  text += "The stories go from ";
  append_rfc3339(text, report.begin_ms);
  text += " to ";
  append_rfc3339(text, report.end_ms);
  text += ".\n";
  if (left_out != 0) {
    text += fmt::format("Left out: {} of more than {}.\n", counted(left_out, "line", "lines"),
                        as_bytes(static_cast<double>(kKeptLineMax)));
  }
  return text + '\n' + corpus_files_text(settings.folder, report.purchases);
}

ExitCode weave(Settings& settings) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  std::vector<std::string> tags;
  if (!settings.tags_file.empty()) {
    tags = read_tags(settings.tags_file);
    settings.options.tags = tags;
    settings.options.offers = std::min<std::uint64_t>(settings.options.offers, tags.size());
  }
  Reading reading;
  corpus::WeaveReport report;
  try {
    read_background(settings, reading);
    report = corpus::weave(settings.options, reading.background, settings.folder);
  } catch (const corpus::BackgroundError& error) {
    throw Error(ExitCode::kBadInput, error.what());
  } catch (const std::invalid_argument& error) {
    throw Error(ExitCode::kUsage, error.what());
  } catch (const Error&) {
    throw;
  } catch (const std::runtime_error& error) {
    throw Error(ExitCode::kIoFailed, error.what());
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  print_out(report_text(report, settings, reading.left_out, seconds));
  return ExitCode::kOk;
}

}  // namespace

void add_weave_command(Command& corpus) {
  const auto settings = std::make_shared<Settings>();
  corpus
      .command("weave",
               "Weave purchases into recorded dumps, repeated as often as wanted, and list the "
               "purchases that must come out",
               [settings] { return weave(*settings); })
      .required_lists("--background", settings->dumps, "DUMP",
                      "Files, folders (all files below), or - for standard input; held in "
                      "memory, 2 GiB at most")
      .required_text("--out", settings->folder, "DIR",
                     "The folder for the five files; made if missing, files in it are replaced")
      .number("--copies", settings->options.copies, 1, corpus::kCopiesMax,
              "How often the background is told; each time later, and by others")
      .number("--seed", settings->options.seed, 0, UINT64_MAX, "The same seed, the same bytes")
      .number("--offers", settings->options.offers, 1, 1'000'000, "Offers")
      .number("--members", settings->options.members, 1, 100'000'000, "Members")
      .share("--candidates", settings->options.candidates,
             "The share of lines that are woven in, 0 to 0.5")
      .text("--tags", settings->tags_file, "FILE",
            "The offers' tags, one a line, instead of invented ones; fewer tags, fewer offers")
      .footer(
          "Example:\n"
          "  tagtill corpus weave --background recordings/ --copies 20 --out woven\n"
          "Exit codes: 0; 2 wrong usage; 65 the background could not be read whole, or has no\n"
          "post with a time; 74 a file could not be written; 78 a bad file of tags.");
}

}  // namespace tagtill
