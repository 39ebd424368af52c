#include "tools/send/connection.h"

#include <fmt/core.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

#include "engine/errors.h"
#include "ingest/live/descriptor.h"

namespace tagtill {
namespace {

constexpr std::chrono::seconds kFarewellPatience{5};

std::string in_words(int error) { return std::generic_category().message(error); }

// A host that is gone answers nothing: without this it would be waited for for ever.
void keep_alive(int socket) {
  const std::pair<int, int> options[] = {{TCP_KEEPIDLE, 30}, {TCP_KEEPINTVL, 10}, {TCP_KEEPCNT, 3}};
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  for (const auto& [option, value] : options) {
    ::setsockopt(socket, IPPROTO_TCP, option, &value, sizeof value);
  }
}

}  // namespace

SendTarget SendTarget::parse(std::string_view text) {
  SendTarget target;
  target.name = text;
  if (text.starts_with("unix:")) {
    target.is_unix = true;
    target.path = text.substr(5);
    if (!target.path.empty() && target.path.size() < sizeof(sockaddr_un::sun_path)) {
      return target;
    }
  } else if (text.starts_with("tcp:")) {
    std::string_view host = text.substr(4);
    const std::size_t colon = host.rfind(':');
    if (colon != std::string_view::npos) {
      target.port = host.substr(colon + 1);
      host = host.substr(0, colon);
    }
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    target.host = bracketed ? host.substr(1, host.size() - 2) : host;
    const bool good_port = !target.port.empty() && target.port.size() <= 5 &&
                           target.port.find_first_not_of("0123456789") == std::string::npos;
    if (good_port && !target.host.empty() && (bracketed || host.find(':') == std::string::npos)) {
      return target;
    }
  }
  throw Error(ExitCode::kUsage,
              fmt::format("--to {} is not understood. Give tcp:HOST:PORT, as tcp:127.0.0.1:7077 or "
                          "tcp:[::1]:7077, or unix:PATH with a path of at most {} bytes.",
                          text, sizeof(sockaddr_un::sun_path) - 1));
}

bool Connection::open(std::chrono::milliseconds patience) {
  close();
  return target_.is_unix ? open_unix() : open_tcp(patience);
}

void Connection::close() {
  channel_.reset();
  line_.clear();
}

bool Connection::open_unix() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, target_.path.c_str(), target_.path.size() + 1);
  return connect_to(&address, sizeof address, AF_UNIX, std::chrono::milliseconds(0));
}

bool Connection::open_tcp(std::chrono::milliseconds patience) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(target_.host.c_str(), target_.port.c_str(), &wanted, &found);
  if (error != 0) {
    lose(::gai_strerror(error));
    return false;
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    if (connect_to(each->ai_addr, each->ai_addrlen, each->ai_family, patience)) {
      return true;
    }
  }
  return false;
}

bool Connection::connect_to(const void* address, std::size_t size, int family,
                            std::chrono::milliseconds patience) {
  Descriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) {
    lose(in_words(errno));
    return false;
  }
  int error = ::connect(socket.get(), static_cast<const sockaddr*>(address),
                        static_cast<socklen_t>(size)) == 0
                  ? 0
                  : errno;
  if (error == EINPROGRESS) {
    pollfd wanted{.fd = socket.get(), .events = POLLOUT, .revents = 0};
    socklen_t error_size = sizeof error;
    if (::poll(&wanted, 1, static_cast<int>(patience.count())) <= 0) {
      error = ETIMEDOUT;
    } else {
      ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &error_size);
    }
  }
  if (error != 0) {
    lose(in_words(error));
    return false;
  }
  if (family != AF_UNIX) {
    keep_alive(socket.get());
  }
  if (tls_ == nullptr) {
    channel_ = make_socket_channel(std::move(socket));
    return true;
  }
  std::string problem;
  channel_ = tls_->channel(std::move(socket), target_.host, patience, problem);
  if (!is_open()) {
    lose("TLS: " + problem);
  }
  return is_open();
}

std::size_t Connection::write(std::string_view bytes) const { return channel_->write(bytes); }

void Connection::read(const std::function<void(std::string_view line)>& on_line) {
  std::array<char, 16'384> bytes;
  while (is_open()) {
    const Channel::Got got = channel_->read(bytes);
    switch (got.kind) {
      case Channel::Got::Kind::kBytes:
        break;
      case Channel::Got::Kind::kNothing:
        return;
      case Channel::Got::Kind::kEnd:
        lose("it was closed there");
        return;
      case Channel::Got::Kind::kFailed:
        lose(channel_->failure());
        return;
    }
    std::string_view rest(bytes.data(), got.bytes);
    for (std::size_t end = 0; (end = rest.find('\n')) != std::string_view::npos && is_open();) {
      line_.append(rest.substr(0, end));
      rest.remove_prefix(end + 1);
      const std::string line = std::exchange(line_, {});
      on_line(line);
    }
    line_.append(rest);
    if (line_.size() > kLineMax) {
      lose("what is answered is no line");
    }
  }
}

// By TLS there is a farewell, which needs room.
void Connection::end_writing() const {
  if (tls_ != nullptr) {
    pollfd wanted{.fd = channel_->descriptor(), .events = POLLOUT, .revents = 0};
    (void)::poll(&wanted, 1,
                 static_cast<int>(std::chrono::milliseconds(kFarewellPatience).count()));
  }
  channel_->end_writing();
}

bool Connection::wait(bool for_room, std::chrono::nanoseconds most) const {
  pollfd wanted{.fd = channel_->descriptor(),
                .events = static_cast<short>(POLLIN | (for_room ? POLLOUT : 0)),
                .revents = 0};
  const auto nanos = std::max<std::int64_t>(most.count(), 0);
  const timespec limit{.tv_sec = nanos / 1'000'000'000, .tv_nsec = nanos % 1'000'000'000};
  return ::ppoll(&wanted, 1, &limit, nullptr) > 0 && (wanted.revents & ~POLLOUT) != 0;
}

void Connection::lose(std::string problem) {
  close();
  problem_ = std::move(problem);
}

}  // namespace tagtill
