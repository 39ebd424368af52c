// Wakes a thread that waits for sockets.
#pragma once

#include <atomic>

#include "ingest/live/descriptor.h"

namespace tagtill {

// As a Doorbell, for one thread that waits in epoll: announce(), look for work once more, wait
// for descriptor() among others (edge-triggered: it is never read), withdraw(). Whoever makes work
// calls ring() afterwards: any thread; one atomic operation while nobody waits.
class Wakeup {
 public:
  // Throws tagtill::Error (kFailed) if the system has no file descriptor left.
  Wakeup();

  void announce() { waiting_.store(true); }
  void withdraw() { waiting_.store(false); }
  void ring();
  [[nodiscard]] int descriptor() const { return event_.get(); }

 private:
  Descriptor event_;
  std::atomic<bool> waiting_{false};
};

}  // namespace tagtill
