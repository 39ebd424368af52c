// A connection to a running tier: a socket that never waits but where it says so.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "ingest/live/channel.h"
#include "ingest/live/tls.h"

namespace tagtill {

// Where a tier listens: `tcp:HOST:PORT`, `tcp:[::1]:7077`, `unix:PATH`.
struct SendTarget {
  std::string name;  // as it was given
  bool is_unix = false;
  std::string host;  // or
  std::string port;
  std::string path;

  // Throws tagtill::Error (kUsage) if it is none.
  static SendTarget parse(std::string_view text);
};

// Used by one thread. When it is lost, problem() says why, in words.
class Connection {
 public:
  // `tls`: null is plain; of a Unix socket it must be.
  explicit Connection(SendTarget target, std::shared_ptr<const TlsClient> tls = nullptr)
      : target_(std::move(target)), tls_(std::move(tls)) {}
  ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Waits until it is connected, at most so long for each address of the host, and as long again
  // until the server is known. False: problem().
  [[nodiscard]] bool open(std::chrono::milliseconds patience);
  void close();
  // Closes it, and that is the problem with it.
  void lose(std::string problem);
  [[nodiscard]] bool is_open() const { return channel_ != nullptr; }
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] const SendTarget& target() const { return target_; }

  // Writes what the system takes at once and returns how much that is. What is wrong is told by
  // the next read().
  [[nodiscard]] std::size_t write(std::string_view bytes) const;

  // Reads what has come, and calls `on_line` with each whole line, without its end. May close it:
  // at the end, for an error, or for a line longer than kLineMax.
  void read(const std::function<void(std::string_view line)>& on_line);

  // Nothing more will be written; what was is delivered.
  void end_writing() const;

  // Until something has come, or `for_room` more can be written; at most so long. True: read().
  [[nodiscard]] bool wait(bool for_room, std::chrono::nanoseconds most) const;

 private:
  static constexpr std::size_t kLineMax = std::size_t{64} * 1024;

  bool open_unix();
  bool open_tcp(std::chrono::milliseconds patience);
  bool connect_to(const void* address, std::size_t size, int family,
                  std::chrono::milliseconds patience);

  SendTarget target_;
  std::shared_ptr<const TlsClient> tls_;
  std::unique_ptr<Channel> channel_;  // null: it is not open
  std::string line_;                  // what has come of one
  std::string problem_;
};

}  // namespace tagtill
