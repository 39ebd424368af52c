// A small HTTP server for operators: a few pages, and one stream of events. Hides cpp-httplib.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "engine/time.h"

namespace tagtill {

struct HttpReply {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body = {};
};

struct HttpServerOptions {
  std::string address = "127.0.0.1";  // numbers, or localhost
  std::uint16_t port = 0;             // 0: any that is free
  // That it may be reached from other machines. There is no password and no TLS here.
  bool public_address = false;
  std::size_t watchers_max = 16;  // of the stream of events
  std::size_t requests_max = 8;   // that are answered at the same time
  std::size_t waiting_max = 64;   // connections that have not been looked at yet
  std::size_t request_bytes_max = std::size_t{16} * 1024;  // line and headers
  Millis request_ms = 5'000;                               // until a request has come
  Millis write_ms = 5'000;                                 // until a reply, or one event, is taken
};

// Answers GET and HEAD; everything else is refused, bodies are not read. One request a
// connection. Where it is bound to this machine alone, it also refuses requests that name
// another host: else a page from elsewhere could read these by a name that it points here.
//
// Bounds: watchers_max + requests_max threads, each with one connection, and waiting_max
// connections; who comes beyond them is answered 503. A connection holds request_bytes_max and
// its reply; a watcher a share in the last event. A watcher that is slow skips events, one that
// does not take one for write_ms is dropped; nobody waits for it.
//
// Constructor, stop() and destructor: one thread. The rest: any thread.
class HttpServer {
 public:
  // Called on the server's threads, several at the same time. What it throws becomes a 500.
  using Handler = std::function<HttpReply()>;

  // Listens and answers from here on. `routes` by path; `events_path`: where the stream is.
  // Throws tagtill::Error: kBadConfig when the address is none, or reachable from other
  // machines without `public_address`; kIoFailed when it cannot be listened at.
  HttpServer(const HttpServerOptions& options, std::map<std::string, Handler> routes,
             std::string events_path);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  // As `http://127.0.0.1:9464`.
  [[nodiscard]] std::string url() const;

  // Sends the line as a message event to all who watch, and first to each who comes later.
  // Waits for nobody. `data` without line ends.
  void publish(std::string_view data);

  // Tells the watchers the end (an event `end`), and ends all connections; within a second.
  void stop();

  struct Counts {
    std::uint64_t requests = 0;  // answered
    std::uint64_t refused = 0;   // connections or watchers that were too many
    std::uint64_t dropped = 0;   // connections that did not take a reply or event in time
    std::size_t watchers = 0;    // now
  };
  [[nodiscard]] Counts counts() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tagtill
