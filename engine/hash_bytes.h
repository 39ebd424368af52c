// The hash of the look-up tables: multiply and fold, as wyhash does it.
//
// The same in every run, so that nothing depends on chance; nothing that can be
// observed depends on its values either. It spreads ids that count up, or that
// differ in one bit only, and is no defence against somebody who searches for
// collisions: what it hashes comes from our own files and from trusted sources.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tagtill {

__extension__ using Uint128 = unsigned __int128;

[[nodiscard]] inline std::uint64_t hash_mix(std::uint64_t a, std::uint64_t b) {
  const Uint128 product = static_cast<Uint128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline constexpr std::uint64_t kHashKey1 = 0x9e3779b97f4a7c15;
inline constexpr std::uint64_t kHashKey2 = 0xd1b54a32d192ed03;

[[nodiscard]] inline std::uint64_t hash_number(std::uint64_t number) {
  return hash_mix(hash_mix(number ^ kHashKey1, kHashKey2), kHashKey1);
}

[[nodiscard]] inline std::uint64_t hash_bytes(std::string_view bytes) {
  const auto load = [](const char* at, std::size_t count) {
    std::uint64_t value = 0;
    std::memcpy(&value, at, count);
    return value;
  };
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t hash = bytes.size() ^ kHashKey2;
  while (left > 16) {
    hash = hash_mix(load(at, 8) ^ kHashKey1, load(at + 8, 8) ^ hash);
    at += 16;
    left -= 16;
  }
  // The last 1 to 16 bytes, as two words that may overlap.
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  if (left >= 8) {
    first = load(at, 8);
    last = load(at + left - 8, 8);
  } else if (left >= 4) {
    first = load(at, 4);
    last = load(at + left - 4, 4);
  } else if (left > 0) {
    first = load(at, 1);
    last = load(at + left / 2, 1) << 8 | load(at + left - 1, 1);
  }
  return hash_mix(hash_mix(first ^ kHashKey1, last ^ hash), kHashKey1);
}

// The place of a hash in a table of `slots` slots, whose number need not be a
// power of two: the upper half of the hash decides.
[[nodiscard]] inline std::size_t hash_slot(std::uint64_t hash, std::size_t slots) {
  return static_cast<std::size_t>(static_cast<Uint128>(hash) * slots >> 64);
}

}  // namespace tagtill
