// Where threads wait for each other's work.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace tagtill {

// To wait without missing anything: announce(), look for work once more, then either
// withdraw() or wait(). Whoever makes work calls ring() afterwards. Any thread.
//
// Cost: ring() is one atomic operation while nobody waits.
class Doorbell {
 public:
  using Ticket = std::uint64_t;

  [[nodiscard]] Ticket announce() {
    waiting_.fetch_add(1);
    const std::lock_guard lock(mutex_);
    return rings_;
  }

  void withdraw() { waiting_.fetch_sub(1); }

  // Returns after the first ring since announce(), or after `longest`.
  void wait(Ticket ticket, std::chrono::milliseconds longest) {
    {
      std::unique_lock lock(mutex_);
      rung_.wait_for(lock, longest, [&] { return rings_ != ticket; });
    }
    withdraw();
  }

  void ring() {
    // A read would not do: it could be done before the work is there to be seen.
    if (waiting_.fetch_add(0) == 0) {
      return;
    }
    {
      const std::lock_guard lock(mutex_);
      ++rings_;
    }
    rung_.notify_all();
  }

 private:
  std::atomic<std::uint32_t> waiting_{0};
  std::mutex mutex_;
  std::condition_variable rung_;
  std::uint64_t rings_ = 0;
};

}  // namespace tagtill
