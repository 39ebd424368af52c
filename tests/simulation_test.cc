// Replays with a state survive what disks and machines do: simulated, on one thread.
//
// TAGTILL_SEEDS, TAGTILL_SEED  as in seeded.h
#include "tests/simulation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include "engine/errors.h"
#include "tests/stream_runs.h"

namespace simulation {
namespace {

using tagtill::SimDisk;
using tagtill::SimFault;

std::string confirmed_of(const std::string& events) {
  std::string confirmed;
  for (std::size_t at = 0; at < events.size();) {
    const std::size_t end = events.find('\n', at) + 1;
    const std::string_view line = std::string_view(events).substr(at, end - at);
    if (line.starts_with(R"({"type":"confirmed")")) {
      confirmed += line;
    }
    at = end;
  }
  return confirmed;
}

// Without faults. Its events are those of the reference.
struct Unbroken {
  Outcome outcome;
  std::uint64_t steps = 0;
};

Unbroken unbroken(SimulatedReplay& replay, const streams::Stream& stream, std::uint64_t seed) {
  SimDisk disk(seed);
  seeded::Random random(seed);
  Unbroken result;
  EXPECT_TRUE(replay.attempt(disk, random));
  result.steps = disk.steps();
  result.outcome = replay.outcome(disk);
  EXPECT_EQ(result.outcome.events, stream_runs::events_of_reference(stream, nullptr));
  EXPECT_EQ(result.outcome.purchases, confirmed_of(result.outcome.events));
  return result;
}

// What the disk does in one attempt.
void plan_faults(SimDisk& disk, seeded::Random& random, std::uint64_t steps, bool sync) {
  disk.clear_faults();
  disk.set_room(std::nullopt);
  const std::uint64_t step = disk.steps() + random.below(steps + steps / 4);
  switch (random.below(8)) {
    case 0:
    case 1:
      disk.fail_at(step, SimFault::kCrash);
      break;
    case 2:
    case 3:
      disk.fail_at(step, sync ? SimFault::kPowerLoss : SimFault::kCrash);
      break;
    case 4:
      disk.fail_at(step, SimFault::kIoError);
      break;
    case 5:
      disk.set_room(random.below(40'000));
      break;
    case 6:
      for (const SimFault fault : {SimFault::kNoSpace, SimFault::kIoError}) {
        disk.fail_sometimes(fault, static_cast<std::uint32_t>(random.below(3'000)));
      }
      break;
    default:
      for (const SimFault fault : {SimFault::kInterrupted, SimFault::kShortWrite}) {
        disk.fail_sometimes(fault, static_cast<std::uint32_t>(random.below(200'000)));
      }
      break;
  }
}

// Starts the program again and again, on a disk that gives it no peace and then does.
Outcome broken(SimulatedReplay& replay, seeded::Random& random, std::uint64_t steps, bool sync,
               std::uint64_t& attempts) {
  constexpr std::uint64_t kAttemptsWithFaults = 10;
  SimDisk disk(random.next());
  for (std::uint64_t attempt = 0;; ++attempt) {
    ++attempts;
    if (attempt < kAttemptsWithFaults) {
      plan_faults(disk, random, steps, sync);
    } else {
      disk.clear_faults();
      disk.set_room(std::nullopt);
    }
    try {
      if (replay.attempt(disk, random)) {
        disk.clear_faults();
        disk.set_room(std::nullopt);
        return replay.outcome(disk);
      }
    } catch (const std::exception& error) {
      ADD_FAILURE() << "attempt " << attempt << ": " << error.what();
      return {};
    }
    if (attempt > kAttemptsWithFaults) {
      ADD_FAILURE() << "it does not end though the disk is well: " << replay.last_error();
      return {};
    }
  }
}

TEST(Simulation, CrashesFaultsAndStallsChangeNothing) {
  std::chrono::milliseconds simulated{0};
  std::uint64_t attempts = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < seeded::seeds(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    const streams::Stream stream = streams::make(seed);
    seeded::Random random(seed);
    const bool sync = random.percent(75);
    SimulatedReplay replay(stream, sync);
    const Unbroken whole = unbroken(replay, stream, seed);
    const Outcome outcome = broken(replay, random, whole.steps, sync, attempts);
    ASSERT_EQ(outcome.events, whole.outcome.events);
    ASSERT_EQ(outcome.purchases, whole.outcome.purchases);
    ASSERT_EQ(outcome.letters, whole.outcome.letters);
    ASSERT_EQ(outcome.rows, whole.outcome.rows);
    simulated += replay.simulated_time();
  }
  const double real =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const double of_simulation = std::chrono::duration<double>(simulated).count();
  std::printf(
      "%llu runs broken %llu times: %.0f s of simulated time in %.1f s, %.0f times as fast\n",
      static_cast<unsigned long long>(seeded::seeds()),
      static_cast<unsigned long long>(attempts - seeded::seeds()), of_simulation, real,
      of_simulation / real);
}

std::string fault_name(SimFault fault) {
  switch (fault) {
    case SimFault::kCrash:
      return "Crash";
    case SimFault::kPowerLoss:
      return "PowerLoss";
    case SimFault::kNoSpace:
      return "NoSpace";
    case SimFault::kIoError:
      return "IoError";
    case SimFault::kInterrupted:
      return "Interrupted";
    case SimFault::kShortWrite:
      break;
  }
  return "ShortWrite";
}

// A small run, and every fault at every call in turn (with few seeds: at every so-manieth).
class EveryStep : public testing::TestWithParam<SimFault> {};

TEST_P(EveryStep, OfASmallRunFailsInTurn) {
  const std::uint64_t seed = seeded::first_seed();
  const streams::Stream stream = streams::make(seed);
  SimulatedReplay replay(stream, true);
  const Unbroken whole = unbroken(replay, stream, seed);
  const std::uint64_t stride = std::max<std::uint64_t>(1, 300 / seeded::seeds());
  for (std::uint64_t step = 0; step < whole.steps; step += stride) {
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed) + ", step " + std::to_string(step) +
                 " of " + std::to_string(whole.steps));
    SimDisk disk(seed);
    seeded::Random random(seed);
    disk.fail_at(step, GetParam());
    if (!replay.attempt(disk, random)) {
      disk.clear_faults();
      ASSERT_TRUE(replay.attempt(disk, random));
    }
    ASSERT_TRUE(replay.outcome(disk) == whole.outcome);
  }
}

INSTANTIATE_TEST_SUITE_P(Simulation, EveryStep,
                         testing::Values(SimFault::kCrash, SimFault::kPowerLoss, SimFault::kNoSpace,
                                         SimFault::kIoError, SimFault::kInterrupted,
                                         SimFault::kShortWrite),
                         [](const auto& fault) { return fault_name(fault.param); });

// The same check on a disk that says it has synced and has not: if it found nothing there, it
// would find nothing anywhere.
TEST(Simulation, ADiskThatLiesIsFoundOut) {
  std::uint64_t found = 0;
  for (std::uint64_t i = 0; i < 20; ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    const streams::Stream stream = streams::make(seed);
    SimulatedReplay replay(stream, true);
    const Unbroken whole = unbroken(replay, stream, seed);
    seeded::Random random(seed);
    SimDisk disk(seed);
    disk.set_syncs_lie(true);
    disk.fail_at(whole.steps / 2 + random.below(whole.steps / 2), SimFault::kPowerLoss);
    try {
      if (!replay.attempt(disk, random)) {
        disk.clear_faults();
        found += replay.attempt(disk, random) && replay.outcome(disk) == whole.outcome ? 0 : 1;
      }
    } catch (const tagtill::Error&) {
      ++found;
    }
  }
  EXPECT_GT(found, 0U);
}

}  // namespace
}  // namespace simulation
