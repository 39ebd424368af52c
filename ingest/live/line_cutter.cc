#include "ingest/live/line_cutter.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace tagtill {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// The least room for a step, if blocks have as much: behind a long piece, too, it should be
// worth the call.
constexpr std::size_t kRoomMin = std::size_t{64} * 1024;

bool is_blank(std::string_view bytes) {
  return bytes.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

LineCutter::LineCutter(std::size_t block_bytes, std::size_t line_bytes_max)
    : block_bytes_(std::max(block_bytes, 2 * kDeadLetterBytes)),
      line_bytes_max_(std::max(line_bytes_max, kDeadLetterBytes)),
      end_(0),
      may_be_marked_(true) {}

std::span<char> LineCutter::room(Block& block) {
  const std::size_t room_min = std::min(kRoomMin, block_bytes_ / 2);
  if (is_passing_over()) {
    block.reserve(block_bytes_, 0);
    return {block.mutable_data(), room_min};
  }
  // Behind the place of the piece, which is put there once the end of its line has come.
  const std::size_t at = piece_.size();
  const std::size_t wanted = std::max(block_bytes_, at + room_min);
  block.reserve(wanted, 0);
  return {block.mutable_data() + at, wanted - at};
}

bool LineCutter::take(Block& block, std::size_t got) {
  if (is_passing_over()) {
    return pass_over(block, got);
  }
  const std::size_t at = piece_.size();
  const char* const bytes = block.mutable_data() + at;
  const auto* newline = static_cast<const char*>(::memrchr(bytes, '\n', got));
  if (newline == nullptr) {
    piece_.append(bytes, got);
    if (piece_.size() >= line_bytes_max_ + 2) {
      begin_passing_over();
    }
    return false;
  }
  std::memcpy(block.mutable_data(), piece_.data(), at);
  cut(block, static_cast<std::size_t>(newline - block.mutable_data()) + 1, at + got);
  return true;
}

void LineCutter::give_back(Block& block, std::size_t kept) {
  const std::string_view lines = block.lines();
  given_back_ = lines.substr(kept);
  block.set_lines(static_cast<std::size_t>(lines.data() - block.mutable_data()), kept);
  block.source_bytes -= given_back_.size();
  end_ -= given_back_.size();
  block.end_offset = end_;
}

void LineCutter::take_held(Block& block) {
  if (!given_back_.empty()) {
    const std::string lines = std::exchange(given_back_, {});
    block.reserve(std::max(block_bytes_, lines.size()), 0);
    std::memcpy(block.mutable_data(), lines.data(), lines.size());
    finish(block, lines.size(), lines.size());
    return;
  }
  const std::size_t size = piece_.size();
  block.reserve(std::max(block_bytes_, size), 0);
  std::memcpy(block.mutable_data(), piece_.data(), size);
  holds_lines_ = false;
  cut(block, piece_.rfind('\n') + 1, size);
}

// The first `lines` of `size` bytes in the block are lines.
void LineCutter::cut(Block& block, std::size_t lines, std::size_t size) {
  keep({block.mutable_data() + lines, size - lines});
  finish(block, lines, lines);
}

void LineCutter::keep(std::string_view piece) {
  // A new one, as long as it must be.
  piece_ = std::string(piece);
  if (piece_.size() >= line_bytes_max_ + 2) {
    begin_passing_over();
  }
}

void LineCutter::begin_passing_over() {
  passed_ = piece_.size();
  passed_blank_ = is_blank(piece_);
  passed_last_ = piece_.back();
  piece_ = piece_.substr(0, kDeadLetterBytes);
}

bool LineCutter::pass_over(Block& block, std::size_t got) {
  const std::string_view bytes(block.mutable_data(), got);
  const std::size_t newline = bytes.find('\n');
  const std::string_view of_line = bytes.substr(0, newline);
  if (!of_line.empty()) {
    passed_ += of_line.size();
    passed_blank_ = passed_blank_ && is_blank(of_line);
    passed_last_ = of_line.back();
  }
  if (newline == std::string_view::npos) {
    return false;
  }
  std::string rest(bytes.substr(newline + 1));
  finish_passing_over(block, true);
  holds_lines_ = rest.find('\n') != std::string::npos;
  if (holds_lines_) {
    piece_ = std::move(rest);
  } else {
    keep(rest);
  }
  return true;
}

void LineCutter::finish_passing_over(Block& block, bool line_end) {
  const std::uint64_t length = std::exchange(passed_, 0);
  const std::string head = std::exchange(piece_, {});
  const std::uint64_t source_bytes = length + (line_end ? 1 : 0);
  if (passed_blank_) {
    // A keep-alive, however long (P1.1): a short one stands for it.
    block.mutable_data()[0] = line_end ? '\n' : ' ';
    finish(block, 1, source_bytes);
    return;
  }
  std::memcpy(block.mutable_data(), head.data(), head.size());
  finish(block, 0, source_bytes);
  block.overlong_bytes = length - (line_end && passed_last_ == '\r' ? 1 : 0);
}

bool LineCutter::take_end(Block& block) {
  if (is_passing_over()) {
    block.reserve(block_bytes_, 0);
    finish_passing_over(block, false);
    return true;
  }
  if (piece_.empty()) {
    return false;
  }
  const std::string piece = std::exchange(piece_, {});
  block.reserve(std::max(block_bytes_, piece.size()), 0);
  std::memcpy(block.mutable_data(), piece.data(), piece.size());
  finish(block, piece.size(), piece.size());
  return true;
}

void LineCutter::begin_at(std::uint64_t begin, bool may_be_marked) {
  piece_ = {};
  given_back_ = {};
  holds_lines_ = false;
  passed_ = 0;
  end_ = begin;
  may_be_marked_ = may_be_marked;
}

void LineCutter::finish(Block& block, std::size_t size, std::uint64_t source_bytes) {
  std::size_t mark = 0;
  if (std::exchange(may_be_marked_, false) &&
      std::string_view(block.mutable_data(), size).starts_with(kByteOrderMark)) {
    mark = kByteOrderMark.size();
  }
  block.set_lines(mark, size - mark);
  block.offset = end_ + mark;
  block.source_bytes = source_bytes;
  block.overlong_bytes = 0;
  end_ += source_bytes;
  block.end_offset = end_;
}

}  // namespace tagtill
