// A live feed on one thread, senders that do as they are told, and lanes and a state that only
// remember.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ingest/live/descriptor.h"
#include "ingest/live/live_feed.h"
#include "tests/live_lines.h"

namespace tagtill {

// Moves as it is told.
class HandClock : public Clock {
 public:
  TimePoint now() override { return now_; }
  void pass(std::chrono::milliseconds time) { now_ += time; }

 private:
  TimePoint now_{std::chrono::hours(1)};
};

// A connection to a feed. Never waits.
class LiveSender {
 public:
  static LiveSender to_tcp(std::uint16_t port) {
    LiveSender sender(AF_INET);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    sender.connect(reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    return sender;
  }
  static LiveSender to_unix(const std::string& path) {
    LiveSender sender(AF_UNIX);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    sender.connect(reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    return sender;
  }

  // Returns how many bytes went.
  std::size_t send(std::string_view bytes) {
    const ssize_t sent =
        ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }
  void end_writing() const { ::shutdown(socket_.get(), SHUT_WR); }
  void close() { socket_.close(); }

  // What has come from the feed so far.
  const std::string& received() {
    char bytes[4096];
    for (;;) {
      const ssize_t got = ::recv(socket_.get(), bytes, sizeof(bytes), MSG_DONTWAIT);
      if (got <= 0) {
        ended_ = ended_ || got == 0 || (errno != EAGAIN && errno != EINTR);
        return received_;
      }
      received_.append(bytes, static_cast<std::size_t>(got));
    }
  }
  [[nodiscard]] bool has_ended() {
    (void)received();
    return ended_;
  }
  [[nodiscard]] int socket() const { return socket_.get(); }

 private:
  explicit LiveSender(int family) : socket_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  void connect(const sockaddr* address, socklen_t size) const {
    EXPECT_EQ(::connect(socket_.get(), address, size), 0) << std::strerror(errno);
  }

  Descriptor socket_;
  std::string received_;
  bool ended_ = false;
};

// What a turn brought.
struct LiveTurn {
  std::uint32_t stream = kNoStream;
  std::uint64_t stream_end = 0;
  std::string source_name;
  bool sample = false;
  std::uint64_t offset = 0;
  std::vector<std::string> lines;
  std::shared_ptr<const ControlRun> controls;     // no lines, but these,
  std::shared_ptr<const ConfigurationSwap> swap;  // or this
};

class LiveDriver {
 public:
  explicit LiveDriver(LiveFeed::Options options)
      : limit_(options.sources.empty() ? kLineBytesMax : options.sources[0].line_bytes_max),
        feed_(with_own(std::move(options))) {}

  [[nodiscard]] LiveFeed& feed() { return feed_; }
  [[nodiscard]] HandClock& clock() { return clock_; }
  [[nodiscard]] const std::vector<std::string>& said() const { return said_; }
  [[nodiscard]] const std::deque<LiveTurn>& turns() const { return turns_; }
  [[nodiscard]] std::deque<LiveTurn>& turns() { return turns_; }

  bool read_some() { return feed_.reader().do_work(); }

  // As a lane does. False: there is no turn now.
  bool take_turn() {
    Feed::Turn turn;
    const Feed::Next next = feed_.next(turn);
    ended_ = next == Feed::Next::kEnd;
    if (next != Feed::Next::kTurn) {
      return false;
    }
    EXPECT_EQ(turn.sequence, next_sequence_++);
    LiveTurn& taken = turns_.emplace_back();
    taken.stream = turn.stream;
    taken.stream_end = turn.stream_end;
    taken.source_name = turn.source_name == nullptr ? "" : *turn.source_name;
    taken.sample = turn.sample;
    taken.controls = turn.controls;
    taken.swap = turn.swap;
    if (turn.controls != nullptr || turn.swap != nullptr) {
      return true;
    }
    Block own;
    FileErrors problems;
    const Block& block = feed_.read(turn, own, problems);
    taken.offset = block.offset;
    add_live_lines(block, limit_, taken.lines);
    feed_.finish(turn);
    return true;
  }

  // Until there is nothing to do.
  void settle() {
    bool worked = true;
    while (worked) {
      worked = read_some();
      worked = take_turn() || worked;
    }
  }

  // Works until it holds; false after a long time.
  [[nodiscard]] bool until(const std::function<bool()>& holds) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!holds()) {
      (void)read_some();
      (void)take_turn();
      if (std::chrono::steady_clock::now() > limit) {
        return false;
      }
    }
    return true;
  }

  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    for (const LiveTurn& turn : turns_) {
      lines.insert(lines.end(), turn.lines.begin(), turn.lines.end());
    }
    return lines;
  }
  [[nodiscard]] bool until_lines(std::size_t count) {
    return until([&] { return lines().size() >= count; });
  }
  [[nodiscard]] bool has_ended() const { return ended_; }

 private:
  LiveFeed::Options with_own(LiveFeed::Options options) {
    options.clock = &clock_;
    options.wait_max = std::chrono::milliseconds(0);
    options.say = [this](const std::string& sentence) { said_.push_back(sentence); };
    return options;
  }

  std::size_t limit_;
  HandClock clock_;
  std::vector<std::string> said_;
  LiveFeed feed_;
  std::deque<LiveTurn> turns_;
  std::uint64_t next_sequence_ = 0;
  bool ended_ = false;
};

inline LiveSource live_tcp() {
  LiveSource source;
  source.kind = LiveSource::Kind::kTcp;
  source.name = "tcp";
  source.host = "127.0.0.1";
  return source;
}

inline LiveSource live_unix(const std::string& path) {
  LiveSource source;
  source.kind = LiveSource::Kind::kUnix;
  source.name = "unix";
  source.path = path;
  return source;
}

}  // namespace tagtill
