// The contract that every sink passes.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sinks/jsonl_sink.h"
#include "sinks/null_sink.h"
#include "sinks/sink_batcher.h"
#include "sinks/sqlite_sink.h"
#include "tests/sink_events.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

// The contract. `count` tells how many different purchases an output holds.
struct SinkKind {
  std::string name;
  std::function<std::unique_ptr<Sink>(const std::string& path)> make;
  std::function<std::size_t(const std::string& path)> count;
  bool keeps = true;  // false: nothing is kept, so nothing is counted
};

void PrintTo(const SinkKind& kind, std::ostream* out) { *out << kind.name; }

std::size_t count_lines(const std::string& path) {
  const std::string text = read_file(path);
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    EXPECT_NE(end, std::string::npos) << "the last line has no end";
    lines.push_back(text.substr(at, end - at));
    at = end == std::string::npos ? text.size() : end + 1;
  }
  std::ranges::sort(lines);
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  return lines.size();
}

class SinkContract : public ::testing::TestWithParam<SinkKind> {
 protected:
  [[nodiscard]] std::unique_ptr<Sink> sink() const { return GetParam().make(path_); }
  void expect_purchases(std::size_t count) const {
    if (GetParam().keeps) {
      EXPECT_EQ(GetParam().count(path_), count);
    }
  }

  TempFolder folder_;
  std::string path_ = folder_.path("out put 'ä'");
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
    EXPECT_EQ(read_file(path_).find("zzzz"), std::string::npos);
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

TEST_P(SinkContract, AnOutputThatCannotBeMadeIsSaidWithItsPath) {
  if (!GetParam().keeps) {
    return;  // it has no output that could fail
  }
  const std::string missing = folder_.path("no-such-folder/file");
  for (const std::string& path : {missing, folder_.path(".")}) {
    const auto sink = GetParam().make(path);
    const std::string message = message_of([&] { sink->open({}); }, ExitCode::kIoFailed);
    EXPECT_NE(message.find(path), std::string::npos) << message;
    EXPECT_TRUE(message.ends_with('.')) << message;
  }
}

// A limit on the size of files stands in for a full disk: the same calls fail.
TEST_P(SinkContract, AFullDiskStopsItAndWhatCameBeforeStandsWhole) {
  if (!GetParam().keeps) {
    return;  // it has no output that could fail
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
  EXPECT_NE(message.find(path_), std::string::npos) << message;
  EXPECT_GT(flushed, 0U);
  if (GetParam().name.starts_with("sqlite")) {
    expect_purchases(flushed);  // a transaction a batch
    EXPECT_EQ(query(path_, "PRAGMA integrity_check"), (Rows{{"ok"}}));
  } else {
    EXPECT_GE(GetParam().count(path_), flushed);  // whole lines
  }
}

INSTANTIATE_TEST_SUITE_P(
    Sinks, SinkContract,
    ::testing::Values(
        SinkKind{"null", [](const std::string&) { return std::make_unique<NullSink>(); },
                 [](const std::string&) { return std::size_t{0}; }, false},
        SinkKind{"jsonl",
                 [](const std::string& path) {
                   return std::make_unique<JsonlSink>(path, "the jsonl sink");
                 },
                 count_lines},
        SinkKind{"sqlite",
                 [](const std::string& path) { return std::make_unique<SqliteSink>(path); },
                 count_rows},
        SinkKind{"sqlite_all_events",
                 [](const std::string& path) {
                   return std::make_unique<SqliteSink>(path, all_event_types(),
                                                       std::make_shared<OfferCatalogue>());
                 },
                 count_rows}),
    [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace tagtill
