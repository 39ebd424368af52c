// What a text in a configuration file may hold, and how it is shown in a message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tagtill {

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
