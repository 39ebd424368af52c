// Whole runs with a state, killed in mid-stream again and again, and their database with them.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "corpus/generate.h"
#include "tests/postgres_server.h"
#include "tests/run_program.h"
#include "tests/seeded.h"
#include "tests/sink_places.h"
#include "tests/temp_folder.h"
#include "tests/webhook_receiver.h"

namespace tagtill {
namespace {

std::vector<std::string> lines_of_text(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

class SinkKills : public ::testing::Test {
 protected:
  void SetUp() override {
    if (PostgresServer::programs().empty()) {
      GTEST_SKIP() << "skipped: there is no PostgreSQL on this machine";
    }
    corpus::GenerateOptions options;
    options.seed = seeded::first_seed();
    options.posts = 15'000;
    options.members = 2'000;
    options.candidates = 0.2;
    (void)corpus::generate(options, folder_.path("corpus"));
    folder_.write("webhook-secret", kWebhookSecret);
    server_ = std::make_unique<PostgresServer>(server_folder_.path(""),
                                               std::vector<std::string>{"fsync=off"});
    server_->start();
    ASSERT_EQ(server_->problem(), "");
  }

  // Into the schema, folder and receiver of the name. 0: as long as it takes.
  ProgramResult replay(const std::string& name, const WebhookReceiver& receiver,
                       std::int64_t kill_after_ms) {
    const std::string out = folder_.path(name);
    std::filesystem::create_directories(out + "/segments");
    const auto corpus = [&](const std::string& file) { return folder_.path("corpus/" + file); };
    return run_program(
        {"replay",
         "--offers",
         corpus("offers.jsonl"),
         "--members",
         corpus("members.jsonl"),
         "--secret-file",
         corpus("secret"),
         "--state",
         out + "/state",
         "--events",
         out + "/events.jsonl",
         "--sink",
         "jsonl:" + out + "/purchases.jsonl",
         "--sink",
         "jsonl:" + out + "/segments/?events=all&segment-bytes=50000",
         "--sink",
         "postgres:" + server_->where() + "?events=all&batch-count=100&schema=" + name,
         "--sink",
         "webhook:" + receiver.url() +
             "?events=all&drop-late-prompts=no&secret-file=" + folder_.path("webhook-secret"),
         "--reply-template",
         "{title}: {price} {currency}, {tag}, {minutes}",
         "--block-bytes",
         "65536",
         "--lanes",
         "1",
         "--summary",
         "none",
         "--progress",
         "off",
         corpus("posts.json")},
        {.kill_after_ms = kill_after_ms});
  }

  std::string file(const std::string& path) const { return read_file(folder_.path(path)); }
  std::string segments(const std::string& name) const {
    std::vector<std::string> paths;
    for (const auto& entry :
         std::filesystem::directory_iterator(folder_.path(name + "/segments"))) {
      paths.push_back(entry.path());
    }
    std::ranges::sort(paths);
    std::string all;
    for (const std::string& path : paths) {
      all += read_file(path);
    }
    return all;
  }
  // How many rows of all tables stand in one schema alone.
  std::string rows_that_differ(const std::string& schema) {
    std::string sql;
    for (const std::string table :
         {"purchases", "prompts", "expirations", "cancellations", "rejections", "offers"}) {
      for (const auto& [one, other] :
           {std::pair(std::string("whole"), schema), std::pair(schema, std::string("whole"))}) {
        sql += (sql.empty() ? "SELECT count(*) FROM (" : " UNION ALL ") +
               ("SELECT t::text FROM (SELECT * FROM " + one + "." + table +
                " EXCEPT ALL SELECT * FROM " + other + "." + table + ") t");
      }
    }
    return server_->ask(sql + ") d");
  }

  TempFolder folder_;
  TempFolder server_folder_;  // of its own: it is given away
  std::unique_ptr<PostgresServer> server_;
};

// Restarts the server at random as long as it lives.
class Restarts {
 public:
  Restarts(PostgresServer& server, std::size_t every_ms) : server_(server) {
    thread_ = std::thread([this, every_ms] {
      seeded::Random dice(seeded::first_seed() + 1);
      while (!done_) {
        std::this_thread::sleep_for(std::chrono::milliseconds(dice.below(every_ms)));
        server_.stop(static_cast<PostgresServer::Stop>(dice.below(3)));
        std::this_thread::sleep_for(std::chrono::milliseconds(dice.below(300)));
        server_.start();
        ++count_;
      }
    });
  }
  ~Restarts() {
    done_ = true;
    thread_.join();  // with which its server ends
    server_.stop(PostgresServer::Stop::kFast);
    server_.start();
  }
  Restarts(const Restarts&) = delete;
  Restarts& operator=(const Restarts&) = delete;

  [[nodiscard]] int count() const { return count_; }

 private:
  PostgresServer& server_;
  std::atomic<bool> done_{false};
  std::atomic<int> count_{0};
  std::thread thread_;
};

TEST_F(SinkKills, LoseNothingAndDoubleNothing) {
  SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seeded::first_seed()));
  WebhookReceiver whole_receiver;
  const auto begin = std::chrono::steady_clock::now();
  const ProgramResult unbroken = replay("whole", whole_receiver, 0);
  ASSERT_EQ(unbroken.exit_code, 0) << unbroken.err;
  const auto took = static_cast<std::size_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                                 std::chrono::steady_clock::now() - begin)
                                                 .count());
  ASSERT_EQ(file("whole/purchases.jsonl"), file("corpus/purchases.jsonl"));
  const std::vector<std::string> purchases = lines_of_text(file("corpus/purchases.jsonl"));
  const std::vector<std::string> events = lines_of_text(file("whole/events.jsonl"));
  ASSERT_GT(purchases.size(), 100U);

  seeded::Random random(seeded::first_seed());
  const int kills = 5 + static_cast<int>(seeded::seeds() / 30);
  int killed = 0;
  int restarted = 0;
  for (int round = 0; killed < kills; ++round) {
    const std::string name = "broken" + std::to_string(round);
    SCOPED_TRACE(name);
    WebhookReceiver receiver([](const ReceivedRequest&, std::size_t nth) {
      return ReceiverReply{.status = nth % 50 == 0 ? 503 : 200, .drop = nth % 70 == 1};
    });
    {
      const Restarts restarts(*server_, took);
      for (int starts = 0;; ++starts) {
        ASSERT_LT(starts, 500);
        const auto after = static_cast<std::int64_t>(1 + random.below(took / 2));
        const ProgramResult result = replay(name, receiver, starts < 20 ? after : 0);
        if (result.exit_code == 0) {
          break;
        }
        ASSERT_EQ(result.exit_code, -1) << result.err;
        ++killed;
      }
      restarted += restarts.count();
    }
    ASSERT_EQ(server_->problem(), "");
    ASSERT_EQ(file(name + "/purchases.jsonl"), file("corpus/purchases.jsonl"));
    ASSERT_EQ(file(name + "/events.jsonl"), file("whole/events.jsonl"));
    ASSERT_EQ(segments(name), file("whole/events.jsonl"));
    ASSERT_EQ(server_->ask("SELECT count(*) FROM " + name + ".purchases"),
              std::to_string(purchases.size()) + "\n");
    ASSERT_EQ(rows_that_differ(name), "0\n");
    std::set<std::string> bodies;
    for (const ReceivedRequest& request : receiver.accepted()) {
      bodies.insert(request.body);
    }
    ASSERT_EQ(bodies, std::set<std::string>(events.begin(), events.end()));
  }
  RecordProperty("kills", killed);
  RecordProperty("restarts", restarted);
}

}  // namespace
}  // namespace tagtill
