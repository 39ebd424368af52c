#include "tests/webhook_receiver.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace tagtill {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  return out;
}

// `head`: without the empty line at its end.
ReceivedRequest read_head(std::string_view head) {
  ReceivedRequest request;
  std::size_t at = head.find("\r\n");
  request.line = head.substr(0, at);
  while (at != std::string_view::npos) {
    const std::size_t begin = at + 2;
    at = head.find("\r\n", begin);
    const std::string_view line =
        head.substr(begin, at == std::string_view::npos ? at : at - begin);
    const std::size_t colon = line.find(": ");
    if (colon != std::string_view::npos) {
      request.headers[lower(line.substr(0, colon))] = line.substr(colon + 2);
    }
  }
  return request;
}

}  // namespace

// Bytes of a connection, plain or by TLS.
class WebhookReceiver::Channel {
 public:
  Channel(int socket, void* context) : socket_(socket) {
    if (context != nullptr) {
      ssl_ = SSL_new(static_cast<SSL_CTX*>(context));
      SSL_set_fd(ssl_, socket);
    }
  }
  ~Channel() { SSL_free(ssl_); }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  bool begin() { return ssl_ == nullptr || SSL_accept(ssl_) == 1; }
  // False: the end.
  bool read_more(std::string& buffer) {
    char bytes[16'384];
    const ssize_t got = ssl_ != nullptr ? SSL_read(ssl_, bytes, sizeof(bytes))
                                        : ::recv(socket_, bytes, sizeof(bytes), 0);
    if (got <= 0) {
      return false;
    }
    buffer.append(bytes, static_cast<std::size_t>(got));
    return true;
  }
  bool write(const std::string& bytes) {
    const ssize_t put = ssl_ != nullptr
                            ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                            : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return put == static_cast<ssize_t>(bytes.size());
  }

 private:
  int socket_;
  SSL* ssl_ = nullptr;
};

WebhookReceiver::WebhookReceiver(Answer answer, const Tls& tls, std::uint16_t port)
    : answer_(std::move(answer)) {
  // OpenSSL writes to connections that the other side has closed. As the program does.
  std::signal(SIGPIPE, SIG_IGN);
  if (!tls.certificate.empty()) {
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(context, tls.certificate.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, tls.key.c_str(), SSL_FILETYPE_PEM) != 1) {
      throw std::runtime_error("the receiver cannot use its certificate");
    }
    tls_context_ = context;
  }
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t length = sizeof(address);
  const int yes = 1;  // connections of one that had this port before may still linger
  if (listener_ < 0 || ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0 ||
      ::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      ::listen(listener_, 128) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("the receiver cannot listen");
  }
  port_ = ntohs(address.sin_port);
  listening_ = std::thread([this] { listen(); });
}

WebhookReceiver::~WebhookReceiver() {
  stopping_ = true;
  listening_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const Connection& connection : served_) {
      ::shutdown(connection.socket, SHUT_RDWR);
    }
  }
  for (Connection& connection : served_) {
    connection.thread.join();
    ::close(connection.socket);
  }
  ::close(listener_);
  SSL_CTX_free(static_cast<SSL_CTX*>(tls_context_));
}

std::string WebhookReceiver::url(const std::string& host) const {
  return (tls_context_ != nullptr ? "https://" : "http://") + host + ":" + std::to_string(port_) +
         "/in";
}

std::vector<ReceivedRequest> WebhookReceiver::accepted() const {
  const std::lock_guard lock(mutex_);
  return accepted_;
}

void WebhookReceiver::forget_accepted() {
  const std::lock_guard lock(mutex_);
  accepted_.clear();
}

void WebhookReceiver::listen() {
  while (!stopping_) {
    pollfd entry{};
    entry.fd = listener_;
    entry.events = POLLIN;
    if (::poll(&entry, 1, 20) <= 0) {
      continue;
    }
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) {
      continue;
    }
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    ++connections_;
    const std::lock_guard lock(mutex_);
    Connection& connection = served_.emplace_back();
    connection.socket = socket;
    connection.thread = std::thread([this, socket] { serve(socket); });
  }
}

void WebhookReceiver::serve(int socket) {
  {
    Channel channel(socket, tls_context_);
    std::string buffer;
    if (channel.begin()) {
      while (!stopping_ && handle(channel, buffer)) {
      }
    }
  }
  // The number stays taken until the end: it must not be another's then.
  ::shutdown(socket, SHUT_RDWR);
}

bool WebhookReceiver::handle(Channel& channel, std::string& buffer) {
  std::size_t head = 0;
  while ((head = buffer.find("\r\n\r\n")) == std::string::npos) {
    if (!channel.read_more(buffer)) {
      return false;
    }
  }
  ReceivedRequest request = read_head(std::string_view(buffer).substr(0, head));
  const std::size_t length = std::strtoull(request.headers["content-length"].c_str(), nullptr, 10);
  while (buffer.size() < head + 4 + length) {
    if (!channel.read_more(buffer)) {
      return false;
    }
  }
  request.body = buffer.substr(head + 4, length);
  buffer.erase(0, head + 4 + length);

  const std::size_t under_way = ++under_way_;
  for (std::size_t most = under_way_most_;
       most < under_way && !under_way_most_.compare_exchange_weak(most, under_way);) {
  }
  const std::size_t nth = requests_++;
  const ReceiverReply reply = answer_ ? answer_(request, nth) : ReceiverReply{};
  sleep(reply.delay_ms);
  --under_way_;
  if (reply.drop) {
    return false;
  }
  const bool accepted = reply.status >= 200 && reply.status < 300;
  if (accepted && keeps_) {
    const std::lock_guard lock(mutex_);
    accepted_.push_back(std::move(request));
  }
  accepted_count_ += accepted ? 1 : 0;
  std::string answer = "HTTP/1.1 " + std::to_string(reply.status) + " x\r\n";
  for (const std::string& header : reply.headers) {
    answer += header + "\r\n";
  }
  answer += reply.status == 204 ? "\r\n" : "content-length: 0\r\n\r\n";
  return channel.write(answer);
}

void WebhookReceiver::sleep(std::int64_t how_long_ms) const {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(how_long_ms);
  while (!stopping_ && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace tagtill
