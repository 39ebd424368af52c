// What it costs to be watched: on the threads that do the work.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "bench/generated.h"
#include "engine/event.h"
#include "engine/offer_catalogue.h"
#include "tools/serve/figures.h"
#include "tools/serve/log.h"
#include "tools/serve/metrics.h"

namespace tagtill::bench {
namespace {

constexpr std::size_t kBatch = 4'096;
constexpr Millis kNow = 1'360'584'000'000;

std::shared_ptr<const OfferCatalogue> catalogue_of(std::size_t offers) {
  std::string lines;
  for (std::size_t i = 0; i < offers; ++i) {
    const std::string number = std::to_string(i);
    lines += R"({"id":"offer-)" + number + R"(","tag":"tag)" + number +
             R"(x","title":"Offer","price_minor":1250,"currency":"USD","fulfilment":"ship",)" +
             R"("starts_at":"2013-01-01T00:00:00Z","ends_at":"2014-01-01T00:00:00Z"})" + "\n";
  }
  FileErrors errors;
  return OfferCatalogue::parse(lines, "offers", "Confirm", errors);
}

void fill_batch(EventBatch& batch, std::size_t offers) {
  for (std::size_t i = 0; i < kBatch; ++i) {
    Event event;
    event.type = i % 3 == 0   ? EventType::kPrompt
                 : i % 3 == 1 ? EventType::kConfirmed
                              : EventType::kExpired;
    event.offer_id = batch.bytes.keep("offer-" + std::to_string(i * 7'919 % offers));
    event.currency = {'U', 'S', 'D'};
    event.price_minor = 1'250;
    event.reach = 3;
    batch.events.push_back(event);
  }
}

// Each offer's purchases, as a plain map has them.
std::string check_tally(const EventTally& tally, const EventBatch& batch) {
  std::unordered_map<std::string_view, std::uint64_t> purchases;
  std::uint64_t all = 0;
  for (const Event& event : batch.events) {
    purchases[event.offer_id] += event.type == EventType::kConfirmed ? 1 : 0;
    all += event.type == EventType::kConfirmed ? 1 : 0;
  }
  Figures figures;
  tally.fill(figures, kNow);
  for (const OfferFigures& offer : figures.offers) {
    if (offer.confirmed != purchases[offer.id]) {
      return offer.id + " has another number of purchases";
    }
  }
  return figures.confirmed == all ? "" : "the sum of purchases is another one";
}

void tally(benchmark::State& state) {
  const auto offers = static_cast<std::size_t>(state.range(0));
  EventBatch batch;
  fill_batch(batch, offers);
  EventTally tally(catalogue_of(offers));
  tally.add(batch, kNow);
  if (!is_right(state, check_tally(tally, batch))) {
    return;
  }
  for (auto _ : state) {
    tally.add(batch, kNow);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatch));
}
BENCHMARK(tally)->Name("observing/tally")->Arg(5'000)->Arg(100'000);

void snapshot(benchmark::State& state) {
  const auto offers = static_cast<std::size_t>(state.range(0));
  EventBatch batch;
  fill_batch(batch, offers);
  EventTally tally(catalogue_of(offers));
  tally.add(batch, kNow);
  if (!is_right(state, check_tally(tally, batch))) {
    return;
  }
  for (auto _ : state) {
    Figures figures;
    tally.fill(figures, kNow);
    benchmark::DoNotOptimize(figures_json(figures).size());
  }
}
BENCHMARK(snapshot)->Name("observing/snapshot")->Arg(5'000)->Arg(100'000);

void metrics(benchmark::State& state) {
  MetricRegistry registry;
  Counter& counter = registry.counter("tagtill_a_total", "A.");
  Histogram& histogram = registry.histogram("tagtill_b_seconds", "B.", HistogramUnit::kSeconds);
  std::uint64_t count = 0;
  for (auto _ : state) {
    switch (state.range(0)) {
      case 0:
        counter.add_alone();
        break;
      case 1:
        counter.add();
        break;
      default:
        histogram.record(count * 977 % 50'000'000);
        break;
    }
    ++count;
  }
  const std::uint64_t counted = state.range(0) < 2 ? counter.value() : histogram.snapshot().count();
  (void)is_right(state, counted == count ? "" : "something was not counted");
}
BENCHMARK(metrics)->Name("observing/metrics")->ArgName("add_alone_add_record")->DenseRange(0, 2);

// Lines to nowhere; one that is left out because its message came too often.
void log_line(benchmark::State& state) {
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  {
    LogOptions options;
    options.file = nowhere;
    options.lines_a_second = state.range(0) == 0 ? 0 : 0.001;
    Log log(options);
    std::uint64_t events = 0;
    for (auto _ : state) {
      log.info("a sink is behind", {{"sink", "sqlite:purchases.db"},
                                    {"events", ++events},
                                    {"author", HashedAuthor{"1186275104"}}});
    }
  }
  ::close(nowhere);
}
BENCHMARK(log_line)->Name("observing/log")->ArgName("left_out")->Arg(0)->Arg(1);

}  // namespace
}  // namespace tagtill::bench
