// How long a post is to the network it goes to, which counts weights, not characters.
#pragma once

#include <cstdint>
#include <string_view>

namespace tagtill {

// What fits into one post.
inline constexpr std::uint64_t kPostWeightMax = 280;

// The weighted length of `text` (UTF-8) as parseTweet() of twitter-text 3.1.0 counts it: over
// NFC, a URL with or without a scheme 23, an emoji 2 however many characters make it up, of
// other characters Latin and its neighbours and common punctuation 1, all else 2. Letters
// newer than that library's Unicode count as they do there: 2.
//
// Any thread. Linear, with some allocations: for texts of the length of a post.
[[nodiscard]] std::uint64_t weighted_length(std::string_view text);

// U+FEFF, U+FFFE or U+FFFF, which the network refuses, stands in the text.
[[nodiscard]] bool holds_refused_character(std::string_view text);

}  // namespace tagtill
