#include "tools/state/json_line.h"

#include "tools/shown_text.h"

namespace tagtill {

std::string& JsonLine::begin(std::string_view name) {
  out_ += first_ ? "\"" : ",\"";
  first_ = false;
  return out_.append(name).append("\":");
}

JsonLine& JsonLine::text(std::string_view name, std::string_view value) {
  append_json_string(begin(name), value);
  return *this;
}

JsonLine& JsonLine::bytes(std::string_view name, std::string_view value) {
  std::string utf8;
  append_as_utf8(utf8, value);
  return text(name, utf8);
}

JsonLine& JsonLine::number(std::string_view name, std::uint64_t value) {
  begin(name) += std::to_string(value);
  return *this;
}

JsonLine& JsonLine::truth(std::string_view name, bool value) {
  begin(name) += value ? "true" : "false";
  return *this;
}

JsonLine& JsonLine::null(std::string_view name) {
  begin(name) += "null";
  return *this;
}

JsonLine& JsonLine::time(std::string_view name, std::optional<Millis> value) {
  if (!value) {
    return null(name);
  }
  std::string& out = begin(name);
  out += '"';
  append_rfc3339(out, *value);
  out += '"';
  return *this;
}

JsonLine& JsonLine::code(std::string_view name, Code value) {
  const auto characters = code_characters(value);
  return text(name, std::string_view(characters.data(), characters.size()));
}

JsonLine& JsonLine::raw(std::string_view name, std::string_view value) {
  begin(name) += value;
  return *this;
}

JsonLine& JsonLine::members(std::string_view members) {
  out_.append(first_ ? "" : ",").append(members);
  first_ = false;
  return *this;
}

}  // namespace tagtill
