// The contract that every sink passes, and what each has of its own.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/errors.h"
#include "sinks/jsonl_sink.h"
#include "sinks/null_sink.h"
#include "sinks/sink_batcher.h"
#include "sinks/sink_url.h"
#include "sinks/sqlite_sink.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

using Rows = std::vector<std::vector<std::string>>;

// The rows as SQLite's own quote() writes them.
Rows query(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  sqlite3_stmt* statement = nullptr;
  Rows rows;
  EXPECT_EQ(sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
  EXPECT_EQ(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  while (sqlite3_step(statement) == SQLITE_ROW) {
    rows.emplace_back();
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
      rows.back().emplace_back(text == nullptr ? "" : text);
    }
  }
  sqlite3_finalize(statement);
  sqlite3_close(database);
  return rows;
}

void execute(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  EXPECT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
}

Event purchase(EventBatch& batch, const std::string& intent_id) {
  Event event;
  event.type = EventType::kConfirmed;
  event.offer_id = "mug";
  event.account = batch.bytes.keep("acct \"1\" ~");
  event.author_id = batch.bytes.keep("author-" + intent_id);
  event.intent_id = batch.bytes.keep(intent_id);
  event.post_id = batch.bytes.keep("confirm-" + intent_id);
  event.currency = {'E', 'U', 'R'};
  event.intent_at = 1'360'584'000'000;
  event.at = event.intent_at + 60'000;
  event.price_minor = 1'299;
  event.commission_minor = 64;
  event.reach = 42;
  return event;
}

// Every plane of Unicode, quotes, newlines and other controls, an id at the
// limit of its length, numbers at the limits of their range.
EventBatch hard_batch() {
  EventBatch batch;
  const std::vector<std::string> ids = {"1",
                                        "quote\"back\\slash'tick",
                                        "new\nline\r\n",
                                        "nul-less \x01\x1F",
                                        "é߿",
                                        "ࠀ日本￼",
                                        "\U00010000\U0001F600",
                                        "\U0002FFFD",
                                        "\U0003FFFD",
                                        "\U00040000",
                                        "\U00050000",
                                        "\U00060000",
                                        "\U00070000",
                                        "\U00080000",
                                        "\U00090000",
                                        "\U000A0000",
                                        "\U000B0000",
                                        "\U000C0000",
                                        "\U000D0000",
                                        "\U000E0001",
                                        "\U000F0000",
                                        "\U0010FFFD",
                                        std::string(128, 'x')};
  for (const std::string& id : ids) {
    batch.events.push_back(purchase(batch, id));
  }
  batch.events[1].fulfilment = Fulfilment::kPickup;
  batch.events[1].code = 0x0123456789;
  batch.events[2].price_minor = INT64_MAX;
  batch.events[2].commission_minor = INT64_MAX;
  batch.events[2].reach = INT64_MAX;
  batch.events[3].price_minor = 0;
  return batch;
}

std::string lines_of(const EventBatch& batch) {
  std::string lines;
  for (const Event& event : batch.events) {
    append_json_line(lines, event);
  }
  return lines;
}

std::string message_of(const std::function<void()>& action, ExitCode code) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

// The contract. `count` tells how many different purchases an output holds.
struct SinkKind {
  std::string name;
  std::function<std::unique_ptr<Sink>(const std::string& path)> make;
  std::function<std::size_t(const std::string& path)> count;
  bool keeps = true;  // false: nothing is kept, so nothing is counted
};

void PrintTo(const SinkKind& kind, std::ostream* out) { *out << kind.name; }

std::size_t count_rows(const std::string& path) {
  return query(path, "SELECT 1 FROM purchases").size();
}

std::size_t count_lines(const std::string& path) {
  const std::string text = read_file(path);
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    EXPECT_NE(end, std::string::npos) << "the last line has no end";
    lines.push_back(text.substr(at, end - at));
    at = end == std::string::npos ? text.size() : end + 1;
  }
  std::ranges::sort(lines);
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  return lines.size();
}

class SinkContract : public ::testing::TestWithParam<SinkKind> {
 protected:
  [[nodiscard]] std::unique_ptr<Sink> sink() const { return GetParam().make(path_); }
  void expect_purchases(std::size_t count) const {
    if (GetParam().keeps) {
      EXPECT_EQ(GetParam().count(path_), count);
    }
  }

  TempFolder folder_;
  std::string path_ = folder_.path("out put 'ä'");
};

TEST_P(SinkContract, NothingWritten) {
  const auto sink = this->sink();
  sink->open();
  sink->close();
  expect_purchases(0);
}

TEST_P(SinkContract, ABatchWrittenTwiceIsTheSamePurchases) {
  const EventBatch batch = hard_batch();
  const auto sink = this->sink();
  sink->open();
  sink->write(batch);
  sink->write(batch);
  sink->close();
  expect_purchases(batch.events.size());
}

TEST_P(SinkContract, WhatWasFlushedStandsThoughTheSinkIsNeverClosed) {
  const EventBatch batch = hard_batch();
  {
    const auto sink = this->sink();
    sink->open();
    sink->write(batch);
    sink->flush();
    expect_purchases(batch.events.size());
  }
  expect_purchases(batch.events.size());
}

TEST_P(SinkContract, ClosedInMidBatchTheBatcherGivesAllItHolds) {
  const EventBatch batch = hard_batch();
  SinkBatcher batcher;
  batcher.attach(sink(), confirmed_only());
  batcher.open();
  batcher.add(batch);
  batcher.close();
  expect_purchases(batch.events.size());
}

TEST_P(SinkContract, TheBatchMayBeClearedAfterTheWrite) {
  EventBatch batch = hard_batch();
  const std::size_t count = batch.events.size();
  const auto sink = this->sink();
  sink->open();
  sink->write(batch);
  batch.clear();
  std::fill_n(batch.bytes.allocate(60'000), 60'000, 'z');
  sink->close();
  expect_purchases(count);
  if (GetParam().keeps) {
    EXPECT_EQ(read_file(path_).find("zzzz"), std::string::npos);
  }
}

TEST_P(SinkContract, ManyBatches) {
  const auto sink = this->sink();
  sink->open();
  for (int i = 0; i < 20; ++i) {
    EventBatch batch;
    for (int k = 0; k < 1'000; ++k) {
      batch.events.push_back(purchase(batch, std::to_string(i) + "." + std::to_string(k)));
    }
    sink->write(batch);
  }
  sink->close();
  expect_purchases(20'000);
}

TEST_P(SinkContract, AnOutputThatCannotBeMadeIsSaidWithItsPath) {
  if (!GetParam().keeps) {
    return;  // it has no output that could fail
  }
  const std::string missing = folder_.path("no-such-folder/file");
  for (const std::string& path : {missing, folder_.path(".")}) {
    const auto sink = GetParam().make(path);
    const std::string message = message_of([&] { sink->open(); }, ExitCode::kIoFailed);
    EXPECT_NE(message.find(path), std::string::npos) << message;
    EXPECT_TRUE(message.ends_with('.')) << message;
  }
}

// A limit on the size of files stands in for a full disk: the same calls fail.
TEST_P(SinkContract, AFullDiskStopsItAndWhatCameBeforeStandsWhole) {
  if (!GetParam().keeps) {
    return;  // it has no output that could fail
  }
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limited{400'000, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limited), 0);
  std::size_t flushed = 0;
  const std::string message = message_of(
      [&] {
        const auto sink = this->sink();
        sink->open();
        for (int i = 0; i < 1'000; ++i) {
          EventBatch batch;
          for (int k = 0; k < 100; ++k) {
            batch.events.push_back(purchase(batch, std::to_string(i) + "." + std::to_string(k)));
          }
          sink->write(batch);
          sink->flush();
          flushed += batch.events.size();
        }
      },
      ExitCode::kIoFailed);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_NE(message.find(path_), std::string::npos) << message;
  EXPECT_GT(flushed, 0U);
  if (GetParam().name == "sqlite") {
    expect_purchases(flushed);  // a transaction a batch
    EXPECT_EQ(query(path_, "PRAGMA integrity_check"), (Rows{{"ok"}}));
  } else {
    EXPECT_GE(GetParam().count(path_), flushed);  // whole lines
  }
}

INSTANTIATE_TEST_SUITE_P(
    Sinks, SinkContract,
    ::testing::Values(
        SinkKind{"null", [](const std::string&) { return std::make_unique<NullSink>(); },
                 [](const std::string&) { return std::size_t{0}; }, false},
        SinkKind{"jsonl",
                 [](const std::string& path) {
                   return std::make_unique<JsonlSink>(path, "the jsonl sink");
                 },
                 count_lines},
        SinkKind{"sqlite",
                 [](const std::string& path) { return std::make_unique<SqliteSink>(path); },
                 count_rows}),
    [](const auto& param) { return param.param.name; });

TEST(JsonlSink, WritesTheLinesOfP8) {
  const TempFolder folder;
  const EventBatch batch = hard_batch();
  JsonlSink sink(folder.path("out"), "the jsonl sink");
  sink.open();
  sink.write(batch);
  sink.close();
  EXPECT_EQ(read_file(folder.path("out")), lines_of(batch));
}

TEST(JsonlSink, EmptiesTheFileAtOpen) {
  const TempFolder folder;
  const std::string path = folder.write("out", "old\n");
  JsonlSink sink(path, "the jsonl sink");
  sink.open();
  sink.close();
  EXPECT_EQ(read_file(path), "");
}

TEST(JsonlSink, AFullDeviceIsSaid) {
  EventBatch batch = hard_batch();
  JsonlSink sink("/dev/full", "--events");
  sink.open();
  sink.write(batch);
  const std::string message = message_of([&] { sink.close(); }, ExitCode::kIoFailed);
  EXPECT_NE(message.find("--events: cannot write /dev/full: No space left on device. Free some"),
            std::string::npos)
      << message;
}

TEST(JsonlSink, AReaderThatWentAwayIsSaid) {
  const TempFolder folder;
  const std::string path = folder.path("pipe");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const auto old_handler = std::signal(SIGPIPE, SIG_IGN);
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  JsonlSink sink(path, "--events");
  sink.open();
  ASSERT_EQ(::close(reader), 0);
  sink.write(hard_batch());
  const std::string message = message_of([&] { sink.flush(); }, ExitCode::kIoFailed);
  std::signal(SIGPIPE, old_handler);
  EXPECT_NE(message.find("Broken pipe"), std::string::npos) << message;
}

TEST(SqliteSink, OneRowAPurchaseWithTheColumnsOfTheEvent) {
  const TempFolder folder;
  const std::string path = folder.path("p.db");
  EventBatch batch;
  batch.events.push_back(purchase(batch, "77"));
  batch.events.push_back(purchase(batch, "78"));
  batch.events[1].fulfilment = Fulfilment::kPickup;
  batch.events[1].code = 0x0123456789;
  SqliteSink sink(path);
  sink.open();
  sink.write(batch);
  sink.close();
  EXPECT_EQ(query(path, "SELECT name, type, \"notnull\", pk FROM pragma_table_info('purchases')"),
            (Rows{{"purchase_id", "TEXT", "1", "1"},
                  {"offer_id", "TEXT", "1", "0"},
                  {"account", "TEXT", "1", "0"},
                  {"author_id", "TEXT", "1", "0"},
                  {"intent_id", "TEXT", "1", "0"},
                  {"confirm_id", "TEXT", "1", "0"},
                  {"intent_at", "TEXT", "1", "0"},
                  {"confirmed_at", "TEXT", "1", "0"},
                  {"price_minor", "INTEGER", "1", "0"},
                  {"currency", "TEXT", "1", "0"},
                  {"commission_minor", "INTEGER", "1", "0"},
                  {"fulfilment", "TEXT", "1", "0"},
                  {"claim_code", "TEXT", "0", "0"},
                  {"reach", "INTEGER", "1", "0"}}));
  EXPECT_EQ(query(path, "SELECT strict FROM pragma_table_list('purchases')"), (Rows{{"1"}}));
  EXPECT_EQ(query(path,
                  "SELECT *, typeof(price_minor), typeof(reach), typeof(claim_code) "
                  "FROM purchases ORDER BY rowid"),
            (Rows{{"77:mug", "mug", "acct \"1\" ~", "author-77", "77", "confirm-77",
                   "2013-02-11T12:00:00.000Z", "2013-02-11T12:01:00.000Z", "1299", "EUR", "64",
                   "ship", "", "42", "integer", "integer", "null"},
                  {"78:mug", "mug", "acct \"1\" ~", "author-78", "78", "confirm-78",
                   "2013-02-11T12:00:00.000Z", "2013-02-11T12:01:00.000Z", "1299", "EUR", "64",
                   "pickup", "04HMASW9", "42", "integer", "integer", "text"}}));
}

TEST(SqliteSink, TheSameAgainChangesNothing) {
  const TempFolder folder;
  const std::string path = folder.path("p.db");
  const EventBatch batch = hard_batch();
  const std::string everything = "SELECT rowid, * FROM purchases";
  Rows first;
  for (int run = 0; run < 2; ++run) {
    SqliteSink sink(path);
    sink.open();
    sink.write(batch);
    sink.close();
    if (run == 0) {
      first = query(path, everything);
    }
  }
  EXPECT_EQ(first.size(), batch.events.size());
  EXPECT_EQ(query(path, everything), first);
}

TEST(SqliteSink, APurchaseThatStandsThereIsLeftAsItIs) {
  const TempFolder folder;
  const std::string path = folder.path("p.db");
  EventBatch batch;
  batch.events.push_back(purchase(batch, "1"));
  for (const std::int64_t reach : {5, 6}) {
    batch.events[0].reach = reach;
    SqliteSink sink(path);
    sink.open();
    sink.write(batch);
    sink.close();
  }
  EXPECT_EQ(query(path, "SELECT reach FROM purchases"), (Rows{{"5"}}));
}

TEST(SqliteSink, LeavesOneOrdinaryFileThatCanBeToldByItsId) {
  const TempFolder folder;
  const std::string path = folder.path("p.db");
  SqliteSink sink(path);
  sink.open();
  sink.write(hard_batch());
  sink.close();
  EXPECT_FALSE(std::filesystem::exists(path + "-wal"));
  EXPECT_FALSE(std::filesystem::exists(path + "-journal"));
  EXPECT_EQ(query(path, "PRAGMA journal_mode"), (Rows{{"delete"}}));
  EXPECT_EQ(query(path, "PRAGMA application_id"), (Rows{{std::to_string(0x7467746C)}}));
  EXPECT_EQ(query(path, "PRAGMA user_version"), (Rows{{"1"}}));
}

TEST(SqliteSink, SomebodyMayReadWhileItIsOpen) {
  const TempFolder folder;
  const std::string path = folder.path("p.db");
  SqliteSink sink(path);
  sink.open();
  sqlite3* reader = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &reader), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(reader, "BEGIN; SELECT * FROM purchases", nullptr, nullptr, nullptr),
            SQLITE_OK);
  const EventBatch batch = hard_batch();
  sink.write(batch);
  sink.close();
  sqlite3_close(reader);
  EXPECT_EQ(count_rows(path), batch.events.size());
}

TEST(SqliteSink, PathsThatMeanSomethingElseToSqlite) {
  const TempFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path("."));
  for (const std::string path : {":memory:", "file:x?mode=memory"}) {
    SqliteSink sink(path);
    sink.open();
    sink.write(hard_batch());
    sink.close();
    EXPECT_TRUE(std::filesystem::exists(folder.path(path))) << path;
  }
  std::filesystem::current_path(before);
}

TEST(SqliteSink, OtherTablesAreLeftAlone) {
  const TempFolder folder;
  const std::string path = folder.path("shop.db");
  execute(path, "CREATE TABLE stock (a); INSERT INTO stock VALUES (1); PRAGMA user_version = 9");
  SqliteSink sink(path);
  sink.open();
  sink.write(hard_batch());
  sink.close();
  EXPECT_EQ(query(path, "SELECT a FROM stock"), (Rows{{"1"}}));
  EXPECT_EQ(query(path, "PRAGMA user_version"), (Rows{{"9"}}));
  EXPECT_EQ(count_rows(path), hard_batch().events.size());
}

void expect_refused(const std::string& path, const std::string& because) {
  SqliteSink sink(path);
  const std::string message = message_of([&] { sink.open(); }, ExitCode::kIoFailed);
  EXPECT_NE(message.find(path), std::string::npos) << message;
  EXPECT_NE(message.find(because), std::string::npos) << message;
}

TEST(SqliteSink, RefusesWhatIsNotItsOwn) {
  const TempFolder folder;
  expect_refused(folder.write("text", std::string(5'000, 'x')), "not an SQLite database");

  execute(folder.path("other"), "PRAGMA application_id = 5; CREATE TABLE t (a)");
  expect_refused(folder.path("other"), "another program");

  execute(folder.path("newer"), "PRAGMA application_id = 1952937068; PRAGMA user_version = 2");
  expect_refused(folder.path("newer"), "a newer tagtill");

  execute(folder.path("shape"), "CREATE TABLE purchases (purchase_id TEXT PRIMARY KEY)");
  expect_refused(folder.path("shape"), "of another form");

  execute(folder.path("view"), "CREATE VIEW purchases AS SELECT 1");
  expect_refused(folder.path("view"), "of another form");
}

TEST(SqliteSink, ADatabaseWithoutRightsIsSaid) {
  const TempFolder folder;
  const std::string path = folder.path("p.db");
  execute(path, "CREATE TABLE t (a)");
  ASSERT_EQ(::chmod(path.c_str(), 0444), 0);
  ASSERT_EQ(::chmod(folder.path(".").c_str(), 0755), 0);
  const uid_t before = ::geteuid();
  constexpr uid_t kNobody = 65534;  // root may write everywhere
  ASSERT_TRUE(before != 0 || ::seteuid(kNobody) == 0);
  expect_refused(path, "cannot be written");
  expect_refused(folder.path("new.db"), "Check that its folder");
  ASSERT_EQ(::seteuid(before), 0);
}

TEST(SinkUrl, KindsAndPaths) {
  EXPECT_EQ(parse_sink_url("sqlite:a/b.db").kind, SinkUrl::Kind::kSqlite);
  EXPECT_EQ(parse_sink_url("sqlite:a:b.db").path, "a:b.db");
  EXPECT_EQ(parse_sink_url("jsonl:-").path, "-");
  EXPECT_EQ(parse_sink_url("null:").kind, SinkUrl::Kind::kNull);
}

TEST(SinkUrl, WhatIsWrongIsSaid) {
  for (const std::string url : {"", "purchases.db", "mysql:x", "sqlite:", "jsonl:", "null:x",
                                "sqlite:-", "sqlite:x?events=all", "SQLITE:x"}) {
    const std::string message = message_of([&] { (void)parse_sink_url(url); }, ExitCode::kUsage);
    EXPECT_NE(message.find("sqlite:PATH"), std::string::npos) << message;
  }
}

// A sink that says what it was given, and fails when told to.
class SpySink final : public Sink {
 public:
  struct Log {
    std::vector<std::size_t> batches;
    std::string lines;
    bool closed = false;
    std::size_t fail_at_batch = SIZE_MAX;
  };

  explicit SpySink(Log& log) : log_(log) {}
  void open() override {}
  void write(const EventBatch& batch) override {
    if (log_.batches.size() == log_.fail_at_batch) {
      throw Error(ExitCode::kIoFailed, "the spy fails");
    }
    log_.batches.push_back(batch.events.size());
    log_.lines += lines_of(batch);
  }
  void flush() override {}
  void close() override { log_.closed = true; }

 private:
  Log& log_;
};

EventBatch small_events(std::size_t count) {
  EventBatch batch;
  for (std::size_t i = 0; i < count; ++i) {
    batch.events.push_back(purchase(batch, std::to_string(i)));
  }
  return batch;
}

TEST(SinkBatcher, CutsAtTheNumberOfEventsAndKeepsTheOrder) {
  SpySink::Log log;
  SinkBatcher batcher;
  batcher.attach(std::make_unique<SpySink>(log), all_event_types());
  batcher.open();
  const EventBatch events = small_events(10'000);
  for (std::size_t at = 0; at < events.events.size(); at += 100) {
    EventBatch piece;
    piece.events.assign(events.events.begin() + static_cast<std::ptrdiff_t>(at),
                        events.events.begin() + static_cast<std::ptrdiff_t>(at + 100));
    batcher.add(piece);
  }
  EXPECT_EQ(log.batches, (std::vector<std::size_t>(2, SinkBatcher::kBatchEvents)));
  batcher.close();
  EXPECT_EQ(log.lines, lines_of(events));
  EXPECT_TRUE(log.closed);
}

TEST(SinkBatcher, CutsAtTheNumberOfBytes) {
  SpySink::Log log;
  SinkBatcher batcher;
  batcher.attach(std::make_unique<SpySink>(log), all_event_types());
  batcher.open();
  EventBatch events = small_events(1'000);
  const std::string title(100'000, 't');
  for (Event& event : events.events) {
    event.title = title;
  }
  batcher.add(events);
  batcher.close();
  EXPECT_LE(*std::ranges::max_element(log.batches), 11U);
}

TEST(SinkBatcher, EachSinkHasItsOwnTypes) {
  SpySink::Log all;
  SpySink::Log purchases;
  SinkBatcher batcher;
  batcher.attach(std::make_unique<SpySink>(all), all_event_types());
  batcher.attach(std::make_unique<SpySink>(purchases), confirmed_only());
  batcher.open();
  EventBatch events = small_events(5);
  for (std::size_t i = 0; i < events.events.size(); ++i) {
    events.events[i].type = static_cast<EventType>(i);
  }
  batcher.add(events);
  batcher.flush();
  EXPECT_EQ(all.batches, (std::vector<std::size_t>{5}));
  EXPECT_EQ(purchases.batches, (std::vector<std::size_t>{1}));
  EXPECT_TRUE(purchases.lines.starts_with(R"({"type":"confirmed")"));
}

TEST(SinkBatcher, WhenOneFailsTheOthersAreClosedWithAllTheyWereSent) {
  SpySink::Log good;
  SpySink::Log bad;
  bad.fail_at_batch = 1;
  SinkBatcher batcher;
  batcher.attach(std::make_unique<SpySink>(good), all_event_types());
  batcher.attach(std::make_unique<SpySink>(bad), all_event_types());
  batcher.open();
  batcher.add(small_events(1'000));
  batcher.flush();
  batcher.add(small_events(500));
  EXPECT_EQ(message_of([&] { batcher.flush(); }, ExitCode::kIoFailed), "the spy fails");
  batcher.add(small_events(1));
  batcher.close();
  EXPECT_TRUE(good.closed);
  EXPECT_FALSE(bad.closed);
  EXPECT_EQ(good.batches, (std::vector<std::size_t>{1'000, 500, 1}));
  EXPECT_EQ(bad.batches, (std::vector<std::size_t>{1'000}));
}

}  // namespace
}  // namespace tagtill
