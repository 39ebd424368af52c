// What the postgres sink has of its own, on a server that the test starts, stops and kills.
#include "sinks/postgres_sink.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sinks/postgres_connection.h"
#include "sinks/sink_batcher.h"
#include "sinks/sqlite_sink.h"
#include "tests/postgres_proxy.h"
#include "tests/postgres_server.h"
#include "tests/seeded.h"
#include "tests/sink_events.h"
#include "tests/sink_places.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

std::shared_ptr<const OfferCatalogue> mugs(const std::string& list_price) {
  FileErrors errors;
  auto offers = OfferCatalogue::parse(
      R"({"id":"mug","tag":"mug","title":"Ein 'Becher' \u0000","price_minor":1299,"currency":"EUR",)"
      R"("fulfilment":"ship","regions":["DE","FR"],"starts_at":"1969-01-01T00:00:00Z",)"
      R"("ends_at":"9999-12-31T23:59:59.999Z","list_price_minor":)" +
          list_price + "}",
      "offers", "Confirm", errors);
  EXPECT_TRUE(errors.empty());
  return offers;
}

// Events of all types in turn; many rejections are alike in every column.
EventBatch mixed_events(std::uint64_t begin, std::uint64_t end) {
  EventBatch batch;
  for (std::uint64_t i = begin; i < end; ++i) {
    Event event = purchase(batch, std::to_string(i));
    event.type = static_cast<EventType>(i % kEventTypes);
    event.title = "Becher";
    event.tag_prefix = "Confirm";
    if (event.type == EventType::kRejected) {
      event.reject_reason = RejectReason::kUnknownCode;
      event.post_id = i % 3 == 0 ? "post" : event.post_id;
      event.author_id = "author";
      event.offer_id = i % 2 == 0 ? "" : "mug";
    }
    batch.events.push_back(event);
  }
  return batch;
}

class PostgresSinkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = shared_postgres();
    if (server_ == nullptr) {
      GTEST_SKIP() << "skipped: there is no PostgreSQL on this machine";
    }
  }

  [[nodiscard]] PostgresOptions options() const {
    PostgresOptions options;
    options.where = server_->where();
    options.schema = schema_;
    options.retry_first_ms = 5;
    options.retry_most_ms = 50;
    return options;
  }
  [[nodiscard]] PostgresSink sink(EventTypes types = all_event_types()) const {
    return {options(), types, mugs("2000"), test_surroundings()};
  }
  // Lines with | between the columns.
  std::string ask(const std::string& sql) const {
    return server_->ask("SET search_path = \"" + schema_ + "\"; SET timezone = UTC; " + sql)
        .substr(std::string("SET\nSET\n").size());
  }
  void expect_refused(PostgresSink& sink, const std::string& because,
                      const SinkStart& start = {}) const {
    const std::string message = message_of([&] { sink.open(start); }, ExitCode::kIoFailed);
    EXPECT_TRUE(message.starts_with("the postgres sink: cannot use ")) << message;
    EXPECT_TRUE(message.ends_with('.')) << message;
    EXPECT_NE(message.find(because), std::string::npos) << message;
  }

  PostgresServer* server_ = nullptr;
  std::string schema_ = new_schema();
};

TEST_F(PostgresSinkTest, RowsHaveTheColumnsOfTheEventsWithTypesOfPostgres) {
  EventBatch batch = mixed_events(0, 5);
  batch.events.push_back(purchase(batch, "9"));
  batch.events[5].fulfilment = Fulfilment::kPickup;
  batch.events[5].code = 0x0123456789;
  PostgresSink sink = this->sink();
  sink.open({});
  sink.write(batch, 6);
  sink.close();
  EXPECT_EQ(ask("SELECT column_name, data_type, is_nullable FROM information_schema.columns WHERE "
                "table_name = 'purchases' AND table_schema = '" +
                schema_ + "' ORDER BY ordinal_position"),
            "purchase_id|text|NO\noffer_id|text|NO\naccount|text|NO\nauthor_id|text|NO\n"
            "intent_id|text|NO\nconfirm_id|text|NO\nintent_at|timestamp with time zone|NO\n"
            "confirmed_at|timestamp with time zone|NO\nprice_minor|bigint|NO\n"
            "currency|text|NO\ncommission_minor|bigint|NO\nfulfilment|text|NO\n"
            "claim_code|text|YES\nreach|bigint|NO\n");
  EXPECT_EQ(ask("SELECT * FROM purchases ORDER BY purchase_id"),
            "1:mug|mug|acct \"1\" ~|author-1|1|confirm-1|2013-02-11 12:00:00+00|"
            "2013-02-11 12:01:00+00|1299|EUR|64|ship||42\n"
            "9:mug|mug|acct \"1\" ~|author-9|9|confirm-9|2013-02-11 12:00:00+00|"
            "2013-02-11 12:01:00+00|1299|EUR|64|pickup|04HMASW9|42\n");
  EXPECT_EQ(ask("SELECT * FROM prompts"),
            "0:mug|mug|author-0|0|2013-02-11 12:00:00+00|1970-01-01 00:00:00+00|#ConfirmZZZZZZZZ|"
            "Becher|1299|EUR|2000\n");
  EXPECT_EQ(ask("SELECT purchase_id, deadline FROM expirations"), "2:mug|1970-01-01 00:00:00+00\n");
  EXPECT_EQ(ask("SELECT purchase_id, reason FROM cancellations"), "3:mug|intent_deleted\n");
  EXPECT_EQ(ask("SELECT reason, post_id, author_id, offer_id IS NULL, at, nth FROM rejections"),
            "unknown_code|confirm-4|author|t|2013-02-11 12:01:00+00|1\n");
  EXPECT_EQ(
      ask("SELECT id, title, regions, starts_at, list_price_minor, stock IS NULL FROM offers"),
      "mug|Ein 'Becher' \uFFFD|DE,FR|1969-01-01 00:00:00+00|2000|t\n");
}

TEST_F(PostgresSinkTest, NumbersAndTimesAtTheLimitsOfTheirRange) {
  EventBatch batch;
  batch.events.push_back(purchase(batch, "1"));
  batch.events[0].price_minor = INT64_MAX;
  batch.events[0].reach = 0;
  batch.events[0].intent_at = 0;
  batch.events[0].at = kLastMillisecond + 86'400'000;
  PostgresSink sink = this->sink(confirmed_only());
  sink.open({});
  sink.write(batch, 1);
  EXPECT_EQ(ask("SELECT price_minor, reach, intent_at, confirmed_at FROM purchases"),
            "9223372036854775807|0|1970-01-01 00:00:00+00|10000-01-01 23:59:59.999+00\n");
}

TEST_F(PostgresSinkTest, TheSameAgainChangesNothing) {
  const EventBatch batch = mixed_events(0, 500);
  std::string first;
  for (int run = 0; run < 2; ++run) {
    PostgresSink sink(options(), all_event_types(), mugs(run == 0 ? "2000" : "3000"),
                      test_surroundings());
    sink.open({});
    sink.write(batch, 500);
    sink.close();
    std::string all;
    for (const std::string table :
         {"purchases", "prompts", "expirations", "cancellations", "rejections"}) {
      all += ask("SELECT * FROM " + table + " ORDER BY 1, 2, 3, 4, 5, 6");
    }
    first = run == 0 ? all : first;
    EXPECT_EQ(all, first);
  }
  EXPECT_EQ(ask("SELECT list_price_minor FROM offers"), "3000\n");
}

// As the reference here: what the sqlite sink makes of the same events.
TEST_F(PostgresSinkTest, RejectionsAreNumberedAsInTheSqliteSink) {
  const std::string numbers =
      "SELECT post_id, coalesce(offer_id, '-'), nth FROM rejections ORDER BY 1, 2, 3";
  for (const std::string stream : {"", "stream"}) {
    const TempFolder folder;
    schema_ = new_schema();
    PostgresSink sink = this->sink();
    SqliteSink sqlite(folder.path("db"), all_event_types(), mugs("2000"));
    for (Sink* each : std::vector<Sink*>{&sink, &sqlite}) {
      each->open({stream, {}, 1'000, false});
      for (std::uint64_t at = 0; at < 300; at += 30) {
        each->write(mixed_events(at, at + 30), at + 30);
      }
      each->close();
    }
    std::string wanted;
    for (const auto& row : query(folder.path("db"), numbers)) {
      wanted += row[0] + "|" + row[1] + "|" + row[2] + "\n";
    }
    EXPECT_EQ(ask(numbers), wanted);
  }
}

TEST_F(PostgresSinkTest, ATableThatIsThereMayHaveMoreColumnsButMustHaveOurs) {
  PostgresSink(options(), confirmed_only(), nullptr, test_surroundings()).open({});
  ask("ALTER TABLE purchases ADD shipped boolean NOT NULL DEFAULT false");
  {
    PostgresSink sink = this->sink(confirmed_only());
    sink.open({});
    sink.write(hard_batch(), 99);
  }
  EXPECT_EQ(ask("SELECT count(*) FROM purchases WHERE NOT shipped"),
            std::to_string(hard_batch().events.size()) + "\n");
  ask("TRUNCATE purchases; ALTER TABLE purchases ALTER reach TYPE integer");
  PostgresSink other = this->sink(confirmed_only());
  expect_refused(other, "the column reach is missing or no bigint");
  ask("ALTER TABLE purchases DROP reach");
  PostgresSink third = this->sink(confirmed_only());
  expect_refused(third, "the column reach is missing or no bigint");
  ask("ALTER TABLE purchases ADD reach bigint NOT NULL DEFAULT 0; "
      "ALTER TABLE purchases DROP CONSTRAINT purchases_pkey");
  PostgresSink fourth = this->sink(confirmed_only());
  expect_refused(fourth, "there is no unique or exclusion constraint");
}

TEST_F(PostgresSinkTest, WhatCannotBeUsedIsSaid) {
  const auto with = [&](const std::string& where) {
    PostgresOptions options = this->options();
    options.where = where;
    options.open_within_ms = 200;
    return PostgresSink(options, confirmed_only(), nullptr, test_surroundings());
  };
  PostgresSink missing = with(server_->where() + " dbname=nowhere");
  expect_refused(missing, "Make the database first");
  PostgresSink stranger = with(server_->where() + " user=stranger");
  expect_refused(stranger, "Check the user");
  server_->ask("CREATE DATABASE latin ENCODING 'SQL_ASCII' TEMPLATE template0");
  PostgresSink latin = with(server_->where() + " dbname=latin");
  expect_refused(latin, "ENCODING 'UTF8'");
  server_->ask("CREATE ROLE weak LOGIN");
  PostgresSink weak = with(server_->where() + " user=weak");
  expect_refused(weak, "Give the role the right");
  PostgresSink away = with("host=/nonexistent dbname=postgres");
  expect_refused(away, "Start the server, or correct where it is");
}

TEST_F(PostgresSinkTest, PlacesAreCheckedAndMayHoldNoPassword) {
  EXPECT_EQ(problem_with_postgres_place(""), "");
  EXPECT_EQ(problem_with_postgres_place("shop"), "");
  EXPECT_EQ(problem_with_postgres_place("service=shop"), "");
  EXPECT_NE(problem_with_postgres_place("servise=shop"), "");
  EXPECT_NE(problem_with_postgres_place("postgres://a:b@c/d").find("password"), std::string::npos);
}

TEST_F(PostgresSinkTest, ADatabaseThatDoesNotFitTheStateIsRefused) {
  SinkPosition known;
  {
    PostgresSink sink = this->sink(confirmed_only());
    sink.open({"s", {}, 100, false});
    sink.write(mixed_events(0, 50), 50);
    known = sink.flush();
  }
  EXPECT_EQ(known, (SinkPosition{50, 1}));
  PostgresSink behind = this->sink(confirmed_only());
  expect_refused(behind, "it holds the first 50 events of the state, but the state has given it 60",
                 {"s", {60, 1}, 100, false});
  PostgresSink ahead = this->sink(confirmed_only());
  expect_refused(ahead, "the state has made only 40", {"s", {30, 1}, 40, false});
  PostgresSink other = this->sink(confirmed_only());
  expect_refused(other, "it knows nothing of that state", {"t", {50, 1}, 100, false});
}

TEST_F(PostgresSinkTest, TwoRunsForOneStateAreNoticed) {
  PostgresSink one = this->sink(confirmed_only());
  PostgresSink two = this->sink(confirmed_only());
  one.open({"s", {}, 100, false});
  two.open({"s", {}, 100, false});
  one.write(mixed_events(0, 50), 50);
  const std::string message =
      message_of([&] { two.write(mixed_events(0, 50), 50); }, ExitCode::kIoFailed);
  EXPECT_NE(message.find("another run writes for the same state"), std::string::npos) << message;
}

// --- Lost connections --------------------------------------------------------------------

class PostgresOutages : public PostgresSinkTest {
 protected:
  // Everything that stands there.
  [[nodiscard]] std::string rows() const {
    std::string sql;
    for (const std::string table :
         {"purchases", "prompts", "expirations", "cancellations", "rejections"}) {
      sql += "SELECT '" + table + "'; SELECT * FROM " + table + " ORDER BY 1, 2, 3, 4, 5, 6; ";
    }
    return ask(sql + "SELECT events FROM tagtill_cursors");
  }
  [[nodiscard]] std::string rows_of_an_unbroken_run(std::uint64_t events) {
    const std::string mine = std::exchange(schema_, new_schema());
    PostgresSink sink = this->sink();
    sink.open({"s", {}, events, false});
    sink.write(mixed_events(0, events), events);
    const std::string unbroken = rows();
    schema_ = mine;
    return unbroken;
  }
};

// The reply to a COMMIT never comes: it was carried out, or it never arrived. Whatever is
// lost, the rows are those of an unbroken run.
TEST_F(PostgresOutages, ABatchWhoseCommitGotNoAnswerIsWrittenOnce) {
  for (const auto cut : {PostgresProxy::Cut::kBeforeCommit, PostgresProxy::Cut::kAfterCommit}) {
    schema_ = new_schema();
    const TempFolder folder;
    PostgresProxy proxy(folder.path(""), server_->where());
    PostgresOptions options = this->options();
    options.where = proxy.where();
    PostgresSink sink(options, all_event_types(), mugs("2000"), test_surroundings());
    sink.open({"s", {}, 400, false});
    sink.write(mixed_events(0, 100), 100);
    proxy.cut(cut);
    sink.write(mixed_events(100, 200), 200);
    EXPECT_EQ(proxy.cuts(), 1U);
    sink.write(mixed_events(200, 300), 300);
    EXPECT_EQ(sink.flush().events, 300U);
    EXPECT_EQ(rows(), rows_of_an_unbroken_run(300));
  }
}

// At any byte of what the client sends.
TEST_F(PostgresOutages, AConnectionThatBreaksAnywhereLosesAndDoublesNothing) {
  const std::string unbroken = rows_of_an_unbroken_run(60);
  const TempFolder folder;
  PostgresProxy proxy(folder.path(""), server_->where());
  for (std::uint64_t i = 0; i < 10 + seeded::seeds() / 10; ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    seeded::Random random(seed);
    schema_ = new_schema();
    PostgresOptions options = this->options();
    options.where = proxy.where();
    PostgresSink sink(options, all_event_types(), mugs("2000"), test_surroundings());
    sink.open({"s", {}, 60, false});
    for (std::uint64_t at = 0; at < 60; at += 20) {
      proxy.cut_after_bytes(random.below(6'000));
      sink.write(mixed_events(at, at + 20), at + 20);
    }
    proxy.cut(PostgresProxy::Cut::kNever);
    ASSERT_EQ(rows(), unbroken);
  }
  EXPECT_GT(proxy.cuts(), 10U);
}

// The connection breaks anywhere on the way, and they stand there all the same.
TEST_F(PostgresOutages, NewOffersStandBeforeTheEventsBehindThem) {
  const TempFolder folder;
  PostgresProxy proxy(folder.path(""), server_->where());
  for (std::uint64_t i = 0; i < 5 + seeded::seeds() / 20; ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    seeded::Random random(seed);
    schema_ = new_schema();
    PostgresOptions options = this->options();
    options.where = proxy.where();
    PostgresSink sink(options, all_event_types(), mugs("2000"), test_surroundings());
    sink.open({"s", {}, 60, false});
    sink.write(mixed_events(0, 20), 20);
    proxy.cut_after_bytes(random.below(2'000));
    sink.set_offers(mugs("1500"));
    EXPECT_EQ(ask("SELECT list_price_minor FROM offers"), "1500\n");
    sink.set_offers(mugs("1700"));
    sink.write(mixed_events(20, 40), 40);
    proxy.cut(PostgresProxy::Cut::kNever);
    ASSERT_EQ(ask("SELECT id, list_price_minor FROM offers"), "mug|1700\n");
    ASSERT_EQ(ask("SELECT list_price_minor, count(*) FROM prompts GROUP BY 1 ORDER BY 1"),
              "1700|4\n2000|4\n");
    sink.close();
  }
  EXPECT_GT(proxy.cuts(), 0U);
  schema_ = new_schema();
  PostgresSink alone(options(), confirmed_only(), nullptr, test_surroundings());
  alone.open({});
  alone.set_offers(mugs("1500"));
  alone.close();
  EXPECT_EQ(ask("SELECT count(*) FROM information_schema.tables WHERE table_schema = '" + schema_ +
                "' AND table_name = 'offers'"),
            "0\n");
}

TEST_F(PostgresOutages, WithoutAStreamALostConnectionIsNoLossUnlessRejectionsAreCounted) {
  const TempFolder folder;
  PostgresProxy proxy(folder.path(""), server_->where());
  for (const bool with_rejections : {false, true}) {
    EventTypes types = all_event_types();
    types.set(static_cast<std::size_t>(EventType::kRejected), with_rejections);
    PostgresOptions options = this->options();
    options.where = proxy.where();
    PostgresSink sink(options, types, mugs("2000"), test_surroundings());
    sink.open({});
    sink.write(mixed_events(0, 10), 10);
    proxy.cut(PostgresProxy::Cut::kAfterCommit);
    const auto write = [&] { sink.write(mixed_events(10, 20), 20); };
    if (with_rejections) {
      const std::string message = message_of(write, ExitCode::kIoFailed);
      EXPECT_NE(message.find("Run it again"), std::string::npos) << message;
    } else {
      write();
      EXPECT_EQ(ask("SELECT count(*) FROM purchases"), "4\n");
    }
  }
}

// --- A server that stops and starts ------------------------------------------------------

class PostgresRestarts : public ::testing::Test {
 protected:
  void SetUp() override {
    if (PostgresServer::programs().empty()) {
      GTEST_SKIP() << "skipped: there is no PostgreSQL on this machine";
    }
    server_ =
        std::make_unique<PostgresServer>(folder_.path(""), std::vector<std::string>{"fsync=off"});
    server_->start();
    ASSERT_EQ(server_->problem(), "");
  }

  [[nodiscard]] PostgresOptions options() const {
    PostgresOptions options;
    options.where = server_->where();
    options.retry_first_ms = 5;
    options.retry_most_ms = 100;
    return options;
  }

  TempFolder folder_;
  std::unique_ptr<PostgresServer> server_;
};

// The sink ends now and then as well, without a word and with what the state knows being old.
TEST_F(PostgresRestarts, InMidStreamLoseAndDoubleNothing) {
  const std::uint64_t restarts = 3 + seeded::seeds() / 60;
  seeded::Random random(seeded::first_seed());
  SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seeded::first_seed()));
  std::atomic<bool> done{false};
  std::uint64_t given = 0;
  std::atomic<std::uint64_t> lives{0};
  std::thread writer([&] {
    seeded::Random dice(seeded::first_seed() + 1);
    SinkPosition known;
    while (!done) {
      ++lives;
      SinkBatcher batcher(std::make_unique<PostgresSink>(options(), all_event_types(), mugs("2000"),
                                                         test_surroundings()),
                          all_event_types());
      std::uint64_t at = batcher.open({"s", known, given, false}).events;
      while (!done && !dice.percent(10)) {
        const std::uint64_t next = at + 1 + dice.below(700);
        given = std::max(given, next);
        batcher.add(mixed_events(at, next), at);
        at = next;
        const SinkPosition flushed = batcher.flush();
        known = dice.percent(50) ? flushed : known;
      }
    }
  });
  // However slow the machine is, the sink ends once at least.
  for (std::uint64_t i = 0; i < restarts || (lives < 2 && i < 100 * restarts); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50 + random.below(300)));
    server_->stop(static_cast<PostgresServer::Stop>(random.below(3)));
    std::this_thread::sleep_for(std::chrono::milliseconds(random.below(100)));
    server_->start();
  }
  done = true;
  writer.join();
  ASSERT_EQ(server_->problem(), "");
  const std::string count = server_->ask("SELECT events FROM tagtill_cursors");
  const std::uint64_t events = std::stoull(count);
  EXPECT_GT(events, restarts);
  EXPECT_GT(lives, 1U);
  std::string wanted;
  for (std::uint64_t type = 0; type < kEventTypes; ++type) {
    wanted += std::to_string((events + kEventTypes - 1 - type) / kEventTypes) + "|";
  }
  EXPECT_EQ(
      server_->ask("SELECT (SELECT count(*) FROM prompts), (SELECT count(*) FROM purchases), "
                   "(SELECT count(*) FROM expirations), (SELECT count(*) FROM cancellations), "
                   "(SELECT count(*) FROM rejections), ''"),
      wanted + "\n");
  // Of rejections that are alike none was numbered twice or left out.
  EXPECT_EQ(server_->ask("SELECT count(*) FROM (SELECT count(*) AS n, max(nth) AS last FROM "
                         "rejections GROUP BY post_id, offer_id) g WHERE n <> last"),
            "0\n");
}

TEST_F(PostgresRestarts, WhileItIsAwayTheSinkCanBeToldToGiveUp) {
  std::atomic<bool> give_up{false};
  std::vector<std::string> said;
  Surroundings around = test_surroundings();
  around.give_up = [&] { return give_up.load(); };
  around.say = [&](const std::string& sentence) { said.push_back(sentence); };
  PostgresSink sink(options(), confirmed_only(), nullptr, around);
  sink.open({"s", {}, 10, false});
  server_->stop(PostgresServer::Stop::kFast);
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    give_up = true;
  });
  try {
    sink.write(mixed_events(0, 10), 10);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const GaveUp& gave_up) {
    EXPECT_NE(std::string(gave_up.what()).find("gave up waiting"), std::string::npos);
  }
  later.join();
  EXPECT_EQ(said.size(), 1U);  // once, however often it was tried
}

// The server ends with the thread that started it.
TEST_F(PostgresRestarts, OpenWaitsForAServerThatIsStarting) {
  server_->stop(PostgresServer::Stop::kFast);
  std::atomic<bool> opened{false};
  const std::jthread later([&](const std::stop_token& stop) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    server_->start();
    while (!opened && !stop.stop_requested()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  });
  PostgresSink sink(options(), confirmed_only(), nullptr, test_surroundings());
  EXPECT_EQ(sink.open({"s", {}, 0, false}).events, 0U);
  opened = true;
}

// A database that was restored behind the sink's back.
TEST_F(PostgresRestarts, ADatabaseThatFellBehindIsSaid) {
  PostgresSink sink(options(), confirmed_only(), nullptr, test_surroundings());
  sink.open({"s", {}, 100, false});
  sink.write(mixed_events(0, 50), 50);
  server_->ask("UPDATE tagtill_cursors SET events = 20");
  server_->stop(PostgresServer::Stop::kFast);
  server_->start();
  const std::string message =
      message_of([&] { sink.write(mixed_events(50, 60), 60); }, ExitCode::kIoFailed);
  EXPECT_NE(message.find("held the first 50 events of the state, and now says 20"),
            std::string::npos)
      << message;
}

}  // namespace
}  // namespace tagtill
