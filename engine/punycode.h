// The length of a domain's label in punycode (RFC 3492).
#pragma once

#include <cstddef>
#include <string_view>

namespace tagtill {

// The longest label that a domain may have (RFC 1034), in characters of punycode.
inline constexpr std::size_t kLabelCharactersMax = 63;

// How many characters `piece` (UTF-16; half of a surrogate pair counts as a
// character) has in punycode, with its `xn--`; printable ASCII stays as it is. Exact
// up to kLabelCharactersMax, and greater than that where the true length is.
//
// Any thread. A piece of more than kLabelCharactersMax characters is not encoded.
[[nodiscard]] std::size_t punycode_length(std::u16string_view piece);

}  // namespace tagtill
