#include "reference.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "text.h"

namespace reference {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr size_t kRememberedLinesMax = 1000;

}  // namespace

Reference::Reference(std::string_view offers, std::string_view members, std::string_view secret,
                     Options options)
    : options_(std::move(options)),
      first_catalogue_(read_catalogue(offers, members, secret)),
      protocol_(options_) {
  protocol_.replace(first_catalogue_);
}

void Reference::feed(std::string_view file) {
  protocol_.counts().bytes += file.size();
  if (file.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    file.remove_prefix(kByteOrderMark.size());
  }
  while (!file.empty()) {
    std::string_view line = file.substr(0, file.find('\n'));
    const bool has_end = line.size() < file.size();
    file.remove_prefix(line.size() + (has_end ? 1 : 0));
    if (has_end && !line.empty() && line.back() == '\r') {
      line.remove_suffix(1);
    }
    take_line(line);
  }
}

void Reference::tick(std::string_view file) {
  std::optional<int64_t> time_ms;
  while (!file.empty()) {
    std::string_view line = file.substr(0, file.find('\n'));
    file.remove_prefix(std::min(line.size() + 1, file.size()));
    if (!line.empty() && line.back() == '\r') {
      line.remove_suffix(1);
    }
    if (line.find_first_not_of(" \t\r") != std::string_view::npos &&
        read(line).line.kind == Line::Kind::kPost) {
      time_ms = read(line).line.post.time_ms;
    }
  }
  if (time_ms) {
    protocol_.tick(*time_ms);
  }
}

void Reference::take_line(std::string_view line) {
  Counts& counts = protocol_.counts();
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
    ++counts.keep_alives;  // P1.1
    return;
  }
  ++counts.lines;
  const ReadLine& read_line = read(line);
  switch (read_line.line.kind) {
    case Line::Kind::kMalformed:
      ++counts.malformed;
      break;
    case Line::Kind::kOther:
      ++counts.others;
      break;
    case Line::Kind::kDeleteNotice: {
      ++counts.delete_notices;
      const DeleteNotice& notice = read_line.line.delete_notice;
      if (protocol_.is_member(notice.author)) {
        protocol_.delete_notice(notice.id, notice.author);
      }
      break;
    }
    case Line::Kind::kPost: {
      ++counts.posts;
      const Post& post = read_line.line.post;
      if (!post.is_repost && protocol_.is_candidate(read_line.tags)) {
        protocol_.post({post.id, post.author, post.time_ms, post.is_protected, post.followers,
                        read_line.tags});
      }
      break;
    }
  }
}

const Reference::ReadLine& Reference::read(std::string_view line) {
  const auto known = read_.find(line);
  if (known != read_.end()) {
    return known->second;
  }
  if (read_.size() >= kRememberedLinesMax) {
    read_.clear();
  }
  ReadLine result;
  result.line = read_line(line, options_.line_limit);
  if (result.line.kind == Line::Kind::kPost && !result.line.post.is_repost) {
    result.tags = post_tags(result.line.post.text);
  }
  return read_.emplace(line, std::move(result)).first->second;
}

void Reference::replace(std::string_view offers, std::string_view members,
                        std::string_view secret) {
  protocol_.replace(read_catalogue(offers, members, secret));
}

void Reference::control(std::string_view lines) {
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(line.size() + 1);
    protocol_.control(read_control(line));
  }
}

std::string Reference::take_events() { return protocol_.take_events(); }

const Counts& Reference::counts() { return protocol_.counts(); }

void Reference::reset() {
  protocol_ = Protocol(options_);
  protocol_.replace(first_catalogue_);
}

}  // namespace reference
