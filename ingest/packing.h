// How a dump is packed, told by its first bytes and never by its name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tagtill {

enum class Packing : std::uint8_t {
  kPlain,
  // One stream of bytes, compressed.
  kGzip,
  kBzip2,
  kXz,
  kZstd,
  kLz4,
  // Several files in one.
  kTar,
  kZip,
};

constexpr bool is_archive(Packing packing) {
  return packing == Packing::kTar || packing == Packing::kZip;
}

// Ways of packing that are told, so that they are not taken for lines, but not read: their
// name, as `7-Zip`; empty for all else. `head` as for packing_of.
[[nodiscard]] std::string_view unread_packing(std::string_view head);

// As a person says it: `gzip`.
[[nodiscard]] std::string_view name_of(Packing packing);

// How many first bytes tell: a tar archive begins with a block of them.
inline constexpr std::size_t kPackingHeadBytes = 512;

// `head`: the first kPackingHeadBytes, or all there are. What is none of the
// others is plain.
//
// Sources: RFC 1952 (gzip), RFC 8878 (zstd), the format descriptions of bzip2, xz
// and the lz4 frame, POSIX.1-2017 pax (tar, whose sign is the checksum of its
// header, so that archives from before `ustar` are told, too), PKWARE's APPNOTE
// (zip).
[[nodiscard]] Packing packing_of(std::string_view head);

}  // namespace tagtill
