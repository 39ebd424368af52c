// The program with sinks that reach others, and with replies, as a person meets them.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/postgres_server.h"
#include "tests/run_program.h"
#include "tests/sink_places.h"
#include "tests/temp_folder.h"
#include "tests/webhook_receiver.h"

namespace tagtill {
namespace {

// One purchase: the example of P5.1, in 2014.
class SinksCli : public ::testing::Test {
 protected:
  SinksCli() {
    folder_.write("offers.jsonl",
                  R"({"id":"kindle-hd","tag":"KindleHD","title":"Kindle #HD","price_minor":19900,)"
                  R"("currency":"USD","fulfilment":"pickup","starts_at":"2014-01-01T00:00:00Z",)"
                  R"("ends_at":"2015-01-01T00:00:00Z"})");
    folder_.write("members.jsonl", R"({"author_id":"1186275104","account":"acct-0001"})");
    folder_.write("secret", "0123456789abcdef0123456789abcdef");
    folder_.write("webhook-secret", kWebhookSecret);
    folder_.write(
        "dump.json",
        R"({"id_str":"505874924095815681","text":"#kindlehd","user":{"id_str":"1186275104"}})"
        "\n"
        R"({"id_str":"505875175783415809","text":"#ConfirmTN8QDQZF","user":{"id_str":"1186275104"}})"
        "\n");
  }

  [[nodiscard]] ProgramResult replay(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {
        "replay", "--offers",  "offers.jsonl", "--members",  "members.jsonl", "--secret-file",
        "secret", "--summary", "none",         "--progress", "off",           "dump.json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(arguments, {.folder = folder_.path(".")});
  }
  static void expect_said(const ProgramResult& result, int exit_code, const std::string& part) {
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_NE(result.err.find(part), std::string::npos) << result.err;
  }

  TempFolder folder_;
};

TEST_F(SinksCli, ATemplateMakesTheReplyOfEachPrompt) {
  const ProgramResult result = replay(
      {"--events", "-", "--sink", "null:", "--reply-template",
       "{title} for {price} {currency}: post {tag} within {minutes} minutes. It shows {public}."});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find(R"("currency":"USD","reply":"Kindle #)"
                            "\u200B"
                            R"(HD for 199.00 USD: post #ConfirmTN8QDQZF within 15 minutes. )"
                            R"(It shows your name, the offer and its price."})"
                            "\n"),
            std::string::npos)
      << result.out;
}

TEST_F(SinksCli, AReplyThatCannotBeIsRefusedBeforeAnythingIsTouched) {
  folder_.write("events.jsonl", "of the last run");
  const std::vector<std::string> outputs = {"--events", "events.jsonl", "--sink", "sqlite:new.db"};
  const auto with = [&](const std::string& text) {
    std::vector<std::string> arguments = outputs;
    arguments.insert(arguments.end(), {"--reply-template", text});
    return replay(arguments);
  };
  expect_said(with("{titel} {tag}"), 2, "--reply-template: there is no placeholder {titel}");
  expect_said(with("{tag}" + std::string(300, 'x')), 2, "no hashtag where it stands");
  expect_said(with("{tag} " + std::string(300, 'x')), 78,
              "offer \"kindle-hd\": its reply would have 317 weighted characters, and 280 fit");
  EXPECT_EQ(read_file(folder_.path("events.jsonl")), "of the last run");
  EXPECT_FALSE(std::filesystem::exists(folder_.path("new.db")));
}

TEST_F(SinksCli, AWebhookGetsPurchasesAndNoLatePrompts) {
  WebhookReceiver receiver;
  const std::string url = "webhook:" + receiver.url() + "?secret-file=webhook-secret&events=";
  const ProgramResult result = replay({"--sink", url + "prompt,confirmed"});
  expect_said(result, 0, "1 prompt was late, behind the deadline, and not sent");
  ASSERT_EQ(receiver.accepted_count(), 1U);
  EXPECT_EQ(receiver.accepted()[0].headers.at("webhook-id"), "505874924095815681:kindle-hd");
  EXPECT_EQ(replay({"--sink", url + "prompt&drop-late-prompts=no"}).exit_code, 0);
  EXPECT_EQ(receiver.accepted_count(), 2U);
}

TEST_F(SinksCli, ASecretThatIsNoneIsABadConfiguration) {
  folder_.write("short", "geheim");
  const ProgramResult result =
      replay({"--sink", "webhook:https://shop.example/in?secret-file=short"});
  expect_said(result, 78, "short: the secret has 6 bytes");
  EXPECT_EQ(result.err.find("geheim"), std::string::npos);
}

// A sink that waits for somebody who never answers does not keep a run that has failed.
TEST_F(SinksCli, ARunThatFailsWaitsForNobody) {
  WebhookReceiver gone([](const ReceivedRequest&, std::size_t) {
    return ReceiverReply{.status = 410, .delay_ms = 500};
  });
  WebhookReceiver deaf(
      [](const ReceivedRequest&, std::size_t) { return ReceiverReply{.status = 500}; });
  const auto begin = std::chrono::steady_clock::now();
  const ProgramResult result =
      replay({"--sink", "webhook:" + gone.url() + "?secret-file=webhook-secret&batch-age=1ms",
              "--sink", "webhook:" + deaf.url() + "?secret-file=webhook-secret&batch-age=1ms",
              "--sink", "jsonl:purchases.jsonl"});
  expect_said(result, 74, "answered 410");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
  EXPECT_FALSE(read_file(folder_.path("purchases.jsonl")).empty());
}

TEST_F(SinksCli, SegmentsInAFolder) {
  std::filesystem::create_directory(folder_.path("out"));
  EXPECT_EQ(replay({"--sink", "jsonl:out/?events=all"}).exit_code, 0);
  EXPECT_EQ(replay({"--sink", "null:", "--events", "events.jsonl"}).exit_code, 0);
  EXPECT_EQ(read_file(folder_.path("out/00000001-00000000000000000000.jsonl")),
            read_file(folder_.path("events.jsonl")));
  expect_said(replay({"--sink", "jsonl:out/"}), 74, "segments of an earlier run");
}

TEST_F(SinksCli, PurchasesInPostgres) {
  PostgresServer* const server = shared_postgres();
  if (server == nullptr) {
    GTEST_SKIP() << "skipped: there is no PostgreSQL on this machine";
  }
  for (int run = 0; run < 2; ++run) {
    const ProgramResult result =
        replay({"--sink", "postgres:" + server->where() + "?schema=cli&events=all"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
  }
  EXPECT_EQ(server->ask("SELECT purchase_id, claim_code FROM cli.purchases"),
            "505874924095815681:kindle-hd|8HDHADTX\n");
  expect_said(replay({"--sink", "postgres:" + server->where() + " dbname=none"}), 74,
              "Make the database first");
}

}  // namespace
}  // namespace tagtill
