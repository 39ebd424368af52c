// `tagtill replay --state`: runs that follow each other are one run (P3.2), and what is said of
// dumps, outputs, configurations and states that do not fit.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "engine/state/state_store.h"
#include "tests/packed.h"
#include "tests/reference/reference.h"
#include "tests/resumed_runs.h"
#include "tests/run_folder.h"
#include "tests/seeded.h"
#include "tests/shop.h"
#include "tests/sink_events.h"
#include "tests/stream_runs.h"
#include "tests/streams.h"

namespace resumed_runs {
namespace {

// What the runs' summaries say of decisions adds up to what the reference counts.
void expect_counts(const tagtill::DecisionCounts& got, const reference::Counts& wanted) {
  EXPECT_EQ(got.candidates, wanted.candidates);
  EXPECT_EQ(got.duplicates, wanted.duplicates);
  EXPECT_EQ(got.late, wanted.late);
  EXPECT_EQ(got.repeated, wanted.repeated);
  EXPECT_EQ(got.deleted_before, wanted.deleted_before);
  EXPECT_EQ(got.prompts, wanted.prompts);
  EXPECT_EQ(got.confirmed, wanted.confirmed);
  EXPECT_EQ(got.expired, wanted.expired);
  EXPECT_EQ(got.cancelled, wanted.cancelled);
  EXPECT_EQ(got.ignored_confirmations, wanted.ignored_confirmations);
  EXPECT_EQ(got.parked_deleted, wanted.parked_deleted);
  EXPECT_EQ(got.deletes_forgotten, wanted.deletes_forgotten);
  for (std::size_t reason = 0; reason < tagtill::kRejectReasons; ++reason) {
    const auto found =
        wanted.rejected.find(std::string(name_of(static_cast<tagtill::RejectReason>(reason))));
    EXPECT_EQ(got.rejected[reason], found == wanted.rejected.end() ? 0 : found->second);
  }
}

template <typename MakeStream>
void expect_one_run(MakeStream make, const Trouble& trouble) {
  for (std::uint64_t i = 0; i < seeded::seeds() && !testing::Test::HasFailure(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    const streams::Stream stream = make(seed);
    seeded::Random random(seed);
    ResumedRuns runs(stream);
    ASSERT_NO_THROW(play(runs, stream, random, trouble));
    reference::Counts counts;
    const std::string events = stream_runs::events_of_reference(stream, &counts);
    EXPECT_EQ(runs.events(), events);
    EXPECT_EQ(runs.file("purchases"), confirmed_of(events));
    if (!trouble.deaths) {
      expect_counts(runs.decided(), counts);
    }
  }
}

TEST(RunsWithAState, P3_2_AreOneRun) { expect_one_run(streams::make, {}); }

TEST(RunsWithAState, P3_2_AreOneRunOverPackedParts) {
  expect_one_run(streams::make, {.packed = true});
}

TEST(RunsWithAState, P6_4_AreOneRunWithReplacementsBetweenThem) {
  expect_one_run(streams::make_with_replacements, {});
}

TEST(RunsWithAState, AreOneRunThatDiesNowAndThen) {
  expect_one_run(streams::make_with_replacements, {.deaths = true, .packed = true});
}

}  // namespace
}  // namespace resumed_runs

// --- The program ----------------------------------------------------------------------------

namespace tagtill {
namespace {

using shop::kMinute;
using shop::kSecond;
using shop::tag;

class StateReplay : public ::testing::Test {
 protected:
  StateReplay() : run_({shop::offer("mug"), shop::offer("cup")}, shop::members({"a", "b", "c"})) {
    run_.write("a.json", kA);
    run_.write("b.json", kB);
  }

  // With the outputs `outputs` and no others.
  [[nodiscard]] ProgramResult replay(const Arguments& outputs, const Arguments& dumps,
                                     std::string_view standard_input = {}) const {
    Arguments arguments = {"replay",        "--offers",      "offers.jsonl", "--members",
                           "members.jsonl", "--secret-file", "secret",       "--state",
                           "state",         "--summary",     "none"};
    arguments.insert(arguments.end(), outputs.begin(), outputs.end());
    arguments.insert(arguments.end(), dumps.begin(), dumps.end());
    return run_program(arguments, {standard_input, run_.path("."), {}});
  }
  [[nodiscard]] ProgramResult replay_events(const Arguments& dumps) const {
    return replay({"--events", "events", "--sink", "null:"}, dumps);
  }

  [[nodiscard]] std::string summary_of(const std::string& dump) const {
    return run_
        .run({"replay", "--offers", "offers.jsonl", "--members", "members.jsonl", "--secret-file",
              "secret", "--state", "state", "--events", "events", "--sink", "null:", "--summary",
              "json", dump})
        .err;
  }

  [[nodiscard]] std::vector<std::string> events(std::string_view name = "events") const {
    std::vector<std::string> brief;
    for (const std::string& line : lines_of(run_.file(name))) {
      brief.push_back(shop::brief(line));
    }
    return brief;
  }

  // Two windows of a and b; a confirms in the second dump.
  const std::string kA = post("1", "a", 0, "#mug") + post("2", "b", kSecond, "#cup");
  const std::string kB =
      post("3", "a", kMinute, tag("a", "1")) + post("4", "c", 20 * kMinute, "#mug");
  const std::vector<std::string> kEventsOfA = {"prompt a 1:mug", "prompt b 2:cup"};
  const std::vector<std::string> kEvents = {"prompt a 1:mug", "prompt b 2:cup",
                                            "confirmed a 1:mug by 3", "expired b 2:cup",
                                            "prompt c 4:mug"};
  RunFolder run_;
};

void expect_said(const ProgramResult& result, int exit_code, std::string_view sentence) {
  EXPECT_EQ(result.exit_code, exit_code) << result.err;
  EXPECT_TRUE(contains(result.err, sentence)) << result.err;
}

TEST_F(StateReplay, P3_2_TheNextDumpContinuesTheWindowsOfTheLast) {
  expect_said(replay_events({"a.json"}), 0, "tagtill: The state state is new: nothing is ");
  EXPECT_EQ(events(), kEventsOfA);
  const ProgramResult second = replay_events({"a.json", "b.json"});
  expect_said(second, 0, "tagtill: 1 dump was read before, and left out.\n");
  EXPECT_FALSE(contains(second.err, "is new")) << second.err;
  EXPECT_EQ(events(), kEvents);
}

TEST_F(StateReplay, AFinishedRunHasNothingToDo) {
  run_.write("empty.json", "");
  ASSERT_EQ(run_.replay({"a.json", "b.json", "empty.json"}).exit_code, 0);
  const auto outputs = [&] {
    std::string all;
    for (const char* name : {"events.jsonl", "p.jsonl", "letters.jsonl"}) {
      all += run_.file(name) + "\n";
    }
    for (const char* table : {"purchases", "prompts", "expirations", "tagtill_cursors"}) {
      for (const auto& row :
           query(run_.path("all.db"), std::string("SELECT * FROM ") + table + " ORDER BY 1")) {
        for (const std::string& column : row) {
          all += column + "|";
        }
      }
    }
    return all;
  };
  const std::string before = outputs();
  for (int i = 0; i < 2; ++i) {
    const ProgramResult again = run_.replay({"a.json", "b.json", "empty.json"});
    EXPECT_EQ(again.exit_code, 0);
    EXPECT_EQ(again.err,
              "tagtill: 2 dumps were read before, and left out.\n"
              "tagtill: Nothing to do: the state has had all of these dumps.\n");
    EXPECT_EQ(outputs(), before);
  }
}

TEST_F(StateReplay, DumpsThatDoNotFitAreRefusedBeforeAnythingIsTouched) {
  ASSERT_EQ(replay_events({"a.json"}).exit_code, 0);
  run_.write("c.json", kA);
  expect_said(replay_events({"c.json"}), 2, "is the recording that was read as ");
  expect_said(replay_events({"b.json", "b.json"}), 2, "is the same recording as b.json");
  run_.write("a.json", kA + kB);
  expect_said(replay_events({"a.json"}), 2, "has grown since it was read");
  EXPECT_EQ(events(), kEventsOfA);
  run_.write("rest.json", kB);
  EXPECT_EQ(replay_events({"rest.json"}).exit_code, 0);
  EXPECT_EQ(events(), kEvents);
}

TEST_F(StateReplay, AgainReadsAgain) {
  ASSERT_EQ(replay_events({"a.json"}).exit_code, 0);
  run_.write("c.json", kA);
  EXPECT_EQ(replay_events({"--again", "c.json"}).exit_code, 0);
  EXPECT_EQ(events(), kEventsOfA);  // posts that came twice (P3.4)
  ASSERT_EQ(replay_events({"b.json"}).exit_code, 0);
  EXPECT_EQ(replay_events({"--again", "a.json"}).exit_code, 0);
  const std::vector<std::string> all = events();
  ASSERT_EQ(all.size(), 7U);
  EXPECT_EQ(all[5], "rejected a 1 - late");
}

TEST_F(StateReplay, StandardInputIsNotResumedAndWhatItBroughtStands) {
  const Arguments outputs = {"--events", "events", "--sink", "null:"};
  ProgramResult result = replay(outputs, {"-"}, kA);
  expect_said(result, 0, "Standard input cannot be resumed: if this run is broken off, ");
  EXPECT_EQ(events(), kEventsOfA);
  EXPECT_EQ(replay(outputs, {"-"}, kB).exit_code, 0);
  EXPECT_EQ(events(), kEvents);
  EXPECT_EQ(replay(outputs, {"-"}, "").exit_code, 0);
  EXPECT_EQ(events(), kEvents);
}

TEST_F(StateReplay, OptionsOfTheStateNeedOne) {
  for (const char* option : {"--again", "--abandon", "--repaired"}) {
    expect_said(run_.run({"replay", "--offers", "offers.jsonl", "--members", "members.jsonl",
                          "--secret-file", "secret", option, "a.json"}),
                2, std::string(option) + " says what to do about what a state has had: it needs");
  }
}

// --- Outputs --------------------------------------------------------------------------------

TEST_F(StateReplay, ANewOutputBeginsWithWhatComesNow) {
  ASSERT_EQ(replay({"--events", "events", "--sink", "null:"}, {"a.json"}).exit_code, 0);
  ASSERT_EQ(replay({"--events", "events", "--sink", "jsonl:all?events=all", "--sink",
                    "sqlite:db?events=all"},
                   {"b.json"})
                .exit_code,
            0);
  EXPECT_EQ(events(), kEvents);
  EXPECT_EQ(events("all"), (std::vector<std::string>(kEvents.begin() + 2, kEvents.end())));
  EXPECT_EQ(query(run_.path("db"), "SELECT purchase_id FROM prompts"), (Rows{{"4:mug"}}));
}

// What it is given comes behind what it held: nothing of it is lost when it was moved.
TEST_F(StateReplay, AnOutputMayBeMoved) {
  const auto outputs = [](const std::string& names) -> Arguments {
    return {"--events",          "events" + names, "--sink",
            "sqlite:db" + names, "--dead-letter",  "letters" + names};
  };
  run_.write("a.json", kA + "{broken\n");
  run_.write("b.json", kB + "broken}\n");
  ASSERT_EQ(replay(outputs("1"), {"a.json"}).exit_code, 0);
  for (const std::string name : {"events", "db", "letters"}) {
    std::filesystem::rename(run_.path(name + "1"), run_.path(name + "2"));
  }
  ASSERT_EQ(replay(outputs("2"), {"b.json"}).exit_code, 0);
  EXPECT_EQ(events("events2"), kEvents);
  EXPECT_EQ(lines_of(run_.file("letters2")).size(), 2U);
  EXPECT_EQ(query(run_.path("db2"), "SELECT purchase_id FROM purchases"), (Rows{{"1:mug"}}));
  // From now on it is known.
  run_.write("c.json", post("5", "b", 21 * kMinute, "#cup"));
  ASSERT_EQ(replay(outputs("2"), {"c.json"}).exit_code, 0);
  EXPECT_EQ(events("events2").size(), 6U);
}

TEST_F(StateReplay, ANewOutputDoesNotGoOnWithAPieceOfALine) {
  ASSERT_EQ(replay({"--sink", "null:"}, {"a.json"}).exit_code, 0);
  run_.write("events", "{\"type\":");
  expect_said(replay({"--events", "events"}, {"b.json"}), 2,
              "events is new to the state, and holds a piece of a line at its end");
  EXPECT_EQ(run_.file("events"), "{\"type\":");
}

TEST_F(StateReplay, WithANewStateOutputsBeginAnew) {
  run_.write("events", "of another run\n");
  ASSERT_EQ(replay_events({"a.json"}).exit_code, 0);
  EXPECT_EQ(events(), kEventsOfA);
}

TEST_F(StateReplay, AnOutputThatHasHadEverythingMayBeLeftOut) {
  ASSERT_EQ(replay({"--events", "events", "--sink", "jsonl:p"}, {"a.json"}).exit_code, 0);
  ASSERT_EQ(replay({"--events", "events", "--sink", "null:"}, {"b.json"}).exit_code, 0);
  EXPECT_EQ(events(), kEvents);
  EXPECT_EQ(run_.file("p"), "");
}

TEST_F(StateReplay, TheSameSinkTwiceIsOneIfItIsNull) {
  ASSERT_EQ(replay({"--sink", "null:", "--sink", "null:"}, {"a.json"}).exit_code, 0);
  ASSERT_EQ(replay({"--sink", "null:", "--sink", "null:"}, {"b.json"}).exit_code, 0);
}

TEST_F(StateReplay, OutputsThatLostWhatTheyHadAreRefused) {
  const Arguments outputs = {"--events", "events", "--sink", "sqlite:db?events=all"};
  ASSERT_EQ(replay(outputs, {"a.json"}).exit_code, 0);
  const std::string whole = run_.file("events");
  run_.write("events", whole.substr(0, whole.size() - 1));
  expect_said(replay(outputs, {"b.json"}), 74,
              "events is shorter than what the state has committed to it: ");
  run_.write("events", whole);
  std::filesystem::rename(run_.path("db"), run_.path("kept"));
  expect_said(replay(outputs, {"b.json"}), 74,
              "the state has given it events, but it knows nothing of that state");
  std::filesystem::remove(run_.path("db"));
  std::filesystem::rename(run_.path("kept"), run_.path("db"));
  EXPECT_EQ(replay(outputs, {"b.json"}).exit_code, 0);
  EXPECT_EQ(events(), kEvents);
}

TEST_F(StateReplay, OutputsThatCannotBeCutBackAreRefused) {
  for (const Arguments& outputs :
       {Arguments{"--events", "-"}, {"--sink", "jsonl:-"}, {"--dead-letter", "/dev/null"}}) {
    expect_said(replay(outputs, {"a.json"}), 2, "cannot be cut back after a crash");
  }
  EXPECT_FALSE(std::filesystem::exists(run_.path("state")));
}

// --- States ---------------------------------------------------------------------------------

TEST_F(StateReplay, OptionsThatDecisionsDependOnAreTheStates) {
  ASSERT_EQ(replay_events({"a.json"}).exit_code, 0);
  for (const Arguments& options :
       {Arguments{"--lateness", "31s"}, {"--max-jump", "0"}, {"--prefix", "Yes"}}) {
    expect_said(replay_events({options[0], options[1], "b.json"}), 2,
                "A state keeps its own: give the same ones, or begin a new state.");
  }
  EXPECT_EQ(replay_events({"--lateness", "30000ms", "b.json"}).exit_code, 0);
}

TEST_F(StateReplay, AStateOfAnotherProcessIsRefusedWithItsNumber) {
  ASSERT_EQ(replay_events({"a.json"}).exit_code, 0);
  StateOptions options;
  options.rules = {30'000, 86'400'000, "Confirm"};
  const auto held = StateStore::open(run_.path("state"), options);
  expect_said(replay_events({"b.json"}), 74,
              "is in use by another process (" + std::to_string(::getpid()) + ")");
}

TEST_F(StateReplay, WhatIsNoStateOrANewerOneIsRefused) {
  ASSERT_EQ(replay_events({"a.json"}).exit_code, 0);
  execute(run_.path("state"), "PRAGMA user_version = 99");
  expect_said(replay_events({"b.json"}), 65, "a newer tagtill wrote it");
  run_.write("state", kA);
  expect_said(replay_events({"b.json"}), 65, "state");
  EXPECT_EQ(run_.file("state"), kA);
  std::filesystem::remove(run_.path("state"));
  execute(run_.path("state"), "CREATE TABLE other (x)");
  expect_said(replay_events({"b.json"}), 65, "state");
  EXPECT_EQ(events(), kEventsOfA);
}

// --- Configurations (P6.4) ------------------------------------------------------------------

TEST_F(StateReplay, P5_1_AChangedSecretTouchesNewWindowsOnly) {
  constexpr std::string_view kOther = "another secret of more than 32 bytes, too";
  ASSERT_EQ(replay_events({"a.json"}).exit_code, 0);
  std::filesystem::remove(run_.path("secret"));
  run_.write("secret", kOther);
  run_.write("b.json", kB + post("5", "c", 21 * kMinute, tag("c", "4")) +
                           post("6", "c", 22 * kMinute, tag("c", "4", "mug", kOther)));
  ASSERT_EQ(replay_events({"b.json"}).exit_code, 0);
  std::vector<std::string> expected = kEvents;
  expected.emplace_back("rejected c 5 - unknown_code");
  expected.emplace_back("confirmed c 4:mug by 6");
  EXPECT_EQ(events(), expected);
}

TEST_F(StateReplay, P6_4_WhoLeftIsCancelledAtTheBeginningOfTheNextRunAndOnce) {
  ASSERT_EQ(replay_events({"a.json"}).exit_code, 0);
  run_.write_members(shop::lines(shop::members({"b", "c"})));
  std::vector<std::string> expected = kEventsOfA;
  expected.emplace_back("cancelled a 1:mug unenrolled");
  // Also if there is nothing to read.
  const std::string first = summary_of("a.json");
  EXPECT_TRUE(contains(first, R"("cancelled":1,)")) << first;
  EXPECT_EQ(events(), expected);
  EXPECT_TRUE(contains(summary_of("a.json"), "Nothing to do"));
  EXPECT_EQ(events(), expected);
  EXPECT_TRUE(contains(summary_of("b.json"), R"("cancelled":0,)"));
  expected.insert(expected.end(), {"expired b 2:cup", "prompt c 4:mug"});
  EXPECT_EQ(events(), expected);
}

// Nothing depends on who they were before.
TEST_F(StateReplay, P6_4_OthersMayChangeWithoutAWord) {
  ASSERT_EQ(replay_events({"a.json"}).exit_code, 0);
  ASSERT_EQ(replay_events({"b.json"}).exit_code, 0);
  run_.write_members(R"({"author_id":"b","account":"other"})"
                     "\n");
  run_.write("c.json", post("5", "a", 21 * kMinute, "#cup") + post("6", "b", 21 * kMinute, "#mug"));
  ASSERT_EQ(replay_events({"c.json"}).exit_code, 0);
  run_.write("d.json", post("7", "b", 22 * kMinute, tag("b", "6")));
  ASSERT_EQ(replay_events({"d.json"}).exit_code, 0);
  std::vector<std::string> expected = kEvents;
  expected.insert(expected.end(), {"cancelled c 4:mug unenrolled", "rejected a 5 cup not_enrolled",
                                   "prompt b 6:mug", "confirmed b 6:mug by 7"});
  EXPECT_EQ(events(), expected);
  EXPECT_TRUE(contains(lines_of(run_.file("events")).back(), R"("account":"other")"));
}

TEST_F(StateReplay, P6_4_OffersOfOpenWindowsStayAsTheyWere) {
  ASSERT_EQ(replay_events({"a.json"}).exit_code, 0);
  run_.write("offers.jsonl", shop::lines({post_lines::line_of(post_lines::Offer{.price_minor = 5}),
                                          shop::offer("other")}));
  ASSERT_EQ(replay_events({"b.json"}).exit_code, 0);
  EXPECT_EQ(events(), kEvents);
  const std::vector<std::string> lines = lines_of(run_.file("events"));
  EXPECT_TRUE(contains(lines[2], R"("price_minor":1999,)")) << lines[2];
  EXPECT_TRUE(contains(lines[4], R"("price_minor":5,)")) << lines[4];
}

TEST_F(StateReplay, ABadConfigurationLeavesTheStateAsItWas) {
  ASSERT_EQ(replay_events({"a.json"}).exit_code, 0);
  const std::string before = run_.file("state");
  run_.write("offers.jsonl", "{}\n");
  EXPECT_EQ(replay_events({"b.json"}).exit_code, 78);
  EXPECT_EQ(run_.file("state"), before);
}

// --- Dumps that cannot be read whole --------------------------------------------------------

TEST_F(StateReplay, WithFailFastADumpIsGoneOnWithWhenItIsWhole) {
  const std::string packed = compressed(kA + kB, "gzip", "compression-level=0");
  // In the middle of the second line.
  run_.write("day.gz", packed.substr(0, kA.size() - 10));
  expect_said(replay_events({"--fail-fast", "day.gz", "b.json"}), 65,
              "--fail-fast: the run ended there; what stands behind was not read. Repair the dump, "
              "and repeat the command.");
  EXPECT_EQ(events(), std::vector<std::string>{"prompt a 1:mug"});
  expect_said(replay_events({"--fail-fast", "day.gz"}), 65, "Going on with day.gz at byte ");
  EXPECT_EQ(events(), std::vector<std::string>{"prompt a 1:mug"});
  run_.write("day.gz", packed);
  expect_said(replay_events({"--fail-fast", "day.gz"}), 0, "Going on with day.gz at byte ");
  EXPECT_EQ(events(), kEvents);
}

TEST_F(StateReplay, WithFailFastADumpMayBeRepaired) {
  std::string packed = compressed(kA + kB, "gzip", "compression-level=0");
  packed[packed.size() - 6] ^= 1;  // its checksum
  run_.write("day.gz", packed.substr(0, packed.size() - 40));
  EXPECT_EQ(replay_events({"--fail-fast", "day.gz"}).exit_code, 65);
  const std::vector<std::string> before = events();
  ASSERT_LT(before.size(), kEvents.size());
  ASSERT_GT(before.size(), 0U);
  run_.write("day.gz", compressed(kA + kB, "gzip"));
  expect_said(replay_events({"--fail-fast", "day.gz"}), 2,
              "its content is another one now. If it is the same recording, repaired, --repaired "
              "goes on in it at that place.");
  EXPECT_EQ(events(), before);
  expect_said(replay_events({"--fail-fast", "--repaired", "day.gz"}), 0,
              "Going on with day.gz at byte ");
  EXPECT_EQ(events(), kEvents);
}

TEST_F(StateReplay, WithoutFailFastItIsTakenForRead) {
  const std::string packed = compressed(kA + kB, "gzip", "compression-level=0");
  run_.write("day.gz", packed.substr(0, kA.size() - 10));
  expect_said(replay_events({"day.gz", "b.json"}), 65,
              "The state takes these dumps for read: what could not be read of them stays out.");
  EXPECT_EQ(replay_events({"day.gz", "b.json"}).exit_code, 0);
  run_.write("day.gz", packed);
  expect_said(replay_events({"day.gz", "b.json"}), 2, "has grown since it was read");
}

// --- What is said at the end ----------------------------------------------------------------

TEST_F(StateReplay, TheSummaryCountsItsOwnRun) {
  const std::string first = summary_of("a.json");
  EXPECT_TRUE(contains(first, R"("lines":2,)")) << first;
  EXPECT_TRUE(contains(first, R"("prompts":2,"confirmed":0,"expired":0,)")) << first;
  EXPECT_TRUE(contains(first, R"("open_windows":2,)")) << first;
  const std::string second = summary_of("b.json");
  EXPECT_TRUE(contains(second, R"("lines":2,)")) << second;
  EXPECT_TRUE(contains(second, R"("prompts":1,"confirmed":1,"expired":1,)")) << second;
  EXPECT_TRUE(contains(second, R"("open_windows":1,)")) << second;
}

}  // namespace
}  // namespace tagtill
