// What is not wrong in a catalogue, but will surprise buyers or its owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/offer_catalogue.h"
#include "tools/validate/tag_usage.h"

namespace tagtill {

// The warnings of one kind, in the order of lines, but for kCommonWord: there the
// most common come first.
struct Warnings {
  std::string what;                // as `tags that look alike`
  std::vector<std::string> shown;  // `file:line: warning: sentence`
  std::size_t count = 0;           // of these, and of those that are not shown
};

// A tag is common if it stands in more than one of so many posts, and in two at
// least, be it as a hashtag or as a plain word.
inline constexpr std::uint64_t kCommonOneIn = 10'000;

// All kinds, also those without a warning:
// 1. tags that look alike (Unicode TR39), as written or folded;
// 2. tags one edit apart; 3. tags that begin with another tag;
// 4. windows that are longer than their offer lives;
// 5. tags that are common in `usage` (may be null: then there is no such kind).
// A tag gets at most one warning of a kind, which names the first other tag that it
// concerns. Times do not matter in 1 to 3: who types the tag of an offer that has
// ended gets nothing either.
//
// `file` is the name of the catalogue's file; of each kind at most `shown_max` are
// shown. Linear in the length of all tags, but for sorting.
[[nodiscard]] std::vector<Warnings> find_warnings(const OfferCatalogue& offers,
                                                  const std::string& file, const TagUsage* usage,
                                                  std::size_t shown_max);

}  // namespace tagtill
