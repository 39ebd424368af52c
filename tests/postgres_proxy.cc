#include "tests/postgres_proxy.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <utility>

namespace tagtill {
namespace {

constexpr const char* kSocketName = "/.s.PGSQL.5432";

int unix_socket(const std::string& folder, bool listens) {
  const std::string path = folder + kSocketName;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    throw std::runtime_error("the path of the socket is too long");
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const auto* at = reinterpret_cast<const sockaddr*>(&address);
  const int made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool good = listens ? ::bind(made, at, sizeof(address)) == 0 && ::listen(made, 16) == 0
                            : ::connect(made, at, sizeof(address)) == 0;
  if (!good) {
    ::close(made);
    return -1;
  }
  return made;
}

bool receive(int socket, std::string& bytes) {
  char buffer[65'536];
  const ssize_t got = ::recv(socket, buffer, sizeof(buffer), 0);
  bytes.assign(buffer, got > 0 ? static_cast<std::size_t>(got) : 0);
  return got > 0;
}

bool send_all(int socket, const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t step = ::send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (step <= 0) {
      return false;
    }
    sent += static_cast<std::size_t>(step);
  }
  return true;
}

}  // namespace

PostgresProxy::PostgresProxy(std::string folder, const std::string& server) {
  const std::size_t begin = std::strlen("host=");
  const std::size_t end = server.find(' ');
  server_folder_ = server.substr(begin, end - begin);
  while (folder.ends_with('/')) {
    folder.pop_back();
  }
  where_ = "host=" + folder + server.substr(end);
  listener_ = unix_socket(folder, true);
  if (listener_ < 0) {
    throw std::runtime_error("the proxy cannot listen");
  }
  listening_ = std::thread([this] { listen(); });
}

PostgresProxy::~PostgresProxy() {
  stopping_ = true;
  listening_.join();
  for (std::thread& carrier : carriers_) {
    carrier.join();
  }
  ::close(listener_);
}

void PostgresProxy::cut(Cut how) {
  const std::lock_guard lock(mutex_);
  cut_ = how;
  bytes_left_ = SIZE_MAX;
}

void PostgresProxy::cut_after_bytes(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  cut_ = Cut::kNever;
  bytes_left_ = bytes;
}

void PostgresProxy::listen() {
  while (!stopping_) {
    pollfd entry{listener_, POLLIN, 0};
    if (::poll(&entry, 1, 10) <= 0) {
      continue;
    }
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client >= 0) {
      carriers_.emplace_back([this, client] { carry(client); });
    }
  }
}

void PostgresProxy::carry(int client) {
  const int server = unix_socket(server_folder_, false);
  std::string bytes;
  bool awaits_commit = false;
  bool open = server >= 0;
  while (open && !stopping_) {
    pollfd entries[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    if (::poll(entries, 2, 10) <= 0) {
      continue;
    }
    if (entries[0].revents != 0) {
      open = receive(client, bytes);
      if (open && !pass_on(bytes, awaits_commit)) {
        (void)send_all(server, bytes);
        ++cuts_;
        break;
      }
      open = open && send_all(server, bytes);
    }
    if (open && entries[1].revents != 0) {
      open = receive(server, bytes);
      if (open && awaits_commit) {
        ++cuts_;
        break;
      }
      open = open && send_all(client, bytes);
    }
  }
  ::close(client);
  ::close(server);
}

bool PostgresProxy::pass_on(std::string& bytes, bool& awaits_commit) {
  const std::lock_guard lock(mutex_);
  if (bytes_left_ != SIZE_MAX) {
    if (bytes.size() >= bytes_left_) {
      bytes.resize(std::exchange(bytes_left_, SIZE_MAX));
      return false;
    }
    bytes_left_ -= bytes.size();
  }
  if (cut_ == Cut::kNever || bytes.find("COMMIT") == std::string::npos) {
    return true;
  }
  if (std::exchange(cut_, Cut::kNever) == Cut::kBeforeCommit) {
    bytes.clear();
    return false;
  }
  awaits_commit = true;
  return true;
}

}  // namespace tagtill
