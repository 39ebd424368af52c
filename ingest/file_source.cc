#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "ingest/byte_source.h"
#include "ingest/interrupt.h"

namespace tagtill {
namespace {

std::string error_text(int error) { return std::generic_category().message(error); }

class FileSource : public ByteSource {
 public:
  FileSource(int file, bool owned, const Interrupt& interrupt)
      : file_(file), owned_(owned), may_wait_(!is_regular(file)), interrupt_(interrupt) {}
  ~FileSource() override {
    if (owned_) {
      ::close(file_);
    }
  }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  std::size_t read(std::span<char> to) override {
    while (!ended_) {
      // Asked before each read: a pipe that nobody has opened yet for writing looks as if
      // it had ended, and standard input may have been made non-blocking by others.
      if (may_wait_ && interrupt_.wait(file_)) {
        ended_ = true;
        break;
      }
      const ssize_t got = ::read(file_, to.data(), to.size());
      if (got > 0) {
        taken_ += static_cast<std::size_t>(got);
        return static_cast<std::size_t>(got);
      }
      if (got == 0) {
        ended_ = true;
      } else if (errno != EINTR && errno != EAGAIN) {
        failure_ = error_text(errno);
        ended_ = true;
      }
    }
    return 0;
  }

  [[nodiscard]] const std::string& failure() const override { return failure_; }
  [[nodiscard]] std::uint64_t stored_bytes() const override { return taken_; }

 private:
  static bool is_regular(int file) {
    struct stat status {};
    return ::fstat(file, &status) == 0 && S_ISREG(status.st_mode);
  }

  int file_;
  bool owned_;
  bool may_wait_;
  const Interrupt& interrupt_;
  bool ended_ = false;
  std::uint64_t taken_ = 0;
  std::string failure_;
};

}  // namespace

std::unique_ptr<ByteSource> open_file_source(const std::string& path, const Interrupt& interrupt,
                                             std::string& failure) {
  if (path == "-") {
    return std::make_unique<FileSource>(STDIN_FILENO, false, interrupt);
  }
  // Not waiting for a pipe's other end: that is for read(), which can be interrupted.
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (file < 0) {
    failure = error_text(errno);
    return nullptr;
  }
  // Advice: a pipe has no use for it, and says so.
  (void)::posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL);
  return std::make_unique<FileSource>(file, true, interrupt);
}

}  // namespace tagtill
