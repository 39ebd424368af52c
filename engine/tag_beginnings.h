// Which hashtags can be none of those that are looked for, told by their first characters.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tagtill {

// A set of the beginnings of tags: a bit for each of 65,536 hash values of the first three
// characters of a fold. Most hashtags of a stream begin as no offer does, and need not be
// read to their end.
//
// Built by one thread, then const for all. 8 KiB: it stays in the first-level cache.
class TagBeginnings {
 public:
  static constexpr std::size_t kCharacters = 3;

  // The first characters of a fold, all of the basic plane; 0 behind its end.
  using Beginning = std::array<char16_t, kCharacters>;

  // The tag with this fold. What begins with characters beyond the basic plane is left out:
  // nobody asks for it.
  void add(std::string_view folded_tag);
  // All tags of confirmation form (P5.2).
  void add_confirmations(std::string_view folded_prefix);

  // Does one of the tags begin so? Says no only if none does.
  [[nodiscard]] bool may_hold(const Beginning& beginning) const {
    const std::size_t bit = bit_of(beginning);
    return (bits_[bit / 64] >> (bit % 64) & 1) != 0;
  }

 private:
  static std::size_t bit_of(const Beginning& beginning) {
    const std::uint64_t characters = std::uint64_t{beginning[0]} |
                                     std::uint64_t{beginning[1]} << 16 |
                                     std::uint64_t{beginning[2]} << 32;
    return characters * 0x9e3779b97f4a7c15 >> 48;  // Fibonacci hashing
  }

  void put(const Beginning& beginning);

  std::array<std::uint64_t, 1024> bits_{};
};

}  // namespace tagtill
