// The timing wheel: entries scheduled 15 minutes ahead and taken when they are due,
// with as many in it as the benchmark's argument says.
#include <benchmark/benchmark.h>

#include <map>
#include <vector>

#include "bench/shard_support.h"
#include "engine/hash_bytes.h"
#include "engine/timing_wheel.h"

namespace {

using namespace tagtill;
using shard_support::kStart;
using shard_support::kWindow;

struct Owner {
  std::vector<Millis> dues;
  [[nodiscard]] Millis due_of(TimingWheel::Entry entry) const { return dues[entry]; }
  void prefetch(TimingWheel::Entry entry, PrefetchList& list) const { list.add(&dues[entry]); }
  void expect(TimingWheel::Entry, PrefetchList&) const {}
};

class Wheel {
 public:
  static constexpr const char* name() { return ""; }
  explicit Wheel(std::size_t live) { owner_.dues.resize(live); }
  void schedule(Millis due, TimingWheel::Entry entry) {
    owner_.dues[entry] = due;
    wheel_.schedule(due, entry);
  }
  bool take(Millis bound, Millis& due, TimingWheel::Entry& entry) {
    const bool taken = wheel_.take_before(bound, owner_, list_, due, entry);
    list_.ask();
    return taken;
  }

 private:
  Owner owner_;
  PrefetchList list_;
  TimingWheel wheel_;
};

class Map {
 public:
  static constexpr const char* name() { return "std::multimap"; }
  explicit Map(std::size_t) {}
  void schedule(Millis due, TimingWheel::Entry entry) { map_.emplace(due, entry); }
  bool take(Millis bound, Millis& due, TimingWheel::Entry& entry) {
    if (map_.empty() || map_.begin()->first >= bound) {
      return false;
    }
    due = map_.begin()->first;
    entry = map_.begin()->second;
    map_.erase(map_.begin());
    return true;
  }

 private:
  std::multimap<Millis, TimingWheel::Entry> map_;
};

// Entries live for about 15 minutes; each that is taken is scheduled anew. Returns a
// sum over what was taken, in any order.
template <typename Timer>
std::uint64_t turn(Timer& timer, std::size_t live, std::size_t entries, double& seconds) {
  constexpr Millis kSpread = 1'000;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < live; ++i) {
    const auto at = static_cast<Millis>(i * static_cast<std::size_t>(kWindow) / live);
    timer.schedule(kStart + at + kWindow, static_cast<TimingWheel::Entry>(i));
  }
  const double begin = shard_support::processor_seconds();
  std::size_t taken = 0;
  for (Millis bound = kStart + kWindow; taken < entries; ++bound) {
    Millis due = 0;
    TimingWheel::Entry entry = 0;
    while (timer.take(bound, due, entry)) {
      const std::uint64_t hash = hash_number(static_cast<std::uint64_t>(due) ^ entry);
      sum += hash;
      timer.schedule(bound + kWindow + static_cast<Millis>(entry % kSpread), entry);
      ++taken;
    }
  }
  seconds = shard_support::processor_seconds() - begin;
  return sum;
}

template <typename Timer>
void turns(benchmark::State& state) {
  constexpr std::size_t kFew = 20'000;
  double seconds = 0;
  Wheel wheel(kFew);
  Map map(kFew);
  if (turn(wheel, kFew, 3 * kFew, seconds) != turn(map, kFew, 3 * kFew, seconds)) {
    state.SkipWithError("the wheel and its twin give different entries");
    return;
  }
  const auto live = static_cast<std::size_t>(state.range(0));
  constexpr std::size_t kEntries = 2'000'000;
  for (auto _ : state) {
    Timer timer(live);
    benchmark::DoNotOptimize(turn(timer, live, kEntries, seconds));
    state.SetIterationTime(seconds);
    state.counters["entries/s"] = static_cast<double>(kEntries) / seconds;
  }
  state.SetLabel(Timer::name());
}
void wheel(benchmark::State& state) { turns<Wheel>(state); }
void wheel_as_multimap(benchmark::State& state) { turns<Map>(state); }
BENCHMARK(wheel)
    ->Arg(1'000'000)
    ->Arg(10'000'000)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(wheel_as_multimap)
    ->Arg(1'000'000)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
