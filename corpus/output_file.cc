#include "corpus/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace tagtill::corpus {

OutputFile::OutputFile(std::filesystem::path path, Access access) : path_(std::move(path)) {
  constexpr mode_t kForEveryone = 0644;
  constexpr mode_t kForOwner = 0600;
  const mode_t mode = access == Access::kOwner ? kForOwner : kForEveryone;
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (descriptor_ < 0) {
    fail("created");
  }
  // A file that was there before keeps its mode, unless it is changed.
  if (access == Access::kOwner && ::fchmod(descriptor_, mode) != 0) {
    const int cause = errno;
    ::close(std::exchange(descriptor_, -1));
    errno = cause;
    fail("made private");
  }
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

void OutputFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) {
        continue;
      }
      fail("written");
    }
    bytes_written_ += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void OutputFile::close() {
  // Some file systems say only now that they had no room.
  if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) {
    fail("closed");
  }
}

void OutputFile::fail(std::string_view what) const {
  throw std::runtime_error(
      fmt::format("{}: the file cannot be {} ({}). Choose a folder that can be written and "
                  "has enough room.",
                  path_.string(), what, std::generic_category().message(errno)));
}

}  // namespace tagtill::corpus
