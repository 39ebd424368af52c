#include "tools/tags/line_reader.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace tagtill {
namespace {

constexpr std::size_t kReadBytes = std::size_t{256} * 1024;

}  // namespace

LineReader::LineReader(std::string path) : path_(std::move(path)) {}

LineReader::~LineReader() {
  if (descriptor_ >= 0 && descriptor_ != STDIN_FILENO) {
    (void)::close(descriptor_);
  }
}

LineReader::Status LineReader::next() {
  while (true) {
    const std::size_t end = buffer_.find('\n', searched_);
    if (end != std::string::npos) {
      return take_line(end - begin_, 1);
    }
    searched_ = buffer_.size();
    if (searched_ - begin_ > kLineBytes + 1) {  // + 1: a `\r` of the line end
      passing_over_ = true;
      searched_ = begin_;
      buffer_.resize(begin_);
    }
    if (ended_) {
      if (begin_ == buffer_.size() && !passing_over_) {
        return problem_.empty() ? Status::kEnd : Status::kFailed;
      }
      return take_line(buffer_.size() - begin_, 0);
    }
    if (!told_to_wait_) {
      told_to_wait_ = true;
      return Status::kMustWait;
    }
    told_to_wait_ = false;
    ended_ = !read_more();
  }
}

LineReader::Status LineReader::take_line(std::size_t length, std::size_t end_length) {
  line_ = std::string_view(buffer_).substr(begin_, length);
  begin_ += length + end_length;
  searched_ = begin_;
  ++line_number_;
  if (end_length > 0 && line_.ends_with('\r')) {
    line_.remove_suffix(1);
  }
  const bool too_long = std::exchange(passing_over_, false) || line_.size() > kLineBytes;
  return too_long ? Status::kTooLong : Status::kLine;
}

bool LineReader::read_more() {
  if (descriptor_ < 0) {
    descriptor_ = path_ == "-" ? STDIN_FILENO : ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  }
  if (descriptor_ < 0) {
    return fail(errno);
  }
  buffer_.erase(0, std::exchange(begin_, 0));
  const std::size_t kept = buffer_.size();
  searched_ = kept;
  buffer_.resize(kept + kReadBytes);
  ssize_t got = -1;
  do {
    got = ::read(descriptor_, buffer_.data() + kept, kReadBytes);
  } while (got < 0 && errno == EINTR);
  const int error = errno;
  buffer_.resize(kept + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return got < 0 ? fail(error) : got > 0;
}

bool LineReader::fail(int error) {
  problem_ =
      fmt::format("cannot read {}: {}. Check the path and its rights.",
                  path_ == "-" ? "standard input" : path_, std::generic_category().message(error));
  return false;
}

}  // namespace tagtill
