#include "tools/shown_text.h"

#include <utf8proc.h>

#include "engine/utf8.h"

namespace tagtill {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr std::size_t kBytesAColumn = 16;
constexpr char32_t kZeroWidthNonJoiner = 0x200C;  // scripts and emoji need
constexpr char32_t kZeroWidthJoiner = 0x200D;     // these two

bool is_harmless(char32_t code_point) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(code_point))) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return false;
    case UTF8PROC_CATEGORY_CF:
      return code_point == kZeroWidthNonJoiner || code_point == kZeroWidthJoiner;
    default:
      return true;
  }
}

std::size_t columns_of(char32_t code_point) {
  const int width = utf8proc_charwidth(static_cast<utf8proc_int32_t>(code_point));
  return width < 0 ? 0 : static_cast<std::size_t>(width);
}

}  // namespace

std::string shown_text(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const Utf8Character character = read_utf8(text);
    const bool harmless = character.bytes > 0 && is_harmless(character.code_point);
    append_utf8(harmless ? character.code_point : kReplacement, shown);
    text.remove_prefix(character.bytes == 0 ? 1 : character.bytes);
  }
  return shown;
}

void append_as_utf8(std::string& out, std::string_view bytes) {
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

std::string shown_time(std::string_view time) {
  constexpr std::size_t kDate = 10;
  constexpr std::size_t kToSeconds = 19;
  std::string shown = shown_text(time.substr(0, kToSeconds));
  if (shown.size() > kDate && shown[kDate] == 'T') {
    shown[kDate] = ' ';
  }
  return shown;
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Utf8Character character = read_utf8(text);
    columns += columns_of(character.code_point);
    text.remove_prefix(character.bytes == 0 ? 1 : character.bytes);
  }
  return columns;
}

std::string shortened(std::string_view text, std::size_t most) {
  const std::size_t most_bytes = most * kBytesAColumn;
  if (text.size() <= most_bytes && columns_of(text) <= most) {
    return std::string(text);
  }
  std::size_t bytes = 0;
  std::size_t columns = 1;  // the ellipsis
  while (true) {
    const Utf8Character character = read_utf8(text.substr(bytes));
    columns += columns_of(character.code_point);
    if (columns > most || bytes + character.bytes > most_bytes) {
      return std::string(text.substr(0, bytes)) + "…";
    }
    bytes += character.bytes == 0 ? 1 : character.bytes;
  }
}

std::string escaped_html(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
        break;
    }
  }
  return escaped;
}

}  // namespace tagtill
