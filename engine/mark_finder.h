// The first pass over a block: where lines end, and where a hashtag may begin.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace tagtill {

// For each of the `size` bytes at `data` one bit in `newlines` (is it a line
// feed?) and in `signs` (may a sign begin here?), least significant bit first,
// 64 bytes a word; bits behind the end are 0. A sign is `#`, the first byte of
// `＃` (EF BC 83; the middle byte is not looked at), or the `u` of what looks like
// `\u0023` or `\uff03` (only `u`, `0` or `2`, and `3` are looked at): all of them
// are found, and some false ones.
//
// Both arrays have (size + 63) / 64 words. kBlockPadding bytes behind the data
// must be readable. Any thread; one pass at the speed of the cache, with the
// widest vectors of the processor (Highway chooses at run time).
void find_marks(const char* data, std::size_t size, std::uint64_t* newlines, std::uint64_t* signs);

// What Highway uses here, as `AVX2`.
[[nodiscard]] std::string highway_target();
[[nodiscard]] std::string highway_version();

}  // namespace tagtill
