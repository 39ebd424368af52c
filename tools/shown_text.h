// Text from outside, made fit to be shown. utf8proc.h stays in shown_text.cc.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tagtill {

// The text with U+FFFD for all that could do more than be read: control
// characters (a terminal obeys them), what changes the direction of what stands
// after it, line and paragraph separators, and bytes that are not UTF-8.
[[nodiscard]] std::string shown_text(std::string_view text);

// Appends the bytes with U+FFFD for each that belongs to no character: for files, which may hold
// control characters.
void append_as_utf8(std::string& out, std::string_view bytes);

// A time of the database, `2013-02-11T12:00:00.000Z`, as `2013-02-11 12:00:00`.
[[nodiscard]] std::string shown_time(std::string_view time);

// How many columns of a terminal the text takes: two for a wide character, none
// for a combining one. `text` is UTF-8 without control characters.
[[nodiscard]] std::size_t columns_of(std::string_view text);

// The text if it takes at most `most` columns, else its beginning and `…`. Also
// cut after 16 bytes a column: marks that take no column may come in any number.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t most);

// For HTML, between tags and in quoted attributes.
[[nodiscard]] std::string escaped_html(std::string_view text);

}  // namespace tagtill
