// `tagtill send`: its parts, and the program with a tier that behaves badly.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "engine/errors.h"
#include "tests/fake_tier.h"
#include "tests/run_program.h"
#include "tests/seeded.h"
#include "tests/temp_folder.h"
#include "tools/send/connection.h"
#include "tools/send/pace.h"
#include "tools/send/recording.h"
#include "tools/send/resend_buffer.h"

namespace tagtill {
namespace {

using std::chrono::milliseconds;

// --- recordings ----------------------------------------------------------------------------------

std::string all_of(Recording& recording) {
  std::string all;
  while (const auto line = recording.line()) {
    EXPECT_EQ(recording.position(), all.size());
    all.append(*line).append("\n");
    recording.take();
  }
  EXPECT_EQ(recording.position(), all.size());
  return all;
}

std::vector<DumpSource> dumps_of(const std::vector<std::string>& paths) {
  FileErrors problems;
  std::vector<DumpSource> dumps = expand_dumps(paths, problems);
  EXPECT_TRUE(problems.empty());
  return dumps;
}

TEST(Recording, IsEveryLineOfEveryDumpWithALineEnd) {
  const TempFolder folder;
  const std::vector<std::string> paths = {folder.write("a", "1\r\n\n2"), folder.write("b", ""),
                                          folder.write("c", "3\n \n")};
  Recording once(dumps_of(paths), 1);
  EXPECT_EQ(all_of(once), "1\r\n\n2\n3\n \n");
  Recording thrice(dumps_of(paths), 3);
  EXPECT_EQ(all_of(thrice), "1\r\n\n2\n3\n \n1\r\n\n2\n3\n \n1\r\n\n2\n3\n \n");
}

TEST(Recording, LeavesOutLinesThatAreTooLong) {
  const TempFolder folder;
  const std::string fits(kLineBytesMax, 'x');
  Recording recording(
      dumps_of({folder.write("a", "1\n" + fits + "y\n" + fits + "\r\n" +
                                      std::string(5 * kLineBytesMax, 'z') + "\n2\n")}),
      1);
  EXPECT_EQ(all_of(recording), "1\n" + fits + "\r\n2\n");
  EXPECT_EQ(recording.too_long(), 2U);
}

TEST(Recording, CanBeGoneOnWithAtALineOnly) {
  const TempFolder folder;
  const std::string path = folder.write("a", "12\n345\n\n6\n");
  for (std::uint64_t position = 0; position <= 22; ++position) {
    SCOPED_TRACE(position);
    Recording recording(dumps_of({path}), 2);
    const std::string whole = "12\n345\n\n6\n12\n345\n\n6\n";
    const bool is_start = position == 0 || (position <= 20 && whole[position - 1] == '\n');
    EXPECT_EQ(recording.skip_to(position), is_start);
    if (is_start) {
      const auto line = recording.line();
      EXPECT_EQ(line ? std::string(*line) + "\n" : "",
                whole.substr(position, whole.find('\n', position) - position + 1));
    }
  }
}

// --- the buffer ----------------------------------------------------------------------------------

TEST(ResendBuffer, HoldsWhatAStringHolds) {
  for (std::uint64_t n = 0; n < seeded::seeds(); ++n) {
    const std::uint64_t seed = seeded::first_seed() + n;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    seeded::Random random(seed);
    ResendBuffer buffer(1 + random.below(50));
    std::string all;
    for (int step = 0; step < 200; ++step) {
      std::string more(random.below(buffer.room() + 1), 'x');
      for (char& c : more) {
        c = static_cast<char>('a' + random.below(26));
      }
      buffer.append(more);
      all += more;
      ASSERT_EQ(buffer.end(), all.size());
      std::uint64_t at = buffer.begin() + random.below(buffer.end() - buffer.begin() + 1);
      buffer.forget_before(at);
      std::string held;
      while (at < buffer.end()) {
        const std::string_view piece = buffer.piece_at(at);
        ASSERT_FALSE(piece.empty());
        held += piece;
        at += piece.size();
      }
      ASSERT_EQ(held, all.substr(buffer.begin()));
    }
  }
}

// --- pace ----------------------------------------------------------------------------------------

std::string post_at(Millis at) {
  return R"({"id_str":"1","text":"x","user":{"id_str":"2"},"timestamp_ms":")" + std::to_string(at) +
         "\"}";
}

TEST(Pace, LinesASecondDoNotSlip) {
  Pace pace("3/s");
  const Pace::TimePoint start{};
  pace.start(start);
  std::chrono::nanoseconds last{-1};
  for (int i = 0; i < 3000; ++i) {
    last = pace.due_of("x") - start;
    EXPECT_EQ(last.count(), i * 1'000'000'000LL / 3);
  }
  EXPECT_LT(last, std::chrono::seconds(1000));
}

TEST(Pace, ByEventTimesGapsAndBadTimesAreNotWaitedFor) {
  Pace pace("10x");
  const Pace::TimePoint start{};
  pace.start(start);
  const Millis t = 1'500'000'000'000;
  const std::vector<std::pair<std::string, int>> lines = {
      {post_at(t), 0},
      {post_at(t + 1000), 100},
      {"{\"delete\":{}}", 100},
      {"", 100},
      {"nonsense", 100},
      {post_at(t + 500), 100},          // out of order
      {post_at(t + 2000), 200},         //
      {post_at(t + 400'000'000), 200},  // one bad time
      {post_at(t + 2500), 200},         // back
      {post_at(t + 3000), 250},         //
      {post_at(t), 250},                // some seconds back: out of order
      {post_at(t + 63'000), 6250},      // exactly a minute
      {post_at(t + 123'001), 6250},     // more
      {post_at(t + 124'001), 6350},     //
  };
  for (const auto& [line, ms] : lines) {
    EXPECT_EQ(pace.due_of(line) - start, milliseconds(ms)) << line;
  }
}

TEST(Pace, RefusesWhatIsNone) {
  for (const char* speed : {"", "x", "0x", "-1x", "1", "1.5/s", "0/s", "max/s", "1 x", "infx",
                            "nanx", "1e400x", "1/s ", "10000000000/s"}) {
    EXPECT_THROW(Pace{speed}, Error) << speed;
  }
  for (const char* speed : {"1x", "0.5x", "10x", "1/s", "143199/s", "max"}) {
    EXPECT_NO_THROW(Pace{speed}) << speed;
  }
}

TEST(SendTarget, IsReadOrRefused) {
  EXPECT_EQ(SendTarget::parse("tcp:[::1]:70").host, "::1");
  EXPECT_EQ(SendTarget::parse("tcp:host.example:70").port, "70");
  EXPECT_EQ(SendTarget::parse("unix:/a:b").path, "/a:b");
  for (const char* text : {"", "tcp:", "tcp:host", "tcp::70", "tcp:host:", "tcp:host:x",
                           "tcp:::1:70", "tcp:host:123456", "unix:", "udp:host:70", "host:70"}) {
    EXPECT_THROW((void)SendTarget::parse(text), Error) << text;
  }
  EXPECT_THROW((void)SendTarget::parse("unix:" + std::string(108, 'x')), Error);
}

// --- the program ---------------------------------------------------------------------------------

class Send : public ::testing::Test {
 protected:
  // A dump, and what is to arrive of it.
  void make_dump(std::uint64_t seed, std::size_t bytes) {
    seeded::Random random(seed);
    stream_.clear();
    while (stream_.size() < bytes) {
      const std::size_t size = random.percent(2) ? random.below(300'000) : random.below(4'000);
      stream_ += "{\"n\":" + std::to_string(stream_.size()) + ",\"t\":\"" + std::string(size, 'x') +
                 "\"}" + (random.percent(10) ? "\r\n" : "\n");
    }
    // Its last line lacks its end.
    dump_ = folder_.write("dump", std::string_view(stream_).substr(0, stream_.size() - 1));
    if (stream_.ends_with("\r\n")) {
      dump_ = folder_.write("dump", stream_);
    }
  }

  [[nodiscard]] static ProgramResult run(std::vector<std::string> arguments,
                                         std::int64_t kill_after_ms = 0) {
    arguments.insert(arguments.begin(), "send");
    // A mistake should fail, not hang.
    if (std::ranges::find(arguments, "--give-up-after") == arguments.end()) {
      arguments.insert(arguments.end(), {"--give-up-after", "2m"});
    }
    return run_program(arguments, {.kill_after_ms = kill_after_ms});
  }

  static void expect_in(const std::string& text, std::string_view part) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
  }

  void expect_arrived(const FakeTier& tier) const {
    const std::string got = tier.committed();
    ASSERT_EQ(got.size(), stream_.size());
    EXPECT_TRUE(got == stream_);
  }

  TempFolder folder_;
  std::string dump_;
  std::string stream_;
};

TEST_F(Send, EverythingArrivesAndIsAcknowledged) {
  make_dump(1, 3'000'000);
  const FakeTier tier({});
  const ProgramResult result =
      run({"--to", tier.address(), "--stream", "s", "--speed", "max", dump_});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  expect_arrived(tier);
  EXPECT_EQ(tier.connections(), 1U);
  expect_in(result.err, "bytes of the stream s: all");
}

TEST_F(Send, WithoutAStreamNobodySaysWhatArrived) {
  make_dump(2, 3'000'000);
  const FakeTier tier({}, folder_.path("socket"));
  const ProgramResult result = run({"--to", tier.address(), "--speed", "max", dump_});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  expect_arrived(tier);
  EXPECT_TRUE(tier.saw_no_hello());
  expect_in(result.err, "acknowledged    nothing: without --stream nobody says");
}

TEST_F(Send, EachByteArrivesOnceThroughConnectionsThatBreak) {
  for (std::uint64_t n = 0; n < std::max<std::uint64_t>(seeded::seeds() / 30, 5); ++n) {
    const std::uint64_t seed = seeded::first_seed() + n;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    make_dump(seed, 2'000'000);
    seeded::Random random(seed);
    const FakeTier tier({.seed = seed,
                         .cut_after_max = 500'000 + random.below(1'000'000),
                         .read_max = 1 + random.below(random.percent(30) ? 500 : 50'000),
                         .commit_percent = 20 + random.below(60),
                         .silent_percent = random.below(60)});
    const ProgramResult result = run(
        {"--to", tier.address(), "--stream", "s", "--speed", "max", "--summary", "json", dump_});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    expect_arrived(tier);
    expect_in(result.err, "\"complete\":true");
    expect_in(result.err, "\"acknowledged\":" + std::to_string(stream_.size()));
  }
}

TEST_F(Send, WhenItIsKilledTheSameCommandGoesOn) {
  for (std::uint64_t n = 0; n < std::max<std::uint64_t>(seeded::seeds() / 60, 2); ++n) {
    const std::uint64_t seed = seeded::first_seed() + n;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    make_dump(seed, 1'000'000);
    stream_ += stream_;
    seeded::Random random(seed);
    const FakeTier tier(
        {.seed = seed, .cut_after_max = 2'000'000, .read_max = 4'000, .read_pause_us = 300});
    ProgramResult result;
    int runs = 0;
    do {
      result =
          run({"--to", tier.address(), "--stream", "s", "--speed", "max", "--loop", "2", dump_},
              runs < 20 ? random.between(1, 120) : 0);
    } while (result.exit_code == -1 && ++runs < 30);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_GT(runs, 0);
    expect_arrived(tier);
  }
}

TEST_F(Send, WhatTheTierHadBeforeIsNotSent) {
  make_dump(5, 1'000'000);
  const std::size_t half = stream_.find('\n', stream_.size() / 2) + 1;
  const FakeTier tier({.had = stream_.substr(0, half)});
  const ProgramResult result =
      run({"--to", tier.address(), "--stream", "s", "--speed", "max", "--summary", "json", dump_});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  expect_arrived(tier);
  expect_in(result.err, "\"had_before_bytes\":" + std::to_string(half));
  expect_in(result.err, "\"bytes\":" + std::to_string(stream_.size() - half) + ",");
  const ProgramResult again = run({"--to", tier.address(), "--stream", "s", dump_});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  expect_in(again.err, "Sent 0 lines");
}

TEST_F(Send, AnotherRecordingUnderTheSameNameIsRefused) {
  make_dump(6, 100'000);
  const FakeTier within({.had = stream_.substr(0, stream_.find('\n')) + "?\n"});
  const ProgramResult one = run({"--to", within.address(), "--stream", "s", dump_});
  EXPECT_EQ(one.exit_code, 65);
  expect_in(one.err, "no line of these dumps ends there");
  const FakeTier behind({.had = stream_ + "more\n"});
  const ProgramResult two = run({"--to", behind.address(), "--stream", "s", dump_});
  EXPECT_EQ(two.exit_code, 65);
  expect_in(two.err, "these dumps end before");
}

TEST_F(Send, ATierThatLostWhatItAcknowledgedIsToldAndSentAllByTheNextRun) {
  make_dump(13, 6'000'000);
  const FakeTier tier({.cut_after_max = 800'000,  // the longest line has 300,000
                       .read_max = 1'000,
                       .commit_percent = 100,
                       .forgets_at_connection = 4});
  const std::vector<std::string> command = {"--to",    tier.address(), "--stream", "s",
                                            "--speed", "max",          dump_};
  const ProgramResult first = run(command);
  EXPECT_EQ(first.exit_code, 74) << first.err;
  expect_in(first.err, "its state was replaced by an older one");
  const ProgramResult second = run(command);
  EXPECT_EQ(second.exit_code, 0) << second.err;
  expect_arrived(tier);
}

TEST_F(Send, NoMoreThanTheBufferIsEverUnacknowledged) {
  make_dump(7, 20'000'000);
  const FakeTier tier({.commit_percent = 0});
  const ProgramResult result =
      run({"--to", tier.address(), "--stream", "s", "--speed", "max", "--buffer", "4MiB", dump_});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  expect_arrived(tier);
  EXPECT_LE(tier.unanswered_max(), std::size_t{4} << 20);
}

TEST_F(Send, ASlowTierIsWaitedFor) {
  make_dump(8, 400'000);
  const FakeTier tier({.read_max = 3'000, .read_pause_us = 1'000});
  const ProgramResult result = run({"--to", tier.address(), "--stream", "s", "--speed", "1000000/s",
                                    "--summary", "json", dump_});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  expect_arrived(tier);
}

TEST_F(Send, ATierThatTalksNonsenseIsTold) {
  make_dump(9, 100'000);
  FakeTier tier({});
  tier.answer_next_with("{\"ack\":99999999999}\n");
  EXPECT_EQ(run({"--to", tier.address(), "--stream", "s", "--speed", "max", dump_}).exit_code, 65);
  tier.answer_next_with("{\"error\":\"\x1b[2Jbusy\"}\n");
  const ProgramResult busy = run({"--to", tier.address(), "--stream", "s", "--speed", "max",
                                  "--give-up-after", "200ms", dump_});
  EXPECT_EQ(busy.exit_code, 75);
  expect_in(busy.err, "says: \"{\"error\":\"\\x1b[2Jbusy");
  tier.answer_next_with(std::string(300'000, 'x'));
  const ProgramResult endless =
      run({"--to", tier.address(), "--stream", "s", "--speed", "max", dump_});
  EXPECT_EQ(endless.exit_code, 0) << endless.err;
  expect_in(endless.err, "what is answered is no line");
}

TEST_F(Send, GivesUpAfterATime) {
  make_dump(10, 1'000);
  const ProgramResult result = run({"--to", "unix:" + folder_.path("nobody"), "--stream", "s",
                                    "--give-up-after", "300ms", dump_});
  EXPECT_EQ(result.exit_code, 75);
  expect_in(result.err, "cannot be reached: No such file or directory. It is tried again.");
  expect_in(result.err, "given up. The same command goes on where it stands.");
}

TEST_F(Send, WaitsForATierThatComesLater) {
  make_dump(11, 100'000);
  const std::string socket = folder_.path("socket");
  std::unique_ptr<FakeTier> tier;
  std::thread later([&] {
    std::this_thread::sleep_for(milliseconds(300));
    tier = std::make_unique<FakeTier>(FakeTier::Manners{}, socket);
  });
  const ProgramResult result =
      run({"--to", "unix:" + socket, "--stream", "s", "--speed", "max", dump_});
  later.join();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  expect_in(result.err, "is connected now");
  expect_arrived(*tier);
}

TEST_F(Send, KeepsToItsSchedule) {
  std::string lines;
  for (int i = 0; i < 500; ++i) {
    lines += "{}\n";
  }
  stream_ = lines;
  dump_ = folder_.write("dump", lines);
  const FakeTier tier({});
  const ProgramResult result = run(
      {"--to", tier.address(), "--stream", "s", "--speed", "1000/s", "--summary", "json", dump_});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  expect_arrived(tier);
  const std::size_t at = result.err.find("\"seconds\":");
  ASSERT_NE(at, std::string::npos) << result.err;
  EXPECT_GE(std::stod(result.err.substr(at + 10)),
            0.499);  // the last line's time; the machine may be late, but never early
  expect_in(result.err, "\"asked\":1000.000");
}

TEST_F(Send, ByEventTimesTakesAsLongAsTheyDo) {
  const Millis t = 1'500'000'000'000;
  stream_ = post_at(t) + "\n" + post_at(t + 2000) + "\n" + post_at(t + 4000) + "\n";
  dump_ = folder_.write("dump", stream_);
  const FakeTier tier({});
  const ProgramResult result =
      run({"--to", tier.address(), "--stream", "s", "--speed", "10x", "--summary", "json", dump_});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  expect_arrived(tier);
  EXPECT_GE(std::stod(result.err.substr(result.err.find("\"seconds\":") + 10)), 0.4);
}

TEST_F(Send, RefusesWrongUsageAndMissingDumpsBeforeItConnects) {
  make_dump(12, 100);
  EXPECT_EQ(run({dump_}).exit_code, 2);
  EXPECT_EQ(run({"--to", "x", dump_}).exit_code, 2);
  EXPECT_EQ(run({"--to", "unix:x", "--speed", "fast", dump_}).exit_code, 2);
  EXPECT_EQ(run({"--to", "unix:x", "--stream", "a b", dump_}).exit_code, 2);
  EXPECT_EQ(run({"--to", "unix:x", "--buffer", "1KiB", dump_}).exit_code, 2);
  EXPECT_EQ(run({"--to", "unix:x", "--loop", "2", "-"}).exit_code, 2);
  const ProgramResult missing = run({"--to", "unix:x", dump_, folder_.path("none")});
  EXPECT_EQ(missing.exit_code, 65);
  expect_in(missing.err, "Nothing was sent");
}

}  // namespace
}  // namespace tagtill
