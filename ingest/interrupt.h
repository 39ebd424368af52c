// Ends the waiting for bytes that may never come.
#pragma once

namespace tagtill {

// Any thread may call(), once for all: who waits in a ByteSource for a pipe, a terminal or
// the like comes back with nothing then, and whoever comes later does not wait.
class Interrupt {
 public:
  // Throws tagtill::Error (kFailed) if the system has no file descriptor left.
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  void call() const;

  // Waits for bytes, an end or a failure of `file`, or for a call.
  // True if it was called.
  [[nodiscard]] bool wait(int file) const;

 private:
  int event_;
};

}  // namespace tagtill
