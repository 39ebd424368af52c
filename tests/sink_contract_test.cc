// The contract that every sink passes.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "sinks/sink_batcher.h"
#include "tests/sink_events.h"
#include "tests/sink_places.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

class SinkContract : public ::testing::TestWithParam<SinkKind> {
 protected:
  void SetUp() override {
    place_ = GetParam().place();
    if (place_ == nullptr) {
      GTEST_SKIP() << "skipped: what " << GetParam().name << " takes is not on this machine";
    }
  }

  [[nodiscard]] std::unique_ptr<Sink> sink() const { return place_->sink(); }
  // So many different ones.
  void expect_purchases(std::size_t count) const {
    if (!GetParam().keeps) {
      return;
    }
    std::vector<std::string> purchases = place_->purchases();
    if (GetParam().knows_purchases) {
      EXPECT_EQ(purchases.size(), count);
    }
    std::ranges::sort(purchases);
    purchases.erase(std::unique(purchases.begin(), purchases.end()), purchases.end());
    EXPECT_EQ(purchases.size(), count);
  }

  std::unique_ptr<SinkPlace> place_;
};

TEST_P(SinkContract, NothingWritten) {
  const auto sink = this->sink();
  sink->open({});
  sink->close();
  expect_purchases(0);
}

TEST_P(SinkContract, ABatchWrittenTwiceIsTheSamePurchases) {
  const EventBatch batch = hard_batch();
  const auto sink = this->sink();
  sink->open({});
  sink->write(batch, batch.events.size());
  sink->write(batch, batch.events.size());
  sink->close();
  expect_purchases(batch.events.size());
}

TEST_P(SinkContract, WhatWasFlushedStandsThoughTheSinkIsNeverClosed) {
  const EventBatch batch = hard_batch();
  {
    const auto sink = this->sink();
    sink->open({});
    sink->write(batch, batch.events.size());
    sink->flush();
    expect_purchases(batch.events.size());
  }
  expect_purchases(batch.events.size());
}

TEST_P(SinkContract, ClosedInMidBatchTheBatcherGivesAllItHolds) {
  const EventBatch batch = hard_batch();
  SinkBatcher batcher(sink(), confirmed_only());
  batcher.open({});
  batcher.add(batch, 0);
  batcher.close();
  expect_purchases(batch.events.size());
}

TEST_P(SinkContract, TheBatchMayBeClearedAfterTheWrite) {
  EventBatch batch = hard_batch();
  const std::size_t count = batch.events.size();
  const auto sink = this->sink();
  sink->open({});
  sink->write(batch, batch.events.size());
  batch.clear();
  std::fill_n(batch.bytes.allocate(60'000), 60'000, 'z');
  sink->close();
  expect_purchases(count);
  if (GetParam().keeps) {
    EXPECT_EQ(place_->content().find("zzzz"), std::string::npos);
  }
}

TEST_P(SinkContract, ManyBatches) {
  const auto sink = this->sink();
  sink->open({});
  for (std::uint64_t i = 0; i < 20; ++i) {
    EventBatch batch;
    for (int k = 0; k < 1'000; ++k) {
      batch.events.push_back(purchase(batch, std::to_string(i) + "." + std::to_string(k)));
    }
    sink->write(batch, (i + 1) * batch.events.size());
  }
  sink->close();
  expect_purchases(20'000);
}

// The events of three batches. The state has written down where the sink was behind the first,
// but not what came of the second when the process ends.
TEST_P(SinkContract, ACrashBetweenTheWriteAndTheStateLosesNothingAndDoublesNoRow) {
  if (!GetParam().keeps) {
    return;
  }
  constexpr std::uint64_t kEach = 50;
  EventBatch batches[3];
  for (std::uint64_t i = 0; i < 3 * kEach; ++i) {
    EventBatch& batch = batches[i / kEach];
    batch.events.push_back(purchase(batch, std::to_string(i)));
  }
  SinkPosition known;
  {
    SinkBatcher batcher(sink(), confirmed_only());
    batcher.open({"stream", {}, 3 * kEach, false});
    batcher.add(batches[0], 0);
    known = batcher.flush();
    EXPECT_EQ(known.events, kEach);
    batcher.add(batches[1], kEach);
    batcher.flush();
  }
  SinkBatcher batcher(sink(), confirmed_only());
  EXPECT_GE(batcher.open({"stream", known, 3 * kEach, false}).events, kEach);
  batcher.add(batches[1], kEach);
  batcher.add(batches[2], 2 * kEach);
  batcher.close();
  expect_purchases(3 * kEach);
  if (GetParam().exactly_once) {
    EXPECT_EQ(place_->purchases().size(), 3 * kEach);
  }
}

TEST_P(SinkContract, ARunWithAStateGoesOnWhereTheLastOneEnded) {
  SinkPosition known;
  for (std::uint64_t run = 0; run < 4; ++run) {
    EventBatch batch;
    for (std::uint64_t k = 0; k < 30; ++k) {
      batch.events.push_back(purchase(batch, std::to_string(run * 30 + k)));
    }
    SinkBatcher batcher(sink(), confirmed_only());
    EXPECT_EQ(batcher.open({"stream", known, run * 30, false}).events, run * 30);
    batcher.add(batch, run * 30);
    known = batcher.flush();
    EXPECT_EQ(known.events, (run + 1) * 30);
    batcher.close();
  }
  expect_purchases(120);
}

TEST_P(SinkContract, AnOutputThatCannotBeMadeIsSaidWithItsPath) {
  if (GetParam().at_path == nullptr) {
    return;  // it has no path
  }
  const TempFolder folder;
  const std::string missing = folder.path("no-such-folder/file");
  for (const std::string& path : {missing, folder.path(".")}) {
    const auto sink = GetParam().at_path(path);
    const std::string message = message_of([&] { sink->open({}); }, ExitCode::kIoFailed);
    EXPECT_NE(message.find(path), std::string::npos) << message;
    EXPECT_TRUE(message.ends_with('.')) << message;
  }
}

// A limit on the size of files stands in for a full disk: the same calls fail.
TEST_P(SinkContract, AFullDiskStopsItAndWhatCameBeforeStandsWhole) {
  if (GetParam().at_path == nullptr) {
    return;  // it has no file
  }
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limited{400'000, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limited), 0);
  std::size_t flushed = 0;
  const std::string message = message_of(
      [&] {
        const auto sink = this->sink();
        sink->open({});
        for (int i = 0; i < 1'000; ++i) {
          EventBatch batch;
          for (int k = 0; k < 100; ++k) {
            batch.events.push_back(purchase(batch, std::to_string(i) + "." + std::to_string(k)));
          }
          sink->write(batch, flushed + batch.events.size());
          sink->flush();
          flushed += batch.events.size();
        }
      },
      ExitCode::kIoFailed);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_NE(message.find("out put 'ä'"), std::string::npos) << message;
  EXPECT_GT(flushed, 0U);
  if (GetParam().knows_purchases) {
    expect_purchases(flushed);  // a transaction a batch
  } else {
    EXPECT_GE(place_->purchases().size(), flushed);  // whole lines
  }
}

INSTANTIATE_TEST_SUITE_P(Sinks, SinkContract, ::testing::ValuesIn(all_sink_kinds()),
                         [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace tagtill
