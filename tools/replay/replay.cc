#include "tools/replay/replay.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "engine/cores.h"
#include "engine/lane.h"
#include "engine/reply_template.h"
#include "ingest/dump_reader.h"
#include "sinks/sink_url.h"
#include "tools/configuration.h"
#include "tools/messages.h"
#include "tools/outputs.h"
#include "tools/pipeline/pipeline.h"
#include "tools/replay/file_conflicts.h"
#include "tools/replay/journal_dump.h"
#include "tools/replay/progress.h"
#include "tools/replay/replay_state.h"
#include "tools/replay/summary.h"

namespace tagtill {
namespace {

using TimePoint = Clock::TimePoint;

// How often progress and problems are said.
constexpr std::chrono::milliseconds kWatchEvery{200};

double seconds_between(TimePoint from, TimePoint to) {
  return std::chrono::duration<double>(to - from).count();
}

void check_files(const ReplayOptions& options, const std::vector<SinkUrl>& sinks,
                 const std::vector<DumpSource>& dumps, const std::optional<std::string>& journal) {
  std::vector<FileRole> outputs = output_files(options, sinks);
  if (!options.state.empty()) {
    for (const std::string_view part : {"", "-wal", "-shm", "-lock"}) {
      outputs.push_back({"--state", fmt::format("{}{}", options.state, part)});
    }
  }
  std::vector<FileRole> inputs;
  if (journal) {
    for (const std::string_view part : {"", "-wal", "-shm", "-lock"}) {
      inputs.push_back({"the journal", fmt::format("{}{}", *journal, part)});
    }
  } else {
    inputs = {{"the offers file", options.offers},
              {"the member file", options.members},
              {"the secret file", options.secret_file}};
  }
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

std::size_t lanes_of(const ReplayOptions& options) {
  constexpr std::size_t kLanesMax = 1024;
  if (options.lanes == "auto") {
    return 0;
  }
  std::size_t lanes = 0;
  const char* const end = options.lanes.data() + options.lanes.size();
  if (std::from_chars(options.lanes.data(), end, lanes).ptr != end || lanes == 0 ||
      lanes > kLanesMax) {
    throw Error(ExitCode::kUsage, fmt::format("--lanes {} is not understood. Give auto or a number "
                                              "from 1 to {}.",
                                              options.lanes, kLanesMax));
  }
  return lanes;
}

PipelineOptions pipeline_options(const ReplayOptions& options) {
  PipelineOptions pipeline;
  pipeline.lanes = lanes_of(options);
  pipeline.cores = plan_cores(options.pin, allowed_cores());
  pipeline.feed = {.block_bytes = options.block_bytes,
                   .line_bytes_max = kLineBytesMax,
                   .on_problem = options.fail_fast ? OnProblem::kStop : OnProblem::kGoOn};
  return pipeline;
}

// What a person sees while a pipeline runs.
class Watch {
 public:
  Watch(const Pipeline& pipeline, SinkTalk& talk, const ReplayOptions& options,
        std::uint64_t total_bytes, TimePoint start)
      : pipeline_(pipeline),
        talk_(talk),
        progress_(options.progress == "on" ||
                      (options.progress == "auto" && ::isatty(STDERR_FILENO) == 1),
                  total_bytes, start) {}

  void look() {
    progress_.update(pipeline_.bytes_read(), Clock::real().now());
    const FileErrors fresh = pipeline_.decider().problems_after(problems_);
    problems_ += fresh.count();
    for (const std::string& problem : fresh.shown()) {
      progress_.clear();
      say(problem);
    }
    say_what_sinks_said();
  }

  void end() {
    progress_.clear();
    say_what_sinks_said();
    say_how_many_more(pipeline_.decider().problems_after(0));
  }

 private:
  void say_what_sinks_said() {
    for (const std::string& sentence : talk_.take_said()) {
      progress_.clear();
      say(sentence);
    }
  }

  const Pipeline& pipeline_;
  SinkTalk& talk_;
  Progress progress_;
  std::size_t problems_ = 0;
};

ReplayResult result_of(const Pipeline& pipeline, const DecisionCounts& before) {
  const DecidingAgent& decider = pipeline.decider();
  ReplayResult result;
  result.lines = decider.lines();
  result.bytes = result.lines.bytes;
  result.intents = decider.intents();
  result.decisions = decider.decider().counts() - before;
  result.open_windows = decider.decider().open_windows();
  result.set_aside = decider.decider().has_set_aside();
  return result;
}

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

// Null: none are asked for.
std::shared_ptr<const ReplyTemplate> replies_of(const ReplayOptions& options) {
  return options.reply_template.empty() ? nullptr
                                        : std::make_shared<ReplyTemplate>(options.reply_template);
}

// A run that was recorded, in the place of dumps.
PipelineParts parts_of_journal(const std::string& path, const ReplayOptions& options,
                               const std::vector<SinkUrl>& sinks, SinkTalk& talk) {
  PipelineParts parts;
  RecordedRun run;
  run.state = open_journal(path, options.protocol);
  run.player = std::make_unique<JournalPlayer>(rules_of(*run.state),
                                               static_cast<std::uint32_t>(options.shards));
  const std::shared_ptr<const ReplyTemplate> replies = replies_of(options);
  run.player->set_replies(replies);
  std::shared_ptr<const OfferCatalogue> last;  // for a database that wants one
  if (replies != nullptr || std::ranges::any_of(sinks, [](const SinkUrl& sink) {
        return sink.kind == SinkUrl::Kind::kSqlite && sink.events != confirmed_only();
      })) {
    for_each_catalogue(*run.state, [&](const std::shared_ptr<const OfferCatalogue>& offers) {
      if (replies != nullptr) {
        replies->check(*offers, run.state->rules().prefix);
      }
      last = offers;
    });
  }
  parts.outputs = make_outputs(options, sinks, last, talk);
  parts.journal = std::move(run);
  return parts;
}

PipelineParts parts_of_dumps(std::vector<DumpSource> dumps, const ReplayOptions& options,
                             const std::vector<SinkUrl>& sinks, const Configuration& configuration,
                             SinkTalk& talk) {
  PipelineParts parts;
  parts.dumps = std::move(dumps);
  parts.outputs = make_outputs(options, sinks, configuration.offers, talk);
  std::shared_ptr<const OfferCatalogue> offers = configuration.offers;
  std::shared_ptr<const MemberTable> members = configuration.members;
  const std::shared_ptr<const ReplyTemplate> replies = replies_of(options);
  if (options.state.empty()) {
    if (replies != nullptr) {
      replies->check(*offers, options.protocol.confirm_prefix);
    }
    parts.decider =
        std::make_unique<Decider>(configuration.offers, configuration.members, configuration.secret,
                                  options.protocol, static_cast<std::uint32_t>(options.shards));
  } else {
    open_state(options, configuration, check_of_replies(replies, options.protocol.confirm_prefix),
               parts);
    offers = parts.state->offers;
    members = parts.state->members.table();  // which stays as it is while dumps are read
  }
  parts.context = make_search_context(std::move(offers), std::move(members),
                                      options.protocol.confirm_prefix, options.strict);
  parts.decider->set_replies(replies);
  return parts;
}

// What is wrong with the options, before anything is opened.
void check_options(const ReplayOptions& options, const std::vector<SinkUrl>& sinks, bool journal) {
  Decider::check_shards(options.shards);
  check_state_options(options, sinks);
  (void)replies_of(options);
  if (journal) {
    check_journal_options(options);
    return;
  }
  check_prefix(options.protocol.confirm_prefix);
  if (options.offers.empty() || options.members.empty() || options.secret_file.empty()) {
    throw Error(ExitCode::kUsage,
                "replay: --offers FILE, --members FILE and --secret-file FILE are needed, unless "
                "the dump is a journal (journal:PATH).");
  }
}

// After the summary: what of the dumps was not as it should be.
ExitCode judge(const ReplayOptions& options, const ReplayResult& result, bool read_whole) {
  if (options.fail_fast && !read_whole) {
    say(fmt::format("--fail-fast: the run ended there; what stands behind was not read.{}",
                    options.state.empty() ? "" : " Repair the dump, and repeat the command."));
  } else if (!options.state.empty() && !read_whole) {
    say("The state takes these dumps for read: what could not be read of them stays out. (With "
        "--fail-fast the run ends there, and goes on when the dump is repaired.)");
  }
  if (!read_whole) {
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

}  // namespace

ExitCode replay(const ReplayOptions& options) {
  const TimePoint begin = Clock::real().now();
  const std::optional<std::string> journal = journal_path(options.dumps);
  const std::vector<SinkUrl> sinks = parse_sinks(options);
  const PipelineOptions pipeline_plan = pipeline_options(options);
  check_options(options, sinks, journal.has_value());
  FileErrors problems;
  std::vector<DumpSource> dumps;
  if (!journal) {
    dumps = expand_dumps(options.dumps, problems);
  }
  check_files(options, sinks, dumps, journal);

  SinkTalk talk;
  PipelineParts parts;
  if (journal) {
    parts = parts_of_journal(*journal, options, sinks, talk);
  } else {
    const std::optional<Configuration> configuration = load_configuration(options, "replayed");
    if (!configuration) {
      return ExitCode::kBadConfig;
    }
    say_problems(problems);
    if (options.fail_fast && !problems.empty()) {
      say("--fail-fast: nothing was replayed.");
      return ExitCode::kBadInput;
    }
    parts = parts_of_dumps(std::move(dumps), options, sinks, *configuration, talk);
  }
  parts.on_failure = [&talk] { talk.give_up(); };
  const bool all_had = !options.state.empty() && parts.dumps.empty();
  const DecisionCounts before = parts.before;
  const std::uint64_t total =
      journal ? parts.journal->state->journal_bytes() : total_bytes(parts.dumps);
  Pipeline pipeline(pipeline_plan, std::move(parts));
  pipeline.open();
  const TimePoint ready = Clock::real().now();
  Watch watch(pipeline, talk, options, total, ready);
  pipeline.run([&] { watch.look(); }, kWatchEvery);
  watch.end();

  ReplayResult result = result_of(pipeline, before);
  // Members who left may have cancelled windows all the same (P6.4).
  if (all_had && problems.empty() && result.decisions.cancelled == 0) {
    say("Nothing to do: the state has had all of these dumps.");
    return ExitCode::kOk;
  }
  if (journal) {
    result.from_journal = true;
    result.bytes = pipeline.bytes_read();
  }
  result.load_seconds = seconds_between(begin, ready);
  result.replay_seconds = seconds_between(ready, Clock::real().now());
  say_summary(options, sinks, result);
  const ExitCode code = judge(options, result, pipeline.decider().problems_after(0).empty());
  return problems.empty() ? code : ExitCode::kBadInput;
}

}  // namespace tagtill
