#include "tools/serve/reloader.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace tagtill {
namespace {

constexpr int kNice = 10;

}  // namespace

Reloader::Reloader(std::function<void()> reload)
    : reload_(std::move(reload)), thread_([this] { run(); }) {}

Reloader::~Reloader() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Reloader::ask() {
  {
    const std::lock_guard lock(mutex_);
    asked_ = true;
  }
  changed_.notify_one();
}

void Reloader::run() {
  // Without a name or a lower priority it works as well. On Linux each thread is nice by itself.
  (void)::pthread_setname_np(::pthread_self(), "reload");
  const sched_param none{};  // the tier may run in a real-time class
  (void)::pthread_setschedparam(::pthread_self(), SCHED_OTHER, &none);
  const auto thread = static_cast<id_t>(::gettid());
  (void)::setpriority(PRIO_PROCESS, thread, std::max(::getpriority(PRIO_PROCESS, thread), kNice));
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return asked_ || ending_; });
      if (ending_) {
        return;
      }
      asked_ = false;
    }
    reload_();
  }
}

}  // namespace tagtill
