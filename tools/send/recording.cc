#include "tools/send/recording.h"

#include <algorithm>
#include <utility>

namespace tagtill {
namespace {

bool is_too_long(std::string_view line) {
  return line.size() - (line.ends_with('\r') ? 1 : 0) > kLineBytesMax;
}

}  // namespace

Recording::Recording(std::vector<DumpSource> dumps, std::uint64_t times)
    : dumps_(std::move(dumps)),
      times_left_(times - 1),
      reader_(std::make_unique<DumpReader>(dumps_)) {}

std::optional<std::string_view> Recording::line() {
  return has_line_ || find_line() ? std::optional(rest_.substr(0, line_bytes_)) : std::nullopt;
}

void Recording::take() {
  position_ += line_bytes_ + 1;
  rest_.remove_prefix(std::min(line_bytes_ + 1, rest_.size()));
  has_line_ = false;
}

bool Recording::skip_to(std::uint64_t position) {
  while (position_ < position && line()) {
    take();
  }
  return position_ == position;
}

std::uint64_t Recording::stored_bytes_read() const {
  return stored_before_ + reader_->stored_bytes_read();
}

const FileErrors& Recording::problems() const {
  return has_read_all_once_ ? problems_ : reader_->problems();
}

bool Recording::find_line() {
  for (;;) {
    while (rest_.empty()) {
      if (!next_block()) {
        return false;
      }
    }
    line_bytes_ = std::min(rest_.find('\n'), rest_.size());
    if (!is_too_long(rest_.substr(0, line_bytes_))) {
      has_line_ = true;
      return true;
    }
    ++too_long_;
    rest_.remove_prefix(std::min(line_bytes_ + 1, rest_.size()));
  }
}

bool Recording::next_block() {
  while (!reader_->next(block_)) {
    if (!has_read_all_once_) {
      problems_ = reader_->problems();
      has_read_all_once_ = true;
    }
    if (times_left_ == 0) {
      return false;
    }
    --times_left_;
    stored_before_ += reader_->stored_bytes_read();
    reader_ = std::make_unique<DumpReader>(dumps_);
  }
  rest_ = block_.lines();
  too_long_ += block_.overlong_bytes > 0 ? 1 : 0;
  return true;
}

}  // namespace tagtill
