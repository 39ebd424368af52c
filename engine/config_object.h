// Reads one line of a configuration file: a JSON object (RFC 8259), strictly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tagtill {

enum class ConfigKind : std::uint8_t {
  kNull,
  kBool,
  kString,
  kInteger,  // a whole number in 64 bits with sign
  kNumber,   // any other number: 1.0, 1e2, or one beyond 64 bits
  kList,
  kObject,
};

struct ConfigValue {
  ConfigKind kind = ConfigKind::kNull;
  std::string_view text;     // strings: decoded, UTF-8; others: as it stands in the line
  std::int64_t integer = 0;  // kInteger
};

struct ConfigField {
  std::string_view name;      // as it stands in the line
  bool name_escaped = false;  // it holds an escape, and so equals no known name (P1.6)
  ConfigValue value;
  std::span<const ConfigValue> items;  // kList
};

// Bytes behind a line that must be readable. The first of them must be a line
// feed or NUL: it ends every search, so that no step asks whether the line has
// ended.
inline constexpr std::size_t kConfigPadding = 16;

// One thread; used for line after line. What it hands out lives until the next
// read(), and as long as the line does.
//
// A parser of its own, not simdjson, because a member file is a million lines of
// 90 bytes, and a parser that is made for long documents takes longer to start on
// such a line than this one to end.
class ConfigObject {
 public:
  // Reads the object that `line` must be. Returns what is wrong, for a person, or
  // nothing.
  [[nodiscard]] std::string_view read(std::string_view line);

  // In the order of the line; no name stands there twice.
  [[nodiscard]] std::span<const ConfigField> fields() const { return fields_; }

  // How deep a value may be nested; no field of ours is more than a list.
  static constexpr int kDepthMax = 64;

 private:
  enum class Fault : std::uint8_t {
    kNone,
    kNoObject,
    kNotJson,
    kControlCharacter,
    kOpenString,
    kEscape,
    kSurrogate,
    kDepth,
    kTwice,
    kTrailing,
    kNotUtf8,
  };

  Fault read_line();
  Fault read_field();
  Fault read_value(ConfigValue& value, std::vector<ConfigValue>* items, int depth);
  Fault read_list(std::vector<ConfigValue>* items, int depth);
  Fault read_inner_object(ConfigValue& value, int depth);
  Fault read_literal(std::string_view literal, ConfigKind kind, ConfigValue& value);
  Fault read_number(ConfigValue& value);
  Fault read_string(ConfigValue& value);
  // Steps over a string; `body` is what stands between its quotes.
  Fault step_over_string(std::string_view& body, bool& escaped);
  // Steps over `wanted` and the space around it.
  bool step_over(char wanted);
  void skip_space();
  Fault find_twice();
  std::string_view say(Fault fault);

  const char* begin_ = nullptr;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  bool ascii_ = true;
  std::vector<ConfigField> fields_;
  // Both keep their elements where they are while they grow.
  std::deque<std::string> decoded_;
  std::deque<std::vector<ConfigValue>> lists_;
  std::string_view twice_;
  std::string message_;
};

}  // namespace tagtill
