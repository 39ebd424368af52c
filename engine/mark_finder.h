// The first pass over a block: where lines end, and where a hashtag may begin.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace tagtill {

// 64 bytes in which something stands.
struct MarkedWord {
  std::uint64_t marks = 0;  // one bit a byte, the least significant bit first
  std::uint32_t at = 0;     // the place of the first of the bytes
};

// Finds line feeds and signs among the `size` bytes at `data`: fills `words` with the
// groups of 64 bytes that hold any, in order, and returns how many these are. A mark is a
// line feed, `#`, the first byte of `＃` (EF BC 83; the others are not looked at), or the
// `u` of what looks like `\u0023` or `\uff03` (only `u` and `3` are looked at): all of
// them are found, and some false ones.
//
// `words` has room for (size + 63) / 64 and one more. kBlockPadding bytes behind the data
// must be readable. Any thread; one pass at the speed of the cache, with the widest vectors
// of the processor (Highway chooses at run time).
[[nodiscard]] std::size_t find_marks(const char* data, std::size_t size, MarkedWord* words);

// What Highway uses here, as `AVX2`.
[[nodiscard]] std::string highway_target();
[[nodiscard]] std::string highway_version();

}  // namespace tagtill
