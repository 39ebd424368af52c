// URLs in a text, with and without a scheme, as twitter-text 3.1.0 finds them:
// hashtags inside them are none (P2.1).
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace tagtill {

// Half-open, in bytes of the text. To the reference a character beyond U+FFFF is two, so a URL
// can begin or end in the midst of one.
struct UrlSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
  // What the reference takes for the end where it counts lengths: before `end` if it has a
  // path and no scheme, and its domain goes on behind the part that counts.
  std::size_t counted_end = 0;
};

// Finds all URLs of `text` (UTF-8) in text order and writes them to `out`,
// replacing what it held. Text without a '.' has none and costs one memchr.
//
// Any thread. Linear in the length of the text: the reference is a backtracking
// regular expression over UTF-16 code units; here each of its decisions is
// computed once, from the end of the text to its beginning.
void find_urls(std::string_view text, std::vector<UrlSpan>& out);

}  // namespace tagtill
