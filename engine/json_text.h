// The small parts of JSON: numbers, and the escapes of strings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tagtill {

// The value of the four hex digits at `at`, or -1 if they do not stand there.
[[nodiscard]] inline std::int32_t hex_quad(std::string_view text, std::size_t at) {
  if (text.size() < at + 4) {
    return -1;
  }
  std::int32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const char c = text[i];
    const int lower = c | 0x20;
    if (c >= '0' && c <= '9') {
      value = value << 4 | (c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      value = value << 4 | (lower - 'a' + 10);
    } else {
      return -1;
    }
  }
  return value;
}

enum class NumberForm : std::uint8_t { kNone, kInteger, kOther };

// The form of a JSON number: whole (no fraction, no exponent), another, or none.
[[nodiscard]] NumberForm number_form(std::string_view token);

enum class Unescaped : std::uint8_t { kOk, kUnknownEscape, kLoneSurrogate };

// Appends what stands between the quotes of a JSON string, decoded, to `out`.
// Half of a surrogate pair is refused: no UTF-8 can hold it.
[[nodiscard]] Unescaped unescape(std::string_view body, std::string& out);

}  // namespace tagtill
