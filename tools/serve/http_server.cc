#include "tools/serve/http_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <httplib.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "engine/errors.h"
#include "ingest/interrupt.h"

namespace tagtill {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kLastWords{300};

class Socket {
 public:
  explicit Socket(int file = -1) : file_(file) {}
  ~Socket() {
    if (file_ >= 0) {
      ::close(file_);
    }
  }
  Socket(Socket&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  [[nodiscard]] int file() const { return file_; }

 private:
  int file_;
};

// --- The address -----------------------------------------------------------------------

struct Address {
  sockaddr_storage bytes{};
  socklen_t length = 0;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&bytes); }
};

Address address_of(const HttpServerOptions& options) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string numbers = options.address == "localhost" ? "127.0.0.1" : options.address;
  if (numbers.empty() ||
      ::getaddrinfo(numbers.c_str(), std::to_string(options.port).c_str(), &hints, &found) != 0) {
    throw Error(ExitCode::kBadConfig,
                fmt::format("The address \"{}\" of the HTTP server is no address. Write it in "
                            "numbers, as 127.0.0.1 or ::1.",
                            options.address));
  }
  Address address;
  std::copy_n(reinterpret_cast<const char*>(found->ai_addr), found->ai_addrlen,
              reinterpret_cast<char*>(&address.bytes));
  address.length = found->ai_addrlen;
  ::freeaddrinfo(found);
  return address;
}

bool is_loopback(const Address& address) {
  if (address.bytes.ss_family == AF_INET) {
    const auto* const v4 = reinterpret_cast<const sockaddr_in*>(&address.bytes);
    return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
  }
  const auto* const v6 = reinterpret_cast<const sockaddr_in6*>(&address.bytes);
  return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

Socket listen_at(const HttpServerOptions& options, const Address& address) {
  Socket socket(::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int yes = 1;
  if (socket.file() < 0 ||
      ::setsockopt(socket.file(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
      ::bind(socket.file(), address.get(), address.length) != 0 ||
      ::listen(socket.file(), SOMAXCONN) != 0) {
    throw Error(ExitCode::kIoFailed,
                fmt::format("The HTTP server cannot listen at {}, port {}: {}. Choose another "
                            "address or port, or end what listens there.",
                            options.address, options.port, std::generic_category().message(errno)));
  }
  return socket;
}

std::uint16_t port_of(const Socket& socket) {
  Address address;
  address.length = sizeof address.bytes;
  if (::getsockname(socket.file(), reinterpret_cast<sockaddr*>(&address.bytes), &address.length) !=
      0) {
    return 0;
  }
  return ntohs(address.bytes.ss_family == AF_INET
                   ? reinterpret_cast<const sockaddr_in*>(&address.bytes)->sin_port
                   : reinterpret_cast<const sockaddr_in6*>(&address.bytes)->sin6_port);
}

// Whether a Host header names this machine as nobody else can: in numbers, or as localhost.
bool names_no_other_host(const std::string& header) {
  std::string host = header;
  if (host.starts_with('[')) {
    host = host.substr(1, host.find(']') - 1);
  } else {
    host.resize(std::min(host.find(':'), host.size()));
  }
  std::array<char, sizeof(in6_addr)> ignored{};
  return host.empty() || host == "localhost" ||
         ::inet_pton(AF_INET, host.c_str(), ignored.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), ignored.data()) == 1;
}

// --- A connection ----------------------------------------------------------------------

// What httplib reads from and writes to. Its own streams wait as long as every byte likes, and
// read headers of any number.
class Connection : public httplib::Stream {
 public:
  Connection(int file, const HttpServerOptions& options)
      : file_(file),
        bytes_left_(options.request_bytes_max),
        write_time_(options.write_ms),
        read_end_(Clock::now() + milliseconds(options.request_ms)) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return !failed_; }

  ssize_t read(char* to, std::size_t size) override {
    if (next_ == filled_ && !fill()) {
      return -1;
    }
    const std::size_t taken = std::min(size, filled_ - next_);
    std::copy_n(buffer_.data() + next_, taken, to);
    next_ += taken;
    return static_cast<ssize_t>(taken);
  }

  ssize_t write(const char* from, std::size_t size) override {
    return write_within(from, size, write_time_) ? static_cast<ssize_t>(size) : -1;
  }

  bool write_within(const char* from, std::size_t size, milliseconds time) {
    const auto end = Clock::now() + time;
    while (size > 0 && !failed_) {
      const ssize_t sent = ::send(file_, from, size, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent >= 0) {
        from += sent;
        size -= static_cast<std::size_t>(sent);
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        timed_out_ = !wait_for(POLLOUT, end);
        failed_ = timed_out_;
      } else if (errno != EINTR) {
        failed_ = true;
      }
    }
    return !failed_;
  }

  // A write took too long.
  [[nodiscard]] bool timed_out() const { return timed_out_; }

  // Whom an operator's page is for is nobody's business.
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  socket_t socket() const override { return file_; }

 private:
  bool fill() {
    next_ = 0;
    filled_ = 0;
    while (bytes_left_ > 0 && wait_for(POLLIN, read_end_)) {
      const ssize_t got =
          ::recv(file_, buffer_.data(), std::min(buffer_.size(), bytes_left_), MSG_DONTWAIT);
      if (got > 0) {
        filled_ = static_cast<std::size_t>(got);
        bytes_left_ -= filled_;
        return true;
      }
      if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
        break;
      }
    }
    return false;
  }

  [[nodiscard]] bool wait_for(short what, Clock::time_point end) const {
    for (;;) {
      const auto left = std::chrono::ceil<milliseconds>(end - Clock::now()).count();
      if (left <= 0) {
        return false;
      }
      pollfd wanted{file_, what, 0};
      const int ready = ::poll(&wanted, 1, static_cast<int>(left));
      if (ready > 0) {
        return true;
      }
      if (ready < 0 && errno != EINTR) {
        return false;
      }
    }
  }

  int file_;
  std::size_t bytes_left_;
  milliseconds write_time_;
  Clock::time_point read_end_;
  std::array<char, 2'048> buffer_{};
  std::size_t next_ = 0;
  std::size_t filled_ = 0;
  bool failed_ = false;
  bool timed_out_ = false;
};

void block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

void set_reply(httplib::Response& response, int status, std::string_view sentence) {
  response.status = status;
  response.set_content(sentence.data(), sentence.size(), "text/plain; charset=utf-8");
}

}  // namespace

// httplib reads requests and writes replies; listening, connections, threads and their bounds
// are ours.
class HttpServer::Impl : public httplib::Server {
 public:
  Impl(const HttpServerOptions& options, std::map<std::string, HttpServer::Handler> routes,
       std::string events_path)
      : options_(options), routes_(std::move(routes)), events_path_(std::move(events_path)) {
    const Address address = address_of(options);
    loopback_ = is_loopback(address);
    if (!loopback_ && !options.public_address) {
      throw Error(ExitCode::kBadConfig,
                  fmt::format("The HTTP server's address {} can be reached from other machines, "
                              "and everybody there could read what it shows. Use 127.0.0.1, or "
                              "set public_address = true beside it if that is meant.",
                              options.address));
    }
    listener_ = listen_at(options, address);
    port_ = port_of(listener_);
    is_v6_ = address.bytes.ss_family == AF_INET6;
    svr_sock_ = listener_.file();  // httplib ends streams when there is none
    set_up();
    try {
      threads_.emplace_back([this] { accept_all(); });
      for (std::size_t i = 0; i < options.watchers_max + options.requests_max; ++i) {
        threads_.emplace_back([this] { answer_all(); });
      }
    } catch (const std::system_error& error) {
      end();
      throw Error(ExitCode::kFailed,
                  fmt::format("The HTTP server cannot start its threads: {}. Raise the limit, "
                              "which `ulimit -u` shows.",
                              error.code().message()));
    }
  }

  ~Impl() override { end(); }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url() const {
    const std::string& host = options_.address;
    return is_v6_ ? fmt::format("http://[{}]:{}", host, port_)
                  : fmt::format("http://{}:{}", host, port_);
  }

  void publish(std::string_view data) {
    auto event = std::make_shared<const std::string>(fmt::format("data: {}\n\n", data));
    {
      const std::lock_guard lock(mutex_);
      event_ = std::move(event);
      ++event_number_;
    }
    changed_.notify_all();
  }

  void end() {
    {
      std::unique_lock lock(mutex_);
      if (std::exchange(stopping_, true)) {
        return;
      }
      stop_listening_.call();
      changed_.notify_all();
      // Watchers are told; who is in the middle of a request is not waited for.
      changed_.wait_for(lock, kLastWords, [this] { return watchers_ == 0; });
      svr_sock_ = INVALID_SOCKET;
      for (const int file : in_use_) {
        ::shutdown(file, SHUT_RDWR);
      }
    }
    for (std::thread& thread : threads_) {
      thread.join();
    }
    waiting_.clear();
    listener_ = Socket();
  }

  [[nodiscard]] Counts counts() const {
    const std::lock_guard lock(mutex_);
    return {requests_, refused_, dropped_, watchers_};
  }

 private:
  void set_up() {
    set_default_headers({
        {"Content-Security-Policy",
         "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
        {"X-Content-Type-Options", "nosniff"},
        {"Cache-Control", "no-store"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
    });
    set_expect_100_continue_handler([](const auto&, auto&) { return 417; });
    set_exception_handler([](const auto&, auto& response, const std::exception_ptr&) {
      set_reply(response, 500, "This page could not be made.\n");
    });
    // All is answered here: before httplib reads a body, or compares with regular expressions.
    set_pre_routing_handler([this](const auto& request, auto& response) {
      answer(request, response);
      return HandlerResponse::Handled;
    });
  }

  // --- Replies -------------------------------------------------------------------------

  void answer(const httplib::Request& request, httplib::Response& response) {
    if (request.method != "GET" && request.method != "HEAD") {
      response.set_header("Allow", "GET, HEAD");
      set_reply(response, 405, "Only GET and HEAD are answered here.\n");
      return;
    }
    if (loopback_ && !options_.public_address &&
        !names_no_other_host(request.get_header_value("Host"))) {
      set_reply(response, 421,
                "This server answers to localhost and to addresses in numbers alone. A proxy "
                "before it must send such a Host.\n");
      return;
    }
    if (request.path == events_path_) {
      if (request.method == "GET") {
        answer_with_events(response);
      } else {
        response.set_content("", "text/event-stream");
      }
      return;
    }
    const auto route = routes_.find(request.path);
    if (route == routes_.end()) {
      set_reply(response, 404, "There is no such page.\n");
      return;
    }
    const HttpReply reply = route->second();
    response.status = reply.status;
    response.set_content(reply.body, reply.type);
  }

  void answer_with_events(httplib::Response& response) {
    {
      const std::lock_guard lock(mutex_);
      if (watchers_ == options_.watchers_max || stopping_) {
        ++refused_;
        set_reply(response, 503, "So many are watching already. Close another page.\n");
        return;
      }
      ++watchers_;
    }
    response.set_content_provider(
        "text/event-stream",
        [this, seen = std::uint64_t{0}](std::size_t, httplib::DataSink& sink) mutable {
          return send_next(seen, sink);
        },
        [this](bool) {
          {
            const std::lock_guard lock(mutex_);
            --watchers_;
          }
          changed_.notify_all();
        });
  }

  // Sends the event after `seen`, or a later one, once there is one; or the end.
  bool send_next(std::uint64_t& seen, httplib::DataSink& sink) {
    std::shared_ptr<const std::string> event;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stopping_ || event_number_ != seen; });
      if (event_number_ != seen) {
        seen = event_number_;
        event = event_;
      }
    }
    if (event != nullptr) {
      return sink.write(event->data(), event->size());
    }
    constexpr std::string_view kEnd = "event: end\ndata: {}\n\n";
    (void)sink.write(kEnd.data(), kEnd.size());
    sink.done();
    return true;
  }

  // --- Connections ---------------------------------------------------------------------

  void accept_all() {
    block_signals();
    while (!stop_listening_.wait(listener_.file())) {
      Socket socket(::accept4(listener_.file(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (socket.file() < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
          std::this_thread::sleep_for(milliseconds(50));  // it will be there when it can be had
        }
        continue;
      }
      std::unique_lock lock(mutex_);
      if (waiting_.size() < options_.waiting_max) {
        waiting_.push_back(std::move(socket));
        lock.unlock();
        came_.notify_one();
        continue;
      }
      ++refused_;
      lock.unlock();
      constexpr std::string_view kFull =
          "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
      (void)::send(socket.file(), kFull.data(), kFull.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    {
      const std::lock_guard lock(mutex_);
      no_more_come_ = true;
    }
    came_.notify_all();
  }

  void answer_all() {
    block_signals();
    for (;;) {
      Socket socket;
      {
        std::unique_lock lock(mutex_);
        came_.wait(lock, [this] { return no_more_come_ || !waiting_.empty(); });
        if (no_more_come_) {
          return;
        }
        socket = std::move(waiting_.front());
        waiting_.pop_front();
        if (stopping_) {
          continue;
        }
        in_use_.insert(socket.file());
      }
      Connection connection(socket.file(), options_);
      bool closed = false;
      const bool answered = process_request(connection, true, closed, [](auto& request) {
        request.ranges.clear();  // many of them would make a reply many times as long
      });
      // What was sent is still taken, though the request may not have been read whole.
      ::shutdown(socket.file(), SHUT_WR);
      const std::lock_guard lock(mutex_);
      in_use_.erase(socket.file());
      requests_ += answered ? 1 : 0;
      dropped_ += connection.timed_out() ? 1 : 0;
    }
  }

  HttpServerOptions options_;
  std::map<std::string, HttpServer::Handler> routes_;
  std::string events_path_;
  bool loopback_ = false;
  bool is_v6_ = false;
  Socket listener_;
  std::uint16_t port_ = 0;
  Interrupt stop_listening_;

  mutable std::mutex mutex_;
  std::condition_variable came_;     // a connection
  std::condition_variable changed_;  // an event, or the number of watchers
  std::deque<Socket> waiting_;
  std::set<int> in_use_;
  bool stopping_ = false;
  bool no_more_come_ = false;
  std::shared_ptr<const std::string> event_;
  std::uint64_t event_number_ = 0;
  std::uint64_t requests_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t dropped_ = 0;
  std::size_t watchers_ = 0;

  std::vector<std::thread> threads_;
};

HttpServer::HttpServer(const HttpServerOptions& options, std::map<std::string, Handler> routes,
                       std::string events_path)
    : impl_(std::make_unique<Impl>(options, std::move(routes), std::move(events_path))) {}
HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const { return impl_->port(); }
std::string HttpServer::url() const { return impl_->url(); }
void HttpServer::publish(std::string_view data) { impl_->publish(data); }
void HttpServer::stop() { impl_->end(); }
HttpServer::Counts HttpServer::counts() const { return impl_->counts(); }

}  // namespace tagtill
