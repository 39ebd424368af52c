#include "tools/replay/replay.h"

#include <fmt/core.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "engine/lane.h"
#include "ingest/dump_reader.h"
#include "sinks/jsonl_sink.h"
#include "sinks/sink_batcher.h"
#include "sinks/sink_url.h"
#include "tools/configuration.h"
#include "tools/messages.h"
#include "tools/replay/dead_letters.h"
#include "tools/replay/file_conflicts.h"
#include "tools/replay/progress.h"
#include "tools/replay/summary.h"

namespace tagtill {
namespace {

using Clock = std::chrono::steady_clock;

// How old a purchase can become before it stands in the sinks, while blocks
// keep coming: somebody may be watching.
constexpr std::chrono::seconds kFlushEvery{1};

double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

void check_files(const ReplayOptions& options, const std::vector<SinkUrl>& sinks,
                 const std::vector<DumpSource>& dumps) {
  std::vector<FileRole> outputs;
  if (!options.events.empty()) {
    outputs.push_back({"--events", options.events});
  }
  if (!options.dead_letter.empty()) {
    outputs.push_back({"--dead-letter", options.dead_letter});
  }
  for (std::size_t i = 0; i < sinks.size(); ++i) {
    if (!sinks[i].path.empty()) {
      outputs.push_back({fmt::format("--sink {}", options.sinks[i]), sinks[i].path});
    }
  }
  std::vector<FileRole> inputs = {{"the offers file", options.offers},
                                  {"the member file", options.members},
                                  {"the secret file", options.secret_file}};
  for (const DumpSource& dump : dumps) {
    inputs.push_back({"the dump", dump.name});
  }
  refuse_file_conflicts(outputs, inputs);
}

// 0 if the size of any source is not known.
std::uint64_t total_bytes(const std::vector<DumpSource>& dumps) {
  std::uint64_t total = 0;
  for (const DumpSource& dump : dumps) {
    std::error_code ignored;
    if (dump.bytes == 0 && !std::filesystem::is_regular_file(dump.name, ignored)) {
      return 0;
    }
    total += dump.bytes;
  }
  return total;
}

std::uint64_t intents_in(const CandidateBatch& batch) {
  std::uint64_t intents = 0;
  for (const Candidate& candidate : batch.candidates) {
    for (const PostTag& tag : candidate.tags) {
      intents += tag.tag != kNoTag ? 1 : 0;
    }
  }
  return intents;
}

// Everything the run writes.
class Outputs {
 public:
  Outputs(const ReplayOptions& options, const std::vector<SinkUrl>& sinks,
          const std::shared_ptr<const OfferCatalogue>& offers) {
    if (!options.events.empty()) {
      batcher_.attach(std::make_unique<JsonlSink>(options.events, "--events"), all_event_types());
    }
    for (const SinkUrl& sink : sinks) {
      batcher_.attach(make_sink(sink, offers), sink.events);
    }
    if (!options.dead_letter.empty()) {
      dead_letters_.emplace(options.dead_letter);
    }
  }

  void open() {
    if (dead_letters_) {
      dead_letters_->open();
    }
    batcher_.open();
  }

  void add(const EventBatch& events) { batcher_.add(events); }

  void add(const CandidateBatch& batch, const DumpReader& reader) {
    if (!dead_letters_) {
      return;
    }
    for (const MalformedLine& line : batch.malformed) {
      dead_letters_->add(line, reader.source_name(line.source));
    }
  }

  void flush() {
    batcher_.flush();
    if (dead_letters_) {
      dead_letters_->flush();
    }
  }

  void close() {
    batcher_.close();
    if (dead_letters_) {
      dead_letters_->close();
    }
  }

  // After a failure: closes what still can be.
  void abandon() noexcept {
    try {
      batcher_.close();
    } catch (...) {  // the first failure is the one to tell
    }
    try {
      if (dead_letters_) {
        dead_letters_->close();
      }
    } catch (...) {
    }
  }

 private:
  SinkBatcher batcher_;
  std::optional<DeadLetters> dead_letters_;
};

// Reads, searches, decides and hands out, block by block, until the last source
// ends.
class Run {
 public:
  Run(const ReplayOptions& options, const Configuration& configuration,
      std::vector<DumpSource> dumps, Outputs& outputs)
      : outputs_(outputs),
        lane_(make_search_context(configuration.offers, configuration.members,
                                  options.protocol.confirm_prefix, options.strict)),
        decider_(configuration.offers, configuration.members, configuration.secret,
                 options.protocol),
        total_bytes_(total_bytes(dumps)),
        progress_shown_(options.progress == "on" ||
                        (options.progress == "auto" && ::isatty(STDERR_FILENO) == 1)),
        reader_(std::move(dumps), options.block_bytes, kLineBytesMax,
                options.fail_fast ? OnProblem::kStop : OnProblem::kGoOn) {}

  void to_the_end() {
    const Clock::time_point start = Clock::now();
    Progress progress(progress_shown_, total_bytes_, start);
    Clock::time_point next_flush = start + kFlushEvery;
    while (reader_.next(block_)) {
      do_block();
      const Clock::time_point now = Clock::now();
      if (now >= next_flush) {
        outputs_.flush();
        next_flush = now + kFlushEvery;
      }
      progress.update(reader_.stored_bytes_read(), now);
      say_new_problems(progress);
    }
    say_new_problems(progress);
    progress.clear();
    say_how_many_more(reader_.problems());
  }

  [[nodiscard]] ReplayResult result() const {
    ReplayResult result;
    result.bytes = reader_.bytes_read();
    result.lines = lines_;
    result.intents = intents_;
    result.decisions = decider_.counts();
    result.open_windows = decider_.open_windows();
    result.set_aside = decider_.has_set_aside();
    return result;
  }

  [[nodiscard]] bool read_whole() const { return reader_.problems().empty(); }

 private:
  void do_block() {
    lane_.process(block_, candidates_);
    lines_ += candidates_.counts;
    outputs_.add(candidates_, reader_);
    if (candidates_.candidates.empty()) {
      return;
    }
    intents_ += intents_in(candidates_);
    events_.clear();
    decider_.apply(candidates_, events_);
    outputs_.add(events_);
  }

  void say_new_problems(Progress& progress) {
    const std::vector<std::string>& problems = reader_.problems().shown();
    for (; problems_said_ < problems.size(); ++problems_said_) {
      progress.clear();
      say(problems[problems_said_]);
    }
  }

  Outputs& outputs_;
  Lane lane_;
  Decider decider_;
  std::uint64_t total_bytes_;
  bool progress_shown_;
  DumpReader reader_;
  Block block_;
  CandidateBatch candidates_;
  EventBatch events_;
  LineCounts lines_;
  std::uint64_t intents_ = 0;
  std::size_t problems_said_ = 0;
};

std::vector<std::string> where_results_lie(const ReplayOptions& options,
                                           const std::vector<SinkUrl>& sinks,
                                           const ReplayResult& result) {
  std::vector<std::string> where;
  for (const SinkUrl& sink : sinks) {
    const std::string_view what = sink.events == confirmed_only() ? "Purchases:" : "Events:   ";
    if (sink.kind == SinkUrl::Kind::kSqlite && sink.events.all()) {
      where.push_back(
          fmt::format("Purchases: {0}, table purchases; summed up: tagtill report {0}", sink.path));
    } else if (sink.kind == SinkUrl::Kind::kSqlite) {
      where.push_back(fmt::format("Purchases: {}, table purchases", sink.path));
    } else if (sink.kind == SinkUrl::Kind::kJsonl && sink.path != "-") {
      where.push_back(fmt::format("{} {}", what, sink.path));
    }
  }
  if (!options.events.empty() && options.events != "-") {
    where.push_back(fmt::format("Events:    {}", options.events));
  }
  if (!options.dead_letter.empty() && options.dead_letter != "-" && result.lines.malformed > 0) {
    where.push_back(fmt::format("Malformed: {}", options.dead_letter));
  }
  return where;
}

void say_summary(const ReplayOptions& options, const std::vector<SinkUrl>& sinks,
                 const ReplayResult& result) {
  if (options.summary == "json") {
    say_raw(summary_json(result));
  } else if (options.summary == "text") {
    say_raw(summary_text(result, where_results_lie(options, sinks, result)));
  }
}

}  // namespace

ExitCode replay(const ReplayOptions& options) {
  const Clock::time_point begin = Clock::now();
  check_prefix(options.protocol.confirm_prefix);
  std::vector<SinkUrl> sinks;
  for (const std::string& url : options.sinks) {
    sinks.push_back(parse_sink_url(url));
  }
  FileErrors problems;
  std::vector<DumpSource> dumps = expand_dumps(options.dumps, problems);
  check_files(options, sinks, dumps);
  const std::optional<Configuration> configuration = load_configuration(options, "replayed");
  if (!configuration) {
    return ExitCode::kBadConfig;
  }
  say_problems(problems);
  if (options.fail_fast && !problems.empty()) {
    say("--fail-fast: nothing was replayed.");
    return ExitCode::kBadInput;
  }

  Outputs outputs(options, sinks, configuration->offers);
  Run run(options, *configuration, std::move(dumps), outputs);
  Clock::time_point ready;
  try {
    outputs.open();
    ready = Clock::now();
    run.to_the_end();
    outputs.close();
  } catch (...) {
    outputs.abandon();
    throw;
  }

  ReplayResult result = run.result();
  result.load_seconds = seconds_between(begin, ready);
  result.replay_seconds = seconds_between(ready, Clock::now());
  say_summary(options, sinks, result);

  if (options.fail_fast && !run.read_whole()) {
    say("--fail-fast: the run ended there; what stands behind was not read.");
  }
  if (!problems.empty() || !run.read_whole()) {
    return ExitCode::kBadInput;
  }
  if (options.strict && result.lines.malformed > 0) {
    say(fmt::format("--strict: {} malformed. {}",
                    counted(result.lines.malformed, "line is", "lines are"),
                    options.dead_letter.empty() ? "--dead-letter PATH lists them."
                                                : "See " + options.dead_letter + "."));
    return ExitCode::kBadInput;
  }
  return ExitCode::kOk;
}

}  // namespace tagtill
