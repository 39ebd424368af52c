// A receiver of webhooks on this machine, which answers as it is told. For tests and benchmarks.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tagtill {

struct ReceivedRequest {
  std::string line;                            // `POST /path HTTP/1.1`
  std::map<std::string, std::string> headers;  // by name in lower case
  std::string body;
};

struct ReceiverReply {
  int status = 204;
  std::vector<std::string> headers = {};  // `name: value`
  std::int64_t delay_ms = 0;              // before it
  bool drop = false;                      // closes the connection instead
};

// Reads HTTP/1.1 with Content-Length and nothing else; a thread a connection. Every member: any
// thread.
class WebhookReceiver {
 public:
  // Called on the thread of the connection. `nth`: how many requests came before it.
  using Answer = std::function<ReceiverReply(const ReceivedRequest& request, std::size_t nth)>;

  // A certificate and its key, PEM files: then it speaks TLS.
  struct Tls {
    std::string certificate;
    std::string key;
  };

  // `port`: 0: a free one.
  explicit WebhookReceiver(Answer answer = {}, const Tls& tls = {}, std::uint16_t port = 0);
  ~WebhookReceiver();
  WebhookReceiver(const WebhookReceiver&) = delete;
  WebhookReceiver& operator=(const WebhookReceiver&) = delete;

  [[nodiscard]] int port() const { return port_; }
  // `http://127.0.0.1:PORT/in`
  [[nodiscard]] std::string url(const std::string& host = "127.0.0.1") const;

  // In the order in which they were answered with 2xx.
  [[nodiscard]] std::vector<ReceivedRequest> accepted() const;
  [[nodiscard]] std::size_t accepted_count() const { return accepted_count_; }
  // Lets go of those that it keeps.
  void forget_accepted();
  // Keeps no requests from now on: memory for benchmarks.
  void forget() { keeps_ = false; }
  [[nodiscard]] std::size_t requests() const { return requests_; }
  [[nodiscard]] std::size_t connections() const { return connections_; }
  [[nodiscard]] std::size_t under_way_most() const { return under_way_most_; }

 private:
  class Channel;
  struct Connection {
    std::thread thread;
    int socket = -1;
  };

  void listen();
  void serve(int socket);
  bool handle(Channel& channel, std::string& buffer);
  void sleep(std::int64_t how_long_ms) const;

  Answer answer_;
  void* tls_context_ = nullptr;  // SSL_CTX
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> keeps_{true};
  std::atomic<std::size_t> requests_{0};
  std::atomic<std::size_t> connections_{0};
  std::atomic<std::size_t> accepted_count_{0};
  std::atomic<std::size_t> under_way_{0};
  std::atomic<std::size_t> under_way_most_{0};
  mutable std::mutex mutex_;
  std::vector<ReceivedRequest> accepted_;  // guarded by mutex_
  std::list<Connection> served_;           // guarded by mutex_
  std::thread listening_;
};

}  // namespace tagtill
