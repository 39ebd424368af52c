// A connection to a server on this machine, byte by byte.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tagtill {

// Nobody listens at it now.
inline std::uint16_t free_port() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t bytes = sizeof address;
  const int file = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::bind(file, reinterpret_cast<const sockaddr*>(&address), bytes), 0);
  EXPECT_EQ(::getsockname(file, reinterpret_cast<sockaddr*>(&address), &bytes), 0);
  ::close(file);
  return ntohs(address.sin_port);
}

class PlainConnection {
 public:
  // `receive_bytes`: how much the system takes for it before it is read; 0: as usual.
  explicit PlainConnection(std::uint16_t port, int receive_bytes = 0)
      : file_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_bytes > 0) {
      ::setsockopt(file_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    }
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(file_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~PlainConnection() { ::close(file_); }
  PlainConnection(PlainConnection&& other) noexcept
      : file_(std::exchange(other.file_, -1)),
        connected_(other.connected_),
        read_(std::move(other.read_)) {}
  PlainConnection(const PlainConnection&) = delete;
  PlainConnection& operator=(const PlainConnection&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }

  // False: the other side takes no more.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(file_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        return false;
      }
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  // All that came, until `part` is in it, the other side ends, or a minute has passed.
  const std::string& read_until(std::string_view part) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    std::size_t looked_at = 0;
    while (!ended_ && read_.find(part, looked_at) == std::string::npos &&
           std::chrono::steady_clock::now() < end) {
      looked_at = read_.size() - std::min(read_.size(), part.size());
      pollfd wanted{file_, POLLIN, 0};
      if (::poll(&wanted, 1, 100) == 1) {
        std::array<char, 65'536> bytes{};
        const ssize_t got = ::recv(file_, bytes.data(), bytes.size(), 0);
        ended_ = got <= 0;
        read_.append(bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
      }
    }
    return read_;
  }
  const std::string& read_to_end() {
    constexpr std::string_view kNever("\xFF\xFF\0\xFF", 4);
    return read_until(kNever);
  }
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  int file_;
  bool connected_ = false;
  bool ended_ = false;
  std::string read_;
};

struct PlainReply {
  int status = 0;
  std::string head;
  std::string body;
};

// One request, as it is written, and what is answered.
inline PlainReply ask(std::uint16_t port, std::string_view request) {
  PlainConnection connection(port);
  EXPECT_TRUE(connection.connected());
  (void)connection.send(request);
  const std::string& all = connection.read_to_end();
  PlainReply reply;
  const std::size_t end = all.find("\r\n\r\n");
  if (all.starts_with("HTTP/1.1 ") && end != std::string::npos) {
    reply.status = std::stoi(all.substr(9, 3));
    reply.head = all.substr(0, end + 2);
    reply.body = all.substr(end + 4);
  }
  return reply;
}

inline PlainReply get(std::uint16_t port, const std::string& path) {
  return ask(port, "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

}  // namespace tagtill
