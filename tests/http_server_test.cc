// The HTTP server of operators: what it answers, what it refuses, and that nobody holds it up.
#include "tools/serve/http_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "engine/errors.h"
#include "tests/plain_http.h"
#include "tests/seeded.h"

namespace tagtill {
namespace {

using Clock = std::chrono::steady_clock;

std::map<std::string, HttpServer::Handler> pages() {
  return {{"/page",
           [] {
             return HttpReply{200, "text/html; charset=utf-8", "<p>page</p>"};
           }},
          {"/busy", [] { return HttpReply{.status = 503, .body = "not yet\n"}; }},
          {"/bad", []() -> HttpReply { throw std::runtime_error("secret detail"); }}};
}

std::unique_ptr<HttpServer> started(const HttpServerOptions& options = {}) {
  return std::make_unique<HttpServer>(options, pages(), "/events");
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// Waits for what another thread does.
template <typename Condition>
bool comes_true(Condition condition) {
  const auto end = Clock::now() + std::chrono::minutes(1);
  while (!condition()) {
    if (Clock::now() > end) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

PlainConnection watcher(const HttpServer& server, int receive_bytes = 0) {
  PlainConnection connection(server.port(), receive_bytes);
  EXPECT_TRUE(connection.send("GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"));
  return connection;
}

// More than any buffer between server and watcher takes.
std::string big_event() {
  std::string event;
  event.resize(20'000'000, 'x');
  return event;
}

TEST(HttpServer, AnswersGetAndHeadAndNothingElse) {
  const auto server = started();
  const PlainReply page = get(server->port(), "/page");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, "<p>page</p>");
  EXPECT_TRUE(contains(page.head, "Content-Type: text/html; charset=utf-8\r\n")) << page.head;
  EXPECT_TRUE(contains(page.head, "Connection: close\r\n")) << page.head;
  EXPECT_EQ(get(server->port(), "/page?x=1").body, "<p>page</p>");
  EXPECT_EQ(get(server->port(), "/busy").status, 503);
  EXPECT_EQ(get(server->port(), "/busy").body, "not yet\n");
  const PlainReply head = ask(server->port(), "HEAD /page HTTP/1.1\r\nHost: localhost:1\r\n\r\n");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_TRUE(contains(head.head, "Content-Length: 11\r\n")) << head.head;
  EXPECT_EQ(ask(server->port(), "HEAD /events HTTP/1.1\r\n\r\n").status, 200);
  for (const std::string method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    const PlainReply refused =
        ask(server->port(), method + " /page HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(refused.status, 405) << method;
    EXPECT_TRUE(contains(refused.head, "Allow: GET, HEAD\r\n")) << refused.head;
  }
  EXPECT_EQ(ask(server->port(), "BREW /page HTTP/1.1\r\n\r\n").status, 400);
  for (const std::string path : {"/", "/pag", "/page/", "/../page", "/..%2fpage", "//page"}) {
    EXPECT_EQ(get(server->port(), path).status, 404) << path;
  }
  EXPECT_TRUE(comes_true([&] { return server->counts().requests > 15; }));
}

TEST(HttpServer, EveryReplyForbidsWhatThePagesDoNotNeed) {
  const auto server = started();
  for (const std::string path : {"/page", "/nothing", "/bad"}) {
    const PlainReply reply = get(server->port(), path);
    for (const std::string_view header :
         {"Content-Security-Policy: default-src 'self'; ", "X-Content-Type-Options: nosniff\r\n",
          "Cache-Control: no-store\r\n", "Referrer-Policy: no-referrer\r\n",
          "Cross-Origin-Resource-Policy: same-origin\r\n"}) {
      EXPECT_TRUE(contains(reply.head, header)) << path << ": " << reply.head;
    }
  }
}

TEST(HttpServer, WhatAPageThrowsIsNotTold) {
  const auto server = started();
  const PlainReply reply = get(server->port(), "/bad");
  EXPECT_EQ(reply.status, 500);
  EXPECT_FALSE(contains(reply.head + reply.body, "secret detail")) << reply.head;
}

TEST(HttpServer, OtherHostsNamesAreRefused) {
  const auto server = started();
  const auto status = [&](const std::string& host) {
    return ask(server->port(), "GET /page HTTP/1.1\r\nHost: " + host + "\r\n\r\n").status;
  };
  for (const std::string host : {"localhost", "localhost:9464", "127.0.0.1:80", "[::1]:80", ""}) {
    EXPECT_EQ(status(host), 200) << host;
  }
  for (const std::string host :
       {"evil.example", "localhost.evil.example:80", "127.0.0.1.nip.io", "[evil]", "1"}) {
    EXPECT_EQ(status(host), 421) << host;
  }
  const auto open = started({.public_address = true});
  EXPECT_EQ(ask(open->port(), "GET /page HTTP/1.1\r\nHost: tagtill.example\r\n\r\n").status, 200);
}

TEST(HttpServer, AnAddressOfOthersMustBeMeant) {
  const auto refused = [](const std::string& address) {
    try {
      (void)started({.address = address});
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kBadConfig);
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(refused("0.0.0.0"),
            "The HTTP server's address 0.0.0.0 can be reached from other machines, and everybody "
            "there could read what it shows. Use 127.0.0.1, or set public_address = true beside "
            "it if that is meant.");
  EXPECT_TRUE(contains(refused("::"), "can be reached"));
  EXPECT_TRUE(contains(refused("example.com"), "is no address"));
  EXPECT_TRUE(contains(refused(""), "is no address"));
  EXPECT_EQ(refused("127.0.0.2"), "");
  EXPECT_EQ(refused("localhost"), "");
  EXPECT_TRUE(started({.address = "0.0.0.0", .public_address = true})->port() > 0);
}

TEST(HttpServer, APortThatIsTakenIsSaid) {
  const auto first = started();
  EXPECT_EQ(first->url(), "http://127.0.0.1:" + std::to_string(first->port()));
  try {
    (void)started({.port = first->port()});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kIoFailed);
    EXPECT_TRUE(contains(error.what(), "Address already in use")) << error.what();
  }
}

TEST(HttpServer, WatchersGetTheLastEventAndEachNewOne) {
  const auto server = started();
  server->publish("{\"n\":1}");
  server->publish("{\"n\":2}");
  PlainConnection first = watcher(*server);
  EXPECT_TRUE(contains(first.read_until("\n\n"), "data: {\"n\":2}\n\n"));
  EXPECT_TRUE(contains(first.read_until("\n\n"), "Content-Type: text/event-stream\r\n"));
  EXPECT_FALSE(contains(first.read_until("\n\n"), "\"n\":1"));
  PlainConnection second = watcher(*server);
  (void)second.read_until("\"n\":2");
  server->publish("{\"n\":3}");
  EXPECT_TRUE(contains(first.read_until("\"n\":3"), "data: {\"n\":3}\n\n"));
  EXPECT_TRUE(contains(second.read_until("\"n\":3"), "data: {\"n\":3}\n\n"));
  EXPECT_EQ(server->counts().watchers, 2U);
}

TEST(HttpServer, ThereAreOnlySoManyWatchers) {
  const auto server = started({.watchers_max = 2});
  server->publish("1");
  auto first = std::make_unique<PlainConnection>(watcher(*server));
  PlainConnection second = watcher(*server);
  (void)first->read_until("data: 1");
  (void)second.read_until("data: 1");
  EXPECT_EQ(get(server->port(), "/events").status, 503);
  EXPECT_EQ(server->counts().refused, 1U);
  EXPECT_EQ(get(server->port(), "/page").status, 200);  // others are answered
  // Who leaves makes room, as soon as that is noticed.
  first.reset();
  EXPECT_TRUE(comes_true([&] {
    server->publish("2");
    return server->counts().watchers == 1;
  }));
  EXPECT_TRUE(contains(watcher(*server).read_until("data: 2"), "data: 2"));
}

// One that does not take an event is dropped, and until then holds up neither the publisher nor
// another watcher.
TEST(HttpServer, ASlowWatcherHoldsUpNobody) {
  const auto server = started({.write_ms = 1'000});
  server->publish(big_event());
  PlainConnection slow = watcher(*server, 4'096);
  (void)slow.read_until("data: xx");
  server->publish("begin");
  PlainConnection quick = watcher(*server);
  EXPECT_TRUE(contains(quick.read_until("data: begin\n\n"), "data: begin\n\n"));
  for (int i = 0; i < 50; ++i) {
    const std::string event = "event " + std::to_string(i) + ".";
    server->publish(event);
    EXPECT_TRUE(contains(quick.read_until(event), event));
  }
  EXPECT_TRUE(comes_true([&] { return server->counts().dropped == 1; }));
  EXPECT_EQ(server->counts().watchers, 1U);
  server->publish("end");
  EXPECT_TRUE(contains(quick.read_until("data: end\n\n"), "data: end\n\n"));
}

// One that is only behind gets the last event, not all of them.
TEST(HttpServer, AWatcherThatIsBehindSkipsEvents) {
  const auto server = started({.write_ms = 60'000});
  server->publish(big_event());
  PlainConnection slow = watcher(*server, 4'096);
  (void)slow.read_until("data: xx");
  for (int i = 0; i < 1'000; ++i) {
    server->publish("event " + std::to_string(i) + ".");
  }
  const std::string& all = slow.read_until("event 999.");
  EXPECT_TRUE(contains(all, "event 999."));
  EXPECT_FALSE(contains(all, "event 998."));
  EXPECT_FALSE(contains(all, "event 0."));
}

TEST(HttpServer, StopsWithinASecondWhateverIsOpen) {
  auto server = started();
  server->publish("1");
  std::vector<PlainConnection> watchers;
  for (int i = 0; i < 10; ++i) {
    watchers.push_back(watcher(*server));
    (void)watchers.back().read_until("data: 1");
  }
  const PlainConnection slow = watcher(*server, 4'096);
  server->publish(big_event());
  const PlainConnection idle(server->port());
  const PlainConnection half(server->port());
  (void)half.send("GET /page HTT");
  const auto start = Clock::now();
  server->stop();
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(1));
  server.reset();
}

TEST(HttpServer, WatchersAreToldTheEnd) {
  const auto server = started();
  server->publish("1");
  PlainConnection connection = watcher(*server);
  (void)connection.read_until("data: 1");
  server->stop();
  EXPECT_TRUE(connection.read_to_end().ends_with("event: end\ndata: {}\n\n"));
  EXPECT_TRUE(connection.ended());
  server->stop();  // nothing more
  EXPECT_FALSE(PlainConnection(server->port()).connected());
}

TEST(HttpServer, EndlessRequestsEnd) {
  const auto server = started({.request_ms = 60'000});
  const auto ends = [&](const std::string& beginning, const std::string& more) {
    PlainConnection connection(server->port());
    bool taken = connection.send(beginning);
    for (int i = 0; i < 100'000 && taken; ++i) {
      taken = connection.send(more);
    }
    return !taken;
  };
  EXPECT_TRUE(ends("", std::string(1'000, 'x')));
  EXPECT_TRUE(ends("GET /", std::string(1'000, 'a')));
  EXPECT_TRUE(ends("GET /page HTTP/1.1\r\n", "A: b\r\n" + std::string(1, 'c') + ": d\r\n"));
  EXPECT_TRUE(ends("GET /page HTTP/1.1\r\nA: ", std::string(1'000, 'a')));
  EXPECT_TRUE(ends("POST /page HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
                   "ffffff\r\n" + std::string(1'000, 'a')));
  EXPECT_EQ(get(server->port(), "/page").status, 200);
}

TEST(HttpServer, SlowRequestsEnd) {
  const auto server = started({.request_ms = 200});
  PlainConnection slow(server->port());
  const auto start = Clock::now();
  while (slow.send("G") && Clock::now() - start < std::chrono::minutes(1)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(30));
  PlainConnection idle(server->port());
  (void)idle.read_to_end();
  EXPECT_TRUE(idle.ended());
}

TEST(HttpServer, TooManyConnectionsAreToldSo) {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = false;
  const HttpServerOptions options{.watchers_max = 1, .requests_max = 1, .waiting_max = 3};
  HttpServer server(options,
                    {{"/waits",
                      [&] {
                        std::unique_lock lock(mutex);
                        changed.wait(lock, [&] { return open; });
                        return HttpReply{};
                      }}},
                    "/events");
  std::vector<PlainConnection> connections;
  ASSERT_TRUE(comes_true([&] {
    connections.emplace_back(server.port());
    (void)connections.back().send("GET /waits HTTP/1.1\r\n\r\n");
    return server.counts().refused > 0;
  }));
  EXPECT_GE(connections.size(), 4U);  // three may wait
  {
    const std::lock_guard lock(mutex);
    open = true;
  }
  changed.notify_all();
  EXPECT_TRUE(contains(connections.front().read_to_end(), "HTTP/1.1 200 "));
}

TEST(HttpServer, ManyRangesDoNotMakeAReplyLonger) {
  const auto server = started();
  std::string ranges = "0-";
  for (int i = 0; i < 2'600; ++i) {
    ranges += ",0-";
  }
  const PlainReply reply =
      ask(server->port(), "GET /page HTTP/1.1\r\nRange: bytes=" + ranges + "\r\n\r\n");
  EXPECT_LT(reply.body.size(), 1'000U);
  EXPECT_EQ(ask(server->port(), "GET /page HTTP/1.1\r\nRange: bytes=0-1\r\n\r\n").body,
            "<p>page</p>");
}

TEST(HttpServer, RandomBytesHarmNothing) {
  const auto server = started({.request_ms = 500});
  constexpr std::string_view kPieces[] = {"GET ",
                                          "HEAD ",
                                          "POST ",
                                          "/page",
                                          "/events",
                                          " HTTP/1.1\r\n",
                                          "\r\n",
                                          "Host: localhost\r\n",
                                          "Range: bytes=5-2\r\n",
                                          "Range: bytes=0-0,-1,99999999999999999999-\r\n",
                                          "Content-Length: 99999999999999999999\r\n",
                                          "Transfer-Encoding: chunked\r\n",
                                          "Expect: 100-continue\r\n",
                                          "Accept-Encoding: gzip, br\r\n",
                                          "%",
                                          "%zz%u00",
                                          "?a=b&&=;",
                                          ":"};
  for (std::uint64_t i = 0; i < seeded::seeds(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    seeded::Random random(seed);
    std::string request;
    for (std::size_t pieces = random.below(12); pieces > 0; --pieces) {
      if (random.percent(85)) {
        request += random.pick(kPieces);
      } else {
        request += static_cast<char>(random.below(256));
      }
    }
    const PlainConnection connection(server->port());
    (void)connection.send(request);
  }
  EXPECT_TRUE(comes_true([&] { return get(server->port(), "/page").status == 200; }));
}

TEST(HttpServer, ManyAskAtTheSameTime) {
  const auto server = started();
  std::atomic<int> answered{0};
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        answered += get(server->port(), "/page").body == "<p>page</p>" ? 1 : 0;
        server->publish("x");
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(answered, 200);
}

}  // namespace
}  // namespace tagtill
