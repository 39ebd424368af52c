#include "tests/fake_tier.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace tagtill {
namespace {

constexpr int kIdleMs = 5;

bool has_come(int socket, int wait_ms) {
  pollfd wanted{.fd = socket, .events = POLLIN, .revents = 0};
  return ::poll(&wanted, 1, wait_ms) > 0;
}

}  // namespace

FakeTier::FakeTier(const Manners& manners, const std::string& unix_path)
    : manners_(manners), random_(manners.seed), committed_(manners.had) {
  listener_ = ::socket(unix_path.empty() ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (unix_path.empty()) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    address_ = "tcp:127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  } else {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, unix_path.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    address_ = "unix:" + unix_path;
  }
  EXPECT_EQ(::listen(listener_, 16), 0);
  thread_ = std::thread([this] { serve(); });
}

FakeTier::~FakeTier() {
  stopping_ = true;
  thread_.join();
  ::close(listener_);
}

std::string FakeTier::committed() const {
  const std::lock_guard lock(mutex_);
  return committed_;
}

void FakeTier::answer_next_with(const std::string& line) {
  const std::lock_guard lock(mutex_);
  next_answer_ = line;
}

void FakeTier::serve() {
  while (!stopping_) {
    if (!has_come(listener_, 20)) {
      continue;
    }
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket >= 0) {
      if (++connections_ == manners_.forgets_at_connection) {
        const std::lock_guard lock(mutex_);
        committed_.clear();
      }
      serve_one(socket);
      ::close(socket);
    }
  }
}

bool FakeTier::answer(int socket, std::size_t position) {
  std::string line = "{\"ack\":" + std::to_string(position) + "}\n";
  {
    const std::lock_guard lock(mutex_);
    if (!next_answer_.empty()) {
      line = std::exchange(next_answer_, {});
    }
  }
  return ::send(socket, line.data(), line.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(line.size());
}

void FakeTier::serve_one(int socket) {
  std::size_t left = manners_.cut_after_max == 0 ? SIZE_MAX : random_.below(manners_.cut_after_max);
  std::string pending;
  std::size_t unanswered = 0;
  bool has_stream = false;
  bool begun = false;
  std::vector<char> bytes(manners_.read_max);
  const auto commit = [&](bool with_answer) {
    const std::size_t end = pending.rfind('\n') + 1;  // npos + 1 is 0
    std::size_t position = 0;
    {
      const std::lock_guard lock(mutex_);
      committed_.append(pending, 0, end);
      position = committed_.size();
    }
    pending.erase(0, end);
    if (has_stream && with_answer && unanswered > 0) {
      unanswered = pending.size();
      return answer(socket, position);
    }
    return true;
  };
  while (!stopping_ && left > 0) {
    if (!has_come(socket, kIdleMs)) {
      if (begun && !commit(true)) {
        return;
      }
      continue;
    }
    const std::size_t most = std::min(left, 1 + random_.below(manners_.read_max));
    const ssize_t got = ::recv(socket, bytes.data(), most, 0);
    if (got <= 0) {
      break;
    }
    left -= static_cast<std::size_t>(got);
    pending.append(bytes.data(), static_cast<std::size_t>(got));
    unanswered += static_cast<std::size_t>(got);
    if (!begun) {
      const std::size_t end = pending.find('\n');
      if (end == std::string::npos) {
        continue;
      }
      begun = true;
      has_stream = pending.substr(0, end) == R"({"hello":{"stream":"s"}})";
      saw_no_hello_ = saw_no_hello_ || !has_stream;
      if (has_stream) {
        pending.erase(0, end + 1);
        unanswered = pending.size();
        if (!answer(socket, committed().size())) {
          return;
        }
      }
    }
    unanswered_max_ = std::max<std::size_t>(unanswered_max_, has_stream ? unanswered : 0);
    if (random_.percent(manners_.commit_percent) &&
        !commit(!random_.percent(manners_.silent_percent))) {
      return;
    }
    if (manners_.read_pause_us > 0) {
      ::usleep(static_cast<useconds_t>(manners_.read_pause_us));
    }
  }
  // The rest is forgotten, unless nobody would send it again.
  if (!has_stream) {
    (void)commit(false);
  }
}

}  // namespace tagtill
