// The contract of sinks with a state: after a crash at any step, of the process or of the
// machine, and after any call that fails, nothing is lost and nothing doubled.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "engine/errors.h"
#include "sinks/sink_batcher.h"
#include "sinks/sink_url.h"
#include "tests/seeded.h"
#include "tests/sim_disk.h"
#include "tests/sink_events.h"
#include "tools/replay/dead_letters.h"

namespace tagtill {
namespace {

const std::string kPath = "folder/out";

// The file of dead letters behind the interface of sinks: the letters are events here.
class LettersSink final : public Sink {
 public:
  explicit LettersSink(Disk& disk) : file_(kPath, disk) {}
  SinkPosition open(const SinkStart& start) override { return file_.open(start); }
  void write(const EventBatch& batch, std::uint64_t through) override {
    file_.write(lines_of(batch), through);
  }
  SinkPosition flush() override { return file_.flush(); }
  void close() override { file_.close(); }

 private:
  DeadLetterFile file_;
};

struct PositionKind {
  std::string name;
  EventTypes types;
  std::function<std::unique_ptr<Sink>(Disk& disk)> make;
};

std::ostream& operator<<(std::ostream& out, const PositionKind& kind) { return out << kind.name; }

PositionKind kind_of(std::string name, const std::string& url) {
  const SinkUrl parsed = parse_sink_url(url);
  return {std::move(name), parsed.events, [parsed](Disk& disk) {
            return make_sink(parsed, std::make_shared<OfferCatalogue>(), disk);
          }};
}

// Events of all types; many rejections are alike in every column.
EventBatch mixed_events(std::size_t count) {
  EventBatch batch;
  for (std::size_t i = 0; i < count; ++i) {
    Event event = purchase(batch, std::to_string(i));
    event.type = static_cast<EventType>((i * i + i / 7) % kEventTypes);
    if (event.type == EventType::kRejected) {
      event.reject_reason = RejectReason::kUnknownCode;
      event.post_id = i % 3 == 0 ? "post" : event.post_id;
      event.author_id = "author";
      event.offer_id = i % 2 == 0 ? "" : "mug";
    }
    batch.events.push_back(event);
  }
  return batch;
}

EventBatch part_of(const EventBatch& events, std::size_t begin, std::size_t end) {
  EventBatch part;
  part.events.assign(events.events.begin() + static_cast<std::ptrdiff_t>(begin),
                     events.events.begin() + static_cast<std::ptrdiff_t>(end));
  return part;
}

// All segments and the .part, in their order.
std::string content_of_segments(const SimDisk& disk) {
  std::string all;
  for (const auto& [path, bytes] : disk.sizes()) {
    if (path.starts_with(kPath + "/")) {
      all += disk.content(path).value_or("");
    }
  }
  return all;
}

// What stands in the output: a file's bytes, or all rows of all tables and the cursor.
std::string content_of(const SimDisk& disk, const std::string& kind) {
  if (kind.find("segments") != std::string::npos) {
    return content_of_segments(disk);
  }
  if (kind.find("sqlite") == std::string::npos) {
    return disk.content(kPath).value_or("");
  }
  const std::string vfs = disk.sqlite_vfs();
  std::string all = query(kPath, "PRAGMA integrity_check", vfs).at(0).at(0) + "\n";
  for (const auto& table :
       query(kPath, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1", vfs)) {
    for (const auto& row : query(kPath, "SELECT * FROM " + table[0], vfs)) {
      all += table[0];
      for (const std::string& cell : row) {
        all += "|" + cell;
      }
      all += "\n";
    }
  }
  return all;
}

// What the state knows.
struct State {
  SinkPosition known;
  std::size_t lives = 0;
};

class SinkPositions : public ::testing::TestWithParam<PositionKind> {
 protected:
  // The life of a process: opens the sink where the state knows it to be, gives it the rest of
  // the events, and flushes it now and then, which the state often does not come to write down.
  // Throws what the sink throws.
  void live(SimDisk& disk, State& state, seeded::Random& random) {
    ++state.lives;
    SinkBatcher batcher(GetParam().make(disk), GetParam().types);
    const SinkPosition opened = batcher.open({"stream", state.known, events_.events.size(), true});
    ASSERT_GE(opened.events, state.known.events);
    state.known = random.percent(50) ? opened : state.known;
    for (std::size_t at = state.known.events; at < events_.events.size();) {
      const std::size_t end = std::min(at + 1 + random.below(9), events_.events.size());
      batcher.add(part_of(events_, at, end), at);
      at = end;
      if (random.percent(40)) {
        const SinkPosition flushed = batcher.flush();
        ASSERT_EQ(flushed.events, std::max<std::uint64_t>(at, opened.events));
        state.known = random.percent(60) ? flushed : state.known;
      }
    }
    state.known = batcher.flush();
    batcher.close();
  }

  // Lives until one comes to its end. A life that does not must end with a sentence.
  void live_on(SimDisk& disk, State& state, seeded::Random& random) {
    std::string said;
    for (bool ended = false; !ended && !HasFatalFailure();) {
      ASSERT_LT(state.lives, 50U) << said;
      try {
        live(disk, state, random);
        ended = !disk.is_down();
      } catch (const Error& error) {
        said = error.what();
        EXPECT_EQ(error.code(), ExitCode::kIoFailed);
        EXPECT_NE(std::string(error.what()).find(kPath), std::string::npos) << error.what();
      }
      disk.crash();
      disk.restart();
    }
  }

  // Each step in turn has the fault; further faults come at random.
  void expect_nothing_lost_or_doubled(SimFault fault) {
    std::string unbroken;
    const std::uint64_t seeds = 1 + seeded::seeds() / 300;
    for (std::uint64_t seed = seeded::first_seed(); seed < seeded::first_seed() + seeds; ++seed) {
      std::uint64_t steps = 1;
      for (std::uint64_t step = 0; step < steps; ++step) {
        SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed) + ", step " + std::to_string(step));
        SimDisk disk(seed * 10'000 + step);
        seeded::Random random(seed);
        disk.fail_at(step, fault);
        disk.fail_at(step + 1 + random.below(150), fault);
        State state;
        live_on(disk, state, random);
        steps = state.lives > 1 || disk.faults() > 0 || disk.steps() > step ? step + 2 : step;
        disk.clear_faults();
        const std::string content = content_of(disk, GetParam().name);
        unbroken = unbroken.empty() ? unbroken_content() : unbroken;
        ASSERT_EQ(content, unbroken);
        ASSERT_EQ(state.known.events, events_.events.size());
      }
    }
  }

  std::string unbroken_content() {
    SimDisk disk(1);
    SinkBatcher batcher(GetParam().make(disk), GetParam().types);
    batcher.open({"stream", {}, events_.events.size(), false});
    batcher.add(events_, 0);
    batcher.close();
    return content_of(disk, GetParam().name);
  }

  const EventBatch events_ = mixed_events(50);
};

TEST_P(SinkPositions, ACrashAtAnyStepLosesAndDoublesNothing) {
  expect_nothing_lost_or_doubled(SimFault::kCrash);
}

TEST_P(SinkPositions, ALossOfPowerAtAnyStepLosesAndDoublesNothing) {
  expect_nothing_lost_or_doubled(SimFault::kPowerLoss);
}

TEST_P(SinkPositions, ACallThatFailsLosesAndDoublesNothing) {
  for (const SimFault fault :
       {SimFault::kIoError, SimFault::kNoSpace, SimFault::kInterrupted, SimFault::kShortWrite}) {
    expect_nothing_lost_or_doubled(fault);
  }
}

TEST_P(SinkPositions, AFullDiskStopsItAndWithRoomItGoesOn) {
  for (std::uint64_t room = 0; room < 60'000; room += 1 + room / 3) {
    SCOPED_TRACE(room);
    SimDisk disk(room);
    seeded::Random random(room);
    State state;
    disk.set_room(room);
    try {
      live(disk, state, random);
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("Free some room"), std::string::npos)
          << error.what();
    }
    disk.crash();
    disk.restart();
    disk.set_room(std::nullopt);
    live_on(disk, state, random);
    ASSERT_EQ(content_of(disk, GetParam().name), unbroken_content());
  }
}

// The control: were the disk or the check too kind, this would find nothing.
TEST_P(SinkPositions, OnADiskThatLiesAboutSyncsTheSameCheckFindsLosses) {
  if (GetParam().name == "null") {
    return;  // it has nothing to lose
  }
  std::size_t noticed = 0;
  const std::string unbroken = unbroken_content();
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SimDisk disk(seed);
    disk.set_syncs_lie(true);
    seeded::Random random(seed);
    disk.fail_at(random.below(100), SimFault::kPowerLoss);
    State state;
    try {
      live(disk, state, random);
    } catch (const Error&) {
    }
    disk.crash();
    disk.restart();
    try {
      live(disk, state, random);
      noticed += content_of(disk, GetParam().name) != unbroken ? 1 : 0;
    } catch (const Error&) {
      ++noticed;  // refused: shorter than it was, behind, damaged
    }
  }
  EXPECT_GT(noticed, 0U);
}

TEST_P(SinkPositions, WithoutAStreamItBeginsAtTheBeginning) {
  SimDisk disk(1);
  const auto sink = GetParam().make(disk);
  EXPECT_EQ(sink->open({}), SinkPosition());
  sink->write(events_, 50);
  EXPECT_EQ(sink->flush().events, 50U);
  sink->close();
}

// The state never came to write down that the sink had anything.
TEST_P(SinkPositions, OpenedAtZeroAgainItIsGivenAllAgain) {
  SimDisk disk(1);
  {
    SinkBatcher batcher(GetParam().make(disk), GetParam().types);
    batcher.open({"stream", {}, 50, true});
    batcher.add(part_of(events_, 0, 20), 0);
    batcher.flush();
  }
  disk.crash();
  disk.restart();
  SinkBatcher batcher(GetParam().make(disk), GetParam().types);
  batcher.open({"stream", {}, 50, true});
  batcher.add(events_, 0);
  batcher.close();
  EXPECT_EQ(content_of(disk, GetParam().name), unbroken_content());
}

// Nothing of what came before is asked of it.
TEST_P(SinkPositions, ASinkMayJoinAStateLater) {
  SimDisk disk(1);
  SinkBatcher batcher(GetParam().make(disk), GetParam().types);
  EXPECT_EQ(batcher.open({"stream", {40, 0}, 50, true}).events, 40U);
  batcher.add(part_of(events_, 40, 50), 40);
  const SinkPosition flushed = batcher.flush();
  EXPECT_EQ(flushed.events, 50U);
  batcher.close();
  const auto again = GetParam().make(disk);
  EXPECT_EQ(again->open({"stream", flushed, 50, true}).events, 50U);
  again->close();
}

TEST_P(SinkPositions, APositionWithoutEventsIsKept) {
  SimDisk disk(1);
  SinkPosition flushed;
  {
    const auto sink = GetParam().make(disk);
    sink->open({"stream", {}, 50, true});
    sink->write({}, 17);
    flushed = sink->flush();
    EXPECT_EQ(flushed.events, 17U);
  }
  disk.crash();
  disk.restart();
  const auto sink = GetParam().make(disk);
  EXPECT_EQ(sink->open({"stream", flushed, 50, true}), flushed);
}

INSTANTIATE_TEST_SUITE_P(
    Sinks, SinkPositions,
    ::testing::Values(kind_of("null", "null:"), kind_of("jsonl", "jsonl:" + kPath),
                      kind_of("jsonl_all_events", "jsonl:" + kPath + "?events=all"),
                      kind_of("segments", "jsonl:" + kPath + "/?segment-bytes=700"),
                      kind_of("segments_all_events",
                              "jsonl:" + kPath + "/?segment-bytes=3000&events=all"),
                      kind_of("sqlite", "sqlite:" + kPath),
                      kind_of("sqlite_all_events", "sqlite:" + kPath + "?events=all"),
                      PositionKind{"dead_letters", all_event_types(),
                                   [](Disk& disk) { return std::make_unique<LettersSink>(disk); }}),
    [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace tagtill
