// Replays with a state that are killed (kill -9), and what the next one makes of it.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "corpus/generate.h"
#include "engine/errors.h"
#include "engine/state/state_reader.h"
#include "tests/packed.h"
#include "tests/resumed_runs.h"
#include "tests/run_folder.h"
#include "tests/seeded.h"
#include "tests/shop.h"
#include "tests/sink_events.h"

namespace tagtill {
namespace {

using shop::kMinute;
using shop::kSecond;
using shop::tag;

// True when it holds, within a minute.
bool wait_for(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

// Events that the state has; 0 as long as there is none.
std::uint64_t events_in(const std::string& state) {
  try {
    return StateReader::open(state)->head().events;
  } catch (const Error&) {
    return 0;
  }
}

std::string rows_of(const std::string& database) {
  std::string all;
  for (const std::string table :
       {"purchases", "prompts", "expirations", "cancellations", "rejections"}) {
    all += table + "\n";
    for (const auto& row : query(database, "SELECT * FROM " + table + " ORDER BY rowid")) {
      for (const std::string& column : row) {
        all += column + "|";
      }
      all += "\n";
    }
  }
  return all;
}

// --- Killed while it waits for a pipe: what it had committed by then is known ----------------

class KilledAtAPipe : public ::testing::Test {
 protected:
  KilledAtAPipe() : run_({shop::offer("mug"), shop::offer("cup")}, shop::members({"a", "b"})) {
    EXPECT_EQ(::mkfifo(run_.path("pipe").c_str(), 0600), 0);
    run_.write("a.json", kA);
    run_.write("b.json", kB);
  }

  // Reads the dumps and waits at the pipe, until every event has gone to every output; then it is
  // killed.
  void run_and_kill(std::uint64_t events, const Arguments& dumps = {"a.json", "pipe"}) {
    RunningProgram program(run_.replay_arguments(dumps), run_.path("."));
    // Somebody must open the pipe, or nothing is read at all.
    const std::ofstream pipe(run_.path("pipe"));
    ASSERT_TRUE(wait_for([&] { return events_in(run_.path("state")) == events; }));
    ASSERT_TRUE(wait_for([&] {
      const auto state = StateReader::open(run_.path("state"));
      return std::ranges::all_of(state->cursors(), [&](const SinkCursor& cursor) {
        return cursor.events == (cursor.letters ? state->head().letters : events);
      });
    }));
    program.kill();
  }

  [[nodiscard]] std::vector<std::string> events() const {
    std::vector<std::string> brief;
    for (const std::string& line : lines_of(run_.file("events.jsonl"))) {
      brief.push_back(shop::brief(line));
    }
    return brief;
  }

  const std::string kA = post("1", "a", 0, "#mug") + "{broken\n" + post("2", "b", kSecond, "#cup");
  const std::string kB = post("3", "a", kMinute, tag("a", "1")) + "broken}\n";
  RunFolder run_;
};

TEST_F(KilledAtAPipe, WhatWasCommittedStands) {
  run_and_kill(2);
  EXPECT_EQ(events(), (std::vector<std::string>{"prompt a 1:mug", "prompt b 2:cup"}));
  EXPECT_EQ(lines_of(run_.file("letters.jsonl")).size(), 1U);
  const ProgramResult result = run_.replay({"a.json", "b.json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(events(), (std::vector<std::string>{"prompt a 1:mug", "prompt b 2:cup",
                                                "confirmed a 1:mug by 3"}));
  EXPECT_EQ(lines_of(run_.file("letters.jsonl")).size(), 2U);
  EXPECT_EQ(query(run_.path("all.db"), "SELECT purchase_id FROM purchases"), (Rows{{"1:mug"}}));
}

// Of what stands behind it in a file the state knows nothing: it will be written again.
TEST_F(KilledAtAPipe, FilesThatGoPastWhatWasCommittedAreCutBack) {
  run_and_kill(2);
  std::vector<std::string> whole;
  for (const char* name : {"events.jsonl", "p.jsonl", "letters.jsonl"}) {
    whole.push_back(run_.file(name));
    std::ofstream(run_.path(name), std::ios::app) << "{\"type\":\"made up\"}\n{\"half a li";
  }
  EXPECT_EQ(run_.replay({"a.json"}).exit_code, 0);
  EXPECT_EQ(run_.file("events.jsonl"), whole[0]);
  EXPECT_EQ(run_.file("p.jsonl"), whole[1]);
  EXPECT_EQ(run_.file("letters.jsonl"), whole[2]);
}

TEST_F(KilledAtAPipe, P6_4_WhoLeftIsCancelledOnceAlsoWhenTheRunIsKilledAtItsStart) {
  ASSERT_EQ(run_.replay({"a.json"}).exit_code, 0);
  run_.write_members(shop::lines(shop::members({"b"})));
  run_and_kill(3, {"pipe"});
  EXPECT_EQ(run_.replay({"a.json"}).exit_code, 0);
  EXPECT_EQ(run_.replay({"a.json"}).exit_code, 0);
  EXPECT_EQ(events(), (std::vector<std::string>{"prompt a 1:mug", "prompt b 2:cup",
                                                "cancelled a 1:mug unenrolled"}));
}

// An output that has not had everything cannot be dropped by leaving it out.
TEST_F(KilledAtAPipe, AnOutputThatLacksEventsIsAskedFor) {
  ASSERT_EQ(run_.replay({"a.json"}).exit_code, 0);
  {
    // As if it had been killed before the last event reached the file.
    StateOptions options;
    options.rules = {30'000, 86'400'000, "Confirm"};
    const auto store = StateStore::open(run_.path("state"), options);
    StateEntry entry;
    entry.events = 1;
    entry.outbox = "never read";
    store->commit({{entry}, {}, {}});
  }
  const ProgramResult result = run_.run(
      {"replay", "--offers", "offers.jsonl", "--members", "members.jsonl", "--secret-file",
       "secret", "--state", "state", "--events", "events.jsonl", "--sink", "null:", "b.json"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(contains(result.err, "The output jsonl:" + run_.folder() +
                                       "/p.jsonl has not had the last 1 event yet, and is not "
                                       "among those of this run. Give it once more, or leave it "
                                       "for good: tagtill state forget --state PATH --output "))
      << result.err;
}

// --- Killed at any moment -------------------------------------------------------------------

class KilledInMidRun : public ::testing::Test {
 protected:
  KilledInMidRun() {
    corpus::GenerateOptions options;
    options.posts = 6'000;
    options.members = 300;
    options.candidates = 0.2;
    options.posts_per_second = 4;
    corpus::generate(options, folder_.path("corpus"));
    const std::string stream = read_file(corpus_.posts.string());
    const std::size_t first = stream.find('\n', stream.size() / 3) + 1;
    const std::size_t second = stream.find('\n', 2 * stream.size() / 3) + 1;
    folder_.write("1.json", stream.substr(0, first) + "{broken\n");
    folder_.write(
        "2.tar.gz",
        compressed(
            archived({{"2", stream.substr(first, second - first)}, {"2b", "broken\n"}}, "ustar"),
            "gzip"));
    folder_.write("3.json", stream.substr(second));
  }

  [[nodiscard]] Arguments arguments(const std::string& out) const {
    std::filesystem::create_directory(folder_.path(out));
    const auto in = [&](const std::string& name) { return folder_.path(out + "/" + name); };
    return {"replay",
            "--offers",
            corpus_.offers.string(),
            "--members",
            corpus_.members.string(),
            "--secret-file",
            corpus_.secret.string(),
            "--state",
            in("state"),
            "--events",
            in("events"),
            "--dead-letter",
            in("letters"),
            "--sink",
            "sqlite:" + in("db") + "?events=all",
            "--sink",
            "jsonl:" + in("purchases"),
            "--durability",
            "process",
            "--block-bytes",
            "4096",
            "--summary",
            "none",
            "--progress",
            "off",
            "1.json",
            "2.tar.gz",
            "3.json"};
  }

  // What came out.
  [[nodiscard]] std::string outcome(const std::string& out) const {
    std::string all;
    for (const char* name : {"events", "letters", "purchases"}) {
      all += read_file(folder_.path(out + "/" + name)) + "\n";
    }
    return all + rows_of(folder_.path(out + "/db"));
  }

  TempFolder folder_;
  corpus::CorpusPaths corpus_ = corpus::corpus_paths(folder_.path("corpus"));
};

TEST_F(KilledInMidRun, TheSameCommandGoesOnAndNothingIsLostOrDoubled) {
  const ProgramResult whole = run_program(arguments("whole"), {{}, folder_.path("."), {}});
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  const std::uint64_t events = events_in(folder_.path("whole/state"));
  ASSERT_GT(events, 500U);
  EXPECT_EQ(read_file(folder_.path("whole/purchases")), read_file(corpus_.purchases.string()));

  seeded::Random random(seeded::first_seed());
  for (std::uint64_t i = 0; i < std::max<std::uint64_t>(seeded::seeds() / 100, 1); ++i) {
    const std::string out = "broken" + std::to_string(i);
    SCOPED_TRACE(out);
    const Arguments command = arguments(out);
    // As far as the state has come, and once before it is there.
    for (std::uint64_t kills = 0; kills < 6; ++kills) {
      RunningProgram program(command, folder_.path("."));
      const std::uint64_t at = kills * events / 6 + random.below(events / 6);
      ASSERT_TRUE(kills == 0 ||
                  wait_for([&] { return events_in(folder_.path(out + "/state")) >= at; }));
      std::this_thread::sleep_for(std::chrono::milliseconds(random.below(30)));
      program.kill();
    }
    const ProgramResult result = run_program(command, {{}, folder_.path("."), {}});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    ASSERT_EQ(outcome(out), outcome("whole"));
  }
}

}  // namespace
}  // namespace tagtill

// --- In this process, at any turn of any agent ------------------------------------------------

namespace resumed_runs {
namespace {

// Dead letters, and where they stand, are those of an unbroken run.
TEST(Recovery, DeadLettersAreThoseOfAnUnbrokenRun) {
  std::string line(900, 'x');
  std::string dump;
  for (int i = 0; i < 60; ++i) {
    dump += std::string(i % 3 == 0 ? "{broken" : "{}") + line + "\n";
  }
  streams::Stream stream = streams::tiny_setting();
  for (std::uint64_t i = 0; i < seeded::seeds() / 10 + 1; ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    seeded::Random random(seed);
    ResumedRuns broken(stream);
    ResumedRuns whole(stream);
    std::vector<std::string> dumps;
    for (ResumedRuns* runs : {&broken, &whole}) {
      dumps = {runs->folder().write("1", dump),
               runs->folder().write("2", tagtill::compressed(dump, "gzip"))};
      if (runs == &broken) {
        for (std::size_t deaths = random.below(6); deaths > 0; --deaths) {
          (void)runs->run({.dumps = dumps, .plan = {}, .dies_after = random.below(400)}, random);
        }
      }
      EXPECT_TRUE(runs->run({.dumps = dumps}, random));
    }
    const auto without_folder = [](const ResumedRuns& runs) {
      std::string letters = runs.file("letters");
      const std::string folder = runs.folder().path("");
      for (std::size_t at = 0; (at = letters.find(folder, at)) != std::string::npos;) {
        letters.erase(at, folder.size());
      }
      return letters;
    };
    ASSERT_EQ(without_folder(broken), without_folder(whole));
    ASSERT_EQ(std::ranges::count(without_folder(whole), '\n'), 120);
  }
}

}  // namespace
}  // namespace resumed_runs
