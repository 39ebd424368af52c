// Reads the configuration anew, beside the running tier.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace tagtill {

// A thread of its own, so that who asks never waits: a reload takes as long as its files are, and
// who hears signals feeds the watchdog, too. It has a lower priority than the threads of the
// pipeline (nice 10, where the system allows it), as have the threads that it starts. Not the
// lowest (SCHED_IDLE): it shares the allocator and the address space with the others, and they
// would wait for what it holds while it waits for a processor.
//
// ask(): any thread. Bounds: one reload at a time, and one that waits.
class Reloader {
 public:
  // `reload` is called on the thread; it must not throw.
  explicit Reloader(std::function<void()> reload);
  // One that is under way is finished; one that waits is not begun.
  ~Reloader();
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  // There will be a reload that begins after this; however many asked before it began, it is one.
  void ask();

 private:
  void run();

  const std::function<void()> reload_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool asked_ = false;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace tagtill
