#include "tools/replay/dead_letters.h"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>
#include <utility>

#include "engine/event.h"
#include "tools/shown_text.h"

namespace tagtill {
namespace {

void append_base64(std::string& out, std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    const std::string_view piece = bytes.substr(at, 3);
    for (std::size_t i = 0; i < 3; ++i) {
      const std::uint32_t byte =
          i < piece.size() ? static_cast<unsigned char>(piece[i]) : std::uint32_t{0};
      group = (group << 8) | byte;
    }
    for (std::size_t i = 0; i < 4; ++i) {
      const bool digit = i <= piece.size();
      out.push_back(digit ? kDigits[(group >> (18 - 6 * i)) & 0x3F] : '=');
    }
  }
}

// Bytes from a file name or a line may be anything; what stands in the output is JSON all
// the same.
void append_text(std::string& out, std::string_view bytes) {
  std::string text;
  append_as_utf8(text, bytes);
  append_json_string(out, text);
}

}  // namespace

void append_dead_letter(std::string& out, const MalformedLine& line, std::string_view source) {
  out.append(R"({"source":)");
  append_text(out, source);
  fmt::format_to(std::back_inserter(out), R"(,"offset":{},"length":{},"cause":"{}","field":)",
                 line.offset, line.length, name_of(line.cause));
  if (line.cause == MalformedCause::kBadField || line.cause == MalformedCause::kBadControl) {
    append_text(out, line.field);
  } else {
    out.append("null");
  }
  out.append(R"(,"head":)");
  append_text(out, line.head);
  out.append(R"(,"head_base64":")");
  append_base64(out, line.head);
  out.append("\"}\n");
}

DeadLetterFile::DeadLetterFile(std::string path, Disk& disk)
    : file_(std::move(path), "the dead letters", disk) {}

SinkPosition DeadLetterFile::open(const SinkStart& start) {
  if (start.stream.empty()) {
    file_.open();
  } else {
    file_.open_at(start.at.mark, start.sync);
  }
  letters_ = start.at.events;
  return {letters_, file_.bytes()};
}

void DeadLetterFile::write(std::string_view lines, std::uint64_t through) {
  file_.lines().append(lines);
  file_.drain_if_full();
  letters_ = through;
}

SinkPosition DeadLetterFile::flush() {
  file_.flush();
  return {letters_, file_.bytes()};
}

void DeadLetterFile::close() { file_.close(); }

}  // namespace tagtill
