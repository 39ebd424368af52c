// A batch of events to outputs: JSON Lines, SQLite.
#include <benchmark/benchmark.h>
#include <sqlite3.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "bench/generated.h"
#include "engine/decider.h"
#include "engine/lane.h"
#include "ingest/dump_reader.h"
#include "sinks/jsonl_sink.h"
#include "sinks/sink_batcher.h"
#include "sinks/sqlite_sink.h"
#include "tests/reference/reference.h"

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

}  // namespace
}  // namespace tagtill::bench
