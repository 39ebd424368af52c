#include "sinks/output_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include "engine/errors.h"

namespace tagtill {
namespace {

constexpr int kNoDescriptor = -1;

// A descriptor that somebody else made non-blocking (a terminal, a pipe of a
// parent) says EAGAIN when it is full: then we wait.
void wait_until_writable(int descriptor) {
  pollfd entry{};
  entry.fd = descriptor;
  entry.events = POLLOUT;
  (void)::poll(&entry, 1, -1);
}

}  // namespace

std::string explain_errno(int error) {
  std::string_view advice;
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      advice = "Free some room there, or choose another place.";
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      advice = "Check the rights, or choose another place.";
      break;
    case ENOENT:
    case ENOTDIR:
      advice = "Make the folder first, or correct the path.";
      break;
    case EISDIR:
      advice = "Give the path of a file, not of a folder.";
      break;
    case EBADF:
      advice = "Whoever started the program closed it.";
      break;
    case EPIPE:
      advice = "Whatever was reading it went away before the end.";
      break;
    case EFBIG:
      advice = "Raise the limit of file sizes (ulimit -f), or choose another file system.";
      break;
    default:
      advice = "Check the disk, or choose another place.";
      break;
  }
  return fmt::format("{}. {}", std::generic_category().message(error), advice);
}

OutputFile::OutputFile(std::string path, std::string role)
    : path_(std::move(path)), role_(std::move(role)) {}

OutputFile::~OutputFile() {
  if (owned_ && descriptor_ != kNoDescriptor) {
    (void)::close(descriptor_);
  }
}

void OutputFile::open() {
  lines_.reserve(kBufferBytes + kBufferBytes / 4);
  bytes_in_file_ = 0;
  if (path_ == "-") {
    descriptor_ = STDOUT_FILENO;
    owned_ = false;
    return;
  }
  do {
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  } while (descriptor_ == kNoDescriptor && errno == EINTR);
  if (descriptor_ == kNoDescriptor) {
    fail("open", errno);
  }
  owned_ = true;
}

void OutputFile::flush() {
  std::size_t written = 0;
  while (written < lines_.size()) {
    const ssize_t step = ::write(descriptor_, lines_.data() + written, lines_.size() - written);
    if (step >= 0) {
      written += static_cast<std::size_t>(step);
      continue;
    }
    const int error = errno;
    if (error == EINTR) {
      continue;
    }
    if (error == EAGAIN || error == EWOULDBLOCK) {
      wait_until_writable(descriptor_);
      continue;
    }
    cut_back(written);
    fail("write", error);
  }
  bytes_in_file_ += written;
  lines_.clear();
}

void OutputFile::close() {
  flush();
  if (!owned_ || descriptor_ == kNoDescriptor) {
    return;
  }
  // Some file systems tell only here that a write failed. After EINTR the
  // descriptor is gone on Linux: closing again could hit another file.
  const int result = ::close(std::exchange(descriptor_, kNoDescriptor));
  if (result != 0 && errno != EINTR) {
    fail("close", errno);
  }
}

// Cuts off the piece of a line at the end of the file. Standard output is left
// alone: what stood in it before us is not ours to count from.
void OutputFile::cut_back(std::size_t written) {
  struct stat status {};
  if (!owned_ || ::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
    return;
  }
  const std::size_t last_end = std::string_view(lines_).substr(0, written).rfind('\n');
  const std::size_t whole = last_end == std::string_view::npos ? 0 : last_end + 1;
  // If even this fails, the first error is still the one to tell.
  const int result = ::ftruncate(descriptor_, static_cast<off_t>(bytes_in_file_ + whole));
  (void)result;
}

void OutputFile::fail(const char* action, int error) const {
  const std::string where = path_ == "-" ? "standard output" : path_;
  throw Error(ExitCode::kIoFailed,
              fmt::format("{}: cannot {} {}: {}", role_, action, where, explain_errno(error)));
}

}  // namespace tagtill
