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

TEST(SinkUrl, UnknownOptionsAndEventsAreSaidWithTheKnownOnes) {
  for (const std::string options :
       {"events", "events=", "events=purchases", "events=all,prompt", "events=prompt,,confirmed",
        "Events=all", "event=all", "events=all&x=1", "x", "&events=all", "events=all&events=all"}) {
    const std::string message =
        message_of([&] { (void)parse_sink_url("sqlite:p.db?" + options); }, ExitCode::kUsage);
    EXPECT_NE(message.find("--sink sqlite:p.db?" + options), std::string::npos) << message;
    EXPECT_TRUE(message.ends_with('.')) << message;
    EXPECT_TRUE(message.find("rejected with commas between") != std::string::npos ||
                message.find("stands there twice") != std::string::npos)
        << message;
  }
}

TEST(SinkUrl, WhatIsWrongIsSaid) {
  for (const std::string url : {"", "purchases.db", "mysql:x", "sqlite:", "jsonl:", "null:x",
                                "sqlite:-", "sqlite:?events=all", "?sqlite:x", "SQLITE:x"}) {
    const std::string message = message_of([&] { (void)parse_sink_url(url); }, ExitCode::kUsage);
    EXPECT_NE(message.find("sqlite:PATH"), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace tagtill
