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

// Over a restart, a reload, and in a replay of the journal.
TEST_F(Serve, P9_ControlRecordsStandWhateverComes) {
  const std::string mug =
      R"({"id":"mug","tag":"mug","title":"Mug","price_minor":5,"currency":"EUR",)"
      R"("fulfilment":"ship","starts_at":"2014-01-01T00:00:00Z",)"
      R"("ends_at":"2015-01-01T00:00:00Z"})";
  configure("[dead_letters]\nfile = \"letters.jsonl\"\n",
            "kind = \"unix\"\npath = \"socket\"\ncontrol = true");
  std::uint64_t id = 505874924095815681;
  const auto post = [&](const std::string& author, const std::string& text) {
    return R"({"id_str":")" + std::to_string(++id) + R"(","text":")" + text +
           R"(","user":{"id_str":")" + author + "\"}}\n";
  };
  const auto record = [](const std::string& what) { return R"({"tagtill":{)" + what + "}}\n"; };
  std::string posts = post("7", "#mug");
  posts += record(R"("link":{"author_id":"7","account":"acct-7"})");
  posts += record(R"("offer":)" + mug);
  posts += post("7", "#mug");
  posts += record(R"("freeze":{"author_id":"1186275104"})");
  posts += record(R"("link":{"author_id":"8","account":"4111111111111111"})");
  posts += post("1186275104", "#kindlehd");
  {
    RunningProgram tier(serve_, folder_.path("."));
    EXPECT_EQ(send(posts).exit_code, 0);
    EXPECT_TRUE(have_come(R"("reason":"frozen")"));
    tier.kill();
  }
  const std::string letters = read_file(folder_.path("letters.jsonl"));
  EXPECT_NE(letters.find(R"("cause":"bad_control","field":"\"account\" looks like a card number)"),
            std::string::npos)
      << letters;
  EXPECT_EQ(letters.find("4111"), std::string::npos) << letters;
  {
    RunningProgram tier(serve_, folder_.path("."));
    posts += post("1186275104", "#kindlehd");
    posts += post("7", "#kindlehd");
    posts += record(R"("unlink":{"author_id":"7"})");
    posts += post("7", "#mug");
    EXPECT_EQ(send(posts).exit_code, 0);
    EXPECT_TRUE(have_come(R"("reason":"not_enrolled")"));
    // The file names who was unlinked, and does not know the mug.
    folder_.write("members.jsonl", R"({"author_id":"1186275104","account":"acct-0001"})"
                                   "\n"
                                   R"({"author_id":"7","account":"acct-7"})");
    tier.signal(SIGHUP);
    posts += post("7", "#mug");
    posts += record(R"("link":{"author_id":"1186275104","account":"acct-0001"})");
    posts += post("1186275104", "#mug");
    EXPECT_EQ(send(posts).exit_code, 0);
    EXPECT_TRUE(have_come(R"("author_id":"1186275104","intent_id":")" + std::to_string(id)));
    EXPECT_EQ(tier.stop(SIGTERM), 0);
  }
  const std::string all = events();
  const auto count = [&](const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = all.find(part); at != std::string::npos; at = all.find(part, at + 1)) {
      ++found;
    }
    return found;
  };
  EXPECT_EQ(count(R"("type":"prompt")"), 3U) << all;
  EXPECT_EQ(count(R"("reason":"frozen")"), 2U) << all;
  EXPECT_EQ(count(R"("reason":"unenrolled")"), 2U) << all;
  EXPECT_EQ(count(R"("reason":"not_enrolled")"), 2U) << all;
  EXPECT_EQ(run({"replay", "--events", "again.jsonl", "--sink", "null:", "--summary", "none",
                 "--progress", "off", "journal:state"})
                .exit_code,
            0);
  EXPECT_EQ(read_file(folder_.path("again.jsonl")), all);
  // A dump that is replayed into the state meets what stands, too.
  folder_.write("later.json", post("7", "#mug"));
  EXPECT_EQ(run({"replay",        "--offers",  "offers.jsonl", "--members",     "members.jsonl",
                 "--secret-file", "secret",    "--state",      "state",         "--journal",
                 "all",           "--events",  "events.jsonl", "--dead-letter", "letters.jsonl",
                 "--sink",        "null:",     "--summary",    "none",          "--progress",
                 "off",           "later.json"})
                .exit_code,
            0);
  const std::string later = events().substr(all.size());
  EXPECT_NE(later.find(R"("reason":"not_enrolled")"), std::string::npos) << later;
  EXPECT_NE(later.find(R"("offer_id":"mug")"), std::string::npos) << later;
  const std::string memory = run({"state", "export", "--state", "state"}).out;
  EXPECT_NE(memory.find(R"({"type":"control_of_author","author_id":"7","membership":"unlinked",)"
                        R"("frozen":false})"),
            std::string::npos)
      << memory;
  EXPECT_NE(memory.find(R"({"type":"control_of_offer","offer_id":"mug","withdrawn":false})"),
            std::string::npos)
      << memory;
}

TEST_F(Serve, P9_7_OnAnyOtherSourceAControlRecordIsSomethingElse) {
  RunningProgram tier(serve_, folder_.path("."));
  const std::string link = R"({"tagtill":{"link":{"author_id":"7","account":"acct-7"}}})"
                           "\n";
  EXPECT_EQ(send(link + R"({"id_str":"505874924095815681","text":"#kindlehd",)"
                        R"("user":{"id_str":"7"}})"
                        "\n")
                .exit_code,
            0);
  EXPECT_TRUE(have_come(R"("reason":"not_enrolled")"));
  EXPECT_EQ(tier.stop(SIGTERM), 0);
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

// Offers that are refused for their replies: before the members of the same start have cancelled
// anything.
TEST_F(Serve, P7_3_AStartThatIsRefusedChangesNothing) {
  folder_.write("posts.json", kIntent);
  std::vector<std::string> replay = {
      "replay",        "--offers", "offers.jsonl", "--members", "members.jsonl",
      "--secret-file", "secret",   "--state",      "state",     "--journal",
      "all",           "--events", "events.jsonl", "--sink",    "null:",
      "--summary",     "none",     "--progress",   "off",       "posts.json"};
  EXPECT_EQ(run(replay).exit_code, 0);
  const std::string before = run({"state", "show", "--json", "--state", "state"}).out;
  folder_.write("members.jsonl", R"({"author_id":"7","account":"acct-7"})");
  replay.insert(replay.end(), {"--again", "--reply-template", "{tag} " + std::string(300, 'x')});
  const ProgramResult refused = run(replay);
  EXPECT_EQ(refused.exit_code, 78) << refused.err;
  EXPECT_EQ(run({"state", "show", "--json", "--state", "state"}).out, before);
  configure("[replies]\ntemplate = \"{tag} " + std::string(300, 'x') + "\"\n");
  EXPECT_EQ(run(serve_).exit_code, 78);
  EXPECT_EQ(run({"state", "show", "--json", "--state", "state"}).out, before);
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
