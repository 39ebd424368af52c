// A file that is written from start to end, with every write checked.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace tagtill::corpus {

// Who may read a file that is made.
enum class Access : std::uint8_t { kEveryone, kOwner };

// Creates the file or empties it. Throws std::runtime_error, with path, cause and what to
// do, when it cannot be opened, written or closed. One owner, one thread; unbuffered.
class OutputFile {
 public:
  OutputFile(std::filesystem::path path, Access access);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::string_view bytes);
  // Must be called once all is written: what was not closed may not be whole.
  void close();

  std::uint64_t bytes_written() const { return bytes_written_; }

 private:
  [[noreturn]] void fail(std::string_view what) const;

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t bytes_written_ = 0;
};

}  // namespace tagtill::corpus
