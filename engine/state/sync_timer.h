// How long the syncs of a state's files take: the disk's part of a commit, alone.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace tagtill::state {

// Is told of each sync that succeeded, on the thread that waited for it.
using OnSync = std::function<void(std::chrono::nanoseconds)>;

// An SQLite VFS that does what another one does, and looks at the clock around each sync of a file
// that is opened through it. Must outlive what is opened so. Made and destroyed by any thread.
//
// Cost: two looks at the clock a sync; everything else goes to the other VFS directly.
class SyncTimer {
 public:
  // `under`: the name of the other one; empty: SQLite's own. It must be there.
  SyncTimer(const std::string& under, OnSync on_sync);
  ~SyncTimer();
  SyncTimer(const SyncTimer&) = delete;
  SyncTimer& operator=(const SyncTimer&) = delete;

  // By which SQLite knows it.
  [[nodiscard]] const std::string& name() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tagtill::state
