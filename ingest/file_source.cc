#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "ingest/byte_source.h"

namespace tagtill {
namespace {

std::string error_text(int error) { return std::generic_category().message(error); }

class FileSource : public ByteSource {
 public:
  FileSource(int file, bool owned) : file_(file), owned_(owned) {}
  ~FileSource() override {
    if (owned_) {
      ::close(file_);
    }
  }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  std::size_t read(std::span<char> to) override {
    while (!ended_) {
      const ssize_t got = ::read(file_, to.data(), to.size());
      if (got > 0) {
        taken_ += static_cast<std::size_t>(got);
        return static_cast<std::size_t>(got);
      }
      if (got == 0) {
        ended_ = true;
      } else if (errno == EAGAIN) {
        wait();  // standard input may have been made non-blocking by others
      } else if (errno != EINTR) {
        failure_ = error_text(errno);
        ended_ = true;
      }
    }
    return 0;
  }

  [[nodiscard]] const std::string& failure() const override { return failure_; }
  [[nodiscard]] std::uint64_t stored_bytes() const override { return taken_; }

 private:
  void wait() const {
    pollfd wanted{file_, POLLIN, 0};
    (void)::poll(&wanted, 1, -1);  // whatever it says, read() says it better
  }

  int file_;
  bool owned_;
  bool ended_ = false;
  std::uint64_t taken_ = 0;
  std::string failure_;
};

}  // namespace

std::unique_ptr<ByteSource> open_file_source(const std::string& path, std::string& failure) {
  if (path == "-") {
    return std::make_unique<FileSource>(STDIN_FILENO, false);
  }
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (file < 0) {
    failure = error_text(errno);
    return nullptr;
  }
  // Advice: a pipe has no use for it, and says so.
  (void)::posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL);
  return std::make_unique<FileSource>(file, true);
}

}  // namespace tagtill
