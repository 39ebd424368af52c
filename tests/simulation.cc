#include "tests/simulation.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "engine/errors.h"
#include "engine/journal_player.h"
#include "engine/state/state_store.h"
#include "sinks/jsonl_sink.h"
#include "sinks/sqlite_sink.h"
#include "tools/pipeline/pipeline.h"
#include "tools/pipeline/recovery.h"
#include "tools/replay/replay_state.h"

namespace simulation {

using namespace tagtill;

namespace {

// Draws agents by lot until all are done.
void schedule(Pipeline& pipeline, SimClock& clock, seeded::Random& random) {
  constexpr std::size_t kIdleMax = 100'000;
  const std::vector<Agent*> agents = pipeline.agents();
  const Agent* stalled = nullptr;
  std::size_t stalled_for = 0;
  for (std::size_t idle = 0; idle < kIdleMax; ++idle) {
    if (std::ranges::all_of(agents, [](const Agent* agent) { return agent->is_done(); })) {
      return;
    }
    if (stalled_for > 0) {
      --stalled_for;
    } else if (random.below(200) == 0) {
      stalled = agents[random.below(agents.size())];
      stalled_for = random.below(500);
    }
    Agent* agent = agents[random.below(agents.size())];
    clock.pass(std::chrono::milliseconds(random.below(150)));
    if (agent->is_done() || (agent == stalled && stalled_for > 0)) {
      continue;
    }
    if (agent->do_work()) {
      idle = 0;
    }
  }
  throw std::logic_error("the pipeline hangs");
}

// All rows of a table, in their order.
std::string rows_of(sqlite3* database, const std::string& table) {
  sqlite3_stmt* statement = nullptr;
  const std::string sql = "SELECT * FROM " + table + " ORDER BY rowid";
  EXPECT_EQ(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  std::string rows = table + "\n";
  while (sqlite3_step(statement) == SQLITE_ROW) {
    for (int column = 0; column < sqlite3_column_count(statement); ++column) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
      rows += std::string(text == nullptr ? "null" : text) + "|";
    }
    rows += "\n";
  }
  sqlite3_finalize(statement);
  return rows;
}

}  // namespace

SimulatedReplay::SimulatedReplay(const streams::Stream& stream, bool sync)
    : stream_(stream), sync_(sync) {
  for (const std::string& file : stream_.files) {
    dumps_.push_back(folder_.write("dump" + std::to_string(dumps_.size()), file));
  }
  protocol_ = {stream_.lateness_ms, stream_.max_jump_ms, stream_.prefix};
  FileErrors errors;
  configuration_.offers = OfferCatalogue::parse(stream_.offers, "offers", stream_.prefix, errors);
  configuration_.members = MemberTable::parse(stream_.members, "members", errors);
  configuration_.secret = stream_.secret;
  EXPECT_TRUE(errors.empty());
  context_ =
      make_search_context(configuration_.offers, configuration_.members, stream_.prefix, true);
}

bool SimulatedReplay::attempt(SimDisk& disk, seeded::Random& random) {
  bool ended = false;
  try {
    run(disk, random);
    ended = true;
  } catch (const Error& error) {
    last_error_ = error.what();
    // A dead process says nothing; a failing disk is told, with its own exit code.
    if (!disk.is_down() && error.code() != ExitCode::kIoFailed) {
      throw;
    }
  }
  const bool died = disk.is_down();
  if (died) {
    disk.restart();
  }
  return ended && !died;
}

void SimulatedReplay::run(SimDisk& disk, seeded::Random& random) {
  StateOptions how;
  how.rules = {stream_.lateness_ms, stream_.max_jump_ms, stream_.prefix};
  how.sync = sync_;
  how.vfs = disk.sqlite_vfs();
  how.lock = false;
  how.page_bytes = 512;  // so that a row takes several writes
  how.random = [&random] { return random.next(); };
  StateRun state;
  state.dumps.again = false;
  state.sync = sync_;
  state.compaction.path = path("state");
  state.compaction.vfs = disk.sqlite_vfs();
  state.compaction.protocol = protocol_;
  state.compaction.shards = 1U << random.below(4);
  state.compaction.journal_bytes_min = random.below(2'000);
  state.compaction.keep_journal = random.percent(20);

  PipelineParts parts;
  parts.clock = &clock_;
  parts.context = context_;
  for (const std::string& dump : dumps_) {
    parts.dumps.push_back({dump, 0});
  }
  parts.outputs.push_back(
      {std::make_unique<EventOutput>(std::make_unique<JsonlSink>(path("events"), "--events", disk),
                                     all_event_types()),
       "events"});
  parts.outputs.push_back(
      {std::make_unique<EventOutput>(std::make_unique<JsonlSink>(path("purchases"), "jsonl", disk),
                                     confirmed_only()),
       "purchases"});
  parts.outputs.push_back(
      {std::make_unique<EventOutput>(
           std::make_unique<SqliteSink>(path("db"), all_event_types(), configuration_.offers,
                                        disk.sqlite_vfs()),
           all_event_types()),
       "db"});
  parts.outputs.push_back({std::make_unique<LetterOutput>(path("letters"), disk), "letters"});
  (void)go_on(StateStore::open(path("state"), how), configuration_, state, parts);
  parts.state->gather = std::chrono::milliseconds(random.below(300));
  parts.state->outbox_max = 1 + random.below(random.percent(50) ? 30 : 3'000);

  PipelineOptions options;
  options.lanes = 1 + random.below(3);
  options.cores.cores.assign(2, 0);
  options.cores.pinned = false;
  options.feed.block_bytes = 512 + random.below(8'000);
  Pipeline pipeline(options, std::move(parts));
  pipeline.open();
  try {
    schedule(pipeline, clock_, random);
  } catch (...) {
    pipeline.close_after_failure();
    throw;
  }
}

Outcome SimulatedReplay::outcome(SimDisk& disk) const {
  Outcome outcome;
  outcome.events = disk.content(path("events")).value_or("missing");
  outcome.purchases = disk.content(path("purchases")).value_or("missing");
  outcome.letters = disk.content(path("letters")).value_or("missing");
  sqlite3* database = nullptr;
  EXPECT_EQ(sqlite3_open_v2(path("db").c_str(), &database, SQLITE_OPEN_READWRITE,
                            disk.sqlite_vfs().c_str()),
            SQLITE_OK);
  for (const char* table :
       {"purchases", "prompts", "expirations", "cancellations", "rejections", "offers"}) {
    outcome.rows += rows_of(database, table);
  }
  sqlite3_close(database);

  const auto state = StateReader::open(path("state"), disk.sqlite_vfs());
  state->verify_all();
  JournalPlayer player(protocol_, 4);
  load_snapshot(*state, player);
  (void)play_journal(*state, player, state->snapshot_sequence() + 1, state->head().sequence);
  EXPECT_EQ(player.decider()->broken_invariants(), std::vector<std::string>());
  return outcome;
}

}  // namespace simulation
