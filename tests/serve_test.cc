// `tagtill serve` as an operator meets it: started, fed, stopped.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/packed.h"
#include "tests/tier_fixture.h"

namespace tagtill {
namespace {

class Serve : public TierTest {};

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

}  // namespace
}  // namespace tagtill
