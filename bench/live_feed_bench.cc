// How fast a live feed takes what comes through a socket, beside a loop that reads the same kind
// of socket and does nothing else. Both on one thread; the sender is another. `user_s_per_GB`: what
// the reading thread computes for itself, the kernel's part left out.
#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ingest/live/descriptor.h"
#include "ingest/live/live_feed.h"

namespace tagtill {
namespace {

constexpr std::uint64_t kBytes = std::uint64_t{512} << 20;
constexpr std::size_t kSent = std::size_t{1} << 20;  // at a time

// Lines as long as posts are.
std::string posts() {
  std::string text;
  for (std::size_t i = 0; text.size() < kSent; ++i) {
    text += std::string(2'000 + i * 37 % 3'000, 'p') + "\n";
  }
  text.resize(kSent - 1);
  return text + "\n";
}

void send_all(int socket) {
  const std::string text = posts();
  for (std::uint64_t sent = 0; sent < kBytes;) {
    const ssize_t now = ::send(socket, text.data() + sent % kSent, kSent - sent % kSent, 0);
    if (now <= 0) {
      throw std::runtime_error("the sender broke off");
    }
    sent += static_cast<std::uint64_t>(now);
  }
}

Descriptor connected(const LiveSource& source, std::uint16_t port) {
  const bool tcp = source.kind == LiveSource::Kind::kTcp;
  Descriptor socket(::socket(tcp ? AF_INET : AF_UNIX, SOCK_STREAM, 0));
  sockaddr_in ip{};
  ip.sin_family = AF_INET;
  ip.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ip.sin_port = htons(port);
  sockaddr_un file{};
  file.sun_family = AF_UNIX;
  std::memcpy(file.sun_path, source.path.data(), source.path.size());
  const int refused =
      tcp ? ::connect(socket.get(), reinterpret_cast<sockaddr*>(&ip), sizeof(ip))
          : ::connect(socket.get(), reinterpret_cast<sockaddr*>(&file), sizeof(file));
  if (refused != 0) {
    throw std::runtime_error("nobody listens");
  }
  return socket;
}

LiveSource source_of(bool tcp) {
  LiveSource source;
  source.kind = tcp ? LiveSource::Kind::kTcp : LiveSource::Kind::kUnix;
  source.name = "bench";
  source.host = "127.0.0.1";
  source.path = "/tmp/tagtill-bench-" + std::to_string(::getpid());
  return source;
}

double user_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec) / 1e6;
}

void count(benchmark::State& state, double user) {
  const double bytes = static_cast<double>(kBytes) * static_cast<double>(state.iterations());
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  state.counters["user_s_per_GB"] = user / (bytes / 1e9);
}

// The feed accepts a connection for both; the plain loop has one end of a pair of its own kind.
void feed(benchmark::State& state) {
  const double before = user_seconds();
  std::uint64_t turns = 0;
  for ([[maybe_unused]] auto _ : state) {
    LiveFeed::Options options;
    options.sources = {source_of(state.range(0) == 1)};
    LiveFeed live(std::move(options));
    std::thread sender([&] {
      const Descriptor socket = connected(source_of(state.range(0) == 1), live.port(0));
      send_all(socket.get());
    });
    std::uint64_t taken = 0;
    Block own;
    FileErrors problems;
    while (taken < kBytes) {
      (void)live.reader().do_work();
      for (Feed::Turn turn; live.next(turn) == Feed::Next::kTurn; ++turns) {
        taken += live.read(turn, own, problems).source_bytes;
        live.finish(turn);
      }
    }
    sender.join();
  }
  count(state, user_seconds() - before);
  state.counters["bytes_a_block"] = static_cast<double>(kBytes) *
                                    static_cast<double>(state.iterations()) /
                                    static_cast<double>(turns);
}

void plain(benchmark::State& state) {
  const double before = user_seconds();
  const bool tcp = state.range(0) == 1;
  for ([[maybe_unused]] auto _ : state) {
    const LiveSource source = source_of(tcp);
    const Descriptor listener(::socket(tcp ? AF_INET : AF_UNIX, SOCK_STREAM, 0));
    sockaddr_in ip{};
    ip.sin_family = AF_INET;
    ip.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr_un file{};
    file.sun_family = AF_UNIX;
    std::memcpy(file.sun_path, source.path.data(), source.path.size());
    (void)(tcp ? ::bind(listener.get(), reinterpret_cast<sockaddr*>(&ip), sizeof(ip))
               : ::bind(listener.get(), reinterpret_cast<sockaddr*>(&file), sizeof(file)));
    ::listen(listener.get(), 1);
    socklen_t size = sizeof(ip);
    if (tcp) {
      ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&ip), &size);
    }
    std::thread sender([&] {
      const Descriptor socket = connected(source, ntohs(ip.sin_port));
      send_all(socket.get());
    });
    const Descriptor socket(::accept(listener.get(), nullptr, nullptr));
    ::unlink(source.path.c_str());
    std::vector<char> bytes(std::size_t{256} * 1024);
    for (ssize_t got = 1; got > 0;) {
      got = ::recv(socket.get(), bytes.data(), bytes.size(), 0);
    }
    sender.join();
  }
  count(state, user_seconds() - before);
}

BENCHMARK(plain)->Name("live/plain")->ArgName("tcp")->Arg(1)->Arg(0)->UseRealTime();
BENCHMARK(feed)->Name("live/feed")->ArgName("tcp")->Arg(1)->Arg(0)->UseRealTime();

}  // namespace
}  // namespace tagtill
