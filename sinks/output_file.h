// A file that is written in large pieces, line by line, or standard output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

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
  // the output is, as `the events`.
  OutputFile(std::string path, std::string role);

  // Gives the descriptor back; what was not flushed is lost.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // Makes the file, or empties it if there is one.
  void open();

  // Where lines are appended, each with its line end.
  [[nodiscard]] std::string& lines() { return lines_; }

  // Writes the lines if there are many. To be called at a line end.
  void drain_if_full() {
    if (lines_.size() >= kBufferBytes) {
      flush();
    }
  }

  // Hands all lines to the operating system: they survive a crash of the
  // program, though not one of the machine.
  void flush();

  // Flushes and closes. Standard output stays open.
  void close();

 private:
  static constexpr std::size_t kBufferBytes = std::size_t{1} << 20;

  [[noreturn]] void fail(const char* action, int error) const;
  void cut_back(std::size_t written);

  std::string path_;
  std::string role_;
  std::string lines_;
  int descriptor_ = -1;
  bool owned_ = false;               // false: standard output
  std::uint64_t bytes_in_file_ = 0;  // handed over so far, whole lines
};

// "No space left on device. Free some room there, or choose another place.":
// what the error number says and what to do about it.
[[nodiscard]] std::string explain_errno(int error);

}  // namespace tagtill
