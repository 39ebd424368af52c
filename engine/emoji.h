// Emoji that are several characters, as twemoji-parser 11.0.2 knows them: what twitter-text
// 3.1.0 counts as one (weighted_length.h).
#pragma once

#include <cstddef>
#include <string_view>

namespace tagtill {

// How many characters of `text` (not empty) make up the emoji that it begins with: a family,
// somebody with a skin tone, a flag, a keycap, a sign with its variation selector, and also
// a variation selector that belongs to nothing. 0 for whatever is no emoji, and for emoji of
// one character alone, which weigh what other such characters weigh.
//
// Any thread; a few binary searches in short tables. What came later than that version is
// counted character by character, and so never as less.
[[nodiscard]] std::size_t emoji_length(std::u32string_view text);

}  // namespace tagtill
