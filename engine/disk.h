// The seam through which files that must survive are written. The real one is POSIX; a
// test gives a simulated one, which crashes and fails as it is told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tagtill {

// A file that is open for writing at its end. Used by one thread. Every function returns 0 or
// an errno. After the first error but EINTR only close() and the destructor are of use, and
// truncate(), so as to cut off what a failed write() left.
class DiskFile {
 public:
  DiskFile() = default;
  // Gives the file back without a word if close() did not.
  virtual ~DiskFile() = default;
  DiskFile(const DiskFile&) = delete;
  DiskFile& operator=(const DiskFile&) = delete;

  // Appends the first `written` of the bytes, which may be fewer than all, or none and EINTR:
  // the caller goes on with the rest. Waits while a pipe is full.
  virtual int write(std::string_view bytes, std::size_t& written) = 0;
  // What was written survives a crash of the machine (fdatasync). When it failed, what was
  // written since the last time may be gone, and another call would not tell: never try again.
  virtual int sync() = 0;
  // Cuts the file back (or fills it up with zeros); what is written next stands behind that.
  virtual int truncate(std::uint64_t size) = 0;
  // ESPIPE if it is no regular file, and so has none.
  virtual int size(std::uint64_t& size) = 0;
  virtual int close() = 0;
};

// Safe for concurrent use as far as the paths differ.
class Disk {
 public:
  enum class Open {
    kEmpty,  // made if it is missing, else emptied; pipes and devices as well
    kKeep,   // made if it is missing; regular files alone, else ESPIPE (a folder: EISDIR)
  };

  Disk() = default;
  virtual ~Disk() = default;
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  // Adds the names of what is in the folder (with `/` at its end), in any order.
  virtual int list(const std::string& folder, std::vector<std::string>& names) = 0;
  // Null and an errno if it fails.
  virtual std::unique_ptr<DiskFile> open(const std::string& path, Open how, int& error) = 0;
  // Names that were made, changed or removed in the path's folder survive a crash of the
  // machine.
  virtual int sync_folder_of(const std::string& path) = 0;
  // In one step: `to` is there throughout, as it was or as it will be.
  virtual int rename(const std::string& from, const std::string& to) = 0;
  virtual int remove(const std::string& path) = 0;
  // Name of the SQLite VFS whose databases lie on this disk. Empty: SQLite's own.
  [[nodiscard]] virtual std::string sqlite_vfs() const { return {}; }

  static Disk& real();
};

// The standard output of the process, which close() leaves open.
[[nodiscard]] std::unique_ptr<DiskFile> standard_output();

}  // namespace tagtill
