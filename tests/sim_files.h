// The files of a simulated disk: what a process sees of them, what has reached the platter,
// and what goes wrong. sim_disk.h is what tests use, and describes the model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/seeded.h"

namespace tagtill {

enum class SimFault : std::uint8_t {
  kCrash,        // of the process; a write arrives in part, other calls happen or not
  kPowerLoss,    // of the machine
  kNoSpace,      // ENOSPC: of a write, of what makes a file, of a sync
  kIoError,      // EIO: of every call; of a write a part arrives
  kInterrupted,  // EINTR: of a write, of a sync
  kShortWrite,   // a part arrives, and the call says how much
};

// A file without its names.
struct SimInode {
  // A write of bytes, or a cut or growth to a size.
  struct Change {
    std::uint64_t offset = 0;
    std::optional<std::string> bytes;  // none: `offset` is the new size
  };

  std::string seen;     // by the process
  std::string platter;  // as of the last sync
  std::vector<Change> unsynced;
};
using SimInodePtr = std::shared_ptr<SimInode>;

// Each call but those without a return value counts as a step, and returns 0 or an errno.
class SimFiles {
 public:
  explicit SimFiles(std::uint64_t seed) : random_(seed) {}

  struct Opened {
    SimInodePtr inode;
    bool made = false;
  };
  // ENOENT if it is missing and not to be made.
  int open(const std::string& path, bool make, bool empty, Opened& opened);
  int read(const SimInode& inode, std::uint64_t offset, std::size_t bytes, std::string_view& read);
  int write(SimInode& inode, std::uint64_t offset, std::string_view bytes, std::size_t& written);
  int truncate(SimInode& inode, std::uint64_t size);
  int sync(SimInode& inode);
  int size(const SimInode& inode, std::uint64_t& size);
  int close();
  int list(const std::string& folder, std::vector<std::string>& names);
  int find(const std::string& path, SimInodePtr& inode);  // null if it is missing
  int rename(const std::string& from, const std::string& to);
  int remove(const std::string& path);
  int sync_folder_of(const std::string& path);

  void fail_at(std::uint64_t step, SimFault fault) { faults_at_[step] = fault; }
  void fail_sometimes(SimFault fault, std::uint32_t per_million) { chances_[fault] = per_million; }
  void clear_faults();
  void set_room(std::optional<std::uint64_t> bytes) { room_ = bytes; }
  void set_syncs_lie(bool lie) { syncs_lie_ = lie; }
  void go_down(SimFault how) { down_ = down_.value_or(how); }
  void restart();

  [[nodiscard]] bool is_down() const { return down_.has_value(); }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  [[nodiscard]] std::uint64_t faults() const { return faults_; }
  [[nodiscard]] const std::map<std::string, SimInodePtr>& names() const { return names_; }
  void put(const std::string& path, std::string content);
  [[nodiscard]] seeded::Random& random() { return random_; }

 private:
  enum class Call : std::uint8_t { kRead, kMake, kName, kWrite, kTruncate, kSync, kClose };
  // What some names stand for from now on; null: nothing.
  using NameChange = std::vector<std::pair<std::string, SimInodePtr>>;

  std::optional<SimFault> next_fault(Call call);
  [[nodiscard]] std::optional<SimFault> drawn_fault(std::uint64_t step);
  int fail_simple(SimFault fault);
  int change(Call call, NameChange names);
  static void set_names(std::map<std::string, SimInodePtr>& all, const NameChange& names);
  int write_badly(SimInode& inode, std::uint64_t offset, std::string_view bytes, SimFault fault,
                  std::size_t& written);
  void write_seen(SimInode& inode, std::uint64_t offset, std::string_view bytes);
  void keep_some(SimInode& inode);
  bool coin() { return random_.percent(50); }

  seeded::Random random_;
  std::map<std::string, SimInodePtr> names_;    // as the process sees them
  std::map<std::string, SimInodePtr> platter_;  // as of the last syncs of folders
  std::vector<NameChange> unsynced_names_;
  std::map<std::uint64_t, SimFault> faults_at_;
  std::map<SimFault, std::uint32_t> chances_;
  std::optional<std::uint64_t> room_;  // by which files may still grow; none: no limit
  std::optional<SimFault> down_;       // kCrash or kPowerLoss
  std::uint64_t steps_ = 0;
  std::uint64_t faults_ = 0;
  bool syncs_lie_ = false;
};

}  // namespace tagtill
