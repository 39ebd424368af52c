// A plain JSON reader for one line (P1.2, P1.6): the strict grammar of
// RFC 8259, whole, with what the protocol needs to know about a value.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reference {

struct Member;

struct Value {
  enum class Kind { kNull, kFalse, kTrue, kNumber, kString, kArray, kObject };

  Kind kind = Kind::kNull;
  std::string text;             // string: decoded, UTF-8; number: as written
  bool lone_surrogate = false;  // string: held half of a pair (U+FFFD stands for it)
  std::vector<Value> items;
  std::vector<Member> members;  // in order, with those of the same name

  bool is_null() const { return kind == Kind::kNull; }
  bool is_string() const { return kind == Kind::kString; }
  bool is_number() const { return kind == Kind::kNumber; }
  bool is_array() const { return kind == Kind::kArray; }
  bool is_object() const { return kind == Kind::kObject; }

  // The first member with this name that is written without an escape (P1.6).
  // Null if there is none, if it is null (P1.4), or if this is no object.
  const Value* find(std::string_view name) const;
};

struct Member {
  std::string name;
  bool name_was_escaped = false;
  Value value;
};

enum class JsonError { kNotUtf8, kSyntax, kTooDeep };

constexpr int kDepthMax = 1024;

// Either a value or an error.
struct JsonResult {
  std::optional<Value> value;
  JsonError error = JsonError::kSyntax;
};

JsonResult parse_json(std::string_view text);

}  // namespace reference
