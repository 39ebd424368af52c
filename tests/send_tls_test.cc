// `tagtill send` to a tier by TLS: both sides know each other, or nothing is sent.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/tier_fixture.h"

namespace tagtill {
namespace {

using Arguments = std::vector<std::string>;

class SendTls : public TierTest {
 protected:
  void SetUp() override {
    // Each vouches for itself: who has its certificate as --tls-ca or tls_client_ca trusts it.
    make_identity("tier", "subjectAltName=DNS:localhost,IP:127.0.0.1");
    make_identity("elsewhere", "subjectAltName=DNS:tier.example,IP:192.0.2.1");
    make_identity("sender", "subjectAltName=DNS:sender.example");
    make_identity("stranger", "subjectAltName=DNS:sender.example");
  }

  void make_identity(const std::string& name, const std::string& names) {
    if (IsSkipped()) {
      return;
    }
    const std::string path = folder_.path(name);
    const ProgramResult made =
        run_program({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                     "-nodes", "-keyout", path + ".key", "-out", path, "-days", "1", "-subj",
                     "/CN=" + name, "-addext", names},
                    {.program = "openssl"});
    if (made.exit_code != 0) {
      GTEST_SKIP() << "skipped: there is no openssl\n" << made.err;
    }
  }

  // A tier that is known as `identity`, and lets `sender` in.
  void listen_as(const std::string& identity) {
    configure("", "kind = \"tcp\"\nlisten = \"127.0.0.1:" + std::to_string(source_) +
                      "\"\ntls_certificate = \"" + identity + "\"\ntls_key = \"" + identity +
                      ".key\"\ntls_client_ca = \"sender\"");
  }
  [[nodiscard]] static Arguments as(const std::string& identity, const std::string& ca = "tier") {
    return {"--tls-ca", ca, "--tls-cert", identity, "--tls-key", identity + ".key"};
  }
  // To localhost or to an address.
  [[nodiscard]] ProgramResult send_to(const std::string& host, const Arguments& more,
                                      const std::string& give_up_after = "60s") const {
    Arguments arguments = {"send", "--to", "tcp:" + host + ":" + std::to_string(source_)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.insert(arguments.end(), {"--speed", "max", "--give-up-after", give_up_after,
                                       "--progress", "off", "posts.json"});
    return run(arguments);
  }
  static void expect_in(const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
  }

  const std::uint16_t source_ = free_port();
  const std::uint16_t page_ = free_port();
};

TEST_F(SendTls, EverythingArrivesAndIsAcknowledged) {
  listen_as("tier");
  std::string posts = kIntent;
  std::size_t lines = 2;
  for (; posts.size() < 20'000'000; ++lines) {  // more than all buffers on the way
    posts += "{\"other\":\"" + std::string(lines % 50'000, 'x') + "\"}\n";
  }
  posts += kConfirmation;
  folder_.write("posts.json", posts);
  RunningProgram tier(watched_at(page_), folder_.path("."));
  EXPECT_TRUE(shows(page_, "tagtill_ready 1"));
  Arguments arguments = as("sender");
  arguments.insert(arguments.end(), {"--stream", "s"});
  for (const std::string host : {"localhost", "127.0.0.1"}) {
    const ProgramResult sent = send_to(host, arguments);
    EXPECT_EQ(sent.exit_code, 0) << sent.err;
    expect_in(sent.err, "of the stream s: all");
    EXPECT_EQ(sent.err.find("It is tried again"), std::string::npos) << sent.err;
  }
  EXPECT_TRUE(have_come(R"("type":"confirmed")"));
  EXPECT_TRUE(shows(page_, "tagtill_lines_total{stage=\"read\"} " + std::to_string(lines)));
  // Both said farewell.
  EXPECT_TRUE(shows(page_, "tagtill_connections_ended_total{cause=\"peer\"} 2"));
  EXPECT_TRUE(shows(page_, "tagtill_connections_ended_total{cause=\"error\"} 0"));
  EXPECT_EQ(tier.stop(SIGTERM), 0);
}

TEST_F(SendTls, WithoutAStreamTheLinesArriveAndTheEndIsClean) {
  listen_as("tier");
  std::string posts;
  std::size_t lines = 0;
  for (; posts.size() < 5'000'000; ++lines) {
    posts += "{\"other\":\"" + std::string(lines % 5'000, 'x') + "\"}\n";
  }
  folder_.write("posts.json", posts);
  RunningProgram tier(watched_at(page_), folder_.path("."));
  EXPECT_TRUE(shows(page_, "tagtill_ready 1"));
  const ProgramResult sent = send_to("localhost", as("sender"));
  EXPECT_EQ(sent.exit_code, 0) << sent.err;
  EXPECT_TRUE(shows(page_, "tagtill_lines_total{stage=\"read\"} " + std::to_string(lines)));
  EXPECT_TRUE(shows(page_, "tagtill_connections_ended_total{cause=\"peer\"} 1"));
  EXPECT_TRUE(shows(page_, "tagtill_connections_ended_total{cause=\"error\"} 0"));
  EXPECT_EQ(tier.stop(SIGTERM), 0);
}

TEST_F(SendTls, ATierThatIsNotTheOneIsNotSentAnything) {
  folder_.write("posts.json", kIntent);
  listen_as("elsewhere");
  RunningProgram tier(watched_at(page_), folder_.path("."));
  EXPECT_TRUE(shows(page_, "tagtill_ready 1"));
  // Vouched for, but for another name and address.
  ProgramResult sent = send_to("localhost", as("sender", "elsewhere"), "1s");
  EXPECT_EQ(sent.exit_code, 75) << sent.err;
  expect_in(sent.err, "TLS: hostname mismatch. It is tried again");
  sent = send_to("127.0.0.1", as("sender", "elsewhere"), "1s");
  EXPECT_EQ(sent.exit_code, 75) << sent.err;
  expect_in(sent.err, "TLS: IP address mismatch. It is tried again");
  // Not vouched for.
  sent = send_to("localhost", as("sender", "tier"), "1s");
  EXPECT_EQ(sent.exit_code, 75) << sent.err;
  expect_in(sent.err, "self-signed certificate");
  EXPECT_TRUE(shows(page_, "tagtill_lines_total{stage=\"read\"} 0"));
  EXPECT_TRUE(shows(page_, "tagtill_connections 0"));
  EXPECT_EQ(tier.stop(SIGTERM), 0);
}

TEST_F(SendTls, ASenderThatTheTierDoesNotKnowIsToldSo) {
  folder_.write("posts.json", kIntent);
  listen_as("tier");
  RunningProgram tier(watched_at(page_), folder_.path("."));
  EXPECT_TRUE(shows(page_, "tagtill_ready 1"));
  Arguments arguments = as("stranger");
  arguments.insert(arguments.end(), {"--stream", "s"});
  const ProgramResult sent = send_to("localhost", arguments, "1s");
  EXPECT_EQ(sent.exit_code, 75) << sent.err;
  expect_in(sent.err, "the connection is lost: ");
  // The alert, unless the end of the connection has overtaken it.
  EXPECT_TRUE(sent.err.find("alert unknown ca") != std::string::npos ||
              sent.err.find("lost: Connection reset by peer") != std::string::npos ||
              sent.err.find("lost: Broken pipe") != std::string::npos)
      << sent.err;
  EXPECT_TRUE(shows(page_, "tagtill_lines_total{stage=\"read\"} 0"));
  EXPECT_EQ(tier.stop(SIGTERM), 0);
}

TEST_F(SendTls, IsRefusedWhenAFileIsMissingOrWrong) {
  folder_.write("posts.json", kIntent);
  folder_.write("nonsense", "nonsense");
  ProgramResult sent = send_to("localhost", {"--tls-ca", "tier", "--tls-cert", "sender"});
  EXPECT_EQ(sent.exit_code, 2);
  expect_in(sent.err, "Give all three, or none");
  for (const std::string option : {"--tls-ca", "--tls-cert", "--tls-key"}) {
    for (const std::string path : {"nowhere", "nonsense"}) {
      Arguments arguments = as("sender");
      *(std::find(arguments.begin(), arguments.end(), option) + 1) = path;
      sent = send_to("localhost", arguments);
      EXPECT_EQ(sent.exit_code, 2) << sent.err;
      expect_in(sent.err, option + " " + path + " cannot be used: ");
    }
  }
  Arguments arguments = as("sender");
  arguments.back() = "stranger.key";
  sent = send_to("localhost", arguments);
  EXPECT_EQ(sent.exit_code, 2);
  expect_in(sent.err, "--tls-key stranger.key cannot be used: ");
  arguments = {"send", "--to", "unix:socket"};
  for (const std::string& argument : as("sender")) {
    arguments.push_back(argument);
  }
  arguments.emplace_back("posts.json");
  sent = run(arguments);
  EXPECT_EQ(sent.exit_code, 2);
  expect_in(sent.err, "TLS is for tcp:HOST:PORT");
}

}  // namespace
}  // namespace tagtill
