// The strict small parts of JSON, and how a piece of a file is shown in a message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tagtill {

enum class NumberForm : std::uint8_t { kNone, kInteger, kOther };

// The form of a JSON number: whole (no fraction, no exponent), another, or none.
[[nodiscard]] NumberForm number_form(std::string_view token);

enum class Unescaped : std::uint8_t { kOk, kUnknownEscape, kLoneSurrogate };

// Appends what stands between the quotes of a JSON string, decoded, to `out`.
// Half of a surrogate pair is refused: no UTF-8 can hold it.
[[nodiscard]] Unescaped unescape(std::string_view body, std::string& out);

[[nodiscard]] bool is_utf8(std::string_view text);

// `text` (UTF-8) in quotes and fit for a terminal: control characters are shown
// as \xNN, and it is cut after some 60 bytes.
[[nodiscard]] std::string quoted(std::string_view text);

// P1.3, P7.2: a control character, U+0000 to U+001F or U+007F to U+009F, stands
// in `text` (UTF-8).
[[nodiscard]] bool holds_control_character(std::string_view text);

// Nothing but U+0020 to U+007E.
[[nodiscard]] bool is_printable_ascii(std::string_view text);

// Exactly `length` letters A to Z.
[[nodiscard]] bool is_capitals(std::string_view text, std::size_t length);

}  // namespace tagtill
