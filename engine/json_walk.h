// Checks one JSON value by the grammar (RFC 8259) and hands out the members of
// the objects that somebody asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/candidate.h"

namespace tagtill {

enum class JsonType : std::uint8_t {
  kAbsent,
  kNull,
  kTrue,
  kFalse,
  kNumber,
  kString,
  kObject,
  kArray
};

// A value as it stands in the text. `raw` is a number's text, or what stands
// between the quotes of a string, escapes and all; else empty.
struct JsonValue {
  JsonType type = JsonType::kAbsent;
  std::string_view raw;

  // `null` counts as absent (P1.4).
  [[nodiscard]] bool present() const { return type > JsonType::kNull; }
};

// A place in the tree of objects whose members are wanted; kNotWanted is any
// other object.
using JsonScope = std::uint8_t;
inline constexpr JsonScope kNotWanted = 0xFF;
inline constexpr JsonScope kRootScope = 0;

// Told of the members of wanted objects.
class JsonMembers {
 public:
  virtual ~JsonMembers() = default;
  // A member of the object of `scope`. `name` is raw: a name written with an
  // escape still has its backslash and so equals none (P1.6). `first` says that
  // it is the object's first member. For a member whose value is an object the
  // answer is the scope of that object.
  virtual JsonScope on_member(JsonScope scope, bool first, std::string_view name,
                              const JsonValue& value) = 0;
};

// Used by one thread; keeps its index, which grows to the longest text met (4
// bytes a byte).
class JsonWalk {
 public:
  JsonWalk();
  ~JsonWalk();
  JsonWalk(const JsonWalk&) = delete;
  JsonWalk& operator=(const JsonWalk&) = delete;

  struct Result {
    bool valid = false;
    MalformedCause cause = MalformedCause::kNotJson;  // if not
  };

  // Walks the one value that `text` must be, at most kDepthMax deep. Numbers of
  // any size and lone surrogates pass.
  [[nodiscard]] Result walk(std::string_view text, JsonMembers& members);

  static constexpr std::size_t kDepthMax = 1024;  // P1.2

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

[[nodiscard]] std::string simdjson_version();
// The implementation in use on this processor, as `haswell`.
[[nodiscard]] std::string simdjson_implementation();

}  // namespace tagtill
