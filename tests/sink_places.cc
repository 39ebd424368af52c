#include "tests/sink_places.h"

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <sstream>

#include "sinks/jsonl_sink.h"
#include "sinks/null_sink.h"
#include "sinks/postgres_sink.h"
#include "sinks/segment_sink.h"
#include "sinks/sink_batcher.h"
#include "sinks/sqlite_sink.h"
#include "sinks/webhook_sink.h"
#include "tests/seeded.h"
#include "tests/sink_events.h"
#include "tests/temp_folder.h"
#include "tests/webhook_receiver.h"

namespace tagtill {
namespace {

std::vector<std::string> lines_in(const std::string& text) {
  EXPECT_TRUE(text.empty() || text.ends_with('\n')) << "the last line has no end";
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

class NullPlace final : public SinkPlace {
 public:
  std::unique_ptr<Sink> sink() override { return std::make_unique<NullSink>(); }
  std::vector<std::string> purchases() override { return {}; }
  std::string content() override { return ""; }
};

// A file in a folder of its own, of a name that must be taken as it is.
class FilePlace : public SinkPlace {
 public:
  [[nodiscard]] std::string path() const { return folder_.path("out put 'ä'"); }
  std::string content() override { return read_file(path()); }

 private:
  TempFolder folder_;
};

std::unique_ptr<Sink> make_jsonl(const std::string& path) {
  return std::make_unique<JsonlSink>(path, "the jsonl sink");
}

class JsonlPlace final : public FilePlace {
 public:
  std::unique_ptr<Sink> sink() override { return make_jsonl(path()); }
  std::vector<std::string> purchases() override { return lines_in(content()); }
};

class SegmentsPlace final : public SinkPlace {
 public:
  SegmentsPlace() { std::filesystem::create_directory(folder_.path("out")); }
  std::unique_ptr<Sink> sink() override {
    return std::make_unique<SegmentSink>(folder_.path("out/"), SegmentOptions{.bytes = 2'000},
                                         test_surroundings());
  }
  std::vector<std::string> purchases() override { return lines_in(content()); }
  std::string content() override {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path("out"))) {
      paths.push_back(entry.path());
    }
    std::ranges::sort(paths);
    std::string all;
    for (const std::string& path : paths) {
      all += read_file(path);
    }
    return all;
  }

 private:
  TempFolder folder_;
};

std::unique_ptr<Sink> make_sqlite(const std::string& path, EventTypes types) {
  return std::make_unique<SqliteSink>(path, types, std::make_shared<OfferCatalogue>());
}

class SqlitePlace final : public FilePlace {
 public:
  explicit SqlitePlace(EventTypes types) : types_(types) {}
  std::unique_ptr<Sink> sink() override { return make_sqlite(path(), types_); }
  std::vector<std::string> purchases() override {
    EXPECT_EQ(query(path(), "PRAGMA integrity_check"), (Rows{{"ok"}}));
    std::vector<std::string> ids;
    for (const auto& row : query(path(), "SELECT purchase_id FROM purchases")) {
      ids.push_back(row[0]);
    }
    return ids;
  }

 private:
  EventTypes types_;
};

class PostgresPlace final : public SinkPlace {
 public:
  PostgresPlace(PostgresServer& server, EventTypes types)
      : server_(server), types_(types), schema_(new_schema()) {}
  std::unique_ptr<Sink> sink() override {
    PostgresOptions options;
    options.where = server_.where();
    options.schema = schema_;
    return std::make_unique<PostgresSink>(options, types_, std::make_shared<OfferCatalogue>(),
                                          test_surroundings());
  }
  std::vector<std::string> purchases() override {
    return lines_in(server_.ask("SELECT encode(convert_to(purchase_id, 'UTF8'), 'hex') FROM \"" +
                                schema_ + "\".purchases"));
  }
  std::string content() override {
    return server_.ask("SELECT * FROM \"" + schema_ + "\".purchases");
  }

 private:
  PostgresServer& server_;
  EventTypes types_;
  std::string schema_;
};

std::unique_ptr<SinkPlace> postgres_place(EventTypes types) {
  PostgresServer* const server = shared_postgres();
  return server == nullptr ? nullptr : std::make_unique<PostgresPlace>(*server, types);
}

class WebhookPlace final : public SinkPlace {
 public:
  std::unique_ptr<Sink> sink() override {
    WebhookOptions options;
    options.http.url = receiver_.url();
    options.secrets.add(kWebhookSecret, "the test's secret");
    return std::make_unique<WebhookSink>(options, confirmed_only(), test_surroundings());
  }
  std::vector<std::string> purchases() override {
    std::vector<std::string> ids;
    for (const ReceivedRequest& request : receiver_.accepted()) {
      ids.push_back(request.headers.at("webhook-id"));
    }
    return ids;
  }
  std::string content() override {
    std::string all;
    for (const ReceivedRequest& request : receiver_.accepted()) {
      all += request.body + "\n";
    }
    return all;
  }

 private:
  WebhookReceiver receiver_;
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const SinkKind& kind) { return out << kind.name; }

std::vector<SinkKind> all_sink_kinds() {
  const EventTypes purchases = confirmed_only();
  const EventTypes all = all_event_types();
  return {
      {.name = "null", .place = [] { return std::make_unique<NullPlace>(); }, .keeps = false},
      {.name = "jsonl",
       .place = [] { return std::make_unique<JsonlPlace>(); },
       .at_path = make_jsonl},
      {.name = "segments", .place = [] { return std::make_unique<SegmentsPlace>(); }},
      {.name = "sqlite",
       .place = [=] { return std::make_unique<SqlitePlace>(purchases); },
       .knows_purchases = true,
       .at_path = [=](const std::string& path) { return make_sqlite(path, purchases); }},
      {.name = "sqlite_all_events",
       .place = [=] { return std::make_unique<SqlitePlace>(all); },
       .knows_purchases = true,
       .at_path = [=](const std::string& path) { return make_sqlite(path, all); }},
      {.name = "postgres",
       .place = [=] { return postgres_place(purchases); },
       .knows_purchases = true},
      {.name = "postgres_all_events",
       .place = [=] { return postgres_place(all); },
       .knows_purchases = true},
      {.name = "webhook",
       .place = [] { return std::make_unique<WebhookPlace>(); },
       .exactly_once = false},
  };
}

PostgresServer* shared_postgres() {
  static const TempFolder kFolder;
  static const std::unique_ptr<PostgresServer> kServer = [] {
    std::unique_ptr<PostgresServer> server;
    if (!PostgresServer::programs().empty()) {
      server =
          std::make_unique<PostgresServer>(kFolder.path(""), std::vector<std::string>{"fsync=off"});
      server->start();
      EXPECT_EQ(server->problem(), "");
    }
    return server;
  }();
  return kServer.get();
}

std::string new_schema() {
  static int count = 0;
  return "test " + std::to_string(++count);
}

Surroundings test_surroundings() {
  Surroundings around = real_surroundings();
  around.random = [random = std::make_shared<seeded::Random>(seeded::first_seed())] {
    return random->next();
  };
  return around;
}

}  // namespace tagtill
