#include "tools/serve/signals.h"

#include <ctime>

namespace tagtill {

SignalInbox::SignalInbox() {
  sigemptyset(&signals_);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    sigaddset(&signals_, signal);
  }
  (void)pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

SignalInbox::~SignalInbox() { (void)pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

std::optional<int> SignalInbox::take() {
  const timespec no_time{};
  const int signal = sigtimedwait(&signals_, nullptr, &no_time);
  return signal > 0 ? std::optional(signal) : std::nullopt;
}

}  // namespace tagtill
