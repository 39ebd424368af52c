#include "tests/resumed_runs.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <span>
#include <stdexcept>

#include "engine/errors.h"
#include "sinks/jsonl_sink.h"
#include "tests/packed.h"
#include "tests/simulation.h"
#include "tools/replay/replay_state.h"

namespace resumed_runs {

using namespace tagtill;

namespace {

// Draws agents by lot until all are done. False: so many turns have passed before.
bool schedule(const Pipeline& pipeline, simulation::SimClock& clock, seeded::Random& random,
              std::optional<std::size_t> turns_max) {
  constexpr std::size_t kIdleMax = 100'000;
  std::vector<Agent*> agents = pipeline.agents();
  std::size_t idle = 0;
  for (std::size_t turns = 0; !agents.empty(); ++turns) {
    if (turns == turns_max) {
      return false;
    }
    if (++idle == kIdleMax) {
      throw std::logic_error("the pipeline hangs");
    }
    Agent* agent = random.pick(agents);
    clock.pass(std::chrono::milliseconds(random.below(150)));
    if (agent->is_done()) {
      std::erase(agents, agent);
    } else if (agent->do_work()) {
      idle = 0;
    }
  }
  return true;
}

void add(DecisionCounts& sum, const DecisionCounts& more) {
  const DecisionCounts nothing;
  sum = sum - (nothing - more);  // modulo 2^64
}

}  // namespace

ResumedRuns::ResumedRuns(const streams::Stream& stream, bool keep_journal)
    : protocol_{stream.lateness_ms, stream.max_jump_ms, stream.prefix},
      keep_journal_(keep_journal) {
  configure(stream.offers, stream.members, stream.secret);
}

void ResumedRuns::configure(std::string_view offers, std::string_view members,
                            std::string_view secret) {
  FileErrors errors;
  const std::string& prefix = protocol_.confirm_prefix;
  configuration_.offers = OfferCatalogue::parse(offers, "offers", prefix, errors);
  configuration_.members = MemberTable::parse(members, "members", errors);
  configuration_.secret = secret;
  EXPECT_TRUE(errors.empty());
  context_ = make_search_context(configuration_.offers, configuration_.members, prefix, true);
}

PipelineParts ResumedRuns::parts(const RunOptions& options, seeded::Random& random) {
  PipelineParts parts;
  parts.context = context_;
  for (const std::string& dump : options.dumps) {
    parts.dumps.push_back({dump, 0});
  }
  const auto add_events = [&](const std::string& name, EventTypes types) {
    parts.outputs.push_back({std::make_unique<EventOutput>(
                                 std::make_unique<JsonlSink>(folder_.path(name), name), types),
                             name});
  };
  add_events("events", all_event_types());
  add_events("purchases", confirmed_only());
  parts.outputs.push_back({std::make_unique<LetterOutput>(folder_.path("letters")), "letters"});

  StateOptions how;
  how.rules = {protocol_.lateness_ms, protocol_.max_jump_ms, protocol_.confirm_prefix};
  how.sync = false;
  how.random = [&random] { return random.next(); };
  StateRun run;
  run.dumps = options.plan;
  run.sync = false;
  run.compaction.path = state();
  run.compaction.protocol = protocol_;
  run.compaction.shards = 1U << random.below(5);
  run.compaction.journal_bytes_min = random.below(3'000);
  run.compaction.keep_journal = keep_journal_;
  (void)go_on(StateStore::open(state(), how), configuration_, run, parts);
  parts.state->gather = std::chrono::milliseconds(random.below(300));
  return parts;
}

bool ResumedRuns::run(const RunOptions& options, seeded::Random& random) {
  PipelineOptions how;
  how.lanes = 1 + random.below(3);
  how.cores.cores.assign(2, 0);
  how.cores.pinned = false;
  how.feed.block_bytes = 512 + random.below(8'000);
  simulation::SimClock clock;
  PipelineParts parts = this->parts(options, random);
  parts.clock = &clock;
  const DecisionCounts before = parts.before;
  Pipeline pipeline(how, std::move(parts));
  pipeline.open();
  if (!schedule(pipeline, clock, random, options.dies_after)) {
    return false;
  }
  add(decided_, pipeline.decider().decider().counts() - before);
  lines_ += pipeline.decider().lines().lines;
  return true;
}

// --- A stream in parts --------------------------------------------------------------------

namespace {

// Whole lines, or what stands behind the last line end.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end == std::string_view::npos ? end : end + 1));
    text.remove_prefix(lines.back().size());
  }
  return lines;
}

// The file cut at up to `cuts` lines.
std::vector<std::string> cut(std::string_view file, std::size_t cuts, seeded::Random& random) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  const std::vector<std::string_view> lines = lines_of(file);
  std::set<std::size_t> places;
  for (; cuts > 0 && !lines.empty(); --cuts) {
    places.insert(random.below(lines.size()));
  }
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    // At the beginning of a file it would be no part of the line.
    if (places.contains(i) && !lines[i].starts_with(kMark)) {
      parts.emplace_back();
    }
    parts.back() += lines[i];
  }
  return parts;
}

class Player {
 public:
  Player(ResumedRuns& runs, const streams::Stream& stream, seeded::Random& random,
         const Trouble& trouble)
      : runs_(runs), stream_(stream), random_(random), trouble_(trouble) {}

  void play() {
    auto replacement = stream_.replacements.begin();
    std::vector<std::string> parts;
    for (std::size_t file = 0; file <= stream_.files.size(); ++file) {
      for (; replacement != stream_.replacements.end() && replacement->before_file == file;
           ++replacement) {
        run_all(std::exchange(parts, {}));
        runs_.configure(replacement->offers, replacement->members, replacement->secret);
      }
      if (file < stream_.files.size()) {
        for (std::string& part : cut(stream_.files[file], random_.below(3), random_)) {
          parts.push_back(std::move(part));
        }
      }
    }
    run_all(std::move(parts));
  }

 private:
  // In one run or two.
  void run_all(std::vector<std::string> parts) {
    const std::size_t first = random_.below(parts.size() + 1);
    const std::span<const std::string> all = parts;
    run(all.first(first));
    run(all.subspan(first));
  }

  void run(std::span<const std::string> parts) {
    std::vector<std::string> dumps;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (trouble_.packed && random_.percent(20) && i + 1 < parts.size()) {
        dumps.push_back(write(archived({{"a", parts[i]}, {"b", parts[i + 1]}}, "ustar")));
        ++i;
      } else if (trouble_.packed && random_.percent(30)) {
        dumps.push_back(write(compressed(parts[i], random_.percent(50) ? "gzip" : "zstd")));
      } else {
        dumps.push_back(write(parts[i]));
      }
    }
    while (trouble_.deaths && random_.percent(70)) {
      die(dumps);
    }
    EXPECT_TRUE(runs_.run({.dumps = dumps}, random_));
    if (random_.percent(20)) {  // nothing to do
      EXPECT_TRUE(runs_.run({.dumps = dumps}, random_));
    }
  }

  // A run that dies before it ends, if it is long enough.
  void die(std::vector<std::string>& dumps) {
    (void)runs_.run({.dumps = dumps, .plan = {}, .dies_after = random_.below(300)}, random_);
    if (!dumps.empty() && random_.percent(20)) {
      rename_unfinished(dumps);
    }
  }

  // That one may have another name; of those that were finished it would be asked what is meant.
  void rename_unfinished(std::vector<std::string>& dumps) {
    const auto last = StateReader::open(runs_.state())->last_dump();
    if (!last || last->done) {
      return;
    }
    for (std::string& dump : dumps) {
      if (std::filesystem::canonical(dump) == last->name) {
        const std::string name = next_name();
        std::filesystem::rename(dump, name);
        dump = name;
      }
    }
  }

  std::string next_name() { return runs_.folder().path("dump" + std::to_string(next_name_++)); }

  // Two parts with the same lines are two recordings here, and must not be taken for one.
  std::string write(std::string content) {
    const std::string name = next_name();
    if (!content.empty() && !written_.insert(content).second) {
      content = archived({{std::to_string(next_name_), content}}, "ustar");
    }
    std::ofstream(name, std::ios::binary) << content;
    return name;
  }

  ResumedRuns& runs_;
  const streams::Stream& stream_;
  seeded::Random& random_;
  Trouble trouble_;
  std::size_t next_name_ = 0;
  std::set<std::string> written_;
};

}  // namespace

void play(ResumedRuns& runs, const streams::Stream& stream, seeded::Random& random,
          const Trouble& trouble) {
  Player(runs, stream, random, trouble).play();
}

std::string confirmed_of(std::string_view events) {
  std::string confirmed;
  for (const std::string_view line : lines_of(events)) {
    if (line.starts_with(R"({"type":"confirmed")")) {
      confirmed += line;
    }
  }
  return confirmed;
}

}  // namespace resumed_runs
