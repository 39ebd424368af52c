// `tagtill serve` as an operator meets it: started, fed, stopped.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/exposition.h"
#include "tests/packed.h"
#include "tests/plain_http.h"
#include "tests/run_program.h"
#include "tests/sink_places.h"
#include "tests/temp_folder.h"
#include "tests/webhook_receiver.h"

namespace tagtill {
namespace {

// One purchase: the example of P5.1, in 2014.
constexpr const char* kIntent =
    R"({"id_str":"505874924095815681","text":"#kindlehd","user":{"id_str":"1186275104"}})"
    "\n";
constexpr const char* kConfirmation =
    R"({"id_str":"505875175783415809","text":"#ConfirmTN8QDQZF","user":{"id_str":"1186275104"}})"
    "\n";

// What a sender of the stream `test` begins with, and a line end: it counts as read.
constexpr std::size_t kHello = sizeof R"({"hello":{"stream":"test"}})";

// Nobody listens at it now.
std::uint16_t free_port() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t bytes = sizeof address;
  const int file = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::bind(file, reinterpret_cast<const sockaddr*>(&address), bytes), 0);
  EXPECT_EQ(::getsockname(file, reinterpret_cast<sockaddr*>(&address), &bytes), 0);
  ::close(file);
  return ntohs(address.sin_port);
}

class Serve : public ::testing::Test {
 protected:
  Serve() {
    folder_.write("offers.jsonl",
                  R"({"id":"kindle-hd","tag":"KindleHD","title":"Kindle HD","price_minor":19900,)"
                  R"("currency":"USD","fulfilment":"pickup","starts_at":"2014-01-01T00:00:00Z",)"
                  R"("ends_at":"2015-01-01T00:00:00Z"})");
    folder_.write("members.jsonl", R"({"author_id":"1186275104","account":"acct-0001"})");
    folder_.write("secret", "0123456789abcdef0123456789abcdef");
    configure("");
  }

  void configure(const std::string& more,
                 const std::string& source = "kind = \"unix\"\npath = \"socket\"") {
    folder_.write("tagtill.toml", R"([offers]
file = "offers.jsonl"
[members]
file = "members.jsonl"
[secret]
file = "secret"
[state]
path = "state"
journal = "all"
[events]
file = "events.jsonl"
[http]
listen = ""
[[source]]
)" + source + "\n" + more);
  }

  [[nodiscard]] ProgramResult run(const std::vector<std::string>& arguments) const {
    return run_program(arguments, {.folder = folder_.path(".")});
  }
  [[nodiscard]] ProgramResult send(const std::string& posts) {
    folder_.write("posts.json", posts);
    return run({"send", "--to", "unix:socket", "--stream", "test", "--speed", "max",
                "--give-up-after", "60s", "--summary", "none", "--progress", "off", "posts.json"});
  }
  [[nodiscard]] std::string events() const {
    const std::string path = folder_.path("events.jsonl");
    return std::filesystem::exists(path) ? read_file(path) : "";
  }
  // Asks so many times, every 10 ms.
  static bool comes_true(const std::function<bool()>& condition, int times = 6'000) {
    for (int i = 1; i < times; ++i) {
      if (condition()) {
        return true;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return condition();
  }
  [[nodiscard]] bool have_come(const std::string& part) const {
    return comes_true([&] { return events().find(part) != std::string::npos; });
  }

  // To be started with a page at the port.
  [[nodiscard]] std::vector<std::string> watched_at(std::uint16_t port) const {
    std::vector<std::string> arguments = serve_;
    arguments.insert(arguments.end(), {"--set", "http.listen=127.0.0.1:" + std::to_string(port)});
    return arguments;
  }
  // Empty while nobody answers there.
  static std::string metrics_at(std::uint16_t port) {
    return PlainConnection(port).connected() ? get(port, "/metrics").body : "";
  }
  static bool shows(std::uint16_t port, const std::string& line) {
    return comes_true(
        [&] { return metrics_at(port).find("\n" + line + "\n") != std::string::npos; });
  }
  static double retries_of(std::uint16_t port, const std::string& sink) {
    const std::string text = metrics_at(port);
    const std::string sample = "tagtill_sink_retries_total{sink=\"" + sink + "\"}";
    return text.empty()
               ? 0
               : exposition::read(text).at("tagtill_sink_retries_total").samples.at(sample);
  }

  TempFolder folder_;
  const std::vector<std::string> serve_ = {"serve", "--config", "tagtill.toml"};
};

TEST_F(Serve, AnswersAnIntentAndSellsWhatIsConfirmed) {
  RunningProgram tier(serve_, folder_.path("."));
  EXPECT_EQ(send(kIntent).exit_code, 0);
  EXPECT_TRUE(have_come(R"("tag":"#ConfirmTN8QDQZF")"));
  EXPECT_EQ(send(std::string(kIntent) + kConfirmation).exit_code, 0);
  EXPECT_TRUE(have_come(R"("claim_code":"8HDHADTX")"));
  EXPECT_EQ(tier.stop(SIGTERM), 0);
  EXPECT_EQ(run({"replay", "--events", "again.jsonl", "--sink", "null:", "--summary", "none",
                 "--progress", "off", "journal:state"})
                .exit_code,
            0);
  EXPECT_EQ(read_file(folder_.path("again.jsonl")), events());
}

TEST_F(Serve, GoesOnWhereItWasKilled) {
  {
    RunningProgram tier(serve_, folder_.path("."));
    EXPECT_EQ(send(kIntent).exit_code, 0);
    tier.kill();
  }
  RunningProgram tier(serve_, folder_.path("."));
  EXPECT_EQ(send(std::string(kIntent) + kConfirmation).exit_code, 0);
  EXPECT_TRUE(have_come(R"("type":"confirmed")"));
  EXPECT_EQ(tier.stop(SIGTERM), 0);
  const std::string all = events();
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 2) << all;
}

TEST_F(Serve, P6_4_ReadsOffersAnewWhenAskedAndKeepsThemWhenTheNewOnesAreBad) {
  RunningProgram tier(serve_, folder_.path("."));
  std::string posts = kIntent;
  EXPECT_EQ(send(posts).exit_code, 0);
  EXPECT_TRUE(have_come(R"("offer_id":"kindle-hd")"));
  folder_.write("offers.jsonl", R"({"id":"mug","tag":"mug","title":"Mug","price_minor":5,)"
                                R"("currency":"EUR","fulfilment":"ship",)"
                                R"("starts_at":"2014-01-01T00:00:00Z",)"
                                R"("ends_at":"2015-01-01T00:00:00Z"})");
  tier.signal(SIGHUP);
  // Posts that come before that are of no interest to anybody.
  std::uint64_t id = 505874924095815681;
  const auto sells_mugs = [&] {
    posts += R"({"id_str":")" + std::to_string(++id) +
             R"(","text":"#mug","user":{"id_str":"1186275104"}})" + "\n";
    EXPECT_EQ(send(posts).exit_code, 0);
    return comes_true([&] { return events().find(R"("offer_id":"mug")") != std::string::npos; },
                      100);
  };
  EXPECT_TRUE(comes_true(sells_mugs, 60));
  folder_.write("offers.jsonl", "nonsense");
  tier.signal(SIGHUP);
  // What was opened on the terms of before can be confirmed.
  EXPECT_EQ(send(posts + kConfirmation).exit_code, 0);
  EXPECT_TRUE(have_come(R"("type":"confirmed","purchase_id":"505874924095815681:kindle-hd")"));
  EXPECT_EQ(tier.stop(SIGTERM), 0);
  EXPECT_EQ(run({"replay", "--events", "again.jsonl", "--sink", "null:", "--summary", "none",
                 "--progress", "off", "journal:state"})
                .exit_code,
            0);
  EXPECT_EQ(read_file(folder_.path("again.jsonl")), events());
}

// What a restart remembers is shown at once; what is counted begins anew.
TEST_F(Serve, AfterARestartWindowsAreOpenAndCountsAreNone) {
  const std::uint16_t port = free_port();
  {
    RunningProgram tier(watched_at(port), folder_.path("."));
    EXPECT_EQ(send(kIntent).exit_code, 0);
    EXPECT_TRUE(shows(port, "tagtill_candidates_total 1"));
    EXPECT_TRUE(shows(port, "tagtill_open_windows 1"));
    tier.kill();
  }
  RunningProgram tier(watched_at(port), folder_.path("."));
  EXPECT_TRUE(shows(port, "tagtill_open_windows 1"));
  EXPECT_TRUE(shows(port, "tagtill_candidates_total 0"));
  EXPECT_TRUE(shows(port, "tagtill_events_total{type=\"prompt\"} 0"));
  EXPECT_EQ(tier.stop(SIGTERM), 0);
}

TEST_F(Serve, WhatComesLiveDoesNotStandInTheMiddleOfADump) {
  const std::string whole = compressed(std::string(kIntent) + kConfirmation, "gzip");
  folder_.write("cut.gz", whole.substr(0, whole.size() - 12));
  EXPECT_EQ(run({"replay", "--fail-fast", "--offers", "offers.jsonl", "--members", "members.jsonl",
                 "--secret-file", "secret", "--state", "state", "--events", "events.jsonl",
                 "--sink", "null:", "--summary", "none", "--progress", "off", "cut.gz"})
                .exit_code,
            65);
  const ProgramResult refused = run({"serve", "--config", "tagtill.toml"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("cut.gz up to byte"), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("--abandon"), std::string::npos) << refused.err;
}

TEST_F(Serve, EndsWithStandardInput) {
  configure("", "kind = \"stdin\"");
  const std::string posts = std::string(kIntent) + kConfirmation;
  EXPECT_EQ(run_program(serve_, {.standard_input = posts, .folder = folder_.path(".")}).exit_code,
            0);
  EXPECT_NE(events().find(R"("type":"confirmed")"), std::string::npos);
}

TEST_F(Serve, ABadConfigurationStartsNothing) {
  configure("[pipeline]\nlanse = 3\n");
  const ProgramResult result = run(serve_);
  EXPECT_EQ(result.exit_code, 78);
  EXPECT_NE(result.err.find("tagtill.toml:"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("lanes"), std::string::npos) << result.err;
  EXPECT_FALSE(std::filesystem::exists(folder_.path("state")));
  EXPECT_FALSE(std::filesystem::exists(folder_.path("socket")));
}

TEST_F(Serve, BadOffersStartNothing) {
  folder_.write("offers.jsonl", "{}");
  const ProgramResult result = run(serve_);
  EXPECT_EQ(result.exit_code, 78);
  EXPECT_NE(result.err.find("offers.jsonl:1:"), std::string::npos) << result.err;
  EXPECT_FALSE(std::filesystem::exists(folder_.path("state")));
}

TEST_F(Serve, StoppedWhileASinkIsDownItGivesUpInTimeAndLosesNothing) {
  folder_.write("webhook-secret", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
  configure(
      "[[sink]]\nurl = \"webhook:http://127.0.0.1:9/in?secret-file=webhook-secret"
      "&events=all&drop-late-prompts=no\"\n");
  {
    RunningProgram tier(serve_, folder_.path("."));
    EXPECT_EQ(send(kIntent).exit_code, 0);
    EXPECT_TRUE(have_come(R"("type":"prompt")"));
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(tier.stop(SIGTERM), 75);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
  }
  const ProgramResult shown = run({"state", "show", "--json", "--state", "state"});
  EXPECT_NE(shown.out.find(R"("lacks":1,)"), std::string::npos) << shown.out;
}

// What is counted while it runs, as whoever scrapes it sees it.
TEST_F(Serve, ShowsWhatItDoesByTheSourceAndTheSink) {
  folder_.write("webhook-secret", kWebhookSecret);
  WebhookReceiver receiver;
  configure("[[sink]]\nurl = \"sqlite:all.db?events=all\"\n[[sink]]\nurl = \"webhook:" +
            receiver.url() + "?secret-file=webhook-secret&events=all&drop-late-prompts=no\"\n");
  const std::uint16_t port = free_port();
  RunningProgram tier(watched_at(port), folder_.path("."));
  const std::string posts = std::string(kIntent) + kConfirmation;
  EXPECT_EQ(send(posts).exit_code, 0);
  EXPECT_TRUE(have_come(R"("type":"confirmed")"));
  EXPECT_TRUE(comes_true([&] { return receiver.accepted_count() == 2; }));
  tier.signal(SIGHUP);
  EXPECT_TRUE(shows(port, "tagtill_reloads_total{result=\"done\"} 1"));
  EXPECT_TRUE(shows(port, "tagtill_reload_seconds_count 1"));
  EXPECT_TRUE(shows(port, "tagtill_reload_pause_seconds_count 1"));
  EXPECT_TRUE(shows(port, "tagtill_parcels_total{reason=\"configuration\"} 1"));
  EXPECT_TRUE(shows(port, "tagtill_source_connections{source=\"unix-1\"} 0"));
  EXPECT_TRUE(shows(port, "tagtill_source_bytes_total{source=\"unix-1\"} " +
                              std::to_string(posts.size() + kHello)));
  for (const std::string sink : {"events-1", "sqlite-2", "webhook-3"}) {
    EXPECT_TRUE(shows(port, "tagtill_sink_up{sink=\"" + sink + "\"} 1"));
    EXPECT_TRUE(shows(port, "tagtill_sink_retries_total{sink=\"" + sink + "\"} 0"));
    EXPECT_TRUE(shows(port, "tagtill_sink_lag_events{sink=\"" + sink + "\"} 0"));
  }
  const auto families = exposition::read(get(port, "/metrics").body);
  const auto value = [&](const std::string& family, const std::string& sample) {
    return families.at(family).samples.at(sample);
  };
  EXPECT_GE(value("tagtill_source_blocks_total", "tagtill_source_blocks_total{source=\"unix-1\"}"),
            1);
  EXPECT_GE(value("tagtill_parcels_total", "tagtill_parcels_total{reason=\"gathered\"}"), 1);
  // Each commit is synced, and its sync is a part of it.
  EXPECT_GE(
      value("tagtill_state_fsync_duration_seconds", "tagtill_state_fsync_duration_seconds_count"),
      value("tagtill_commit_duration_seconds", "tagtill_commit_duration_seconds_count"));
  EXPECT_GT(
      value("tagtill_state_fsync_duration_seconds", "tagtill_state_fsync_duration_seconds_sum"), 0);
  for (const std::string sink : {"events-1", "sqlite-2", "webhook-3"}) {
    const std::string label = "{sink=\"" + sink + "\"}";
    const double flushes = value("tagtill_sink_flush_duration_seconds",
                                 "tagtill_sink_flush_duration_seconds_count" + label);
    const double delivered = value("tagtill_sink_delivery_duration_seconds",
                                   "tagtill_sink_delivery_duration_seconds_count" + label);
    EXPECT_GE(delivered, 1) << sink;
    EXPECT_GE(flushes, delivered) << sink;
    double batches = 0;
    for (const std::string reason : {"full", "in_time", "idle", "end"}) {
      batches += value("tagtill_sink_batches_total", "tagtill_sink_batches_total{sink=\"" + sink +
                                                         "\",reason=\"" + reason + "\"}");
    }
    EXPECT_GE(batches, 1) << sink;
    EXPECT_LE(batches, 2) << sink;
  }
  EXPECT_EQ(tier.stop(SIGTERM), 0);
}

TEST_F(Serve, IsReadyWhenItsSinksHaveAnsweredOnce) {
  folder_.write("webhook-secret", kWebhookSecret);
  // Nobody answers there, and then somebody does.
  auto receiver = std::make_unique<WebhookReceiver>();
  const std::string url = receiver->url();
  const auto receiver_port = static_cast<std::uint16_t>(receiver->port());
  receiver.reset();
  configure("[[sink]]\nurl = \"webhook:" + url +
            "?secret-file=webhook-secret&events=all&drop-late-prompts=no\"\n");
  const std::uint16_t port = free_port();
  RunningProgram tier(watched_at(port), folder_.path("."));
  EXPECT_EQ(send(kIntent).exit_code, 0);  // it takes the stream all the same
  EXPECT_TRUE(have_come(R"("type":"prompt")"));
  const auto committed = std::chrono::steady_clock::now();
  EXPECT_TRUE(comes_true([&] { return retries_of(port, "webhook-2") >= 2; }));
  EXPECT_TRUE(shows(port, "tagtill_ready 0"));
  EXPECT_TRUE(shows(port, "tagtill_sink_up{sink=\"events-1\"} 1"));
  EXPECT_TRUE(shows(port, "tagtill_sink_up{sink=\"webhook-2\"} 0"));
  const PlainReply probe = get(port, "/readyz");
  EXPECT_EQ(probe.status, 503);
  EXPECT_NE(probe.body.find("webhook-2"), std::string::npos) << probe.body;
  EXPECT_EQ(probe.body.find("events-1"), std::string::npos) << probe.body;
  EXPECT_EQ(get(port, "/healthz").status, 200);
  const std::chrono::duration<double> down = std::chrono::steady_clock::now() - committed;
  receiver = std::make_unique<WebhookReceiver>(WebhookReceiver::Answer{}, WebhookReceiver::Tls{},
                                               receiver_port);
  EXPECT_TRUE(comes_true([&] { return receiver->accepted_count() == 1; }));
  EXPECT_TRUE(comes_true([&] { return get(port, "/readyz").status == 200; }));
  EXPECT_TRUE(shows(port, "tagtill_ready 1"));
  EXPECT_TRUE(shows(port, "tagtill_sink_up{sink=\"webhook-2\"} 1"));
  EXPECT_TRUE(shows(port, "tagtill_sink_delivery_duration_seconds_count{sink=\"webhook-2\"} 1"));
  EXPECT_GE(exposition::read(metrics_at(port))
                .at("tagtill_sink_delivery_duration_seconds")
                .samples.at("tagtill_sink_delivery_duration_seconds_sum{sink=\"webhook-2\"}"),
            down.count());
  EXPECT_EQ(tier.stop(SIGTERM), 0);
}

// Without an event there is nothing that a receiver could refuse: it is ready when it can be
// reached.
TEST_F(Serve, IsReadyWithoutAnEventWhenAReceiverCanBeReached) {
  folder_.write("webhook-secret", kWebhookSecret);
  auto receiver = std::make_unique<WebhookReceiver>();
  const auto receiver_port = static_cast<std::uint16_t>(receiver->port());
  const std::string url = receiver->url();
  receiver.reset();
  configure("[[sink]]\nurl = \"webhook:" + url + "?secret-file=webhook-secret\"\n");
  const std::uint16_t port = free_port();
  RunningProgram tier(watched_at(port), folder_.path("."));
  EXPECT_TRUE(comes_true([&] { return retries_of(port, "webhook-2") >= 1; }));
  EXPECT_EQ(get(port, "/readyz").status, 503);
  receiver = std::make_unique<WebhookReceiver>(WebhookReceiver::Answer{}, WebhookReceiver::Tls{},
                                               receiver_port);
  EXPECT_TRUE(comes_true([&] { return get(port, "/readyz").status == 200; }));
  EXPECT_EQ(receiver->requests(), 0U);
  receiver.reset();
  // Once is enough: what becomes of it then, others say.
  EXPECT_EQ(get(port, "/readyz").status, 200);
  EXPECT_EQ(tier.stop(SIGTERM), 0);
}

// A PostgreSQL that is not there is waited for before the stream is taken.
TEST_F(Serve, IsNotReadyWhileADatabaseIsWaitedFor) {
  configure("[[sink]]\nurl = \"postgres:host=" + folder_.path("nowhere") + "\"\n");
  const std::uint16_t port = free_port();
  RunningProgram tier(watched_at(port), folder_.path("."));
  EXPECT_TRUE(comes_true([&] { return PlainConnection(port).connected(); }));
  const PlainReply probe = get(port, "/readyz");
  EXPECT_EQ(probe.status, 503);
  EXPECT_NE(probe.body.find("starting"), std::string::npos) << probe.body;
  EXPECT_TRUE(shows(port, "tagtill_ready 0"));
  EXPECT_EQ(get(port, "/healthz").status, 200);
}

}  // namespace
}  // namespace tagtill
