// Lives of windows: opened, half of them confirmed, all forgotten at their deadlines,
// with as many open at any time as the benchmark's argument says.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "bench/shard_support.h"
#include "engine/ahead.h"
#include "engine/decider.h"
#include "engine/shard.h"
#include "engine/shard_set.h"
#include "engine/terms.h"

namespace {

using namespace tagtill;
using shard_support::kStart;
using shard_support::kWindow;
using shard_support::LongId;

// What came of the windows that have ended, in any order.
struct Ends {
  std::uint64_t confirmed = 0;
  std::uint64_t expired = 0;
  std::uint64_t sum = 0;  // of hashes of author, intent and time

  void add(bool was_confirmed, IdKey author, IdKey intent, Millis at) {
    ++(was_confirmed ? confirmed : expired);
    sum += hash_keys(hash_keys(author, intent), static_cast<std::uint64_t>(at));
  }
  friend bool operator==(const Ends&, const Ends&) = default;
};

struct Post {
  LongId author_id;
  LongId post_id;
  Millis at;
};

// Looked at once, as the Decider does at the beginning of a batch.
struct Ids {
  explicit Ids(const Post& from)
      : author(from.author_id.text()), post(from.post_id.text()), at(from.at) {}
  Id author;
  Id post;
  Millis at;
};

Code code_of(const Id& post) { return post.hash & Window::kCodeMask; }

// The shards as the Decider uses them: without codes (an HMAC each), without the
// ledger, and without the text of events.
class Shards {
 public:
  Shards() : offers_(shard_support::catalogue()) {
    terms_.set_catalogue(*offers_);
    for (Shard& shard : shards_) {
      shard.posts().set_longest_window(kWindow, 0);
    }
  }

  static constexpr const char* name() { return ""; }

  void prefetch(const Ids& post, PrefetchList& list) const {
    shards_.of(post.author).prefetch(post.author, post.post, list);
  }
  void prefetch_records(const Ids& post, PrefetchList& list) const {
    shards_.of(post.author).prefetch_records(post.author, post.post, list);
  }

  // P4.2 to P4.4, and P4.6.
  void open(const Ids& post) {
    const std::size_t number = shards_.number_of(post.author);
    Shard& shard = shards_[number];
    const IdKey key = shard.ids().acquire(post.author);
    const OfferNumber offer = terms_.offer_number(0);
    std::size_t windows = 0;
    WindowIndex last = Shard::kNoWindow;
    for (WindowIndex at = shard.first_window(key); at != Shard::kNoWindow;) {
      const Window& window = shard.window(at);
      if (window.state == Window::State::kOpen && post.at <= shard.deadline(window)) {
        return;
      }
      ++windows;
      last = at;
      at = window.next;
    }
    if (windows >= Shard::kWindowsMax || shard.confirmed().count(key, offer) >= 1'000'000) {
      return;
    }
    const Window window{.author = key,
                        .intent = post.post.key,
                        .intent_at = post.at & Window::kTimeMask,
                        .state = Window::State::kOpen,
                        .denied = false,
                        .account_kept = false,
                        .code = code_of(post.post) & Window::kCodeMask,
                        .terms = 0,
                        .next = Shard::kNoWindow,
                        .account = 0};
    shard.add_window(window, last);
    shards_.scheduled(number);
  }

  // P3.4.
  void remember(const Ids& post) {
    Shard& shard = shards_.of(post.author);
    if (!shard.posts().remembers(post.author, post.post, bound_)) {
      shard.posts().remember(post.author, post.post, post.at);
    }
  }

  // P5.4.
  void confirm(const Id& author, Code code) {
    Shard& shard = shards_.of(author);
    for (WindowIndex at = shard.first_window(author.key); at != Shard::kNoWindow;) {
      Window& window = shard.window(at);
      if (window.code == code && window.state == Window::State::kOpen) {
        window.state = Window::State::kConfirmed;
        shard.confirmed().add(window.author, terms_.offer_number(window.terms));
        return;
      }
      at = window.next;
    }
  }

  // P3.6, step 3.
  void advance(Millis bound) {
    bound_ = bound;
    due_.clear();
    shards_.collect_due(bound, due_);
    for (const Due& due : due_) {
      const Window& window = due.shard->window(due.index);
      ends_.add(window.state == Window::State::kConfirmed, window.author, window.intent,
                window.intent_at);
      due.shard->remove_window(due.index);
    }
  }

  [[nodiscard]] const Ends& ends() const { return ends_; }

 private:
  std::shared_ptr<const OfferCatalogue> offers_;
  TermsTable terms_;
  ShardSet shards_{terms_, Decider::kShards};
  std::vector<Due> due_;
  Ends ends_;
  Millis bound_ = 0;
};

// The plain twin, and the baseline: what somebody would write first, with ids as
// numbers.
class Containers {
 public:
  static constexpr const char* name() { return "std::unordered_map + std::multimap"; }

  void prefetch(const Ids&, PrefetchList&) const {}
  void prefetch_records(const Ids&, PrefetchList&) const {}

  void open(const Ids& post) {
    const IdKey author = post.author.key;
    const auto [life, added] = windows_.try_emplace(author);
    if (added) {
      life->second = {post.post.key, post.at, code_of(post.post), 0, false};
      deadlines_.emplace(post.at + kWindow, author);
    }
  }

  void remember(const Ids&) {}

  void confirm(const Id& author, Code code) {
    const auto found = windows_.find(author.key);
    if (found != windows_.end() && found->second.code == code && !found->second.confirmed) {
      found->second.confirmed = true;
      ++confirmed_[found->first];
    }
  }

  void advance(Millis bound) {
    while (!deadlines_.empty() && deadlines_.begin()->first < bound) {
      const auto found = windows_.find(deadlines_.begin()->second);
      const Life& life = found->second;
      ends_.add(life.confirmed, found->first, life.intent, life.at);
      windows_.erase(found);
      deadlines_.erase(deadlines_.begin());
    }
  }

  [[nodiscard]] const Ends& ends() const { return ends_; }

 private:
  struct Life {
    IdKey intent;
    Millis at;
    Code code;
    std::uint32_t member;
    bool confirmed;
  };
  std::unordered_map<IdKey, Life> windows_;
  std::multimap<Millis, IdKey> deadlines_;
  std::unordered_map<IdKey, std::uint32_t> confirmed_;
  Ends ends_;
};

// Runs posts through a store in batches, and measures.
template <typename Store>
class Stream {
 public:
  Stream(std::uint64_t live, bool posts) : live_(live), posts_(posts) {}

  // `count` posts; seconds of processor time.
  double run(std::uint64_t count, bool ends) {
    double seconds = 0;
    for (std::uint64_t done = 0; done < count;) {
      make_batch(std::min<std::uint64_t>(count - done, kBatch), ends);
      const double begin = shard_support::processor_seconds();
      read_ids();
      for_each_step([this](std::size_t i) {
        store_.advance(batch_[i].post.at);
        apply_post(i);
      });
      seconds += shard_support::processor_seconds() - begin;
      done += batch_.size();
    }
    return seconds;
  }

  // The same with a clock around each step: the slowest of each kind, in seconds.
  struct Slowest {
    double open = 0;
    double advance = 0;
  };
  Slowest run_and_watch(std::uint64_t count, bool ends) {
    Slowest slowest;
    for (std::uint64_t done = 0; done < count;) {
      make_batch(std::min<std::uint64_t>(count - done, kBatch), ends);
      read_ids();
      for_each_step([&](std::size_t i) {
        const double begin = shard_support::processor_seconds();
        store_.advance(batch_[i].post.at);
        const double middle = shard_support::processor_seconds();
        apply_post(i);
        const double end = shard_support::processor_seconds();
        slowest.advance = std::max(slowest.advance, middle - begin);
        slowest.open = std::max(slowest.open, end - middle);
      });
      done += batch_.size();
    }
    return slowest;
  }

  Store& store() { return store_; }

 private:
  static constexpr std::size_t kBatch = 128;  // the posts of a block

  struct Texts {
    Post post;
    bool confirms;
    Post confirmed;
  };
  struct Step {
    explicit Step(const Texts& texts) : post(texts.post) {
      if (texts.confirms) {
        confirmed.emplace(texts.confirmed);
      }
    }
    Ids post;
    std::optional<Ids> confirmed;  // half a window before
  };

  [[nodiscard]] Post post(std::uint64_t number) const {
    return {LongId::author(number), LongId::post(number),
            kStart + static_cast<Millis>(number * static_cast<std::uint64_t>(kWindow) / live_)};
  }

  void make_batch(std::uint64_t count, bool ends) {
    posts_of_batch_.clear();
    for (; count > 0; --count, ++number_) {
      const bool confirms = ends && number_ % 2 == 0;
      posts_of_batch_.push_back(
          {post(number_), confirms, post(number_ - (confirms ? live_ / 2 : 0))});
    }
  }

  void read_ids() {
    batch_.clear();
    for (const Texts& texts : posts_of_batch_) {
      batch_.emplace_back(texts);
    }
  }

  // As the Decider.
  template <typename Apply>
  void for_each_step(Apply apply) {
    for_each_ahead(
        batch_.size(),
        [this](std::size_t i, PrefetchList& list) {
          store_.prefetch(batch_[i].post, list);
          if (batch_[i].confirmed) {
            store_.prefetch(*batch_[i].confirmed, list);
          }
        },
        [this](std::size_t i, PrefetchList& list) {
          store_.prefetch_records(batch_[i].post, list);
          if (batch_[i].confirmed) {
            store_.prefetch_records(*batch_[i].confirmed, list);
          }
        },
        apply);
  }

  void apply_post(std::size_t i) {
    const Step& step = batch_[i];
    if (posts_) {
      store_.remember(step.post);
    }
    store_.open(step.post);
    if (step.confirmed) {
      store_.confirm(step.confirmed->author, code_of(step.confirmed->post));
    }
  }

  Store store_;
  std::uint64_t live_;
  bool posts_;
  std::uint64_t number_ = 0;
  std::vector<Texts> posts_of_batch_;
  std::vector<Step> batch_;
};

bool twins_agree() {
  constexpr std::uint64_t kLive = 10'000;
  Stream<Shards> shards(kLive, false);
  Stream<Containers> containers(kLive, false);
  shards.run(kLive, false);
  containers.run(kLive, false);
  shards.run(3 * kLive, true);
  containers.run(3 * kLive, true);
  const Ends& ends = shards.store().ends();
  return ends == containers.store().ends() && ends.confirmed > kLive && ends.expired > kLive;
}

constexpr std::uint64_t kLives = 2'000'000;

template <typename Store>
void lives(benchmark::State& state, bool posts) {
  if (!twins_agree()) {
    state.SkipWithError("the shards and their twin end different windows");
    return;
  }
  const auto live = static_cast<std::uint64_t>(state.range(0));
  for (auto _ : state) {
    const double before = shard_support::resident_bytes();
    Stream<Store> stream(live, posts);
    const double opening = stream.run(live, false);
    state.counters["bytes/window"] =
        (shard_support::resident_bytes() - before) / static_cast<double>(live);
    state.counters["opened/s"] = static_cast<double>(live) / opening;
    const std::uint64_t lives = std::min(kLives, 2 * live);
    const double seconds = stream.run(lives, true);
    state.SetIterationTime(seconds);
    state.counters["lives/s"] = static_cast<double>(lives) / seconds;
  }
  state.SetLabel(Store::name());
}
void windows(benchmark::State& state) { lives<Shards>(state, false); }
void windows_and_posts(benchmark::State& state) { lives<Shards>(state, true); }
void windows_in_containers(benchmark::State& state) { lives<Containers>(state, false); }
BENCHMARK(windows)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Arg(10'000'000)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(windows_and_posts)
    ->Arg(10'000'000)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(windows_in_containers)
    ->Arg(1'000'000)
    ->Arg(10'000'000)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

// Time: of the slowest advance of the clock.
template <typename Store>
void pauses(benchmark::State& state) {
  const auto live = static_cast<std::uint64_t>(state.range(0));
  for (auto _ : state) {
    Stream<Store> stream(live, false);
    const auto growing = stream.run_and_watch(live, false);
    const auto living = stream.run_and_watch(kLives, true);
    state.SetIterationTime(living.advance);
    constexpr double kMillis = 1e3;
    state.counters["open_ms"] = living.open * kMillis;
    state.counters["growth_ms"] = std::max(growing.open, growing.advance) * kMillis;
  }
  state.SetLabel(Store::name());
}
void pauses_of_windows(benchmark::State& state) { pauses<Shards>(state); }
void pauses_of_containers(benchmark::State& state) { pauses<Containers>(state); }
BENCHMARK(pauses_of_windows)
    ->Arg(10'000'000)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(pauses_of_containers)
    ->Arg(1'000'000)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
