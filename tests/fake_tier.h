// What `tagtill send` talks to, as plain as can be: takes streams, forgets what it has not
// committed when a connection ends, and breaks connections. For tests.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "tests/seeded.h"

namespace tagtill {

// One connection after the other, on a thread of its own. Every member: any thread.
class FakeTier {
 public:
  struct Manners {
    std::uint64_t seed = 1;
    // A connection is cut after so many bytes at most, at random; 0: never.
    std::size_t cut_after_max = 0;
    // What is read at a time at most, at random.
    std::size_t read_max = 65'536;
    // Of the times it reads, how many in a hundred are followed by a commit and an answer. When
    // nothing comes for a while everything is committed in any case.
    std::size_t commit_percent = 20;
    // Commits that are not answered, in a hundred, when more comes afterwards.
    std::size_t silent_percent = 0;
    // Bytes of the stream that it has when it begins.
    std::string had{};
    // When so many connections have begun it has nothing any more, once; 0: never.
    std::size_t forgets_at_connection = 0;
    int read_pause_us = 0;  // after each time it reads
  };

  // Listens at a port of 127.0.0.1, or at a path.
  explicit FakeTier(const Manners& manners, const std::string& unix_path = {});
  ~FakeTier();
  FakeTier(const FakeTier&) = delete;
  FakeTier& operator=(const FakeTier&) = delete;

  // As --to takes it.
  [[nodiscard]] const std::string& address() const { return address_; }

  // Of all streams that have the name `s`; without a hello all that came.
  [[nodiscard]] std::string committed() const;
  [[nodiscard]] std::size_t connections() const { return connections_; }
  // The most that came and was not answered.
  [[nodiscard]] std::size_t unanswered_max() const { return unanswered_max_; }
  // Of senders who began with anything else than a hello.
  [[nodiscard]] bool saw_no_hello() const { return saw_no_hello_; }
  // From now on answers this, once, instead of its position.
  void answer_next_with(const std::string& line);

 private:
  void serve();
  void serve_one(int socket);
  // True: go on.
  bool answer(int socket, std::size_t position);

  Manners manners_;
  seeded::Random random_;
  std::string address_;
  int listener_ = -1;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> connections_{0};
  std::atomic<std::size_t> unanswered_max_{0};
  std::atomic<bool> saw_no_hello_{false};
  mutable std::mutex mutex_;
  std::string committed_;
  std::string next_answer_;
  std::thread thread_;
};

}  // namespace tagtill
