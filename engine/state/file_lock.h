// Keeps a second process away from a state.
#pragma once

#include <string>

namespace tagtill::state {

// An flock on PATH-lock, which holds the number of the process that has it. The operating
// system gives it back when the process ends, however it ends; the file stays.
class FileLock {
 public:
  // None.
  FileLock() = default;
  // Throws tagtill::Error (kIoFailed) when another process has it, with the number of that one,
  // or when the file cannot be made.
  explicit FileLock(const std::string& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace tagtill::state
