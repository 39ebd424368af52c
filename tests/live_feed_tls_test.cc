// Live sources by TLS: who is let in, and that the same comes out.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <csignal>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/errors.h"
#include "tests/live_driver.h"
#include "tests/run_program.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

using Lines = std::vector<std::string>;

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSession {
  void operator()(SSL* session) const { SSL_free(session); }
};

// Waits for what it does: on a thread of its own.
class TlsSender {
 public:
  // `identity`: path of its certificate; empty: none.
  TlsSender(std::uint16_t port, const std::string& identity, int version = TLS1_3_VERSION)
      : socket_(LiveSender::to_tcp(port)), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_max_proto_version(context_.get(), version);
    SSL_CTX_set_security_level(context_.get(), 0);
    if (!identity.empty()) {
      EXPECT_EQ(SSL_CTX_use_certificate_chain_file(context_.get(), identity.c_str()), 1);
      EXPECT_EQ(SSL_CTX_use_PrivateKey_file(context_.get(), (identity + ".key").c_str(),
                                            SSL_FILETYPE_PEM),
                1);
    }
    session_.reset(SSL_new(context_.get()));
    SSL_set_fd(session_.get(), socket_.socket());
  }

  bool connect() { return SSL_connect(session_.get()) == 1; }
  bool send(std::string_view bytes) {
    std::size_t sent = 0;
    return SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &sent) == 1 &&
           sent == bytes.size();
  }
  // Up to a line end; what came, if the connection ends before.
  std::string receive_line() {
    std::string line;
    for (char c = 0; SSL_read(session_.get(), &c, 1) == 1;) {
      line += c;
      if (c == '\n') {
        break;
      }
    }
    return line;
  }
  void close() { SSL_shutdown(session_.get()); }

 private:
  LiveSender socket_;
  std::unique_ptr<SSL_CTX, FreeContext> context_;
  std::unique_ptr<SSL, FreeSession> session_;
};

class LiveTls : public ::testing::Test {
 protected:
  void SetUp() override {
    std::signal(SIGPIPE, SIG_IGN);
    for (const char* name : {"server", "sender", "stranger"}) {
      const std::string path = folder_.path(name);
      const ProgramResult made =
          run_program({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                       "-nodes", "-keyout", path + ".key", "-out", path, "-days", "1", "-subj",
                       "/CN=" + std::string(name)},
                      {.program = "openssl"});
      if (made.exit_code != 0) {
        GTEST_SKIP() << "skipped: there is no openssl\n" << made.err;
      }
    }
  }

  [[nodiscard]] LiveSource source() const {
    LiveSource source = live_tcp();
    source.tls_certificate = folder_.path("server");
    source.tls_key = folder_.path("server.key");
    source.tls_client_ca = folder_.path("sender");
    return source;
  }
  [[nodiscard]] static LiveFeed::Options of(LiveSource source) {
    LiveFeed::Options options;
    options.sources = {std::move(source)};
    return options;
  }

  TempFolder folder_;
};

TEST_F(LiveTls, WhatASenderWithACertificateSendsComesAndIsAcknowledged) {
  LiveDriver driver(of(source()));
  std::string bytes;
  for (int i = 0; i < 20'000; ++i) {
    bytes += std::to_string(i) + std::string(100, '.') + "\n";
  }
  std::string first;
  std::string last;
  std::thread sends([&] {
    TlsSender sender(driver.feed().port(0), folder_.path("sender"));
    ASSERT_TRUE(sender.connect());
    ASSERT_TRUE(sender.send("{\"hello\":{\"stream\":\"a\"}}\n"));
    first = sender.receive_line();
    ASSERT_TRUE(sender.send(bytes));
    last = sender.receive_line();
    sender.close();
  });
  EXPECT_TRUE(driver.until_lines(20'000));
  driver.feed().committed(0, bytes.size());
  EXPECT_TRUE(driver.until([&] { return driver.feed().counts().ended_by_peer == 1; }));
  sends.join();
  EXPECT_EQ(first, "{\"ack\":0}\n");
  EXPECT_EQ(last, "{\"ack\":" + std::to_string(bytes.size()) + "}\n");
  Lines expected;
  add_live_lines(std::string_view(bytes), kLineBytesMax, expected);
  EXPECT_EQ(driver.lines(), expected);
}

TEST_F(LiveTls, WhoIsNotVouchedForIsNotHeard) {
  for (const std::string identity : {"", "stranger"}) {
    LiveDriver driver(of(source()));
    std::thread sends([&] {
      TlsSender sender(driver.feed().port(0),
                       identity.empty() ? std::string() : folder_.path(identity));
      (void)sender.connect();  // of TLS 1.3 the sender is told later
      (void)sender.send("line\n");
      EXPECT_EQ(sender.receive_line(), "");
    });
    EXPECT_TRUE(driver.until([&] { return driver.feed().counts().ended_by_error == 1; }));
    sends.join();
    EXPECT_EQ(driver.lines(), Lines{});
    EXPECT_EQ(driver.said().size(), 1U);
  }
}

TEST_F(LiveTls, NothingOlderThan1_2) {
  for (const int version : {TLS1_2_VERSION, TLS1_1_VERSION}) {
    LiveDriver driver(of(source()));
    bool connected = false;
    std::thread sends([&] {
      TlsSender sender(driver.feed().port(0), folder_.path("sender"), version);
      connected = sender.connect();
      (void)sender.send("line\n");
      sender.close();
    });
    EXPECT_TRUE(driver.until([&] {
      return driver.feed().counts().ended_by_error + driver.feed().counts().ended_by_peer == 1;
    }));
    sends.join();
    EXPECT_EQ(connected, version == TLS1_2_VERSION);
    EXPECT_EQ(driver.lines(), version == TLS1_2_VERSION ? Lines{"line"} : Lines{});
  }
}

TEST_F(LiveTls, PlainBytesEndTheConnection) {
  LiveDriver driver(of(source()));
  LiveSender sender = LiveSender::to_tcp(driver.feed().port(0));
  (void)sender.send("{\"hello\":{\"stream\":\"a\"}}\n");
  ASSERT_TRUE(driver.until([&] { return sender.has_ended(); }));
  EXPECT_EQ(driver.feed().counts().ended_by_error, 1U);
  EXPECT_EQ(driver.lines(), Lines{});
}

TEST_F(LiveTls, FilesThatDoNotFitAreRefused) {
  LiveSource wrong = source();
  wrong.tls_key = folder_.path("sender.key");
  EXPECT_THROW(LiveDriver(of(wrong)), Error);
  wrong = source();
  wrong.tls_client_ca = folder_.path("none");
  EXPECT_THROW(LiveDriver(of(wrong)), Error);
  wrong = source();
  wrong.tls_client_ca = "";
  EXPECT_THROW(LiveDriver(of(wrong)), Error);
}

}  // namespace
}  // namespace tagtill
