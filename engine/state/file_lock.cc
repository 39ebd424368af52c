#include "engine/state/file_lock.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "engine/errors.h"

namespace tagtill::state {
namespace {

// The same for all names of a file but hard links.
std::string lock_path_of(const std::string& path) {
  std::error_code error;
  const std::filesystem::path resolved = std::filesystem::weakly_canonical(path, error);
  return (error ? path : resolved.string()) + "-lock";
}

[[noreturn]] void fail(const std::string& path, const std::string& lock_path, int error) {
  throw Error(ExitCode::kIoFailed,
              fmt::format("cannot lock the state {}: {}: {}. Check that its folder exists and can "
                          "be written, or choose another place.",
                          path, lock_path, std::generic_category().message(error)));
}

[[noreturn]] void refuse(const std::string& path, int descriptor) {
  std::array<char, 24> text{};
  const ssize_t got = ::pread(descriptor, text.data(), text.size(), 0);
  ::close(descriptor);
  std::string_view number(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  number = number.substr(0, number.find_first_not_of("0123456789"));
  throw Error(ExitCode::kIoFailed,
              fmt::format("the state {} is in use by another process{}. Let that one end first, or "
                          "choose another state.",
                          path, number.empty() ? "" : fmt::format(" ({})", number)));
}

}  // namespace

FileLock::FileLock(const std::string& path) {
  const std::string lock_path = lock_path_of(path);
  const int descriptor = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
  if (descriptor < 0) {
    fail(path, lock_path, errno);
  }
  int result = 0;
  do {
    result = ::flock(descriptor, LOCK_EX | LOCK_NB);
  } while (result != 0 && errno == EINTR);
  if (result != 0 && errno == EWOULDBLOCK) {
    refuse(path, descriptor);
  }
  if (result != 0) {
    const int error = errno;
    ::close(descriptor);
    fail(path, lock_path, error);
  }
  descriptor_ = descriptor;
  // Only for people: on a full disk the lock holds without its number.
  const std::string number = fmt::format("{}\n", ::getpid());
  if (::ftruncate(descriptor, 0) == 0) {
    (void)!::pwrite(descriptor, number.data(), number.size(), 0);
  }
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

}  // namespace tagtill::state
