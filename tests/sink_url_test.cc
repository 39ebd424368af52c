// Sinks by URL.
#include "sinks/sink_url.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/sink_events.h"

namespace tagtill {
namespace {

TEST(SinkUrl, KindsAndPaths) {
  EXPECT_EQ(parse_sink_url("sqlite:a/b.db").kind, SinkUrl::Kind::kSqlite);
  EXPECT_EQ(parse_sink_url("sqlite:a:b.db").path, "a:b.db");
  EXPECT_EQ(parse_sink_url("jsonl:-").path, "-");
  EXPECT_EQ(parse_sink_url("null:").kind, SinkUrl::Kind::kNull);
}

TEST(SinkUrl, WithoutOptionsPurchasesAlone) {
  for (const std::string url : {"sqlite:p.db", "jsonl:-", "null:", "sqlite:p.db?"}) {
    EXPECT_EQ(parse_sink_url(url).events, confirmed_only()) << url;
  }
}

TEST(SinkUrl, EventsAreAllOrAList) {
  for (const std::string kind : {"sqlite:p.db", "jsonl:-", "null:"}) {
    EXPECT_EQ(parse_sink_url(kind + "?events=all").events, all_event_types());
    EventTypes two = confirmed_only();
    two.set(static_cast<std::size_t>(EventType::kPrompt));
    EXPECT_EQ(parse_sink_url(kind + "?events=prompt,confirmed").events, two);
  }
  EXPECT_EQ(parse_sink_url("sqlite:a%3Fb.db?events=all").path, "a%3Fb.db");
  EXPECT_EQ(parse_sink_url("jsonl:a:b?events=expired,cancelled,rejected").path, "a:b");
}

std::string refusal(const std::string& url) {
  const std::string message = message_of([&] { (void)parse_sink_url(url); }, ExitCode::kUsage);
  EXPECT_TRUE(message.starts_with("--sink ")) << message;
  EXPECT_TRUE(message.ends_with('.')) << message;
  return message;
}

void expect_refused(const std::string& url, const std::string& because) {
  EXPECT_NE(refusal(url).find(because), std::string::npos) << url << "\n" << refusal(url);
}

TEST(SinkUrl, UnknownOptionsAndEventsAreSaidWithTheKnownOnes) {
  for (const std::string options :
       {"events", "events=", "events=purchases", "events=all,prompt", "events=prompt,,confirmed",
        "Events=all", "event=all", "events=all&x=1", "x", "&events=all", "events=all&events=all"}) {
    const std::string message = refusal("sqlite:p.db?" + options);
    EXPECT_NE(message.find("--sink sqlite:p.db?" + options), std::string::npos) << message;
    EXPECT_TRUE(message.find("rejected with commas between") != std::string::npos ||
                message.find("stands there twice") != std::string::npos)
        << message;
  }
}

TEST(SinkUrl, WhatIsWrongIsSaid) {
  for (const std::string url : {"", "purchases.db", "mysql:x", "sqlite:", "jsonl:", "null:x",
                                "sqlite:-", "sqlite:?events=all", "?sqlite:x", "SQLITE:x"}) {
    expect_refused(url, "sqlite:PATH");
  }
}

TEST(SinkUrl, LimitsOfABatch) {
  const SinkUrl url = parse_sink_url("null:?batch-count=7&batch-bytes=65536&batch-age=250ms");
  EXPECT_EQ(url.limits.events, 7U);
  EXPECT_EQ(url.limits.bytes, 65'536U);
  EXPECT_EQ(url.limits.age_ms, 250);
  EXPECT_EQ(parse_sink_url("null:?batch-count=1000000").limits.events, SinkLimits::kEventsMost);
  EXPECT_EQ(parse_sink_url("null:?batch-bytes=67108864").limits.bytes, SinkLimits::kBytesMost);
  EXPECT_EQ(parse_sink_url("null:?batch-age=1h").limits.age_ms, SinkLimits::kAgeMost);
  for (const std::string option :
       {"batch-count=0", "batch-count=1000001", "batch-count=-1", "batch-count=1x",
        "batch-count=", "batch-count= 1", "batch-count=99999999999999999999", "batch-bytes=0",
        "batch-bytes=67108865", "batch-bytes=1MiB", "batch-age=0", "batch-age=61m",
        "batch-age=1"}) {
    expect_refused("null:?" + option, option + " is not understood. Give " +
                                          option.substr(0, option.find('=')) + "=1");
  }
}

TEST(SinkUrl, WhatAFullOutboxMeans) {
  EXPECT_TRUE(parse_sink_url("null:").waits_when_full);
  EXPECT_TRUE(parse_sink_url("null:?full-outbox=wait").waits_when_full);
  EXPECT_FALSE(parse_sink_url("null:?full-outbox=grow").waits_when_full);
  expect_refused("null:?full-outbox=drop", "Give full-outbox=wait or grow");
}

TEST(SinkUrl, Segments) {
  const SinkUrl url = parse_sink_url("jsonl:out/?segment-bytes=5000&segment-age=15m&events=all");
  EXPECT_EQ(url.kind, SinkUrl::Kind::kJsonl);
  EXPECT_EQ(url.path, "out/");
  EXPECT_EQ(url.segments.bytes, 5'000U);
  EXPECT_EQ(url.segments.age_ms, 900'000);
  EXPECT_EQ(parse_sink_url("jsonl:out/").segments.age_ms, std::nullopt);
  expect_refused("jsonl:out?segment-bytes=5000", "jsonl:FOLDER/");
  expect_refused("jsonl:-?segment-age=1m", "jsonl:FOLDER/");
  expect_refused("jsonl:out/?segment-bytes=0", "segment-bytes=1 to");
  expect_refused("jsonl:out/?segment-age=1", "segment-age=1ms to");
  expect_refused("sqlite:out?segment-age=1m", "no option called \"segment-age\"");
}

TEST(SinkUrl, PostgresTakesWhatLibpqTakes) {
  const auto where = [](const std::string& url) { return parse_sink_url(url).postgres.where; };
  EXPECT_EQ(parse_sink_url("postgres:").kind, SinkUrl::Kind::kPostgres);
  EXPECT_EQ(parse_sink_url("postgres:").path, "");
  EXPECT_EQ(where("postgres:"), "");
  EXPECT_EQ(where("postgres:shop"), "shop");
  EXPECT_EQ(where("postgres:host=/run/x dbname=shop?events=all"), "host=/run/x dbname=shop");
  EXPECT_EQ(where("postgresql://me@db.example/shop"), "postgres://me@db.example/shop");
  EXPECT_EQ(where("postgres://db/shop?sslmode=require&schema=s&events=all&connect_timeout=3"),
            "postgres://db/shop?sslmode=require&connect_timeout=3");
  EXPECT_EQ(parse_sink_url("postgres://db/shop?schema=s").postgres.schema, "s");
  EXPECT_EQ(parse_sink_url("postgres:shop").postgres.schema, "public");
  expect_refused("postgres:shop?sslmode=require", "no option called \"sslmode\"");
  expect_refused("postgres://db/shop?sslmodus=require", "sslmodus");
  expect_refused("postgres:hots=x dbname=y", "hots");
  expect_refused("postgres:shop?schema=", "schema=NAME");
}

TEST(SinkUrl, APasswordIsRefusedAndNotRepeated) {
  for (const std::string url :
       {"postgres://me:hunter2@db/shop", "postgres:dbname=shop password=hunter2",
        "postgres://db/shop?password=hunter2", "postgres://db/shop?sslpassword=hunter2",
        "webhook:https://me:hunter2@shop.example/in",
        "postgres:dbname=shop password=hunter2?nonsense=1"}) {
    const std::string message = refusal(url);
    EXPECT_EQ(message.find("hunter2"), std::string::npos) << message;
  }
  expect_refused("postgres://me:hunter2@db/shop", "password file");
}

TEST(SinkUrl, Webhooks) {
  const SinkUrl url = parse_sink_url(
      "webhook:https://shop.example:8443/in?secret-file=a&secret-file=b&ca-file=c&inflight=3"
      "&timeout=2s&drop-late-prompts=no&events=prompt");
  EXPECT_EQ(url.kind, SinkUrl::Kind::kWebhook);
  EXPECT_EQ(url.path, "");
  EXPECT_EQ(url.webhook.http.url, "https://shop.example:8443/in");
  EXPECT_EQ(url.webhook.http.ca_file, "c");
  EXPECT_EQ(url.webhook.http.requests_max, 3U);
  EXPECT_EQ(url.webhook.http.timeout_ms, 2'000);
  EXPECT_FALSE(url.webhook.drop_late_prompts);
  EXPECT_EQ(url.secret_files, (std::vector<std::string>{"a", "b"}));
  const std::string plain = "webhook:https://shop.example/in?secret-file=a";
  EXPECT_TRUE(parse_sink_url(plain).webhook.drop_late_prompts);
  expect_refused("webhook:https://shop.example/in", "secret-file=PATH");
  expect_refused(plain + "&secret-file=b&secret-file=c", "too often");
  expect_refused(plain + "&inflight=0", "inflight=1 to 256");
  expect_refused(plain + "&inflight=257", "inflight=1 to 256");
  expect_refused(plain + "&timeout=10m", "timeout=100ms to 5m");
  expect_refused(plain + "&drop-late-prompts=maybe", "yes or no");
  expect_refused("webhook:?secret-file=a", "https://HOST/PATH");
  expect_refused("webhook:ftp://shop.example/in?secret-file=a", "not by ftp");
}

TEST(SinkUrl, PlainHttpStaysOnThisMachineUnlessItIsMeant) {
  for (const std::string host : {"localhost", "127.0.0.1:8000", "[::1]:8000", "127.1.2.3"}) {
    EXPECT_NO_THROW((void)parse_sink_url("webhook:http://" + host + "/?secret-file=a")) << host;
  }
  for (const std::string host :
       {"shop.example", "127.shop.example", "localhost.example", "10.0.0.1", "[::2]", "0.0.0.0"}) {
    expect_refused("webhook:http://" + host + "/?secret-file=a", "plain-http=yes");
    EXPECT_NO_THROW(
        (void)parse_sink_url("webhook:http://" + host + "/?secret-file=a&plain-http=yes"))
        << host;
  }
}

}  // namespace
}  // namespace tagtill
