// Hashtags of a text by P2, through regular expressions.
//
// The grammar of P2.1 is defined by expressions over UTF-16 code units, in
// which one half of a surrogate pair is a character like any other. So this
// file works on UTF-16 throughout; positions are code units.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace reference {

struct Hashtag {
  size_t sign = 0;      // where the sign stands
  std::u16string name;  // as posted, without the sign
};

// P2.1. Lone halves are let through, as they are in the expressions.
std::vector<Hashtag> extract_hashtags(const std::u16string& text);

// P2.2. `tag` is UTF-8, well-formed.
std::string fold(std::string_view tag);

// P2.1 to P2.4: the folds of the tags that count in a post with this decoded
// text, in text order, each once. `text` is UTF-8, well-formed.
std::vector<std::string> post_tags(std::string_view text);

std::u16string to_utf16(std::string_view text);

// `&amp;` `&lt;` `&gt;` decoded once (P1.4).
std::string decode_entities(std::string_view text);

// The letters and marks in use, for tests that need to know them.
bool is_letter_or_mark(char32_t character);

}  // namespace reference
