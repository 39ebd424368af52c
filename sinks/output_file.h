// A file that is written in large pieces, line by line, or standard output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "engine/disk.h"

namespace tagtill {

// Used by one thread. Lines are appended to lines() and go out when a MiB has
// come together, or at flush().
//
// Every function that writes throws tagtill::Error (ExitCode::kIoFailed) with a
// sentence that names the output and its path. When a regular file cannot take
// a piece (a full disk), the part of a line that it took is cut off again: what
// stands in it is whole lines. After an error only the destructor may be called.
//
// Bounds: a buffer of 1 MiB plus what the caller appends between two calls of
// drain_if_full().
class OutputFile {
 public:
  // `path` is a path, or `-` for standard output. `role` says in messages what
  // the output is, as `the events`. The disk must outlive the file.
  OutputFile(std::string path, std::string role, Disk& disk = Disk::real());

  // Gives the file back; what was not flushed is lost.
  ~OutputFile() = default;
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // Makes the file, or empties it if there is one. Neither this nor what is written then
  // survives a crash of the machine for certain.
  void open();

  // Opens it so that it can be gone on with later: what stands behind its first `bytes` is cut
  // off, as it will be written again. At 0 it is made if it is missing. Refuses a file that is
  // shorter (what is missing was written once, and nobody would write it again), and standard
  // output, pipes and devices, where nothing can be cut off. `sync`: from now on flush()
  // makes what was written, and the file's name, survive a crash of the machine.
  void open_at(std::uint64_t bytes, bool sync);

  // Where lines are appended, each with its line end.
  [[nodiscard]] std::string& lines() { return lines_; }

  // Writes the lines if there are many. To be called at a line end.
  void drain_if_full() {
    if (lines_.size() >= kBufferBytes) {
      write_lines();
    }
  }

  // Hands all lines to the operating system: they survive a crash of the
  // program, and one of the machine if that was asked for.
  void flush();

  // The same, and they survive a crash of the machine in any case.
  void sync();

  // Of the file, without what waits in lines(). Since open() for what is no regular file.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_in_file_; }

  // Flushes and closes, if it is open. Standard output stays open.
  void close();

 private:
  void sync_written();
  static constexpr std::size_t kBufferBytes = std::size_t{1} << 20;

  void begin(std::uint64_t bytes, bool sync);
  void write_lines();
  [[noreturn]] void fail(const char* action, int error) const;
  [[noreturn]] void refuse_stream() const;
  void cut_back(std::size_t written);

  std::string path_;
  std::string role_;
  Disk& disk_;
  std::string lines_;
  std::unique_ptr<DiskFile> file_;
  std::uint64_t bytes_in_file_ = 0;  // handed over so far, whole lines
  bool sync_ = false;
  bool synced_ = true;  // nothing was written since the last sync
};

// "No space left on device. Free some room there, or choose another place.":
// what the error number says and what to do about it.
[[nodiscard]] std::string explain_errno(int error);

}  // namespace tagtill
