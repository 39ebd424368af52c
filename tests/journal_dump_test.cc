// `journal:PATH` as a dump: a run with a state, reproduced byte for byte.
#include "tools/replay/journal_dump.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/errors.h"
#include "engine/state/state_store.h"
#include "sinks/jsonl_sink.h"
#include "tests/resumed_runs.h"
#include "tests/run_folder.h"
#include "tests/seeded.h"
#include "tests/shop.h"
#include "tests/sink_events.h"
#include "tests/stream_runs.h"
#include "tests/streams.h"
#include "tools/pipeline/pipeline.h"

// --- In this process: random streams, in runs that die ---------------------------------------

namespace resumed_runs {
namespace {

using namespace tagtill;

struct Replayed {
  std::string events;
  std::string purchases;
  DecisionCounts decided;
};

Replayed replayed(const ResumedRuns& runs, seeded::Random& random) {
  const TempFolder folder;
  PipelineParts parts;
  RecordedRun run;
  run.state = open_journal(runs.state(), {});
  run.player = std::make_unique<JournalPlayer>(rules_of(*run.state), 1U << random.below(5));
  parts.journal = std::move(run);
  for (const auto& [name, types] :
       {std::pair("events", all_event_types()), std::pair("purchases", confirmed_only())}) {
    parts.outputs.push_back(
        {std::make_unique<EventOutput>(std::make_unique<JsonlSink>(folder.path(name), name), types),
         name});
  }
  PipelineOptions options;
  options.cores.cores.assign(1, 0);
  options.cores.pinned = false;
  Pipeline pipeline(options, std::move(parts));
  pipeline.open();
  if (random.percent(10)) {
    pipeline.run([] {}, std::chrono::milliseconds(50));
  } else {
    const std::vector<Agent*> agents = pipeline.agents();
    while (!std::ranges::all_of(agents, [](const Agent* agent) { return agent->is_done(); })) {
      Agent* agent = random.pick(agents);
      if (!agent->is_done()) {
        (void)agent->do_work();
      }
    }
  }
  return {read_file(folder.path("events")), read_file(folder.path("purchases")),
          pipeline.decider().decider().counts()};
}

TEST(JournalDump, ReproducesRunsThatDiedAndWereConfiguredAnew) {
  std::uint64_t with_snapshot = 0;
  for (std::uint64_t i = 0; i < seeded::seeds() && !testing::Test::HasFailure(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    const streams::Stream stream =
        seed % 4 == 0 ? streams::make(seed) : streams::make_with_replacements(seed);
    seeded::Random random(seed);
    ResumedRuns runs(stream, true);
    ASSERT_NO_THROW(play(runs, stream, random, {.deaths = true, .packed = true}));
    const std::string events = stream_runs::events_of_reference(stream, nullptr);
    ASSERT_EQ(runs.events(), events);
    const auto state = StateReader::open(runs.state());
    with_snapshot += state->snapshot_sequence() > 0 ? 1 : 0;
    Replayed again;
    ASSERT_NO_THROW(again = replayed(runs, random));
    EXPECT_EQ(again.events, events);
    EXPECT_EQ(again.purchases, confirmed_of(events));
    EXPECT_EQ(again.decided.confirmed,
              static_cast<std::uint64_t>(std::ranges::count(again.purchases, '\n')));
  }
  EXPECT_GT(with_snapshot, seeded::seeds() / 10);
}

}  // namespace
}  // namespace resumed_runs

// --- The program ----------------------------------------------------------------------------

namespace tagtill {
namespace {

using shop::kMinute;
using shop::kSecond;
using shop::tag;

class JournalDumpProgram : public ::testing::Test {
 protected:
  JournalDumpProgram()
      : run_({post_lines::line_of(post_lines::Offer{.fulfilment = "pickup"}), shop::offer("cup")},
             shop::members({"a", "b"})) {
    run_.write("a.json", post("1", "a", 0, "#mug") + "{broken\n" + post("2", "b", kSecond, "#cup"));
    run_.write("b.json",
               post("3", "a", kMinute, tag("a", "1"), 12) + post("4", "c", 20 * kMinute, "#mug"));
  }

  // Two runs, another secret and other offers and members in the second.
  void run_twice(const Arguments& more = {}) const {
    Arguments first = more;
    first.emplace_back("a.json");
    ASSERT_EQ(run_.replay(first).exit_code, 0);
    run_.write("offers.jsonl", shop::lines({post_lines::line_of(
                                   post_lines::Offer{.fulfilment = "pickup", .price_minor = 7})}));
    run_.write_members(shop::lines(shop::members({"a", "c"})));
    std::filesystem::remove(run_.path("secret"));
    run_.write("secret", "another secret of more than 32 bytes, too");
    Arguments second = more;
    second.emplace_back("b.json");
    ASSERT_EQ(run_.replay(second).exit_code, 0);
  }

  [[nodiscard]] ProgramResult replay(const Arguments& more) const {
    Arguments arguments = {"replay", "journal:state"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_.run(arguments);
  }

  RunFolder run_;
};

void expect_said(const ProgramResult& result, int exit_code, std::string_view sentence) {
  EXPECT_EQ(result.exit_code, exit_code) << result.err;
  EXPECT_TRUE(contains(result.err, sentence)) << result.err;
}

TEST_F(JournalDumpProgram, NeedsNoConfigurationAndGivesAllEventsAgain) {
  run_twice();
  const std::string events = run_.file("events.jsonl");
  ASSERT_EQ(lines_of(events).size(), 5U);
  const ProgramResult result = replay({"--events", "-", "--sink", "jsonl:again", "--sink",
                                       "sqlite:again.db?events=all", "--summary", "json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, events);
  EXPECT_EQ(run_.file("again"), run_.file("p.jsonl"));
  EXPECT_TRUE(contains(run_.file("again"), R"("claim_code":")"));
  EXPECT_TRUE(contains(result.err, R"("lines":0,)")) << result.err;
  EXPECT_TRUE(contains(result.err, R"("intents":3,)")) << result.err;
  EXPECT_TRUE(contains(result.err, R"("prompts":3,"confirmed":1,)")) << result.err;
  for (const std::string table : {"purchases", "cancellations", "expirations", "rejections"}) {
    EXPECT_EQ(query(run_.path("again.db"), "SELECT * FROM " + table),
              query(run_.path("all.db"), "SELECT * FROM " + table))
        << table;
  }
  // Of offers it has the last ones.
  EXPECT_EQ(query(run_.path("again.db"), "SELECT id, price_minor FROM offers"),
            (Rows{{"mug", "7"}}));
  // The state is as it was.
  EXPECT_EQ(run_.file("events.jsonl"), events);
  EXPECT_EQ(replay({"--events", "-", "--shards", "1", "--summary", "none"}).out, events);
}

TEST_F(JournalDumpProgram, SaysWhatItFoundForAPersonToo) {
  run_twice();
  const ProgramResult result = replay({"--sink", "null:", "--progress", "on"});
  expect_said(result, 0, "\n  candidates   ");
  EXPECT_FALSE(contains(result.err, "delete notices")) << result.err;
}

TEST_F(JournalDumpProgram, TakesTheRulesOfTheState) {
  run_twice({"--lateness", "5s", "--prefix", "Yes"});
  const std::string events = run_.file("events.jsonl");
  EXPECT_TRUE(contains(events, "#Yes"));
  EXPECT_EQ(replay({"--events", "-", "--summary", "none"}).out, events);
  EXPECT_EQ(
      replay({"--events", "-", "--summary", "none", "--lateness", "5s", "--prefix", "Yes"}).out,
      events);
  expect_said(replay({"--prefix", "No"}), 2, "a journal was written with its own.");
}

TEST_F(JournalDumpProgram, OptionsThatItBringsItselfAreRefused) {
  run_twice();
  expect_said(replay({"--offers", "offers.jsonl"}), 2, "--offers: a journal holds what was ");
  expect_said(replay({"--members", "members.jsonl"}), 2, "--members: a journal holds what was ");
  expect_said(replay({"--secret-file", "secret"}), 2, "--secret-file: a journal holds what was ");
  expect_said(replay({"--state", "other"}), 2, "--state: what a journal holds stands in a state");
  expect_said(replay({"--dead-letter", "letters"}), 2, "--dead-letter: a journal holds what was ");
  expect_said(replay({"--again"}), 2, "--again says what to do about what a state has had");
  expect_said(replay({"a.json"}), 2, "journal:state is a run of its own");
  expect_said(replay({"journal:state"}), 2, "journal:state is a run of its own");
  expect_said(replay({"--events", "state"}), 2, "would write over the journal state");
  expect_said(run_.run({"replay", "a.json"}), 2,
              "--offers FILE, --members FILE and --secret-file FILE are needed, unless the dump is "
              "a journal");
}

TEST_F(JournalDumpProgram, WhatIsNoStateHasNoJournal) {
  expect_said(run_.run({"replay", "journal:none"}), 65, "the state none does not exist");
  expect_said(run_.run({"replay", "journal:a.json"}), 65, "a.json");
  {
    StateOptions options;
    (void)StateStore::open(run_.path("state"), options);
  }
  expect_said(replay({}), 65, "The state state is new: nothing stands in its journal.");
}

TEST_F(JournalDumpProgram, ADamagedOneIsSaidAndWhatStandsBeforeIsWhole) {
  run_twice();
  const std::string events = run_.file("events.jsonl");
  execute(run_.path("state"),
          "UPDATE journal SET payload = zeroblob(length(payload)) WHERE sequence = "
          "(SELECT max(sequence) FROM journal)");
  const ProgramResult result = replay({"--events", "events", "--summary", "none"});
  expect_said(result, 65, "damaged");
  const std::string before = run_.file("events");
  EXPECT_FALSE(before.empty());
  EXPECT_EQ(before, events.substr(0, before.size()));
  EXPECT_TRUE(before.ends_with("}\n"));
}

TEST_F(JournalDumpProgram, OfAStateThatLetEntriesGoItIsRefused) {
  streams::Stream stream = streams::make(seeded::first_seed());
  seeded::Random random(seeded::first_seed());
  resumed_runs::ResumedRuns runs(stream, false);
  for (std::uint64_t seed = seeded::first_seed();
       !std::filesystem::exists(runs.state()) ||
       StateReader::open(runs.state())->first_journal_sequence() == 1;
       ++seed) {
    resumed_runs::play(runs, streams::make(seed), random, {});
  }
  const ProgramResult result = run_.run({"replay", "journal:" + runs.state()});
  expect_said(result, 65,
              ": those before it were let go when a snapshot was made. Only a state that was kept "
              "with --journal all from its beginning can be replayed.");
}

// It reads what is committed, and disturbs nobody.
TEST_F(JournalDumpProgram, AStateThatIsBeingWrittenCanBeReplayed) {
  ASSERT_EQ(::mkfifo(run_.path("pipe").c_str(), 0600), 0);
  RunningProgram program(run_.replay_arguments({"a.json", "pipe"}), run_.path("."));
  std::ofstream pipe(run_.path("pipe"));
  std::string events;
  while (lines_of(events).size() < 2) {
    events = replay({"--events", "-", "--summary", "none"}).out;
  }
  EXPECT_EQ(shop::brief(lines_of(events)[1]), "prompt b 2:cup");
  pipe << run_.file("b.json");
  pipe.close();
  ASSERT_EQ(program.end(), 0);
  const ProgramResult after = replay({"--events", "-", "--summary", "none"});
  EXPECT_EQ(after.out, run_.file("events.jsonl"));
  EXPECT_EQ(lines_of(after.out).size(), 5U);
}

}  // namespace
}  // namespace tagtill
