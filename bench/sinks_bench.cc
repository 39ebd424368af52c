// Events to outputs: a batch of all types to JSON Lines and SQLite, and purchases alone, in
// batches as they come, to each kind of sink. Servers are started for it.
#include <benchmark/benchmark.h>
#include <sqlite3.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/generated.h"
#include "engine/decider.h"
#include "engine/lane.h"
#include "ingest/dump_reader.h"
#include "sinks/jsonl_sink.h"
#include "sinks/sink_url.h"
#include "sinks/sqlite_sink.h"
#include "tests/postgres_server.h"
#include "tests/reference/reference.h"
#include "tests/webhook_receiver.h"

namespace tagtill::bench {
namespace {

// Each batch of events that the engine makes of the stream, on one thread.
void decide(const Generated& stream, const std::function<void(const EventBatch&)>& take) {
  Lane lane(make_search_context(stream.offers, stream.members, "Confirm", false));
  Decider decider(stream.offers, stream.members, stream.secret, {});
  DumpReader reader({{stream.posts, 0}});
  Block block;
  CandidateBatch candidates;
  EventBatch events;
  while (reader.next(block)) {
    lane.process(block, candidates);
    decider.apply(candidates, events);
    take(events);
    events.clear();
  }
}

// A stream of little else than candidates, what the engine made of it, and what the naive
// reference did.
struct Decided {
  Decided()
      : stream([] {
          corpus::GenerateOptions options;
          options.posts = 6'000;
          options.offers = 500;
          options.candidates = 0.5;
          return options;
        }()) {
    decide(stream, [&](const EventBatch& batch) {
      for (Event event : batch.events) {
        for (std::string_view* text :
             {&event.offer_id, &event.author_id, &event.account, &event.intent_id, &event.post_id,
              &event.title, &event.reply, &event.tag_prefix}) {
          *text = events.bytes.keep(*text);
        }
        events.events.push_back(event);
      }
    });
    reference::Reference naive(stream.offers_text, stream.members_text, stream.secret, {});
    naive.feed(read_file(stream.posts));
    lines = naive.take_events();
  }

  Generated stream;
  EventBatch events;
  std::string lines;  // the reference's
};

const Decided& decided() {
  static const Decided instance;
  return instance;
}

using MakeSink = std::function<std::unique_ptr<Sink>(const std::string& path)>;

// All events into a sink of its own.
void write_all(const MakeSink& make, const std::string& path) {
  const std::unique_ptr<Sink> sink = make(path);
  sink->open({});
  sink->write(decided().events, decided().events.events.size());
  sink->close();
}

void write(benchmark::State& state, const MakeSink& make,
           const std::function<std::string(const std::string& path)>& check) {
  const Folder folder;
  const std::string path = (folder.path() / "out").string();
  write_all(make, path);
  if (!is_right(state, check(path))) {
    return;
  }
  for (auto _ : state) {
    state.PauseTiming();
    std::filesystem::remove(path);
    state.ResumeTiming();
    write_all(make, path);
  }
  count(state, decided().lines.size(), "events", decided().events.events.size());
}

void sink_jsonl(benchmark::State& state) {
  write(
      state, [](const std::string& path) { return std::make_unique<JsonlSink>(path, "the sink"); },
      [](const std::string& path) {
        return std::string(
            read_file(path) == decided().lines ? "" : "the lines are not those of the reference");
      });
}
BENCHMARK(sink_jsonl)->Unit(benchmark::kMillisecond);

// The first column of the only row; empty when there is none.
std::string ask(const std::string& path, const char* sql) {
  sqlite3* database = nullptr;
  sqlite3_stmt* statement = nullptr;
  std::string answer;
  if (sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK &&
      sqlite3_prepare_v2(database, sql, -1, &statement, nullptr) == SQLITE_OK &&
      sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_text(statement, 0) != nullptr) {
    answer = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
  }
  sqlite3_finalize(statement);
  sqlite3_close(database);
  return answer;
}

// The purchases of the generator's list by id, in order, as SQLite reads them from it.
std::string purchase_ids_of(const std::string& lines) {
  constexpr std::string_view kName = R"("purchase_id":")";
  std::string ids;
  for (std::size_t at = 0; (at = lines.find(kName, at)) != std::string::npos;) {
    at += kName.size();
    ids += (ids.empty() ? "" : ",") + lines.substr(at, lines.find('"', at) - at);
  }
  return ids;
}

void sink_sqlite(benchmark::State& state) {
  write(
      state,
      [](const std::string& path) {
        return std::make_unique<SqliteSink>(path, all_event_types(), decided().stream.offers);
      },
      [](const std::string& path) {
        const std::string ids = ask(path,
                                    "SELECT group_concat(purchase_id) FROM "
                                    "(SELECT purchase_id FROM purchases ORDER BY rowid)");
        return std::string(!ids.empty() && ids == purchase_ids_of(decided().stream.purchases)
                               ? ""
                               : "the purchases are not those of the generator's list");
      });
}
BENCHMARK(sink_sqlite)->Unit(benchmark::kMillisecond);

// --- Purchases ---------------------------------------------------------------------------

// With ids as the network makes them, in batches as a SinkBatcher does.
struct Purchases {
  explicit Purchases(std::size_t count) {
    const std::size_t each = SinkLimits().events;
    for (std::size_t i = 0; i < count; ++i) {
      if (i % each == 0) {
        batches.emplace_back();
      }
      EventBatch& batch = batches.back();
      Event event;
      event.type = EventType::kConfirmed;
      event.offer_id = "kindle-hd";
      event.account = batch.bytes.keep("acct-" + std::to_string(10'000'000 + i % 50'000));
      event.author_id = batch.bytes.keep(std::to_string(1'186'275'104 + i % 50'000));
      event.intent_id = batch.bytes.keep(std::to_string(kFirstId + i * 4'194'304));
      event.post_id = batch.bytes.keep(std::to_string(kFirstId + i * 4'194'304 + 250'000'000'000));
      event.currency = {'U', 'S', 'D'};
      event.intent_at = 1'409'875'000'000 + static_cast<Millis>(i);
      event.at = event.intent_at + 60'000;
      event.price_minor = 19'900;
      event.commission_minor = 995;
      event.reach = static_cast<std::int64_t>(i % 1'000);
      batch.events.push_back(event);
    }
  }

  [[nodiscard]] std::size_t count() const {
    std::size_t sum = 0;
    for (const EventBatch& batch : batches) {
      sum += batch.events.size();
    }
    return sum;
  }
  // `COUNT|SUM` of the reach.
  [[nodiscard]] std::string summed_up() const {
    std::int64_t reach = 0;
    for (const EventBatch& batch : batches) {
      for (const Event& event : batch.events) {
        reach += event.reach;
      }
    }
    return std::to_string(count()) + "|" + std::to_string(reach);
  }

  static constexpr std::uint64_t kFirstId = 505'874'924'095'815'681;
  std::vector<EventBatch> batches;
};

const Purchases& many() {
  static const Purchases instance(200'000);
  return instance;
}

void write_purchases(Sink& sink, const Purchases& purchases) {
  std::uint64_t through = 0;
  for (const EventBatch& batch : purchases.batches) {
    through += batch.events.size();
    sink.write(batch, through);
  }
  (void)sink.flush();
  sink.close();
}

// `url`: of a place in which nothing stands. `check`: what is wrong with what stands there.
void purchases(benchmark::State& state, const Purchases& purchases,
               const std::function<SinkUrl()>& url, const std::function<std::string()>& check) {
  bool first = true;
  for (auto _ : state) {
    state.PauseTiming();
    const std::unique_ptr<Sink> sink = make_sink(url(), nullptr);
    (void)sink->open({"stream", {}, purchases.count(), false});
    state.ResumeTiming();
    write_purchases(*sink, purchases);
    state.PauseTiming();
    if (std::exchange(first, false) && !is_right(state, check())) {
      return;
    }
    state.ResumeTiming();
  }
  state.counters["purchases/s"] = benchmark::Counter(static_cast<double>(purchases.count()),
                                                     benchmark::Counter::kIsIterationInvariantRate);
}

std::string right_if(bool right) { return right ? "" : "the purchases are not those written"; }

void purchases_jsonl(benchmark::State& state) {
  const Folder folder;
  const std::string path = (folder.path() / "out").string();
  purchases(
      state, many(), [&] { return parse_sink_url("jsonl:" + path); },
      [&] {
        std::string lines;
        for (const EventBatch& batch : many().batches) {
          for (const Event& event : batch.events) {
            append_json_line(lines, event);
          }
        }
        return right_if(read_file(path) == lines);
      });
}
BENCHMARK(purchases_jsonl)->Unit(benchmark::kMillisecond)->UseRealTime();

void purchases_sqlite(benchmark::State& state) {
  const Folder folder;
  const std::string path = (folder.path() / "out").string();
  purchases(
      state, many(),
      [&] {
        std::filesystem::remove(path);
        return parse_sink_url("sqlite:" + path);
      },
      [&] {
        return right_if(ask(path, "SELECT count(*) || '|' || sum(reach) FROM purchases") ==
                        many().summed_up());
      });
}
BENCHMARK(purchases_sqlite)->Unit(benchmark::kMillisecond)->UseRealTime();

// As a server is set up when it is installed, with its syncs.
void purchases_postgres(benchmark::State& state) {
  const Folder folder;
  PostgresServer server(folder.path().string());
  server.start();
  int schema = 0;
  purchases(
      state, many(),
      [&] {
        SinkUrl url = parse_sink_url("postgres:" + server.where());
        url.postgres.schema = "s" + std::to_string(++schema);
        return url;
      },
      [&] {
        return right_if(server.ask("SELECT count(*), sum(reach) FROM s1.purchases") ==
                        many().summed_up() + "\n");
      });
}

// Without encryption: that is the proxy's work where there is one.
void purchases_webhook(benchmark::State& state) {
  static const Purchases few(10'000);
  const Folder folder;
  const std::string secret = (folder.path() / "secret").string();
  std::ofstream(secret) << std::string(32, 'k');
  WebhookReceiver receiver;
  receiver.forget();
  purchases(
      state, few,
      [&] { return parse_sink_url("webhook:" + receiver.url() + "?secret-file=" + secret); },
      [&] { return right_if(receiver.accepted_count() == few.count()); });
}
BENCHMARK(purchases_webhook)->Unit(benchmark::kMillisecond)->UseRealTime();

// Where there is a server.
const bool kHasPostgres = [] {
  const bool has = !PostgresServer::programs().empty();
  if (has) {
    benchmark::RegisterBenchmark("purchases_postgres", purchases_postgres)
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
  }
  return has;
}();

}  // namespace
}  // namespace tagtill::bench
