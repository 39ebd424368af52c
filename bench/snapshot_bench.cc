// Snapshots of many windows, saved and loaded, beside opening the windows anew; and what a
// journal takes for a candidate, beside deciding it.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/shard_support.h"
#include "engine/code_tape.h"
#include "engine/decider.h"
#include "engine/event.h"
#include "engine/file_errors.h"
#include "engine/journal_codec.h"
#include "engine/journal_player.h"
#include "engine/member_table.h"

namespace {

using namespace tagtill;
using shard_support::kStart;
using shard_support::LongId;
using shard_support::processor_seconds;

constexpr std::string_view kSecret = "0123456789abcdef0123456789abcdef";
constexpr std::size_t kBatch = 128;  // the candidates of a block

std::shared_ptr<const MemberTable> members_of(std::uint64_t count) {
  std::string lines;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::string number = std::to_string(1'000'000'000 + i);
    lines.append(R"({"author_id":")").append(LongId::author(i).text());
    lines.append(R"(","account":"a-)").append(number).append("\"}\n");
  }
  FileErrors errors;
  auto members = MemberTable::parse(lines, "members", errors);
  if (members == nullptr) {
    throw std::runtime_error(errors.shown().front());
  }
  return members;
}

// Posts of one author each, with an intent; 10,000 a second.
class Intents {
 public:
  Intents(const OfferCatalogue& offers, const MemberTable& members)
      : members_(members), tag_{"mug", offers.find_tag("mug"), kNoCode} {}

  void fill(CandidateBatch& batch, std::uint64_t first, std::size_t count) const {
    batch.clear();
    for (std::uint64_t i = first; i < first + count; ++i) {
      Candidate post;
      post.author_id = batch.bytes.keep(LongId::author(i).text());
      post.post_id = batch.bytes.keep(LongId::post(i).text());
      post.at = kStart + static_cast<Millis>(i / 10'000 * 50);
      post.followers = 200;
      post.member = members_.find(post.author_id);
      post.tags = {&tag_, 1};
      batch.candidates.push_back(post);
    }
  }

 private:
  const MemberTable& members_;
  PostTag tag_;
};

// A decider with so many windows open.
struct Shop {
  explicit Shop(std::uint64_t windows)
      : offers(shard_support::catalogue()),
        members(members_of(windows)),
        decider(std::make_unique<Decider>(offers, members, kSecret, ProtocolOptions())) {
    const Intents intents(*offers, *members);
    CandidateBatch batch;
    EventBatch events;
    for (std::uint64_t done = 0; done < windows; done += kBatch) {
      intents.fill(batch, done, std::min<std::uint64_t>(kBatch, windows - done));
      events.clear();
      const double begin = processor_seconds();
      decider->apply(batch, events);
      apply_seconds += processor_seconds() - begin;
    }
  }

  std::shared_ptr<const OfferCatalogue> offers;
  std::shared_ptr<const MemberTable> members;
  std::unique_ptr<Decider> decider;
  double apply_seconds = 0;
};

using Pieces = std::vector<std::string>;

Pieces saved(Shop& shop) {
  Pieces pieces;
  JournalPlayer::save_snapshot(*shop.offers, *shop.members, *shop.decider,
                               [&](std::string_view piece) { pieces.emplace_back(piece); });
  return pieces;
}

std::unique_ptr<Decider> loaded(const Pieces& pieces) {
  JournalPlayer player({}, Decider::kShards);
  std::size_t next = 0;
  player.load_snapshot(
      [&] { return next < pieces.size() ? std::string_view(pieces[next++]) : std::string_view(); });
  return player.take();
}

bool snapshots_work() {
  Shop shop(10'000);
  const std::unique_ptr<Decider> decider = loaded(saved(shop));
  return decider->broken_invariants().empty() && decider->open_windows() == 10'000;
}

// Time: of saving. A window has its post, which is remembered, and its author's membership.
void snapshot(benchmark::State& state) {
  if (!snapshots_work()) {
    state.SkipWithError("a loaded snapshot does not hold what was saved");
    return;
  }
  const auto windows = static_cast<std::uint64_t>(state.range(0));
  for (auto _ : state) {
    Shop shop(windows);
    const double begin = processor_seconds();
    const Pieces pieces = saved(shop);
    const double middle = processor_seconds();
    shop.decider.reset();
    const double before = processor_seconds();
    const std::unique_ptr<Decider> decider = loaded(pieces);
    const double end = processor_seconds();
    if (decider->open_windows() != windows) {
      state.SkipWithError("windows were lost");
    }
    std::size_t bytes = 0;
    for (const std::string& piece : pieces) {
      bytes += piece.size();
    }
    state.SetIterationTime(middle - begin);
    state.counters["load_s"] = end - before;
    state.counters["apply_s"] = shop.apply_seconds;  // the baseline: opening them anew
    state.counters["bytes/window"] = static_cast<double>(bytes) / static_cast<double>(windows);
  }
}
BENCHMARK(snapshot)
    ->Arg(1'000'000)
    ->Arg(10'000'000)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

// A million candidates decided, journaled and played. Time: of journaling them.
void journal(benchmark::State& state) {
  constexpr std::uint64_t kCandidates = 1'000'000;
  for (auto _ : state) {
    const auto offers = shard_support::catalogue();
    const auto members = members_of(kCandidates);
    Decider decider(offers, members, kSecret, {});
    CodeTape tape;
    decider.record_codes(&tape);
    JournalPlayer player({}, Decider::kShards);
    std::string entry;
    append_configuration(entry, *offers, *members, decider, tape);
    EventBatch played;
    player.play(JournalKind::kConfiguration, entry, played);
    const Intents intents(*offers, *members);
    CandidateBatch batch;
    EventBatch events;
    double apply_s = 0;
    double append_s = 0;
    double play_s = 0;
    std::size_t bytes = 0;
    for (std::uint64_t done = 0; done < kCandidates; done += kBatch) {
      intents.fill(batch, done, kBatch);
      events.clear();
      played.clear();
      entry.clear();
      tape.clear();
      const double begin = processor_seconds();
      decider.apply(batch, events);
      const double applied = processor_seconds();
      append_candidates(entry, batch, *members, tape);
      const double appended = processor_seconds();
      player.play(JournalKind::kCandidates, entry, played);
      apply_s += applied - begin;
      append_s += appended - applied;
      play_s += processor_seconds() - appended;
      bytes += entry.size();
      if (played.events.size() != events.events.size() ||
          played.events.back().code != events.events.back().code) {
        state.SkipWithError("the journal plays other events");
      }
    }
    constexpr double kNanos = 1e9 / static_cast<double>(kCandidates);
    state.SetIterationTime(append_s);
    state.counters["append_ns"] = append_s * kNanos;
    state.counters["play_ns"] = play_s * kNanos;
    state.counters["apply_ns"] = apply_s * kNanos;  // the baseline
    state.counters["bytes/candidate"] =
        static_cast<double>(bytes) / static_cast<double>(kCandidates);
  }
}
BENCHMARK(journal)->Iterations(1)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
