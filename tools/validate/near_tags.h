// Tags that a buyer may type instead of one another: one edit apart, or one the
// beginning of the other.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace tagtill {

// Two tags are one edit apart if one becomes the other by one character (code
// point) put in, left out, replaced, or by two neighbours that change places.
struct NearTag {
  std::size_t tag = 0;
  std::size_t other = 0;  // the first of all tags one edit apart; other < tag
  std::size_t more = 0;   // how many more there are, before it and behind

  friend bool operator==(const NearTag&, const NearTag&) = default;
};

// For each tag that is one edit apart from one before it, in order. `tags` are
// distinct and UTF-8.
//
// Any thread. Linear in the length of all tags, plus a sort of as many numbers: no
// pair of tags is ever compared, only 64-bit hashes of a tag with one character
// blanked out, left out, or swapped with the next. 100,000 tags of 12 characters
// take 1.2 million hashes of 16 bytes.
[[nodiscard]] std::vector<NearTag> find_near_tags(std::span<const std::string_view> tags);

struct LongerTag {
  std::size_t tag = 0;
  std::size_t beginning = 0;  // the longest other tag with which it begins

  friend bool operator==(const LongerTag&, const LongerTag&) = default;
};

// For each tag that begins with another one, in order. `tags` are distinct. Any
// thread; a sort.
[[nodiscard]] std::vector<LongerTag> find_longer_tags(std::span<const std::string_view> tags);

}  // namespace tagtill
