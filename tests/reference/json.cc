#include "json.h"

#include <cstdint>
#include <utility>

namespace reference {
namespace {

bool is_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto byte = [&](size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned first = byte(i);
    size_t length = 1;
    uint32_t character = first;
    if (first >= 0xF0 && first <= 0xF7) {
      length = 4;
      character = first & 0x07;
    } else if (first >= 0xE0 && first < 0xF0) {
      length = 3;
      character = first & 0x0F;
    } else if (first >= 0xC0 && first < 0xE0) {
      length = 2;
      character = first & 0x1F;
    } else if (first >= 0x80) {
      return false;
    }
    if (i + length > text.size()) {
      return false;
    }
    for (size_t j = 1; j < length; ++j) {
      if ((byte(i + j) & 0xC0) != 0x80) {
        return false;
      }
      character = (character << 6) | (byte(i + j) & 0x3F);
    }
    constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (character < kSmallest[length] || character > 0x10FFFF ||
        (character >= 0xD800 && character <= 0xDFFF)) {
      return false;
    }
    i += length;
  }
  return true;
}

void append_utf8(std::string& out, uint32_t character) {
  const auto put = [&](uint32_t byte) { out += static_cast<char>(byte); };
  if (character < 0x80) {
    put(character);
  } else if (character < 0x800) {
    put(0xC0 | (character >> 6));
    put(0x80 | (character & 0x3F));
  } else if (character < 0x10000) {
    put(0xE0 | (character >> 12));
    put(0x80 | ((character >> 6) & 0x3F));
    put(0x80 | (character & 0x3F));
  } else {
    put(0xF0 | (character >> 18));
    put(0x80 | ((character >> 12) & 0x3F));
    put(0x80 | ((character >> 6) & 0x3F));
    put(0x80 | (character & 0x3F));
  }
}

constexpr uint32_t kReplacement = 0xFFFD;

// Every function moves at_ behind what it has read and says whether it could.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  bool document(Value& value) {
    skip_space();
    if (!any(value, 0)) {
      return false;
    }
    skip_space();
    return at_ == text_.size();
  }

  bool too_deep() const { return too_deep_; }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool take(char wanted) {
    if (peek() != wanted || at_ == text_.size()) {
      return false;
    }
    ++at_;
    return true;
  }

  bool take(std::string_view wanted) {
    if (text_.substr(at_, wanted.size()) != wanted) {
      return false;
    }
    at_ += wanted.size();
    return true;
  }

  void skip_space() {
    while (take(' ') || take('\t') || take('\n') || take('\r')) {
    }
  }

  bool any(Value& value, int depth) {
    switch (peek()) {
      case 'n':
        value.kind = Value::Kind::kNull;
        return take("null");
      case 'f':
        value.kind = Value::Kind::kFalse;
        return take("false");
      case 't':
        value.kind = Value::Kind::kTrue;
        return take("true");
      case '"': {
        value.kind = Value::Kind::kString;
        bool escaped = false;
        return string(value.text, escaped, value.lone_surrogate);
      }
      case '[':
        return deeper(depth) && array(value, depth + 1);
      case '{':
        return deeper(depth) && object(value, depth + 1);
      default:
        value.kind = Value::Kind::kNumber;
        return number(value.text);
    }
  }

  bool deeper(int depth) {
    too_deep_ = too_deep_ || depth == kDepthMax;
    return !too_deep_;
  }

  bool array(Value& value, int depth) {
    value.kind = Value::Kind::kArray;
    take('[');
    skip_space();
    if (take(']')) {
      return true;
    }
    do {
      skip_space();
      if (!any(value.items.emplace_back(), depth)) {
        return false;
      }
      skip_space();
    } while (take(','));
    return take(']');
  }

  bool object(Value& value, int depth) {
    value.kind = Value::Kind::kObject;
    take('{');
    skip_space();
    if (take('}')) {
      return true;
    }
    do {
      skip_space();
      Member& member = value.members.emplace_back();
      bool lone_surrogate = false;
      if (peek() != '"' || !string(member.name, member.name_was_escaped, lone_surrogate)) {
        return false;
      }
      skip_space();
      if (!take(':')) {
        return false;
      }
      skip_space();
      if (!any(member.value, depth)) {
        return false;
      }
      skip_space();
    } while (take(','));
    return take('}');
  }

  bool digits(std::string& text) {
    const size_t begin = at_;
    while (peek() >= '0' && peek() <= '9') {
      ++at_;
    }
    text += text_.substr(begin, at_ - begin);
    return at_ > begin;
  }

  bool number(std::string& text) {
    if (take('-')) {
      text += '-';
    }
    if (take('0')) {
      text += '0';
    } else if (!digits(text)) {
      return false;
    }
    if (take('.')) {
      text += '.';
      if (!digits(text)) {
        return false;
      }
    }
    if (peek() == 'e' || peek() == 'E') {
      text += text_[at_++];
      if (peek() == '+' || peek() == '-') {
        text += text_[at_++];
      }
      return digits(text);
    }
    return true;
  }

  bool hex4(uint32_t& unit) {
    unit = 0;
    for (int i = 0; i < 4; ++i) {
      const char digit = peek();
      uint32_t value = 0;
      if (digit >= '0' && digit <= '9') {
        value = static_cast<uint32_t>(digit - '0');
      } else if (digit >= 'a' && digit <= 'f') {
        value = static_cast<uint32_t>(digit - 'a') + 10;
      } else if (digit >= 'A' && digit <= 'F') {
        value = static_cast<uint32_t>(digit - 'A') + 10;
      } else {
        return false;
      }
      unit = unit * 16 + value;
      ++at_;
    }
    return true;
  }

  // After a backslash.
  bool escape(std::string& text, bool& lone_surrogate) {
    constexpr std::string_view kFrom = "\"\\/bfnrt";
    constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
    const char sign = peek();
    if (at_ < text_.size() && kFrom.find(sign) != std::string_view::npos) {
      text += kTo[kFrom.find(sign)];
      ++at_;
      return true;
    }
    uint32_t unit = 0;
    if (!take('u') || !hex4(unit)) {
      return false;
    }
    if (unit >= 0xD800 && unit <= 0xDBFF) {
      const size_t after_high = at_;
      uint32_t low = 0;
      if (take("\\u") && hex4(low) && low >= 0xDC00 && low <= 0xDFFF) {
        append_utf8(text, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
        return true;
      }
      at_ = after_high;  // what follows is looked at for itself
    }
    if (unit >= 0xD800 && unit <= 0xDFFF) {
      lone_surrogate = true;
      unit = kReplacement;
    }
    append_utf8(text, unit);
    return true;
  }

  bool string(std::string& text, bool& escaped, bool& lone_surrogate) {
    take('"');
    while (at_ < text_.size()) {
      const char sign = text_[at_++];
      if (sign == '"') {
        return true;
      }
      if (static_cast<unsigned char>(sign) < 0x20) {
        return false;
      }
      if (sign != '\\') {
        text += sign;
        continue;
      }
      escaped = true;
      if (!escape(text, lone_surrogate)) {
        return false;
      }
    }
    return false;
  }

  std::string_view text_;
  size_t at_ = 0;
  bool too_deep_ = false;
};

}  // namespace

const Value* Value::find(std::string_view name) const {
  for (const Member& member : members) {
    if (!member.name_was_escaped && member.name == name) {
      return member.value.is_null() ? nullptr : &member.value;
    }
  }
  return nullptr;
}

JsonResult parse_json(std::string_view text) {
  JsonResult result;
  if (!is_utf8(text)) {
    result.error = JsonError::kNotUtf8;
    return result;
  }
  Parser parser(text);
  Value value;
  if (parser.document(value)) {
    result.value = std::move(value);
  } else {
    result.error = parser.too_deep() ? JsonError::kTooDeep : JsonError::kSyntax;
  }
  return result;
}

}  // namespace reference
