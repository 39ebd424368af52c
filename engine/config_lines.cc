#include "engine/config_lines.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace tagtill {
namespace {

constexpr std::size_t kReadBytes = std::size_t{256} * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Lines out of a file or out of memory. A line stands in a buffer with the
// padding behind it that ConfigObject asks for.
class LineFeed {
 public:
  explicit LineFeed(std::string_view text) : text_(text), bytes_total_(text.size()) {}
  explicit LineFeed(const std::string& path)
      : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)) {
    if (file_ < 0) {
      fail("cannot be opened");
    } else {
      ::posix_fadvise(file_, 0, 0, POSIX_FADV_SEQUENTIAL);
      struct stat status {};
      if (::fstat(file_, &status) == 0 && S_ISREG(status.st_mode)) {
        bytes_total_ = static_cast<std::uint64_t>(status.st_size);
      }
    }
  }
  ~LineFeed() {
    if (file_ >= 0) {
      ::close(file_);
    }
  }
  LineFeed(const LineFeed&) = delete;
  LineFeed& operator=(const LineFeed&) = delete;

  // The next line without its `\n`; too_long() says that the rest of it was
  // passed over.
  bool next(std::string_view& line) {
    too_long_ = false;
    std::size_t searched = begin_;
    for (;;) {
      const char* newline = find_newline(searched);
      if (newline != nullptr) {
        return take(line, static_cast<std::size_t>(newline - buffer_.data()), 1);
      }
      // One byte more for the `\r` of a line end.
      if (end_ - begin_ > kConfigLineBytesMax + 1) {
        too_long_ = true;
        begin_ = end_;
      }
      const std::size_t held = end_ - begin_;
      if (!fill()) {
        return failure_.empty() && (held > 0 || too_long_) && take(line, end_, 0);
      }
      searched = begin_ + held;
    }
  }

  [[nodiscard]] bool too_long() const { return too_long_; }
  [[nodiscard]] const std::string& failure() const { return failure_; }
  [[nodiscard]] std::uint64_t bytes_total() const { return bytes_total_; }
  [[nodiscard]] std::uint64_t bytes_taken() const { return bytes_read_ - (end_ - begin_); }

 private:
  const char* find_newline(std::size_t from) const {
    if (from == end_) {
      return nullptr;
    }
    return static_cast<const char*>(std::memchr(buffer_.data() + from, '\n', end_ - from));
  }

  bool take(std::string_view& line, std::size_t line_end, std::size_t line_end_bytes) {
    line = {buffer_.data() + begin_, line_end - begin_};
    begin_ = line_end + line_end_bytes;
    if (std::exchange(at_start_, false) && line.starts_with(kByteOrderMark)) {
      line.remove_prefix(kByteOrderMark.size());
    }
    const std::size_t line_end_of_two = line.ends_with('\r') ? 1 : 0;
    too_long_ = too_long_ || line.size() - line_end_of_two > kConfigLineBytesMax;
    return true;
  }

  // Moves what is left to the front and reads more behind it; false at the end.
  bool fill() {
    if (!failure_.empty()) {
      return false;
    }
    if (buffer_.size() < (end_ - begin_) + kReadBytes + kConfigPadding) {
      buffer_.resize(2 * (end_ - begin_) + kReadBytes + kConfigPadding);
    }
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    const std::size_t got = read(buffer_.data() + end_, kReadBytes);
    end_ += got;
    bytes_read_ += got;
    buffer_[end_] = '\0';  // ends the last line, if nothing else does
    return got > 0;
  }

  std::size_t read(char* to, std::size_t bytes) {
    if (file_ < 0) {
      const std::size_t got = std::min(bytes, text_.size());
      std::memcpy(to, text_.data(), got);
      text_.remove_prefix(got);
      return got;
    }
    for (;;) {
      const ssize_t got = ::read(file_, to, bytes);
      if (got >= 0) {
        return static_cast<std::size_t>(got);
      }
      if (errno != EINTR) {
        fail("cannot be read");
        return 0;
      }
    }
  }

  void fail(std::string_view what) {
    failure_.assign(what).append(": ").append(std::generic_category().message(errno));
  }

  int file_ = -1;
  std::string_view text_;
  std::uint64_t bytes_total_ = 0;
  std::uint64_t bytes_read_ = 0;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool at_start_ = true;
  bool too_long_ = false;
  std::string failure_;
};

}  // namespace

class ConfigLines::Impl {
 public:
  explicit Impl(const std::string& path) : feed_(path) {}
  explicit Impl(std::string_view text) : feed_(text) {}

  bool next() {
    std::string_view line;
    while (feed_.next(line)) {
      ++line_number_;
      if (feed_.too_long()) {
        problem_ = "the line is longer than " + std::to_string(kConfigLineBytesMax) + " bytes";
        return true;
      }
      if (line.find_first_not_of(" \t\r") != std::string_view::npos) {
        problem_ = object_.read(line);
        return true;
      }
    }
    return false;
  }

  [[nodiscard]] std::uint64_t bytes_total() const { return feed_.bytes_total(); }
  [[nodiscard]] std::uint64_t bytes_taken() const { return feed_.bytes_taken(); }
  [[nodiscard]] std::uint64_t line_number() const { return line_number_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] std::span<const ConfigField> fields() const { return object_.fields(); }
  [[nodiscard]] const std::string& failure() const { return feed_.failure(); }

 private:
  LineFeed feed_;
  ConfigObject object_;
  std::uint64_t line_number_ = 0;
  std::string problem_;
};

ConfigLines::ConfigLines(const std::string& path) : impl_(std::make_unique<Impl>(path)) {}
ConfigLines::ConfigLines(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ConfigLines::~ConfigLines() = default;
ConfigLines::ConfigLines(ConfigLines&&) noexcept = default;

ConfigLines ConfigLines::from_memory(std::string_view text) {
  return ConfigLines(std::make_unique<Impl>(text));
}

bool ConfigLines::next() { return impl_->next(); }
std::uint64_t ConfigLines::bytes_total() const { return impl_->bytes_total(); }
std::uint64_t ConfigLines::bytes_taken() const { return impl_->bytes_taken(); }
std::uint64_t ConfigLines::line_number() const { return impl_->line_number(); }
const std::string& ConfigLines::problem() const { return impl_->problem(); }
std::span<const ConfigField> ConfigLines::fields() const { return impl_->fields(); }
const std::string& ConfigLines::failure() const { return impl_->failure(); }

}  // namespace tagtill
