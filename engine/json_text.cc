#include "engine/json_text.h"

#include <algorithm>

#include "engine/utf8.h"

namespace tagtill {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) {
    ++at;
  }
  return at;
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

}  // namespace tagtill
