// Signals that ask a running program for something.
#pragma once

#include <csignal>
#include <optional>

namespace tagtill {

// From here on SIGTERM, SIGINT and SIGHUP wait until take() is called, in this thread and in all
// that it starts. One at a time, before other threads are started. The destructor puts back what
// was before.
class SignalInbox {
 public:
  SignalInbox();
  ~SignalInbox();
  SignalInbox(const SignalInbox&) = delete;
  SignalInbox& operator=(const SignalInbox&) = delete;

  // One that has come, or nothing. Never waits.
  [[nodiscard]] std::optional<int> take();

 private:
  sigset_t signals_{};
  sigset_t before_{};
};

}  // namespace tagtill
