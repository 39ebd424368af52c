#include "engine/config_text.h"

#include <algorithm>
#include <cstring>

#include "engine/utf8.h"

namespace tagtill {
namespace {

constexpr std::size_t kQuotedBytesMax = 60;

// U+0080 to U+009F, which is C2 80 to C2 9F, starts at `at`.
bool is_c1_control(std::string_view text, std::size_t at) {
  return text[at] == '\xC2' && at + 1 < text.size() &&
         static_cast<unsigned char>(text[at + 1]) <= 0x9F;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = read_utf8(text).bytes;
    if (bytes == 0) {
      return false;
    }
    text.remove_prefix(bytes);
  }
  return true;
}

std::string quoted(std::string_view text) {
  std::size_t shown = std::min(text.size(), kQuotedBytesMax);
  // Not through the middle of a character.
  while (shown < text.size() && shown > 0 && (text[shown] & '\xC0') == '\x80') {
    --shown;
  }
  std::string out = "\"";
  for (std::size_t i = 0; i < shown; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool in_c1_control = is_c1_control(text, i) || (i > 0 && is_c1_control(text, i - 1));
    if (byte < 0x20 || byte == 0x7F || in_c1_control) {
      constexpr std::string_view kHex = "0123456789abcdef";
      out.append("\\x").push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    } else {
      out.push_back(text[i]);
    }
  }
  out.append(shown < text.size() ? "…\"" : "\"");
  return out;
}

bool holds_control_character(std::string_view text) {
  if (is_printable_ascii(text)) {
    return false;  // most texts end here
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F || is_c1_control(text, i)) {
      return true;
    }
  }
  return false;
}

bool is_printable_ascii(std::string_view text) {
  std::uint64_t wrong = 0;  // in the high bit of a byte
  while (text.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof word);
    // Below U+0020 borrows, U+007F carries, beyond has the bit already.
    wrong |= word | (word - 0x2020202020202020) | (word + 0x0101010101010101);
    text.remove_prefix(8);
  }
  bool printable = (wrong & 0x8080808080808080) == 0;
  for (const char c : text) {
    printable &= c >= ' ' && c <= '~';
  }
  return printable;
}

bool is_capitals(std::string_view text, std::size_t length) {
  return text.size() == length &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace tagtill
