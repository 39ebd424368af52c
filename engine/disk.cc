#include "engine/disk.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

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

int open_descriptor(const char* path, int flags, int& descriptor) {
  do {
    descriptor = ::open(path, flags | O_CLOEXEC, 0666);
  } while (descriptor == kNoDescriptor && errno == EINTR);
  return descriptor == kNoDescriptor ? errno : 0;
}

class PosixFile final : public DiskFile {
 public:
  PosixFile(int descriptor, bool owned) : descriptor_(descriptor), owned_(owned) {}
  ~PosixFile() override { (void)close(); }

  int write(std::string_view bytes, std::size_t& written) override {
    written = 0;
    ssize_t step = 0;
    while ((step = ::write(descriptor_, bytes.data(), bytes.size())) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK)) {
      wait_until_writable(descriptor_);
    }
    if (step < 0) {
      return errno;
    }
    written = static_cast<std::size_t>(step);
    return 0;
  }

  int sync() override { return ::fdatasync(descriptor_) == 0 ? 0 : errno; }

  int truncate(std::uint64_t size) override {
    const auto end = static_cast<off_t>(size);
    int result = 0;
    while ((result = ::ftruncate(descriptor_, end)) != 0 && errno == EINTR) {
    }
    return result == 0 && ::lseek(descriptor_, end, SEEK_SET) == end ? 0 : errno;
  }

  int size(std::uint64_t& size) override {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) {
      return errno;
    }
    if (!S_ISREG(status.st_mode)) {
      return ESPIPE;
    }
    size = static_cast<std::uint64_t>(status.st_size);
    return 0;
  }

  // Some file systems tell only here that a write failed. After EINTR the descriptor is gone
  // on Linux: closing again could hit another file.
  int close() override {
    const int descriptor = std::exchange(descriptor_, kNoDescriptor);
    return !owned_ || descriptor == kNoDescriptor || ::close(descriptor) == 0 || errno == EINTR
               ? 0
               : errno;
  }

 private:
  int descriptor_;
  bool owned_;
};

class PosixDisk final : public Disk {
 public:
  std::unique_ptr<DiskFile> open(const std::string& path, Open how, int& error) override {
    const bool keep = how == Open::kKeep;
    if (keep && (error = refuse_irregular(path)) != 0) {
      return nullptr;
    }
    int descriptor = kNoDescriptor;
    error = open_descriptor(path.c_str(), O_WRONLY | O_CREAT | (keep ? 0 : O_TRUNC), descriptor);
    if (error != 0) {
      return nullptr;
    }
    auto file = std::make_unique<PosixFile>(descriptor, true);
    if (keep && ::lseek(descriptor, 0, SEEK_END) < 0) {
      error = errno;
      return nullptr;
    }
    return file;
  }

  int list(const std::string& folder, std::vector<std::string>& names) override {
    std::error_code error;
    for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
         at.increment(error)) {
      names.push_back(at->path().filename().string());
    }
    return error.value();
  }

  int sync_folder_of(const std::string& path) override {
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    int descriptor = kNoDescriptor;
    if (const int error = open_descriptor(folder.c_str(), O_RDONLY | O_DIRECTORY, descriptor);
        error != 0) {
      return error;
    }
    // EINVAL: a file system on which names need no such call.
    const int error = ::fsync(descriptor) == 0 || errno == EINVAL ? 0 : errno;
    (void)::close(descriptor);
    return error;
  }

  int rename(const std::string& from, const std::string& to) override {
    return std::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
  }

  int remove(const std::string& path) override { return ::unlink(path.c_str()) == 0 ? 0 : errno; }

 private:
  // Before it is opened: opening a pipe waits for its reader.
  static int refuse_irregular(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
      return errno == ENOENT ? 0 : errno;
    }
    if (S_ISDIR(status.st_mode)) {
      return EISDIR;
    }
    return S_ISREG(status.st_mode) ? 0 : ESPIPE;
  }
};

}  // namespace

Disk& Disk::real() {
  static PosixDisk disk;
  return disk;
}

std::unique_ptr<DiskFile> standard_output() {
  return std::make_unique<PosixFile>(STDOUT_FILENO, false);
}

}  // namespace tagtill
