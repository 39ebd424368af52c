// The registry of metrics, read by a strict reader of the format; histograms against sorting.
#include "tools/serve/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <thread>
#include <vector>

#include "engine/errors.h"
#include "tests/exposition.h"
#include "tests/seeded.h"

namespace tagtill {
namespace {

TEST(Metrics, AreRenderedAsTheFormatSays) {
  MetricRegistry registry;
  registry.counter("tagtill_b_total", "What \\ is\ncounted.", {{LabelName::kSink, "a\"\\\n{},="}})
      .add(3);
  registry.counter("tagtill_b_total", "What \\ is\ncounted.", {{LabelName::kSink, "other"}}).add();
  registry.gauge("tagtill_a_seconds", "How long.").set(0.25);
  Histogram& histogram =
      registry.histogram("tagtill_c_seconds", "How long each.", HistogramUnit::kSeconds);
  histogram.record(50'000);         // exactly a bound
  histogram.record(50'001);         // just beyond it
  histogram.record(1'000'000'000);  // 1 s
  const std::string text = registry.render();
  const auto families = exposition::read(text);
  ASSERT_EQ(families.size(), 3U) << text;
  EXPECT_TRUE(text.starts_with(
      "# HELP tagtill_a_seconds How long.\n# TYPE tagtill_a_seconds gauge\ntagtill_a_seconds 0.25\n"
      "# HELP tagtill_b_total What \\\\ is\\ncounted.\n# TYPE tagtill_b_total counter\n"
      "tagtill_b_total{sink=\"a\\\"\\\\\\n{},=\"} 3\ntagtill_b_total{sink=\"other\"} 1\n"))
      << text;
  const auto& samples = families.at("tagtill_c_seconds").samples;
  EXPECT_EQ(samples.at("tagtill_c_seconds_bucket{le=\"2e-05\"}"), 0);
  EXPECT_EQ(samples.at("tagtill_c_seconds_bucket{le=\"5e-05\"}"), 1);
  EXPECT_EQ(samples.at("tagtill_c_seconds_bucket{le=\"0.0001\"}"), 2);
  EXPECT_EQ(samples.at("tagtill_c_seconds_bucket{le=\"0.5\"}"), 2);
  EXPECT_EQ(samples.at("tagtill_c_seconds_bucket{le=\"1\"}"), 3);
  EXPECT_EQ(samples.at("tagtill_c_seconds_bucket{le=\"+Inf\"}"), 3);
  EXPECT_DOUBLE_EQ(samples.at("tagtill_c_seconds_sum"), 1.000100001);
  EXPECT_EQ(samples.size(), 25U);
}

TEST(Metrics, ValuesThatAreNoNumbersAreRendered) {
  MetricRegistry registry;
  registry.gauge("tagtill_a", "A.").set(std::nan(""));
  registry.gauge("tagtill_b", "B.").set(HUGE_VAL);
  registry.gauge("tagtill_c", "C.").set(-HUGE_VAL);
  registry.counter("tagtill_d_total", "D.").add(~std::uint64_t{0});
  const std::string text = registry.render();
  (void)exposition::read(text);
  for (const char* line : {"tagtill_a NaN\n", "tagtill_b +Inf\n", "tagtill_c -Inf\n",
                           "tagtill_d_total 18446744073709551615\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << text;
  }
}

TEST(Metrics, WhatIsWrongInEveryRunIsRefused) {
  MetricRegistry registry;
  (void)registry.counter("tagtill_a_total", "A.", {{LabelName::kSink, "x"}});
  const auto refused = [&](const auto& add) {
    try {
      add();
    } catch (const Error& error) {
      return error.code() == ExitCode::kFailed;
    }
    return false;
  };
  const auto counter = [&](const char* name, const char* help, const Labels& labels) {
    return refused([&] { (void)registry.counter(name, help, labels); });
  };
  EXPECT_TRUE(counter("tagtill_a_total", "A.", {{LabelName::kSink, "x"}}));  // there already
  EXPECT_TRUE(counter("tagtill_a_total", "A.", {{LabelName::kSource, "x"}}));
  EXPECT_TRUE(counter("tagtill_a_total", "B.", {{LabelName::kSink, "y"}}));
  EXPECT_TRUE(counter("tagtill_a_total", "A.", {}));
  EXPECT_TRUE(counter("tagtill_b", "B.", {}));
  EXPECT_TRUE(counter("other_b_total", "B.", {}));
  EXPECT_TRUE(counter("tagtill_B_total", "B.", {}));
  EXPECT_TRUE(counter("tagtill_b_total", "B.", {{LabelName::kSink, ""}}));
  EXPECT_TRUE(counter("tagtill_b_total", "B.", {{LabelName::kSink, std::string(200, 'a')}}));
  EXPECT_TRUE(counter("tagtill_b_total", "B.", {{LabelName::kSink, "x"}, {LabelName::kSink, "x"}}));
  EXPECT_TRUE(refused([&] { (void)registry.gauge("tagtill_c_total", "C."); }));
  EXPECT_TRUE(refused([&] { (void)registry.gauge("tagtill_c_count", "C."); }));
  EXPECT_TRUE(refused([&] { (void)registry.gauge("tagtill_a_total", "A."); }));
  registry.seal();
  EXPECT_TRUE(counter("tagtill_b_total", "B.", {}));
}

TEST(Metrics, ThereAreOnlySoMany) {
  MetricRegistry registry;
  const auto add = [&](std::size_t i) {
    (void)registry.counter("tagtill_a_total", "A.", {{LabelName::kSink, std::to_string(i)}});
  };
  for (std::size_t i = 0; i < MetricRegistry::kSeriesMax; ++i) {
    add(i);
  }
  EXPECT_THROW(add(MetricRegistry::kSeriesMax), Error);
}

// Any thread counts, another one looks, and what it sees never falls.
TEST(Metrics, ThreadsCountWhileOthersLook) {
  constexpr std::uint64_t kEach = 50'000;
  MetricRegistry registry;
  Counter& shared = registry.counter("tagtill_a_total", "A.");
  Counter& alone = registry.counter("tagtill_b_total", "B.");
  Gauge& gauge = registry.gauge("tagtill_c", "C.");
  Histogram& histogram = registry.histogram("tagtill_d", "D.", HistogramUnit::kCount);
  std::vector<std::thread> threads;
  threads.reserve(3);
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < kEach; ++i) {
        shared.add();
        gauge.add(1);
        histogram.record(i);
        if (t == 0) {
          alone.add_alone();
        }
      }
    });
  }
  for (std::uint64_t before = 0; before < 3 * kEach;) {
    const auto families = exposition::read(registry.render());
    const auto now =
        static_cast<std::uint64_t>(families.at("tagtill_a_total").samples.at("tagtill_a_total"));
    EXPECT_GE(now, before);
    before = now;
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(alone.value(), kEach);
  EXPECT_EQ(gauge.value(), 3.0 * kEach);
  EXPECT_EQ(histogram.snapshot().count(), 3 * kEach);
  EXPECT_EQ(histogram.snapshot().sum, 3 * (kEach - 1) * kEach / 2);
}

TEST(Metrics, BucketsOfAHistogramFollowEachOther) {
  std::uint64_t lower = 0;
  for (std::size_t i = 0; i + 1 < HistogramBuckets::kCount; ++i) {
    const std::uint64_t upper = HistogramBuckets::upper(i);
    ASSERT_GT(upper, lower);
    ASSERT_EQ(HistogramBuckets::of(lower + 1), i);
    ASSERT_EQ(HistogramBuckets::of(upper), i);
    ASSERT_LE(upper, lower + 1 + lower / 10);  // no wider than a tenth
    lower = upper;
  }
  EXPECT_EQ(lower, 1'000'000'000'000U);
  EXPECT_EQ(HistogramBuckets::of(lower + 1), HistogramBuckets::kCount - 1);
  EXPECT_EQ(HistogramBuckets::of(~std::uint64_t{0}), HistogramBuckets::kCount - 1);
  EXPECT_EQ(HistogramBuckets::of(0), 0U);
}

TEST(Metrics, QuantilesAreThoseOfSortingToATenth) {
  for (std::uint64_t i = 0; i < seeded::seeds(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    seeded::Random random(seed);
    Histogram histogram;
    std::vector<std::uint64_t> values;
    for (std::size_t count = 1 + random.below(200); count > 0; --count) {
      values.push_back(1 + random.next() % (std::uint64_t{1} << (1 + random.below(39))));
      histogram.record(values.back());
    }
    std::sort(values.begin(), values.end());
    const HistogramSnapshot snapshot = histogram.snapshot();
    ASSERT_EQ(snapshot.count(), values.size());
    for (const double share : {0.0, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      std::size_t rank = 0;
      while (static_cast<double>(rank + 1) < share * static_cast<double>(values.size())) {
        ++rank;
      }
      const auto exact = static_cast<double>(values[rank]);
      ASSERT_GE(static_cast<double>(snapshot.quantile(share)), exact) << share;
      ASSERT_LE(static_cast<double>(snapshot.quantile(share)), exact * 1.1) << share;
    }
  }
  EXPECT_EQ(Histogram().snapshot().quantile(0.5), 0U);
}

TEST(Metrics, ARecentHistogramForgets) {
  Histogram histogram;
  histogram.record(7);  // before anybody looked
  RecentHistogram recent(histogram, 3);
  histogram.record(10, 4);
  EXPECT_EQ(recent.turn().count(), 4U);
  histogram.record(20);
  EXPECT_EQ(recent.turn().count(), 5U);
  EXPECT_EQ(recent.turn().count(), 5U);
  EXPECT_EQ(recent.turn().count(), 1U);
  EXPECT_EQ(recent.turn().count(), 0U);
}

}  // namespace
}  // namespace tagtill
