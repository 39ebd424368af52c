#include "tools/replay/dead_letters.h"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>
#include <utility>

#include "engine/event.h"
#include "engine/utf8.h"

namespace tagtill {
namespace {

// Appends `bytes` with U+FFFD for each byte that belongs to no character.
void append_as_utf8(std::string& out, std::string_view bytes) {
  constexpr char32_t kReplacement = 0xFFFD;
  while (!bytes.empty()) {
    const std::size_t length = read_utf8(bytes).bytes;
    if (length == 0) {
      append_utf8(kReplacement, out);
      bytes.remove_prefix(1);
    } else {
      out.append(bytes.substr(0, length));
      bytes.remove_prefix(length);
    }
  }
}

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

}  // namespace

DeadLetters::DeadLetters(std::string path) : file_(std::move(path), "the dead letters") {}

void DeadLetters::open() { file_.open(); }

void DeadLetters::add(const MalformedLine& line, std::string_view source) {
  // Bytes from a file name or a line may be anything; what stands in the
  // output is JSON all the same.
  const auto append_text = [this](std::string& to, std::string_view bytes) {
    text_.clear();
    append_as_utf8(text_, bytes);
    append_json_string(to, text_);
  };
  std::string& out = file_.lines();
  out.append(R"({"source":)");
  append_text(out, source);
  fmt::format_to(std::back_inserter(out), R"(,"offset":{},"length":{},"cause":"{}","field":)",
                 line.offset, line.length, name_of(line.cause));
  if (line.cause == MalformedCause::kBadField) {
    append_text(out, line.field);
  } else {
    out.append("null");
  }
  out.append(R"(,"head":)");
  append_text(out, line.head);
  out.append(R"(,"head_base64":")");
  append_base64(out, line.head);
  out.append("\"}\n");
  file_.drain_if_full();
}

void DeadLetters::flush() { file_.flush(); }

void DeadLetters::close() { file_.close(); }

}  // namespace tagtill
