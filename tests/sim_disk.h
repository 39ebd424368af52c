// A simulated disk, in memory, that crashes and fails as a test tells it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/disk.h"
#include "tests/sim_files.h"

namespace tagtill {

class SimVfs;

// One set of files, reached through Disk and through an SQLite VFS (of sqlite_vfs()'s name,
// registered as long as the disk lives). Everything random comes from the seed: the same
// calls have the same results. Used by one thread. Paths are compared when normalized; any
// folder exists.
//
// Steps. Every call that reaches the files counts as one, from 0, over the life of the disk:
// opening, reading, writing, cutting, syncing, asking for a size or a name, renaming,
// removing, closing (through Disk), syncing a folder. Locks and shared memory are no steps.
//
// What is where. A process sees each change at once. The platter has it when the file was
// synced; a name that was made, changed or removed when its folder was. The VFS syncs the
// folder at the first sync of a journal or WAL that it might have made, as SQLite's own does.
//
// A crash of the process at a step: of a write a beginning arrives, another change happens or
// not. From then on every call fails (EIO) until restart(); nothing that the process still
// does reaches the disk. What was there stays, synced or not.
//
// A loss of power at a step: in the same way, and restart() finds what the platter has, and of
// all that was not synced each write by itself whole, not at all or in some sectors of 512
// bytes, each cut or growth and each change of names whole or not at all. What lies between
// writes that arrived and was never written is zero. A sector is never half written, and
// nothing outside of a write changes (what SQLite calls powersafe overwrite).
//
// A call that fails leaves nothing behind, but of a write with EIO a beginning. A sync that
// fails (EIO, ENOSPC, EINTR) has written some of what it should and given up the rest for
// good, though the process still sees it: no later sync tries again, as on Linux.
//
// Through Disk a short write and EINTR are the caller's; the VFS tries again, as SQLite's own
// does. All else reaches SQLite as the error code that SQLite's own VFS would return.
class SimDisk final : public Disk {
 public:
  explicit SimDisk(std::uint64_t seed);
  // All files must be closed.
  ~SimDisk() override;

  int list(const std::string& folder, std::vector<std::string>& names) override;
  std::unique_ptr<DiskFile> open(const std::string& path, Open how, int& error) override;
  int sync_folder_of(const std::string& path) override;
  int rename(const std::string& from, const std::string& to) override;
  int remove(const std::string& path) override;
  [[nodiscard]] std::string sqlite_vfs() const override;

  // The call that is step number `step` has the fault. A fault that it cannot have (a read
  // cannot run out of space) is none.
  void fail_at(std::uint64_t step, SimFault fault) { files_.fail_at(step, fault); }
  // Each call that can have it does so with this chance.
  void fail_sometimes(SimFault fault, std::uint32_t per_million) {
    files_.fail_sometimes(fault, per_million);
  }
  void clear_faults() { files_.clear_faults(); }
  // Files may grow by this much in all, then the disk is full. None: no limit.
  void set_room(std::optional<std::uint64_t> bytes) { files_.set_room(bytes); }
  // Syncs return without having done anything: for tests of tests.
  void set_syncs_lie(bool lie) { files_.set_syncs_lie(lie); }

  // Between two steps.
  void crash() { files_.go_down(SimFault::kCrash); }
  void lose_power() { files_.go_down(SimFault::kPowerLoss); }
  [[nodiscard]] bool is_down() const { return files_.is_down(); }
  // The disk as it is found afterwards; faults at steps stay planned. All files, also those
  // of databases, must be closed, which is what a dead process has done: throws
  // std::logic_error otherwise.
  void restart();

  [[nodiscard]] std::uint64_t steps() const { return files_.steps(); }
  // That happened so far.
  [[nodiscard]] std::uint64_t faults() const { return files_.faults(); }

  // As a process sees it; none: there is no such file. No step.
  [[nodiscard]] std::optional<std::string> content(const std::string& path) const;
  // A file that has always been there. No step.
  void put(const std::string& path, std::string content);
  // By path, without contents.
  [[nodiscard]] std::map<std::string, std::size_t> sizes() const;

 private:
  class File;

  SimFiles files_;
  std::size_t open_files_ = 0;
  std::unique_ptr<SimVfs> vfs_;
};

// A path as names are compared.
[[nodiscard]] std::string normalized(const std::string& path);

}  // namespace tagtill
