// Hashtags in a text (P2.1), as twitter-text 3.1.0 finds them, with letters and
// marks of the Unicode version in use.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace tagtill {

// A hashtag's place in the text, in bytes. `begin` is the place of the sign
// (`#`, 1 byte, or `＃`, 3 bytes); `tag` is the text after the sign and lives as
// long as the text does.
struct Hashtag {
  std::size_t begin = 0;
  std::string_view tag;
};

// Finds all hashtags of `text` (UTF-8; anything else gives an unspecified but
// safe result) in text order and writes them to `out`, replacing what it held.
//
// Any thread. Linear in the length of the text, whatever the text: nothing in
// it backtracks. Without a sign it costs one pass of memchr.
void find_hashtags(std::string_view text, std::vector<Hashtag>& out);

// Where somebody else's words begin (P2.3), in bytes: the first `RT @` whose R
// stands at the start or behind something that is no ASCII letter, digit or `_`;
// the end of the text if there is none. Hashtags whose sign stands from there on
// do not count. Any thread; linear.
[[nodiscard]] std::size_t quoted_words_begin(std::string_view text);

// True if `code_point` may stand in a hashtag: a letter or mark (categories L
// and M), one of the reference's decimal digits, `_` or one of its special
// characters (P2.1).
[[nodiscard]] bool is_tag_character(char32_t code_point);

// True if `#` + `tag` is one whole hashtag (P7.1).
[[nodiscard]] bool is_whole_hashtag(std::string_view tag);

}  // namespace tagtill
