// What a window costs beside its place in a shard: the HMAC of its code, and the
// ledger with its two events (prompt and expired).
#include <benchmark/benchmark.h>

#include <string>

#include "bench/shard_support.h"
#include "engine/confirmation_code.h"
#include "engine/emitter.h"
#include "engine/ledger.h"
#include "engine/member_table.h"
#include "engine/shard.h"
#include "engine/terms.h"

namespace {

using namespace tagtill;
using shard_support::kStart;
using shard_support::LongId;

void code(benchmark::State& state) {
  CodeMaker codes("0123456789abcdef0123456789abcdef");
  if (codes.confirmation("1", "2", "a") !=
      read_confirmation_tag("confirmtbpdpbg0", "confirm")) {  // P5.1
    state.SkipWithError("the code is not that of the protocol");
    return;
  }
  std::uint64_t number = 0;
  for (auto _ : state) {
    ++number;
    benchmark::DoNotOptimize(
        codes.confirmation(LongId::author(number).text(), LongId::post(number).text(), "mug"));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(code);

// Opens and releases a window that is there, over and over.
void ledger(benchmark::State& state) {
  const auto offers = shard_support::catalogue();
  FileErrors errors;
  const auto members = MemberTable::parse(
      R"({"author_id":"1000000000000000001","account":"acct-0000001"})", "members", errors);
  TermsTable terms;
  terms.set_catalogue(*offers);
  const ProtocolOptions options;
  DecisionCounts counts;
  Emitter emitter(options, counts);
  emitter.set_members(*members);
  EventBatch events;
  emitter.set_batch(events);
  Ledger books(emitter, terms);
  books.set_catalogue(*offers);
  Shard shard(terms);
  Window window{};
  window.author = 1'000'000'000'000'000'001;
  window.intent = 2'000'000'000'000'000'002;
  window.intent_at = kStart & Window::kTimeMask;
  const WindowRef opened{&shard, shard.add_window(window, Shard::kNoWindow)};
  for (auto _ : state) {
    books.open(opened);
    books.release(opened);
    emitter.expired(opened);
    books.forget(opened);
    if (events.events.size() > 4096) {
      events.clear();
    }
  }
  if (books.held() != 0 || counts.prompts != counts.expired ||
      counts.prompts != static_cast<std::uint64_t>(state.iterations())) {
    state.SkipWithError("the ledger holds what was released");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(ledger);

}  // namespace
