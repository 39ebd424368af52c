// Files that are followed: growing, renamed, made shorter, and gone on with after a crash.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "engine/errors.h"
#include "tests/live_driver.h"
#include "tests/seeded.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

namespace fs = std::filesystem;

using Lines = std::vector<std::string>;

LiveSource followed(const std::string& path) {
  LiveSource source;
  source.kind = LiveSource::Kind::kFile;
  source.name = "log";
  source.path = path;
  source.follow = true;
  source.line_bytes_max = 2'000;
  return source;
}

void append(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::app) << bytes;
}

// A feed of the file, gone on with where `known` says.
std::unique_ptr<LiveDriver> follow(const std::string& path, const LiveStream& known = {"", 0}) {
  LiveFeed::Options options;
  options.sources = {followed(path)};
  options.block_bytes = 1'024;
  if (!known.name.empty()) {
    options.streams = {known};
  }
  return std::make_unique<LiveDriver>(std::move(options));
}

// Commits all that has come.
LiveStream commit(LiveDriver& driver) {
  const LiveTurn& last = driver.turns().back();
  LiveStream stream{driver.feed().stream_name(last.stream), last.stream_end,
                    driver.feed().stream_mark(last.stream, last.stream_end)};
  EXPECT_LE(stream.mark.size(), 256U);
  driver.feed().committed(last.stream, last.stream_end);
  return stream;
}

TEST(FollowedFile, WhatIsAppendedComesAndALineWaitsForItsEnd) {
  const TempFolder folder;
  const std::string path = folder.path("log");
  const auto driver = follow(path);
  driver->settle();
  append(path, "one\ntw");  // it was not there before
  ASSERT_TRUE(driver->until_lines(1));
  append(path, "o\n");
  ASSERT_TRUE(driver->until_lines(2));
  EXPECT_EQ(driver->lines(), (Lines{"one", "two"}));
  EXPECT_EQ(driver->feed().stream_name(driver->turns().back().stream), "file:log");
  EXPECT_EQ(driver->turns().back().stream_end, 8U);
}

TEST(FollowedFile, ARenamedFileIsReadToItsEndAndThenTheNewOne) {
  const TempFolder folder;
  const std::string path = folder.write("log", "one\n");
  const auto driver = follow(path);
  ASSERT_TRUE(driver->until_lines(1));
  fs::rename(path, folder.path("log.1"));
  append(folder.path("log.1"), "two\n");
  ASSERT_TRUE(driver->until_lines(2));
  append(folder.path("log.1"), "three");
  append(path,
         "\xEF\xBB\xBF"
         "four\n");
  ASSERT_TRUE(driver->until_lines(4));
  EXPECT_EQ(driver->lines(), (Lines{"one", "two", "three", "four"}));
  EXPECT_EQ(driver->turns().back().stream_end, 21U);
}

TEST(FollowedFile, OneThatWasMadeShorterIsBegunAnewAndItIsSaid) {
  const TempFolder folder;
  const std::string path = folder.write("log", "one\ntwo\n");
  const auto driver = follow(path);
  ASSERT_TRUE(driver->until_lines(2));
  ASSERT_EQ(::truncate(path.c_str(), 0), 0);
  append(path, "new\n");
  ASSERT_TRUE(driver->until([&] {
    driver->clock().pass(std::chrono::seconds(1));  // no event tells of it
    return driver->lines().size() >= 3;
  }));
  EXPECT_EQ(driver->lines(), (Lines{"one", "two", "new"}));
  EXPECT_EQ(driver->turns().back().stream_end, 12U);
  ASSERT_EQ(driver->said().size(), 1U);
  EXPECT_NE(driver->said()[0].find("made shorter"), std::string::npos);
}

TEST(FollowedFile, AfterARestartItGoesOnWhereItWasCommittedIfTheFileIsTheSame) {
  const TempFolder folder;
  const std::string path = folder.write("log", "one\n");
  auto driver = follow(path);
  ASSERT_TRUE(driver->until_lines(1));
  const LiveStream known = commit(*driver);
  append(path, "two\n");
  driver = follow(path, known);
  ASSERT_TRUE(driver->until_lines(1));
  EXPECT_EQ(driver->lines(), Lines{"two"});
  EXPECT_EQ(driver->turns().back().stream_end, 8U);
  EXPECT_TRUE(driver->said().empty());
}

TEST(FollowedFile, AfterARestartAFileThatWasRenamedMeanwhileIsFinishedFirst) {
  const TempFolder folder;
  const std::string path = folder.write("log", "one\n");
  auto driver = follow(path);
  ASSERT_TRUE(driver->until_lines(1));
  const LiveStream known = commit(*driver);
  driver.reset();
  append(path, "two\n");
  fs::rename(path, folder.path("log-yesterday"));
  append(path, "three\n");
  driver = follow(path, known);
  ASSERT_TRUE(driver->until_lines(2));
  EXPECT_EQ(driver->lines(), (Lines{"two", "three"}));
}

TEST(FollowedFile, AnotherFileOfTheSameInodeIsReadFromItsBeginningAndItIsSaid) {
  const TempFolder folder;
  const std::string path = folder.write("log", "one\n");
  auto driver = follow(path);
  ASSERT_TRUE(driver->until_lines(1));
  const LiveStream known = commit(*driver);
  driver.reset();
  folder.write("log", "another\nline\n");  // the same inode: only its bytes tell
  driver = follow(path, known);
  ASSERT_TRUE(driver->until_lines(2));
  EXPECT_EQ(driver->lines(), (Lines{"another", "line"}));
  EXPECT_EQ(driver->turns().back().stream_end, 17U);
  EXPECT_EQ(driver->said().size(), 1U);
}

TEST(FollowedFile, AMarkThatIsNoneIsTakenForAnotherFile) {
  const TempFolder folder;
  const std::string path = folder.write("log", "one\n");
  for (const std::string mark : {"x", "file1 1 2", "file1 1 2 3 99999999 ab", "file1 -1 2 3 4 5"}) {
    const auto driver = follow(path, {"file:log", 100, mark});
    ASSERT_TRUE(driver->until_lines(1)) << mark;
    EXPECT_EQ(driver->turns().back().stream_end, 104U);
  }
}

TEST(FollowedFile, WhatCannotBeFollowedIsRefused) {
  const TempFolder folder;
  EXPECT_THROW(follow(folder.path("none/log")), Error);
  EXPECT_THROW(follow(folder.path("")), Error);
}

// The writer appends, renames and begins anew; the feed crashes; commits come at any time.
TEST(FollowedFile, EachLineComesExactlyOnceWhateverHappens) {
  // Fewer: to close a watch takes the kernel a while.
  for (std::uint64_t i = 0; i < seeded::seeds() / 8 + 1; ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    seeded::Random random(seed);
    const TempFolder folder;
    const std::string path = folder.path("log");
    const std::string bytes = random_live_bytes(random, random.below(60), 1'024, 2'000);
    LiveStream known;
    Lines committed;
    auto driver = follow(path);
    const auto commit_some = [&](std::size_t turns) {
      for (; turns > 0; --turns) {
        const LiveTurn turn = driver->turns().front();
        driver->turns().pop_front();
        ASSERT_GT(turn.stream_end, known.position);
        known = {"file:log", turn.stream_end,
                 driver->feed().stream_mark(turn.stream, turn.stream_end)};
        committed.insert(committed.end(), turn.lines.begin(), turn.lines.end());
        driver->feed().committed(turn.stream, turn.stream_end);
      }
    };
    int renamed = 0;
    for (std::string_view rest = bytes; !rest.empty();) {
      const std::size_t what = random.below(100);
      if (what < 50) {
        const std::size_t some = std::min(rest.size(), random.below(1'500) + 1);
        append(path, rest.substr(0, some));
        rest.remove_prefix(some);
      } else if (what < 70) {
        (void)driver->read_some();
        (void)driver->take_turn();
      } else if (what < 85) {
        commit_some(random.below(driver->turns().size() + 1));
      } else if (what < 95) {
        driver = follow(path, known);  // a crash
      } else {
        // Between two lines, of a file that is known to the state: what else is in the folder
        // cannot be told apart from other files.
        const std::size_t line = std::min(rest.find('\n') + 1, rest.size());
        append(path, rest.substr(0, line));
        rest.remove_prefix(line);
        driver->settle();
        driver->clock().pass(std::chrono::seconds(1));
        driver->settle();
        commit_some(driver->turns().size());
        const std::size_t more = std::min(rest.find('\n') + 1, rest.size());
        append(path, rest.substr(0, more));
        rest.remove_prefix(more);
        if (random.percent(50)) {
          driver = follow(path, known);
        }
        fs::rename(path, folder.path("log." + std::to_string(++renamed)));
        append(path, "");
      }
      if (HasFatalFailure()) {
        return;
      }
    }
    driver->settle();
    driver->clock().pass(std::chrono::seconds(1));
    driver->settle();
    commit_some(driver->turns().size());
    Lines expected;
    add_live_lines(std::string_view(bytes), 2'000, expected);
    ASSERT_EQ(committed, expected);
  }
}

}  // namespace
}  // namespace tagtill
