#include "ingest/live/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

#include "engine/errors.h"

namespace tagtill {
namespace {

constexpr int kBacklog = 512;
constexpr mode_t kUnixMode = 0660;

std::string error_text(int error) { return std::generic_category().message(error); }

[[noreturn]] void refuse(const LiveSource& source, const std::string& why) {
  throw Error(ExitCode::kBadConfig, fmt::format("The source {}: {}", source.name, why));
}

[[noreturn]] void cannot_listen(const LiveSource& source, int error) {
  refuse(source, fmt::format("cannot listen at {} port {}: {}. Choose another port or address, or "
                             "end who has it.",
                             source.host, source.port, error_text(error)));
}

bool is_loopback(const addrinfo& address) {
  if (address.ai_family == AF_INET) {
    const auto* ip = reinterpret_cast<const sockaddr_in*>(address.ai_addr);
    return (ntohl(ip->sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;
  }
  if (address.ai_family == AF_INET6) {
    const auto* ip = reinterpret_cast<const sockaddr_in6*>(address.ai_addr);
    return IN6_IS_ADDR_LOOPBACK(&ip->sin6_addr);
  }
  return false;
}

struct FreeAddresses {
  void operator()(addrinfo* addresses) const { ::freeaddrinfo(addresses); }
};

std::uint16_t port_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  (void)::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port
                   : reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

void set_port(addrinfo& address, std::uint16_t port) {
  if (address.ai_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(address.ai_addr)->sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in*>(address.ai_addr)->sin_port = htons(port);
  }
}

// 0, or why not.
int listen_at(const addrinfo& address, Descriptor& to) {
  Descriptor socket(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (!socket.is_open()) {
    return errno;
  }
  (void)::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (address.ai_family == AF_INET6) {
    (void)::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  }
  if (::bind(socket.get(), address.ai_addr, address.ai_addrlen) != 0 ||
      ::listen(socket.get(), kBacklog) != 0) {
    return errno;
  }
  to = std::move(socket);
  return 0;
}

sockaddr_un unix_address(const LiveSource& source) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (source.path.empty() || source.path.size() >= sizeof(address.sun_path)) {
    refuse(source, fmt::format("the path of a Unix socket has 1 to {} bytes, and {} has {}. Choose "
                               "a shorter one.",
                               sizeof(address.sun_path) - 1, source.path, source.path.size()));
  }
  std::memcpy(address.sun_path, source.path.data(), source.path.size());
  return address;
}

// Removes what a process that is gone has left there.
void make_way(const LiveSource& source, const sockaddr_un& address) {
  struct stat status {};
  if (::lstat(source.path.c_str(), &status) != 0) {
    return;
  }
  if (!S_ISSOCK(status.st_mode)) {
    refuse(source, fmt::format("{} is there already, and is no socket. Choose another path, or "
                               "remove it.",
                               source.path));
  }
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 ||
      errno != ECONNREFUSED) {
    refuse(source, fmt::format("another process listens at {}. End it, or choose another path.",
                               source.path));
  }
  (void)::unlink(source.path.c_str());
}

}  // namespace

Listener::Listener(const LiveSource& source) : spare_(::open("/dev/null", O_RDONLY | O_CLOEXEC)) {
  if (source.kind == LiveSource::Kind::kTcp) {
    listen_tcp(source);
  } else {
    listen_unix(source);
  }
}

Listener::~Listener() {
  struct stat status {};
  if (!path_.empty() && ::lstat(path_.c_str(), &status) == 0 && status.st_ino == path_inode_) {
    (void)::unlink(path_.c_str());
  }
}

void Listener::listen_tcp(const LiveSource& source) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(source.host.empty() ? "localhost" : source.host.c_str(),
                                  std::to_string(source.port).c_str(), &hints, &found);
  if (error != 0) {
    refuse(source,
           fmt::format("{} is no address of a machine: {}.", source.host, ::gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, FreeAddresses> addresses(found);
  int why = 0;
  for (addrinfo* address = found; address != nullptr; address = address->ai_next) {
    if (!source.public_address && !is_loopback(*address)) {
      refuse(source,
             fmt::format("{} can be reached from other machines. Whoever reaches it can "
                         "make purchases: listen on 127.0.0.1, or say public_address = true "
                         "if that is meant.",
                         source.host));
    }
    if (port_ != 0) {
      set_port(*address, port_);
    }
    Descriptor socket;
    const int refused = listen_at(*address, socket);
    // Names stand for addresses of IPv6, too, where the machine has none.
    if (refused == EADDRNOTAVAIL || refused == EAFNOSUPPORT) {
      why = refused;
      continue;
    }
    if (refused != 0) {
      cannot_listen(source, refused);
    }
    port_ = port_of(socket.get());
    sockets_.push_back(std::move(socket));
  }
  if (sockets_.empty()) {
    cannot_listen(source, why);
  }
}

void Listener::listen_unix(const LiveSource& source) {
  const sockaddr_un address = unix_address(source);
  make_way(source, address);
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // The file is made with the mode of the socket, so that it is never open to others; the
  // process's mask may have taken something away.
  if (!socket.is_open() || ::fchmod(socket.get(), kUnixMode) != 0 ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    refuse(source, fmt::format("cannot listen at {}: {}. Choose a folder that is there and can be "
                               "written to.",
                               source.path, error_text(errno)));
  }
  path_ = source.path;
  struct stat status {};
  if (::chmod(path_.c_str(), kUnixMode) != 0 || ::lstat(path_.c_str(), &status) != 0 ||
      ::listen(socket.get(), kBacklog) != 0) {
    refuse(source, fmt::format("cannot listen at {}: {}.", source.path, error_text(errno)));
  }
  path_inode_ = status.st_ino;
  sockets_.push_back(std::move(socket));
}

Listener::Accepted Listener::accept(std::size_t i) {
  for (;;) {
    Descriptor socket(::accept4(sockets_[i].get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.is_open()) {
      const int on = 1;
      if (path_.empty()) {
        (void)::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        (void)::setsockopt(socket.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
      }
      return {std::move(socket), false};
    }
    if ((errno == EMFILE || errno == ENFILE) && spare_.is_open()) {
      // Otherwise it would stay in the queue, and nobody would be told of those behind it.
      spare_.close();
      Descriptor(::accept4(sockets_[i].get(), nullptr, nullptr, SOCK_CLOEXEC)).close();
      spare_ = Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
      return {{}, true};
    }
    if (errno != EINTR && errno != ECONNABORTED) {
      return {};
    }
  }
}

}  // namespace tagtill
