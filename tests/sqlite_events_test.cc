// The sqlite sink with more than purchases: tables, keys, the catalogue.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "engine/file_errors.h"
#include "engine/offer_catalogue.h"
#include "sinks/sink_batcher.h"
#include "sinks/sqlite_sink.h"
#include "tests/sink_events.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

constexpr std::string_view kOffers =
    R"({"id":"mug","tag":"Mug","title":"A \"mug\"","price_minor":1299,"currency":"EUR",)"
    R"("fulfilment":"pickup","starts_at":"1969-01-01T00:00:00Z","ends_at":"2014-01-01T00:00:00Z",)"
    R"("list_price_minor":1500,"stock":3,"limit_per_member":2,"commission_bps":500,)"
    R"("window_seconds":60,"regions":["FR","DE"]})"
    "\n"
    R"({"id":"cup","tag":"Cup","title":"Cup","price_minor":0,"currency":"JPY",)"
    R"("fulfilment":"ship","starts_at":"2013-01-01T00:00:00Z","ends_at":"2014-01-01T00:00:00Z"})"
    "\n";

std::shared_ptr<const OfferCatalogue> catalogue(std::string_view json_lines = kOffers) {
  FileErrors errors;
  auto offers = OfferCatalogue::parse(json_lines, "offers", "Confirm", errors);
  EXPECT_TRUE(errors.empty());
  return offers;
}

EventTypes types_of(std::initializer_list<EventType> list) {
  EventTypes types;
  for (const EventType type : list) {
    types.set(static_cast<std::size_t>(type));
  }
  return types;
}

// One event of each type, of one purchase id.
EventBatch one_of_each() {
  EventBatch batch;
  for (std::size_t type = 0; type < kEventTypes; ++type) {
    Event event = purchase(batch, "77");
    event.type = static_cast<EventType>(type);
    event.deadline = event.intent_at + 900'000;
    event.title = "A \"mug\"";
    event.tag_prefix = "Confirm";
    event.code = 0x0123456789;
    event.reject_reason = RejectReason::kSoldOut;
    event.cancel_reason = CancelReason::kUnenrolled;
    batch.events.push_back(event);
  }
  return batch;
}

Event rejection(EventBatch& batch, std::string_view post, std::string_view offer) {
  Event event;
  event.type = EventType::kRejected;
  event.reject_reason = RejectReason::kUnknownCode;
  event.post_id = batch.bytes.keep(post);
  event.author_id = "a";
  event.offer_id = offer;
  event.at = 1'360'584'000'000;
  return event;
}

void write(const std::string& path, const EventBatch& batch, EventTypes types = all_event_types()) {
  SqliteSink sink(path, types, catalogue());
  sink.open({});
  sink.write(batch, batch.events.size());
  sink.close();
}

TEST(SqliteEvents, EachTypeHasATableWithTheColumnsOfItsEvent) {
  const TempFolder folder;
  const std::string path = folder.path("all.db");
  write(path, one_of_each());
  EXPECT_EQ(
      query(path, "SELECT * FROM prompts"),
      (Rows{{"77:mug", "mug", "author-77", "77", "2013-02-11T12:00:00.000Z",
             "2013-02-11T12:15:00.000Z", "#Confirm04HMASW9", "A \"mug\"", "1299", "EUR", "1500"}}));
  EXPECT_EQ(query(path, "SELECT * FROM expirations"),
            (Rows{{"77:mug", "mug", "acct \"1\" ~", "author-77", "77", "2013-02-11T12:00:00.000Z",
                   "2013-02-11T12:15:00.000Z"}}));
  EXPECT_EQ(query(path, "SELECT * FROM cancellations"),
            (Rows{{"77:mug", "mug", "acct \"1\" ~", "author-77", "77", "2013-02-11T12:00:00.000Z",
                   "unenrolled"}}));
  EXPECT_EQ(
      query(path, "SELECT * FROM rejections"),
      (Rows{{"sold_out", "confirm-77", "author-77", "mug", "2013-02-11T12:01:00.000Z", "1"}}));
  EXPECT_EQ(count_rows(path), 1U);
  EXPECT_EQ(query(path,
                  "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' "
                  "AND strict = 1 ORDER BY 1"),
            (Rows{{"cancellations"},
                  {"expirations"},
                  {"offers"},
                  {"prompts"},
                  {"purchases"},
                  {"rejections"}}));
}

TEST(SqliteEvents, TheCatalogueStandsInIt) {
  const TempFolder folder;
  const std::string path = folder.path("all.db");
  write(path, {});
  EXPECT_EQ(
      query(path, "SELECT *, typeof(stock), typeof(regions) FROM offers ORDER BY rowid"),
      (Rows{{"mug", "Mug", "A \"mug\"", "1299", "EUR", "pickup", "1970-01-01T00:00:00.000Z",
             "2014-01-01T00:00:00.000Z", "1500", "3", "2", "500", "60", "DE,FR", "integer", "text"},
            {"cup", "Cup", "Cup", "0", "JPY", "ship", "2013-01-01T00:00:00.000Z",
             "2014-01-01T00:00:00.000Z", "", "", "1", "0", "900", "", "null", "null"}}));
}

TEST(SqliteEvents, OffersAreAsTheLastRunKnewThemAndStayWhenTheyLeave) {
  const TempFolder folder;
  const std::string path = folder.path("all.db");
  write(path, {});
  SqliteSink sink(
      path, all_event_types(),
      catalogue(R"({"id":"cup","tag":"Cup","title":"New","price_minor":7,"currency":"JPY",)"
                R"("fulfilment":"ship","starts_at":"2013-01-01T00:00:00Z",)"
                R"("ends_at":"2014-01-01T00:00:00Z","stock":1})"));
  sink.open({});
  sink.close();
  EXPECT_EQ(query(path, "SELECT id, title, price_minor, stock FROM offers ORDER BY rowid"),
            (Rows{{"mug", "A \"mug\"", "1299", "3"}, {"cup", "New", "7", "1"}}));
}

// As it is open: from the next event on they are the ones that count.
TEST(SqliteEvents, NewOffersStandInItBeforeTheEventsBehindThem) {
  const TempFolder folder;
  const std::string path = folder.path("all.db");
  EventBatch first;
  first.events.push_back(purchase(first, "1"));
  EventBatch second;
  second.events.push_back(purchase(second, "2"));
  for (EventBatch* batch : {&first, &second}) {
    batch->events[0].type = EventType::kPrompt;
  }
  SqliteSink sink(path, all_event_types(), catalogue());
  sink.open({});
  sink.write(first, 1);
  sink.set_offers(
      catalogue(R"({"id":"mug","tag":"Mug","title":"New","price_minor":7,"currency":"EUR",)"
                R"("list_price_minor":8,"fulfilment":"ship","starts_at":"2013-01-01T00:00:00Z",)"
                R"("ends_at":"2014-01-01T00:00:00Z"})"));
  EXPECT_EQ(query(path, "SELECT id, title FROM offers ORDER BY rowid"),
            (Rows{{"mug", "New"}, {"cup", "Cup"}}));
  sink.write(second, 2);
  sink.close();
  EXPECT_EQ(query(path, "SELECT purchase_id, list_price_minor FROM prompts ORDER BY 1"),
            (Rows{{"1:mug", "1500"}, {"2:mug", "8"}}));

  const std::string sold = folder.path("sold.db");
  SqliteSink purchases(sold);
  purchases.open({});
  purchases.set_offers(catalogue());
  purchases.close();
  EXPECT_EQ(query(sold, "SELECT name FROM sqlite_schema WHERE name = 'offers'"), Rows{});
}

TEST(SqliteEvents, ASecondRunOverTheSameChangesNothing) {
  const TempFolder folder;
  const std::string path = folder.path("all.db");
  EventBatch batch = one_of_each();
  for (const std::string_view post : {"1", "1", "2", "1"}) {
    batch.events.push_back(rejection(batch, post, {}));
    batch.events.push_back(rejection(batch, post, "mug"));
  }
  std::string before;
  for (int run = 0; run < 3; ++run) {
    write(path, batch);
    std::string all;
    for (const std::string table :
         {"prompts", "purchases", "expirations", "cancellations", "rejections", "offers"}) {
      for (const auto& row : query(path, "SELECT rowid, * FROM " + table)) {
        for (const std::string& cell : row) {
          all += cell + "|";
        }
      }
    }
    EXPECT_TRUE(run == 0 || all == before);
    before = all;
  }
  // Three true rejections of one post stay three, wherever the batches are cut.
  EXPECT_EQ(query(path,
                  "SELECT post_id, ifnull(offer_id, '-'), count(*), max(nth) FROM rejections "
                  "WHERE reason = 'unknown_code' GROUP BY 1, 2"),
            (Rows{{"1", "-", "3", "3"},
                  {"1", "mug", "3", "3"},
                  {"2", "-", "1", "1"},
                  {"2", "mug", "1", "1"}}));
}

TEST(SqliteEvents, RejectionsAreCountedAcrossTheBatchesOfARun) {
  const TempFolder folder;
  const std::string path = folder.path("all.db");
  EventBatch batch;
  batch.events.push_back(rejection(batch, "1", {}));
  SqliteSink sink(path, all_event_types(), catalogue());
  sink.open({});
  sink.write(batch, batch.events.size());
  sink.write(batch, batch.events.size());
  sink.close();
  EXPECT_EQ(query(path, "SELECT post_id, nth FROM rejections"), (Rows{{"1", "1"}, {"1", "2"}}));
}

TEST(SqliteEvents, WithAStreamRejectionsAreCountedOverTheWholeTable) {
  const TempFolder folder;
  const std::string path = folder.path("all.db");
  EventBatch batch;
  for (const std::string_view offer : {"", "mug", ""}) {
    batch.events.push_back(rejection(batch, "1", offer));
  }
  for (std::uint64_t run = 0; run < 2; ++run) {
    SqliteSink sink(path, all_event_types(), catalogue());
    EXPECT_EQ(sink.open({"stream", {3 * run, run}, 6, false}).events, 3 * run);
    sink.write(batch, 3 * run + 3);
    sink.close();
  }
  EXPECT_EQ(query(path, "SELECT ifnull(offer_id, '-'), nth FROM rejections ORDER BY rowid"),
            (Rows{{"-", "1"}, {"mug", "1"}, {"-", "2"}, {"-", "3"}, {"mug", "2"}, {"-", "4"}}));
}

TEST(SqliteEvents, AListOfTypesHasTheTablesOfTheseAndNoViews) {
  const TempFolder folder;
  const std::string path = folder.path("some.db");
  write(path, one_of_each(), types_of({EventType::kConfirmed, EventType::kPrompt}));
  EXPECT_EQ(
      query(path, "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY 1"),
      (Rows{{"offers"}, {"prompts"}, {"purchases"}}));
  EXPECT_EQ(query(path, "SELECT list_price_minor FROM prompts"), (Rows{{"1500"}}));

  const std::string other = folder.path("other.db");
  write(other, one_of_each(), types_of({EventType::kRejected}));
  EXPECT_EQ(count_rows(other), 0U);
  EXPECT_EQ(query(other, "SELECT count(*) FROM rejections"), (Rows{{"1"}}));
}

TEST(SqliteEvents, ADatabaseOfPurchasesCanTakeTheOthersLater) {
  const TempFolder folder;
  const std::string path = folder.path("p.db");
  write(path, one_of_each(), confirmed_only());
  EXPECT_EQ(query(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'prompts'"),
            (Rows{{"0"}}));
  write(path, one_of_each());
  EXPECT_EQ(query(path, "SELECT prompts, confirmed FROM offer_funnel WHERE offer_id = 'mug'"),
            (Rows{{"1", "1"}}));
}

TEST(SqliteEvents, ViewsOfAnotherVersionAreMadeAnew) {
  const TempFolder folder;
  const std::string path = folder.path("all.db");
  write(path, one_of_each());
  const std::string stored = "SELECT sql FROM sqlite_schema WHERE name = 'offer_reach'";
  const Rows before = query(path, stored);
  execute(path, "DROP VIEW offer_reach; CREATE VIEW offer_reach AS SELECT 1");
  write(path, one_of_each());
  EXPECT_EQ(query(path, stored), before);
}

TEST(SqliteEvents, NamesThatSomebodyElseUsesAreRefused) {
  const TempFolder folder;
  int number = 0;
  for (const std::string sql :
       {"CREATE TABLE offers (id)", "CREATE VIEW prompts AS SELECT 1",
        "CREATE VIEW offer_reach AS SELECT 1", "CREATE TABLE offer_funnel (a)",
        "CREATE TABLE rejections (reason TEXT NOT NULL, post_id TEXT NOT NULL, author_id TEXT NOT "
        "NULL, offer_id TEXT, at TEXT NOT NULL, nth INTEGER NOT NULL) STRICT"}) {
    const std::string path = folder.path("db" + std::to_string(++number));
    execute(path, sql);
    SqliteSink sink(path, all_event_types(), catalogue());
    const std::string message = message_of([&] { sink.open({}); }, ExitCode::kIoFailed);
    EXPECT_NE(message.find("of another form"), std::string::npos) << message;
    EXPECT_EQ(query(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'purchases'"),
              (Rows{{"0"}}));
  }
}

}  // namespace
}  // namespace tagtill
