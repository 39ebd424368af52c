// What segments have of their own; what they share with other sinks is in sink_positions_test.cc
// and sink_contract_test.cc.
#include "sinks/segment_sink.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "tests/sim_disk.h"
#include "tests/sink_events.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

EventBatch one(const std::string& id) {
  EventBatch batch;
  batch.events.push_back(purchase(batch, id));
  return batch;
}

class SegmentSinkTest : public ::testing::Test {
 protected:
  SegmentSink sink(SegmentOptions options) {
    Surroundings around = real_surroundings();
    around.steady_ms = [this] { return now_ms_; };
    return {folder_.path("out/"), options, std::move(around)};
  }
  // Names and contents.
  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path("out"))) {
      all[entry.path().filename()] = read_file(entry.path());
    }
    return all;
  }
  void refuses(const SinkStart& start, const std::string& because) {
    SegmentSink sink = this->sink({});
    const std::string message = message_of([&] { sink.open(start); }, ExitCode::kIoFailed);
    EXPECT_NE(message.find(because), std::string::npos) << message;
    EXPECT_NE(message.find(folder_.path("out/")), std::string::npos) << message;
  }

  Millis now_ms_ = 1'000;
  TempFolder folder_;
  const bool made_ = std::filesystem::create_directory(folder_.path("out"));
};

const std::string kFirst = "00000001-00000000000000000000";

TEST_F(SegmentSinkTest, EndedBySizeBehindTheBatch) {
  SegmentSink sink = this->sink({.bytes = 500});
  sink.open({});
  sink.write(one("1"), 1);
  EXPECT_EQ(files(), (std::map<std::string, std::string>{{kFirst + ".part", ""}}));
  sink.write(one("2"), 7);
  sink.write(one("3"), 9);
  EXPECT_EQ(files().at(kFirst + ".jsonl"), lines_of(one("1")) + lines_of(one("2")));
  EXPECT_TRUE(files().contains("00000002-00000000000000000007.part"));
  sink.close();
  EXPECT_EQ(files(), (std::map<std::string, std::string>{
                         {kFirst + ".jsonl", lines_of(one("1")) + lines_of(one("2"))},
                         {"00000002-00000000000000000007.jsonl", lines_of(one("3"))}}));
}

TEST_F(SegmentSinkTest, EndedByAgeFromItsFirstEventOn) {
  SegmentSink sink = this->sink({.age_ms = 5'000});
  sink.open({});
  now_ms_ += 60'000;
  sink.write({}, 1);
  sink.write(one("1"), 2);
  now_ms_ += 4'999;
  sink.flush();
  EXPECT_FALSE(files().contains(kFirst + ".jsonl"));
  now_ms_ += 1;
  sink.flush();
  EXPECT_EQ(files().at(kFirst + ".jsonl"), lines_of(one("1")));
  now_ms_ += 60'000;
  sink.flush();
  sink.close();
  EXPECT_EQ(files().size(), 1U) << "an empty segment is none";
}

TEST_F(SegmentSinkTest, WithAStreamTheNextRunGoesOnWithTheNextNumber) {
  SinkPosition known;
  {
    SegmentSink sink = this->sink({});
    sink.open({"s", {}, 9, false});
    sink.write(one("1"), 4);
    known = sink.flush();
    sink.close();
  }
  EXPECT_TRUE(files().contains("00000002-00000000000000000004-s.part"));
  SegmentSink sink = this->sink({});
  EXPECT_EQ(sink.open({"s", known, 9, false}).events, 4U);
  sink.write(one("2"), 6);
  sink.close();
  EXPECT_EQ(files().at(kFirst + ".jsonl"), lines_of(one("1")));
  EXPECT_EQ(files().at("00000002-00000000000000000004.jsonl"), lines_of(one("2")));
}

TEST_F(SegmentSinkTest, SegmentsMayBeTakenAwayByWhoeverReadsThem) {
  SinkPosition known;
  {
    SegmentSink sink = this->sink({.bytes = 1});
    sink.open({"s", {}, 9, false});
    sink.write(one("1"), 4);
    known = sink.flush();
  }
  std::filesystem::remove(folder_.path("out/" + kFirst + ".jsonl"));
  SegmentSink sink = this->sink({});
  EXPECT_EQ(sink.open({"s", known, 9, false}), known);
}

TEST_F(SegmentSinkTest, RefusesWhatIsNotItsOwn) {
  SinkPosition known;
  {
    SegmentSink sink = this->sink({.bytes = 1});
    sink.open({"s", {}, 9, false});
    sink.write(one("1"), 4);
    known = sink.flush();
  }
  refuses({}, "segments of an earlier run");
  refuses({"t", {}, 9, false}, "a .part of another run");
  refuses({"s", {5, known.mark + (std::uint64_t{1} << 40)}, 9, false}, "restored from before");
  refuses({"s", {5, 0}, 9, false}, "restored from before");
  refuses({"s", known, 3, false}, "the state was restored from before");
  std::filesystem::remove(folder_.path("out/00000002-00000000000000000004-s.part"));
  refuses({"s", known, 9, false}, "is not there");
  refuses({"s", {}, 9, false}, "is not there");
}

TEST_F(SegmentSinkTest, OtherFilesAreLeftAlone) {
  for (const std::string name : {"readme", "1-2.jsonl", "0000000x-00000000000000000000.jsonl",
                                 "00000001-00000000000000000000.json", "00000001_x.part"}) {
    folder_.write("out/" + name, "theirs");
  }
  SegmentSink sink = this->sink({});
  sink.open({});
  sink.write(one("1"), 1);
  sink.close();
  EXPECT_EQ(files().size(), 6U);
  EXPECT_EQ(files().at("readme"), "theirs");
}

TEST_F(SegmentSinkTest, AFolderThatIsMissingIsSaid) {
  SegmentSink sink(folder_.path("none/"), {}, real_surroundings());
  const std::string message = message_of([&] { sink.open({}); }, ExitCode::kIoFailed);
  EXPECT_NE(message.find("cannot read " + folder_.path("none/")), std::string::npos) << message;
  EXPECT_NE(message.find("Make the folder first"), std::string::npos) << message;
}

// A segment that is to be seen is whole on the platter.
TEST(SegmentSinkOnADisk, WhatIsNamedSurvivesALossOfPowerWhole) {
  for (std::uint64_t step = 0; step < 60; ++step) {
    SimDisk disk(step);
    disk.fail_at(step, SimFault::kPowerLoss);
    std::map<std::string, std::string> seen;
    try {
      SegmentSink sink("out/", {.bytes = 1}, real_surroundings(), disk);
      sink.open({"s", {}, 9, false});
      for (std::uint64_t i = 1; i <= 5; ++i) {
        sink.write(one(std::to_string(i)), i);
        for (const auto& [path, bytes] : disk.sizes()) {
          if (path.ends_with(".jsonl")) {
            seen[path] = disk.content(path).value_or("");
          }
        }
      }
    } catch (const Error&) {
    }
    disk.lose_power();
    disk.restart();
    for (const auto& [path, content] : seen) {
      EXPECT_EQ(disk.content(path), content) << "step " << step;
    }
  }
}

}  // namespace
}  // namespace tagtill
