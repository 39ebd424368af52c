// An SQLite VFS over simulated files. Part of sim_disk.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "tests/sim_files.h"

namespace tagtill {

// Registered under its name as long as it lives. Locks of several connections exclude each
// other as those of SQLite's own VFS do. Its clock stands still, and sleeping takes no time:
// a connection that waits for another one of the same thread gives up after its time-out.
class SimVfs {
 public:
  SimVfs(SimFiles& files, std::uint64_t seed);
  ~SimVfs();
  SimVfs(const SimVfs&) = delete;
  SimVfs& operator=(const SimVfs&) = delete;

  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] std::size_t open_files() const;

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace tagtill
