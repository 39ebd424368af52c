// What control records cost the reader of a live feed, beside reading what they say from files: a
// link among 100,000 members, and an offer among 5,000, with a tag that is new, and with one that
// is known.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "engine/file_errors.h"
#include "ingest/live/control_desk.h"

namespace tagtill {
namespace {

constexpr std::string_view kPrefix = "Confirm";

std::string member(std::uint64_t number) {
  return R"({"author_id":")" + std::to_string(1'000'000'000 + number) + R"(","account":"acct-)" +
         std::to_string(number) + "\"}";
}

std::string offer(std::uint64_t number, std::int64_t price) {
  return R"({"id":"o)" + std::to_string(number) + R"(","tag":"offer)" + std::to_string(number) +
         R"(x","title":"A thing","price_minor":)" + std::to_string(price) +
         R"(,"currency":"USD","fulfilment":"ship","starts_at":"2013-02-01T00:00:00Z",)"
         R"("ends_at":"2013-03-01T00:00:00Z"})";
}

template <typename Line>
std::string lines(std::uint64_t first, std::uint64_t count, Line line) {
  std::string text;
  for (std::uint64_t i = first; i < first + count; ++i) {
    text += line(i) + "\n";
  }
  return text;
}

std::string record(std::string_view kind, const std::string& object) {
  return R"({"tagtill":{")" + std::string(kind) + "\":" + object + "}}\n";
}

struct Files {
  std::string offers_text = lines(0, 5'000, [](auto i) { return offer(i, 100); });
  std::shared_ptr<const OfferCatalogue> offers;
  std::shared_ptr<const MemberTable> members;

  Files() {
    FileErrors errors;
    offers = OfferCatalogue::parse(offers_text, "offers", kPrefix, errors);
    members = MemberTable::parse(lines(0, 100'000, member), "members", errors);
    if (!errors.empty()) {
      throw std::runtime_error(errors.shown().front());
    }
  }
};

const Files& files() {
  static const Files all;
  return all;
}

ControlDesk desk() {
  return ControlDesk({.takes_records = true}, StandingControls{}, files().offers, files().members);
}

// Each of these takes `items` records of which nobody knew.
constexpr std::uint64_t kLinks = 1'000;

void control_links(benchmark::State& state) {
  ControlDesk at = desk();
  std::uint64_t next = 100'000;
  for (auto _ : state) {
    state.PauseTiming();
    const std::string text = lines(next, kLinks, [](auto i) {
      std::string line = record("link", member(i));
      line.pop_back();
      return line;
    });
    next += kLinks;
    state.ResumeTiming();
    std::uint64_t taken = 0;
    for (std::string_view rest = text; !rest.empty();) {
      const auto run = at.take(rest, 0);
      taken += run->changes.size();
      rest.remove_prefix(run->bytes);
    }
    if (taken != kLinks) {
      state.SkipWithError("a link was refused");
      return;
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kLinks));
}
BENCHMARK(control_links)->Unit(benchmark::kMillisecond);

// The same as lines of a member file.
void control_baseline_members(benchmark::State& state) {
  const std::string text = lines(0, kLinks, member);
  for (auto _ : state) {
    FileErrors errors;
    const auto read = MemberTable::parse(text, "members", errors);
    if (read == nullptr || read->size() != kLinks) {
      state.SkipWithError("members were refused");
      return;
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kLinks));
}
BENCHMARK(control_baseline_members)->Unit(benchmark::kMillisecond);

void control_offer(benchmark::State& state, bool new_tag) {
  ControlDesk at = desk();
  std::uint64_t next = 0;
  for (auto _ : state) {
    const std::string text =
        record("offer", new_tag ? offer(10'000 + next, 100) : offer(next % 5'000, 200));
    ++next;
    const auto run = at.take(text, 0);
    if (run->changes.size() != 1 || run->context == nullptr ||
        run->offers->offers().size() != 5'000 + (new_tag ? next : 0)) {
      state.SkipWithError("an offer was refused");
      return;
    }
  }
}
BENCHMARK_CAPTURE(control_offer, new_tag, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(control_offer, known_tag, false)->Unit(benchmark::kMillisecond);

// Reading the catalogue, of which each of these has a part.
void control_baseline_catalogue(benchmark::State& state) {
  for (auto _ : state) {
    FileErrors errors;
    const auto read = OfferCatalogue::parse(files().offers_text, "offers", kPrefix, errors);
    if (read == nullptr || read->offers().size() != 5'000) {
      state.SkipWithError("offers were refused");
      return;
    }
  }
}
BENCHMARK(control_baseline_catalogue)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tagtill
