#include "engine/config_text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "engine/utf8.h"

namespace tagtill {
namespace {

constexpr std::size_t kQuotedBytesMax = 60;

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) {
    ++at;
  }
  return at;
}

int hex_value(char c) {
  if (is_digit(c)) {
    return c - '0';
  }
  const int lower = c | 0x20;
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The four hex digits at `at`, or -1.
std::int32_t hex_quad(std::string_view text, std::size_t at) {
  if (text.size() < at + 4) {
    return -1;
  }
  std::int32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const int digit = hex_value(text[i]);
    if (digit < 0) {
      return -1;
    }
    value = value * 16 + digit;
  }
  return value;
}

// U+0080 to U+009F, which is C2 80 to C2 9F, starts at `at`.
bool is_c1_control(std::string_view text, std::size_t at) {
  return text[at] == '\xC2' && at + 1 < text.size() &&
         static_cast<unsigned char>(text[at + 1]) <= 0x9F;
}

// The character of a short escape, or 0.
char short_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

}  // namespace

NumberForm number_form(std::string_view token) {
  std::size_t at = token.starts_with('-') ? 1 : 0;
  const std::size_t first = at;
  at = skip_digits(token, at);
  if (at == first || (token[first] == '0' && at > first + 1)) {
    return NumberForm::kNone;
  }
  NumberForm form = NumberForm::kInteger;
  if (at < token.size() && token[at] == '.') {
    const std::size_t fraction = at + 1;
    at = skip_digits(token, fraction);
    form = at == fraction ? NumberForm::kNone : NumberForm::kOther;
  }
  if (form != NumberForm::kNone && at < token.size() && (token[at] | 0x20) == 'e') {
    ++at;
    if (at < token.size() && (token[at] == '+' || token[at] == '-')) {
      ++at;
    }
    const std::size_t exponent = at;
    at = skip_digits(token, exponent);
    form = at == exponent ? NumberForm::kNone : NumberForm::kOther;
  }
  return at == token.size() ? form : NumberForm::kNone;
}

Unescaped unescape(std::string_view body, std::string& out) {
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t backslash = std::min(body.find('\\', at), body.size());
    out.append(body, at, backslash - at);
    at = backslash;
    if (at == body.size()) {
      break;
    }
    const char kind = at + 1 < body.size() ? body[at + 1] : '\0';
    if (const char c = short_escape(kind); c != 0) {
      out.push_back(c);
      at += 2;
      continue;
    }
    const std::int32_t unit = kind == 'u' ? hex_quad(body, at + 2) : -1;
    if (unit < 0) {
      return Unescaped::kUnknownEscape;
    }
    at += 6;
    if (unit < 0xD800 || unit > 0xDFFF) {
      append_utf8(static_cast<char32_t>(unit), out);
      continue;
    }
    const bool escape_follows = body.substr(at).starts_with("\\u");
    const std::int32_t low = escape_follows ? hex_quad(body, at + 2) : -1;
    if (unit > 0xDBFF || low < 0xDC00 || low > 0xDFFF) {
      return Unescaped::kLoneSurrogate;
    }
    at += 6;
    append_utf8(static_cast<char32_t>(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)), out);
  }
  return Unescaped::kOk;
}

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
