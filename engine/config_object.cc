#include "engine/config_object.h"

#include <bit>
#include <charconv>
#include <cstring>
#include <system_error>
#include <utility>

#include "engine/config_text.h"
#include "engine/json_text.h"

namespace tagtill {
namespace {

constexpr std::uint64_t every_byte(std::uint64_t byte) { return byte * 0x0101010101010101; }
constexpr std::uint64_t kHighBits = every_byte(0x80);

// The high bit of each byte that ends a run of plain characters in a string (a
// quote, a backslash, a control character); right up to and with the first one,
// behind which a borrow may have run on.
std::uint64_t stops(std::uint64_t word) {
  const std::uint64_t quotes = (word ^ every_byte('"')) - every_byte(1);
  const std::uint64_t backslashes = (word ^ every_byte('\\')) - every_byte(1);
  const std::uint64_t controls = word - every_byte(0x20);
  return (quotes | backslashes | controls) & ~word & kHighBits;
}

}  // namespace

std::string_view ConfigObject::read(std::string_view line) {
  begin_ = at_ = line.data();
  end_ = line.data() + line.size();
  ascii_ = true;
  fields_.clear();
  if (!decoded_.empty()) {
    decoded_.clear();
  }
  if (!lists_.empty()) {
    lists_.clear();
  }
  Fault fault = read_line();
  if ((!ascii_ || fault != Fault::kNone) && !is_utf8(line)) {
    fault = Fault::kNotUtf8;
  }
  return say(fault);
}

ConfigObject::Fault ConfigObject::read_line() {
  skip_space();
  if (*at_ != '{') {
    return Fault::kNoObject;
  }
  step_over('{');
  bool more = *at_ != '}';
  while (more) {
    const Fault fault = read_field();
    if (fault != Fault::kNone) {
      return fault;
    }
    more = step_over(',');
  }
  if (!step_over('}')) {
    return Fault::kNotJson;
  }
  return at_ < end_ ? Fault::kTrailing : find_twice();
}

ConfigObject::Fault ConfigObject::read_field() {
  ConfigField& field = fields_.emplace_back();
  Fault fault = step_over_string(field.name, field.name_escaped);
  if (fault != Fault::kNone) {
    return fault;
  }
  if (!step_over(':')) {
    return Fault::kNotJson;
  }
  std::vector<ConfigValue> items;
  fault = read_value(field.value, &items, 1);
  if (!items.empty()) {
    field.items = lists_.emplace_back(std::move(items));
  }
  return fault;
}

ConfigObject::Fault ConfigObject::read_value(ConfigValue& value, std::vector<ConfigValue>* items,
                                             int depth) {
  switch (*at_) {
    case '"':
      return read_string(value);
    case '[':
      value.kind = ConfigKind::kList;
      return read_list(items, depth);
    case '{':
      value.kind = ConfigKind::kObject;
      return read_inner_object(value, depth);
    case 't':
      return read_literal("true", ConfigKind::kBool, value);
    case 'f':
      return read_literal("false", ConfigKind::kBool, value);
    case 'n':
      return read_literal("null", ConfigKind::kNull, value);
    default:
      return read_number(value);
  }
}

ConfigObject::Fault ConfigObject::read_list(std::vector<ConfigValue>* items, int depth) {
  if (depth >= kDepthMax) {
    return Fault::kDepth;
  }
  step_over('[');
  bool more = *at_ != ']';
  while (more) {
    ConfigValue item;
    const Fault fault = read_value(item, nullptr, depth + 1);
    if (fault != Fault::kNone) {
      return fault;
    }
    if (items != nullptr) {
      items->push_back(item);
    }
    more = step_over(',');
  }
  return step_over(']') ? Fault::kNone : Fault::kNotJson;
}

// Who wants to know what is in it reads its text.
ConfigObject::Fault ConfigObject::read_inner_object(ConfigValue& value, int depth) {
  if (depth >= kDepthMax) {
    return Fault::kDepth;
  }
  const char* begin = at_;
  step_over('{');
  bool more = *at_ != '}';
  while (more) {
    ConfigValue ignored;
    Fault fault = read_string(ignored);
    if (fault == Fault::kNone && !step_over(':')) {
      fault = Fault::kNotJson;
    }
    if (fault == Fault::kNone) {
      fault = read_value(ignored, nullptr, depth + 1);
    }
    if (fault != Fault::kNone) {
      return fault;
    }
    more = step_over(',');
  }
  if (*at_ != '}') {
    return Fault::kNotJson;
  }
  ++at_;
  value.text = {begin, static_cast<std::size_t>(at_ - begin)};
  skip_space();
  return Fault::kNone;
}

ConfigObject::Fault ConfigObject::read_literal(std::string_view literal, ConfigKind kind,
                                               ConfigValue& value) {
  value.kind = kind;
  value.text = literal;
  if (static_cast<std::size_t>(end_ - at_) < literal.size() ||
      std::string_view(at_, literal.size()) != literal) {
    return Fault::kNotJson;
  }
  at_ += literal.size();  // what follows must be a comma or a bracket
  return Fault::kNone;
}

ConfigObject::Fault ConfigObject::read_number(ConfigValue& value) {
  const char* begin = at_;
  while ((*at_ >= '0' && *at_ <= '9') || *at_ == '-' || *at_ == '+' || *at_ == '.' ||
         (*at_ | 0x20) == 'e') {
    ++at_;
  }
  value.text = {begin, static_cast<std::size_t>(at_ - begin)};
  const NumberForm form = number_form(value.text);
  if (form == NumberForm::kNone) {
    at_ = begin;  // for the message
    return Fault::kNotJson;
  }
  value.kind = ConfigKind::kNumber;
  if (form == NumberForm::kInteger &&
      std::from_chars(begin, at_, value.integer).ec == std::errc()) {
    value.kind = ConfigKind::kInteger;
  }
  return Fault::kNone;
}

ConfigObject::Fault ConfigObject::read_string(ConfigValue& value) {
  value.kind = ConfigKind::kString;
  bool escaped = false;
  const Fault fault = step_over_string(value.text, escaped);
  if (fault != Fault::kNone || !escaped) {
    return fault;
  }
  std::string& decoded = decoded_.emplace_back();
  const Unescaped result = unescape(value.text, decoded);
  value.text = decoded;
  switch (result) {
    case Unescaped::kOk:
      return Fault::kNone;
    case Unescaped::kUnknownEscape:
      return Fault::kEscape;
    case Unescaped::kLoneSurrogate:
      return Fault::kSurrogate;
  }
  return Fault::kNotJson;
}

ConfigObject::Fault ConfigObject::step_over_string(std::string_view& body, bool& escaped) {
  if (*at_ != '"') {
    return Fault::kNotJson;
  }
  const char* begin = ++at_;
  std::uint64_t seen = 0;
  for (;;) {
    std::uint64_t word = 0;
    std::memcpy(&word, at_, sizeof word);
    seen |= word;
    const std::uint64_t stop = stops(word);
    if (stop == 0) {
      at_ += sizeof word;
      continue;
    }
    at_ += std::countr_zero(stop) / 8;
    if (*at_ != '\\') {
      break;
    }
    escaped = true;
    // Whatever is escaped is no end, unless the line ends here.
    at_ += at_ + 1 < end_ ? 2 : 1;
  }
  // Bytes behind the string may have been seen too: then UTF-8 is checked in vain.
  ascii_ = ascii_ && (seen & kHighBits) == 0;
  if (*at_ != '"') {
    return at_ >= end_ ? Fault::kOpenString : Fault::kControlCharacter;
  }
  body = {begin, static_cast<std::size_t>(at_ - begin)};
  ++at_;
  return Fault::kNone;
}

bool ConfigObject::step_over(char wanted) {
  skip_space();
  if (*at_ != wanted) {
    return false;
  }
  ++at_;
  skip_space();
  return true;
}

void ConfigObject::skip_space() {
  while (*at_ == ' ' || *at_ == '\t' || *at_ == '\r') {
    ++at_;
  }
}

// Some ten fields a line: comparing each with each is fastest. A name that is
// written with an escape is refused anyway.
ConfigObject::Fault ConfigObject::find_twice() {
  for (std::size_t i = 1; i < fields_.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (fields_[i].name == fields_[j].name) {
        twice_ = fields_[i].name;
        return Fault::kTwice;
      }
    }
  }
  return Fault::kNone;
}

std::string_view ConfigObject::say(Fault fault) {
  switch (fault) {
    case Fault::kNone:
      return {};
    case Fault::kNoObject:
      return "the line is not a JSON object: write one object a line, as {\"id\":\"…\"}";
    case Fault::kNotUtf8:
      return "the line is not UTF-8";
    case Fault::kControlCharacter:
      return "the line is not JSON: a control character stands in a string without an escape";
    case Fault::kOpenString:
      return "the line is not JSON: a string lacks its closing quote";
    case Fault::kEscape:
      return "the line is not JSON: a string holds an unknown escape";
    case Fault::kSurrogate:
      return "a string holds half of a surrogate pair, which is no character";
    case Fault::kDepth:
      return "the line is nested too deep: a field is a string, a number or a list";
    case Fault::kTrailing:
      return "something follows the object: write one object a line";
    case Fault::kTwice:
      return message_ = "the field " + quoted(twice_) + " stands twice in the line";
    case Fault::kNotJson:
      break;
  }
  // People's editors count from 1.
  return message_ = "the line is not JSON from byte " + std::to_string(at_ - begin_ + 1) + " on";
}

}  // namespace tagtill
