#include "ingest/live/channel.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace tagtill {
namespace {

using Kind = Channel::Got::Kind;

std::string error_text(int error) { return std::generic_category().message(error); }

class SocketChannel : public Channel {
 public:
  explicit SocketChannel(Descriptor socket) : socket_(std::move(socket)) {}

  Got read(std::span<char> to) override {
    for (;;) {
      const ssize_t got = ::recv(socket_.get(), to.data(), to.size(), MSG_DONTWAIT);
      if (got > 0) {
        const auto bytes = static_cast<std::size_t>(got);
        // A socket that gives less than was asked for has no more (epoll(7)).
        return {Kind::kBytes, bytes, bytes == to.size()};
      }
      if (got == 0) {
        return {Kind::kEnd};
      }
      if (errno == EAGAIN || errno == EWOULDBLOCK) {
        return {Kind::kNothing};
      }
      if (errno != EINTR) {
        failure_ = error_text(errno);
        return {Kind::kFailed};
      }
    }
  }

  std::size_t write(std::string_view bytes) override {
    const ssize_t sent =
        ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }

  void end_writing() override { (void)::shutdown(socket_.get(), SHUT_WR); }

  [[nodiscard]] int descriptor() const override { return socket_.get(); }

 private:
  Descriptor socket_;
};

class FileChannel : public Channel {
 public:
  FileChannel(int file, bool owned) : owned_(owned ? file : -1), file_(file) {
    struct stat status {};
    is_regular_ = ::fstat(file, &status) == 0 && S_ISREG(status.st_mode);
  }

  // Standard input belongs to others, too: it is not made non-blocking, but asked each time.
  Got read(std::span<char> to) override {
    for (;;) {
      pollfd wanted{file_, POLLIN, 0};
      if (!is_regular_ && ::poll(&wanted, 1, 0) == 0) {
        return {Kind::kNothing};
      }
      const ssize_t got = ::read(file_, to.data(), to.size());
      if (got > 0) {
        return {Kind::kBytes, static_cast<std::size_t>(got), true};
      }
      if (got == 0) {
        return {Kind::kEnd};
      }
      if (errno == EAGAIN || errno == EWOULDBLOCK) {
        return {Kind::kNothing};
      }
      if (errno != EINTR) {
        failure_ = error_text(errno);
        return {Kind::kFailed};
      }
    }
  }

  std::size_t write(std::string_view /*bytes*/) override { return 0; }
  void end_writing() override {}
  [[nodiscard]] int descriptor() const override { return is_regular_ ? -1 : file_; }

 private:
  Descriptor owned_;
  int file_;
  bool is_regular_ = false;
};

}  // namespace

std::unique_ptr<Channel> make_socket_channel(Descriptor socket) {
  return std::make_unique<SocketChannel>(std::move(socket));
}

std::unique_ptr<Channel> make_file_channel(int file, bool owned) {
  return std::make_unique<FileChannel>(file, owned);
}

}  // namespace tagtill
