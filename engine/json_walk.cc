#include "engine/json_walk.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

#include "engine/json_text.h"

namespace tagtill {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// What may stand behind a backslash: 1, `u`: 2.
constexpr std::array<std::uint8_t, 256> kEscapes = [] {
  std::array<std::uint8_t, 256> table{};
  for (const char c : {'"', '\\', '/', 'b', 'f', 'n', 'r', 't'}) {
    table[static_cast<unsigned char>(c)] = 1;
  }
  table['u'] = 2;
  return table;
}();

// Are all escapes of the text right? It is enough to look at the text as a whole: a
// backslash outside of a string is part of a scalar that is none, and stage 1 has found
// the quote that closes each string, so an escape that is cut short meets it.
bool has_valid_escapes(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while ((at = static_cast<const char*>(
              std::memchr(at, '\\', static_cast<std::size_t>(end - at)))) != nullptr) {
    // Escapes come in runs, as in Japanese text: no search between them.
    for (; at != end && *at == '\\'; ++at) {
      if (++at == end) {
        return false;
      }
      const std::uint8_t escape = kEscapes[static_cast<unsigned char>(*at)];
      if (escape == 0) {
        return false;
      }
      if (escape == 2) {
        if (hex_quad(text, static_cast<std::size_t>(at - text.data()) + 1) < 0) {
          return false;
        }
        at += 4;
      }
    }
  }
  return true;
}

}  // namespace

// Stage 1 gives the place of each structural character and of each scalar's
// first one. A scalar runs to the next of these, white space at its end left
// out: whatever else stood in between would have been given as a scalar of its
// own, or belongs to this one and makes it wrong.
class JsonWalk::Impl {
 public:
  Result walk(std::string_view text, JsonMembers& members) {
    if (!parser_ || text.size() > parser_->capacity()) {
      grow(text.size());
    }
    const simdjson::error_code error =
        parser_->stage1(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                        simdjson::stage1_mode::regular);
    if (error != simdjson::SUCCESS) {
      return {false,
              error == simdjson::UTF8_ERROR ? MalformedCause::kNotUtf8 : MalformedCause::kNotJson};
    }
    text_ = text;
    next_ = parser_->structural_indexes.get();
    end_ = next_ + parser_->n_structural_indexes;
    depth_ = 0;
    cause_ = MalformedCause::kNotJson;
    const bool valid = has_valid_escapes(text) && walk_value(members) && next_ == end_;
    return {valid, cause_};
  }

 private:
  void grow(std::size_t bytes) {
    const std::size_t capacity = std::max<std::size_t>(
        {bytes + 1, std::size_t{64} * 1024, parser_ ? 2 * parser_->capacity() : 0});
    parser_.reset();
    if (simdjson::get_active_implementation()->create_dom_parser_implementation(
            capacity, kDepthMax, parser_) != simdjson::SUCCESS) {
      throw std::bad_alloc();
    }
  }

  [[nodiscard]] bool at_end() const { return next_ == end_; }
  [[nodiscard]] char peek() const { return text_[*next_]; }

  bool take(char c) {
    if (at_end() || peek() != c) {
      return false;
    }
    ++next_;
    return true;
  }

  // The scalar at `next_`, up to the next token.
  std::string_view take_scalar() {
    const std::size_t begin = *next_;
    ++next_;
    std::size_t end = at_end() ? text_.size() : *next_;
    while (end > begin && is_space(text_[end - 1])) {
      --end;
    }
    return text_.substr(begin, end - begin);
  }

  bool take_string(std::string_view& raw) {
    if (at_end() || peek() != '"') {
      return false;
    }
    const std::string_view scalar = take_scalar();
    if (scalar.size() < 2 || scalar.back() != '"') {
      return false;
    }
    raw = scalar.substr(1, scalar.size() - 2);
    return true;
  }

  bool take_simple(JsonValue& value) {
    if (peek() == '"') {
      value.type = JsonType::kString;
      return take_string(value.raw);
    }
    const std::string_view scalar = take_scalar();
    if (scalar == "null") {
      value.type = JsonType::kNull;
    } else if (scalar == "true") {
      value.type = JsonType::kTrue;
    } else if (scalar == "false") {
      value.type = JsonType::kFalse;
    } else {
      value.type = JsonType::kNumber;
      value.raw = scalar;
      return number_form(scalar) != NumberForm::kNone;
    }
    return true;
  }

  bool push(bool object, JsonScope scope) {
    if (depth_ == kDepthMax) {
      cause_ = MalformedCause::kTooDeep;
      return false;
    }
    frames_[depth_++] = {scope, object};
    return true;
  }

  // Reads a member's name and colon, and tells `members` what they asked for.
  // An object or array is left unread: `nested` says so, and `scope` is its.
  bool walk_member(JsonMembers& members, bool first, JsonScope& scope, bool& nested) {
    std::string_view name;
    if (!take_string(name) || !take(':') || at_end()) {
      return false;
    }
    scope = kNotWanted;
    JsonValue value;
    nested = peek() == '{' || peek() == '[';
    if (nested) {
      value.type = peek() == '{' ? JsonType::kObject : JsonType::kArray;
    } else if (!take_simple(value)) {
      return false;
    }
    const JsonScope within = frames_[depth_ - 1].scope;
    if (within != kNotWanted) {
      scope = members.on_member(within, first, name, value);
    }
    return true;
  }

  // One value, with all that is nested in it: a loop with a stack of its own,
  // so that a line's depth costs no stack of ours.
  bool walk_value(JsonMembers& members) {
    JsonScope scope = kRootScope;
    bool value_is_due = true;  // an element or a member's value, else its end
    for (;;) {
      if (value_is_due) {
        if (at_end()) {
          return false;
        }
        const char c = peek();
        if (c == '{' || c == '[') {
          ++next_;
          if (!push(c == '{', c == '{' ? scope : kNotWanted)) {
            return false;
          }
          scope = kNotWanted;
          if (take(c == '{' ? '}' : ']')) {
            --depth_;
            value_is_due = false;
          } else if (c == '{') {
            if (!walk_member(members, true, scope, value_is_due)) {
              return false;
            }
          }
        } else {
          JsonValue value;
          if (!take_simple(value)) {
            return false;
          }
          value_is_due = false;
        }
        continue;
      }
      if (depth_ == 0) {
        return true;
      }
      const bool object = frames_[depth_ - 1].object;
      if (take(',')) {
        if (object) {
          if (!walk_member(members, false, scope, value_is_due)) {
            return false;
          }
        } else {
          scope = kNotWanted;
          value_is_due = true;
        }
      } else if (take(object ? '}' : ']')) {
        --depth_;
      } else {
        return false;
      }
    }
  }

  struct Frame {
    JsonScope scope = kNotWanted;
    bool object = false;
  };

  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser_;
  std::string_view text_;
  const std::uint32_t* next_ = nullptr;
  const std::uint32_t* end_ = nullptr;
  std::size_t depth_ = 0;
  std::array<Frame, kDepthMax> frames_{};
  MalformedCause cause_ = MalformedCause::kNotJson;
};

JsonWalk::JsonWalk() : impl_(std::make_unique<Impl>()) {}
JsonWalk::~JsonWalk() = default;
JsonWalk::Result JsonWalk::walk(std::string_view text, JsonMembers& members) {
  return impl_->walk(text, members);
}

std::string simdjson_version() {
  return std::to_string(simdjson::SIMDJSON_VERSION_MAJOR) + "." +
         std::to_string(simdjson::SIMDJSON_VERSION_MINOR) + "." +
         std::to_string(simdjson::SIMDJSON_VERSION_REVISION);
}

std::string simdjson_implementation() {
  return std::string(simdjson::get_active_implementation()->name());
}

}  // namespace tagtill
