// What a tier and its sinks have to do with each other: what is counted of them, when they are
// there, and that they learn of new offers.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <string>

#include "tests/postgres_server.h"
#include "tests/sink_events.h"
#include "tests/sink_places.h"
#include "tests/tier_fixture.h"
#include "tests/webhook_receiver.h"

namespace tagtill {
namespace {

class ServeSinks : public TierTest {
 protected:
  // Two offers instead of one, and waits until they are in force.
  void add_an_offer(RunningProgram& tier, std::uint16_t port) const {
    folder_.write("offers.jsonl", read_file(folder_.path("offers.jsonl")) + "\n" +
                                      R"({"id":"mug","tag":"mug","title":"Mug","price_minor":5,)"
                                      R"("list_price_minor":9,"currency":"EUR",)"
                                      R"("fulfilment":"ship","starts_at":"2014-01-01T00:00:00Z",)"
                                      R"("ends_at":"2015-01-01T00:00:00Z"})");
    tier.signal(SIGHUP);
    EXPECT_TRUE(shows(port, "tagtill_reload_pause_seconds_count 1"));
  }
};

constexpr const char* kMugIntent =
    R"({"id_str":"505874924095815690","text":"#mug","user":{"id_str":"1186275104"}})"
    "\n";

// What is counted while it runs, as whoever scrapes it sees it.
TEST_F(ServeSinks, ShowsWhatItDoesByTheSourceAndTheSink) {
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

TEST_F(ServeSinks, IsReadyWhenItsSinksHaveAnsweredOnce) {
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
TEST_F(ServeSinks, IsReadyWithoutAnEventWhenAReceiverCanBeReached) {
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
TEST_F(ServeSinks, IsNotReadyWhileADatabaseIsWaitedFor) {
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

// P6.4: before the first event that they bring, and also without one.
TEST_F(ServeSinks, ADatabaseOfAllEventsHasTheOffersThatAreInForce) {
  configure("[[sink]]\nurl = \"sqlite:all.db?events=all\"\n[[sink]]\nurl = \"sqlite:sold.db\"\n");
  const std::uint16_t port = free_port();
  RunningProgram tier(watched_at(port), folder_.path("."));
  EXPECT_TRUE(shows(port, "tagtill_ready 1"));
  const std::string all = folder_.path("all.db");
  EXPECT_EQ(query(all, "SELECT id FROM offers"), (Rows{{"kindle-hd"}}));
  add_an_offer(tier, port);
  EXPECT_TRUE(comes_true([&] { return query(all, "SELECT id FROM offers").size() == 2; }));
  EXPECT_EQ(send(std::string(kIntent) + kMugIntent).exit_code, 0);
  EXPECT_TRUE(have_come(R"("offer_id":"mug")"));
  EXPECT_EQ(tier.stop(SIGTERM), 0);
  EXPECT_EQ(query(all, "SELECT id, title, list_price_minor FROM offers ORDER BY id"),
            (Rows{{"kindle-hd", "Kindle HD", ""}, {"mug", "Mug", "9"}}));
  EXPECT_EQ(query(all, "SELECT offer_id, list_price_minor FROM prompts ORDER BY offer_id"),
            (Rows{{"kindle-hd", ""}, {"mug", "9"}}));
  EXPECT_EQ(query(folder_.path("sold.db"), "SELECT 1 FROM sqlite_schema WHERE name = 'offers'"),
            Rows{});
}

// The database is away when the offers come, and has them when it is there again.
TEST_F(ServeSinks, ADatabaseThatWasAwayHasThemToo) {
  if (PostgresServer::programs().empty()) {
    GTEST_SKIP() << "skipped: there is no PostgreSQL on this machine";
  }
  const TempFolder data;
  PostgresServer server(data.path(""), {"fsync=off"});
  server.start();
  ASSERT_EQ(server.problem(), "");
  configure("[[sink]]\nurl = \"postgres:" + server.where() + "?events=all\"\n");
  const std::uint16_t port = free_port();
  RunningProgram tier(watched_at(port), folder_.path("."));
  EXPECT_TRUE(shows(port, "tagtill_ready 1"));
  const auto offers = [&] { return server.ask("SELECT id FROM offers ORDER BY id"); };
  EXPECT_EQ(offers(), "kindle-hd\n");
  server.stop(PostgresServer::Stop::kImmediate);
  std::string posts = kIntent;
  EXPECT_EQ(send(posts).exit_code, 0);
  EXPECT_TRUE(have_come(R"("offer_id":"kindle-hd")"));
  EXPECT_TRUE(shows(port, "tagtill_sink_up{sink=\"postgres-2\"} 0"));
  EXPECT_GE(retries_of(port, "postgres-2"), 1);
  add_an_offer(tier, port);
  posts += kMugIntent;
  EXPECT_EQ(send(posts).exit_code, 0);
  EXPECT_TRUE(have_come(R"("offer_id":"mug")"));
  server.start();
  ASSERT_EQ(server.problem(), "");
  EXPECT_TRUE(shows(port, "tagtill_sink_lag_events{sink=\"postgres-2\"} 0"));
  EXPECT_TRUE(shows(port, "tagtill_sink_up{sink=\"postgres-2\"} 1"));
  EXPECT_EQ(server.ask("SELECT offer_id, list_price_minor FROM prompts ORDER BY offer_id"),
            "kindle-hd|\nmug|9\n");
  EXPECT_EQ(offers(), "kindle-hd\nmug\n");
  EXPECT_EQ(tier.stop(SIGTERM), 0);
}

}  // namespace
}  // namespace tagtill
