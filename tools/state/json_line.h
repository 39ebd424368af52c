// A JSON object on one line, member by member.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/event.h"
#include "engine/time.h"

namespace tagtill {

// Appends to a string that outlives it: the beginning when it is made, `}` and a line end with
// end(). Names are ours and need no escapes.
class JsonLine {
 public:
  explicit JsonLine(std::string& out) : out_(out) { out_ += '{'; }
  JsonLine(std::string& out, std::string_view type) : JsonLine(out) { text("type", type); }
  JsonLine(const JsonLine&) = delete;
  JsonLine& operator=(const JsonLine&) = delete;

  // `value` is UTF-8.
  JsonLine& text(std::string_view name, std::string_view value);
  // The same of anything, such as a file's name: U+FFFD for what is no UTF-8.
  JsonLine& bytes(std::string_view name, std::string_view value);
  JsonLine& number(std::string_view name, std::uint64_t value);
  JsonLine& truth(std::string_view name, bool value);
  JsonLine& null(std::string_view name);
  JsonLine& number(std::string_view name, std::optional<std::uint64_t> value) {
    return value ? number(name, *value) : null(name);
  }
  // As in events (P8).
  JsonLine& time(std::string_view name, std::optional<Millis> value);
  JsonLine& code(std::string_view name, Code value);
  // JSON that somebody else made.
  JsonLine& raw(std::string_view name, std::string_view value);
  // Members with commas between them.
  JsonLine& members(std::string_view members);
  void end() { out_ += "}\n"; }

 private:
  std::string& begin(std::string_view name);

  std::string& out_;
  bool first_ = true;
};

}  // namespace tagtill
