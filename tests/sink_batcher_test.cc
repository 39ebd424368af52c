// Batches for sinks.
#include "sinks/sink_batcher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/errors.h"
#include "tests/sink_events.h"

namespace tagtill {
namespace {

// A sink that says what it was given, and fails when told to.
class SpySink final : public Sink {
 public:
  struct Log {
    std::vector<std::size_t> batches;
    std::vector<std::uint64_t> through;
    std::vector<std::size_t> offers_after;  // so many batches
    std::size_t flushes = 0;
    std::string lines;
    bool closed = false;
    std::size_t fail_at_batch = SIZE_MAX;
  };

  explicit SpySink(Log& log) : log_(log) {}
  SinkPosition open(const SinkStart& start) override { return position_ = start.at; }
  void write(const EventBatch& batch, std::uint64_t through) override {
    if (log_.batches.size() == log_.fail_at_batch) {
      throw Error(ExitCode::kIoFailed, "the spy fails");
    }
    log_.batches.push_back(batch.events.size());
    log_.lines += lines_of(batch);
    log_.through.push_back(through);
    position_.events = through;
  }
  SinkPosition flush() override {
    ++log_.flushes;
    return position_;
  }
  void close() override { log_.closed = true; }
  void set_offers(const std::shared_ptr<const OfferCatalogue>& /*offers*/) override {
    log_.offers_after.push_back(log_.batches.size());
  }

 private:
  Log& log_;
  SinkPosition position_;
};

EventBatch small_events(std::size_t count) {
  EventBatch batch;
  for (std::size_t i = 0; i < count; ++i) {
    batch.events.push_back(purchase(batch, std::to_string(i)));
  }
  return batch;
}

TEST(SinkBatcher, CutsAtTheNumberOfEventsAndKeepsTheOrder) {
  SpySink::Log log;
  SinkBatcher batcher(std::make_unique<SpySink>(log), all_event_types());
  batcher.open({});
  const EventBatch events = small_events(10'000);
  for (std::size_t at = 0; at < events.events.size(); at += 100) {
    EventBatch piece;
    piece.events.assign(events.events.begin() + static_cast<std::ptrdiff_t>(at),
                        events.events.begin() + static_cast<std::ptrdiff_t>(at + 100));
    batcher.add(piece, at);
  }
  EXPECT_EQ(log.batches, (std::vector<std::size_t>(2, SinkLimits().events)));
  batcher.close();
  EXPECT_EQ(log.lines, lines_of(events));
  EXPECT_TRUE(log.closed);
}

TEST(SinkBatcher, CutsAtTheNumberOfBytes) {
  SpySink::Log log;
  SinkBatcher batcher(std::make_unique<SpySink>(log), all_event_types());
  batcher.open({});
  EventBatch events = small_events(1'000);
  const std::string title(100'000, 't');
  for (Event& event : events.events) {
    event.title = title;
  }
  batcher.add(events, 0);
  batcher.close();
  EXPECT_LE(*std::ranges::max_element(log.batches), 11U);
}

TEST(SinkBatcher, LimitsSayHowLargeABatchIs) {
  SpySink::Log log;
  SinkBatcher batcher(std::make_unique<SpySink>(log), all_event_types(), {.events = 30});
  (void)batcher.open({});
  batcher.add(small_events(100), 0);
  EXPECT_EQ(log.batches, (std::vector<std::size_t>{30, 30, 30}));

  SpySink::Log other;
  SinkBatcher by_bytes(std::make_unique<SpySink>(other), all_event_types(), {.bytes = 1});
  (void)by_bytes.open({});
  by_bytes.add(small_events(3), 0);
  EXPECT_EQ(other.batches, (std::vector<std::size_t>{1, 1, 1}));
}

TEST(SinkBatcher, CountsBatchesByWhyTheyWereWritten) {
  SpySink::Log log;
  SinkBatcher batcher(std::make_unique<SpySink>(log), confirmed_only(), {.events = 30});
  (void)batcher.open({});
  batcher.add(small_events(70), 0);
  EXPECT_EQ(batcher.batches(), (BatchCounts{2, 0, 0, 0, 0}));
  batcher.flush(BatchEnd::kIdle);
  EXPECT_EQ(batcher.batches(), (BatchCounts{2, 0, 1, 0, 0}));
  EventBatch others = small_events(2);
  for (Event& event : others.events) {
    event.type = EventType::kPrompt;
  }
  batcher.add(others, 70);
  EXPECT_EQ(batcher.flush(BatchEnd::kInTime).events, 72U);
  EXPECT_EQ(batcher.batches(), (BatchCounts{2, 0, 1, 0, 0}));
  batcher.add(small_events(1), 72);
  batcher.flush(BatchEnd::kInTime);
  batcher.add(small_events(1), 73);
  batcher.set_offers(nullptr);
  batcher.set_offers(nullptr);
  batcher.add(small_events(1), 74);
  batcher.close();
  EXPECT_EQ(batcher.batches(), (BatchCounts{2, 1, 1, 1, 1}));
}

TEST(SinkBatcher, NewOffersComeBehindWhatWasAddedBeforeThem) {
  SpySink::Log log;
  SinkBatcher batcher(std::make_unique<SpySink>(log), all_event_types());
  (void)batcher.open({});
  batcher.add(small_events(3), 0);
  batcher.set_offers(nullptr);
  EXPECT_EQ(log.batches, (std::vector<std::size_t>{3}));
  EXPECT_EQ(log.offers_after, (std::vector<std::size_t>{1}));
  batcher.add(small_events(2), 3);
  EXPECT_EQ(log.batches.size(), 1U);
  batcher.close();
  EXPECT_EQ(log.batches, (std::vector<std::size_t>{3, 2}));
  batcher.set_offers(nullptr);  // nobody is there any more
  EXPECT_EQ(log.offers_after.size(), 1U);
}

TEST(SinkBatcher, TheSinkGetsItsTypesAlone) {
  SpySink::Log log;
  SinkBatcher batcher(std::make_unique<SpySink>(log), confirmed_only());
  batcher.open({});
  EventBatch events = small_events(5);
  for (std::size_t i = 0; i < events.events.size(); ++i) {
    events.events[i].type = static_cast<EventType>(i);
  }
  batcher.add(events, 0);
  batcher.flush();
  EXPECT_EQ(log.batches, (std::vector<std::size_t>{1}));
  EXPECT_TRUE(log.lines.starts_with(R"({"type":"confirmed")"));
}

TEST(SinkBatcher, EventsThatTheSinkHasHadAreSkipped) {
  SpySink::Log log;
  SinkBatcher batcher(std::make_unique<SpySink>(log), all_event_types());
  EXPECT_EQ(batcher.open({"stream", {7, 3}, 20, false}), (SinkPosition{7, 3}));
  const EventBatch events = small_events(10);
  batcher.add(events, 0);  // 0 to 9
  batcher.add(events, 5);  // 5 to 14
  EXPECT_EQ(batcher.flush(), (SinkPosition{15, 3}));
  EventBatch expected;
  for (const std::size_t i : {7U, 8U, 9U, 5U, 6U, 7U, 8U, 9U}) {
    expected.events.push_back(events.events[i]);
  }
  EXPECT_EQ(log.lines, lines_of(expected));
}

TEST(SinkBatcher, EventsThatAreMissingAreAnError) {
  SpySink::Log log;
  SinkBatcher batcher(std::make_unique<SpySink>(log), all_event_types());
  batcher.open({});
  batcher.add(small_events(10), 0);
  const std::string message =
      message_of([&] { batcher.add(small_events(1), 12); }, ExitCode::kFailed);
  EXPECT_NE(message.find("events 10 to 11 are missing"), std::string::npos) << message;
}

TEST(SinkBatcher, EachBatchSaysHowFarItTakesTheSink) {
  SpySink::Log log;
  SinkBatcher batcher(std::make_unique<SpySink>(log), confirmed_only());
  batcher.open({});
  EventBatch events = small_events(6'000);
  for (std::size_t i = 0; i < events.events.size(); i += 2) {
    events.events[i].type = EventType::kPrompt;
  }
  batcher.add(events, 0);
  batcher.add(events, 6'000);  // the 4,096th purchase is number 8,191
  EXPECT_EQ(log.through, (std::vector<std::uint64_t>{8'192}));
  EXPECT_EQ(batcher.flush().events, 12'000U);
  EXPECT_EQ(log.through, (std::vector<std::uint64_t>{8'192, 12'000}));
}

// Once a flush, not once an add(); and not at all when nothing came.
TEST(SinkBatcher, EventsOfOtherTypesMoveTheSinkAtFlush) {
  SpySink::Log log;
  SinkBatcher batcher(std::make_unique<SpySink>(log), confirmed_only());
  batcher.open({});
  EventBatch events = small_events(3);
  for (Event& event : events.events) {
    event.type = EventType::kExpired;
  }
  batcher.add(events, 0);
  batcher.add(events, 3);
  EXPECT_TRUE(log.batches.empty());
  EXPECT_EQ(batcher.flush().events, 6U);
  EXPECT_EQ(batcher.flush().events, 6U);
  EXPECT_EQ(log.batches, (std::vector<std::size_t>{0}));
  EXPECT_EQ(log.through, (std::vector<std::uint64_t>{6}));
  EXPECT_EQ(log.flushes, 1U);
}

TEST(SinkBatcher, ASinkThatFailedIsNotTouchedAgain) {
  SpySink::Log log;
  log.fail_at_batch = 1;
  SinkBatcher batcher(std::make_unique<SpySink>(log), all_event_types());
  batcher.open({});
  batcher.add(small_events(1'000), 0);
  batcher.flush();
  batcher.add(small_events(500), 1'000);
  EXPECT_EQ(message_of([&] { batcher.flush(); }, ExitCode::kIoFailed), "the spy fails");
  batcher.add(small_events(5'000), 1'500);
  batcher.flush();
  batcher.close();
  EXPECT_FALSE(log.closed);
  EXPECT_EQ(log.batches, (std::vector<std::size_t>{1'000}));
}

}  // namespace
}  // namespace tagtill
