// A small random generator whose numbers are the same on every platform.
//
// The standard library's distributions may differ from one implementation to the
// next; a corpus must not, so every draw here is integer arithmetic that is written
// out. Not for secrets that protect anything.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tagtill::corpus {

// SplitMix64: one step from a counter to a well mixed value.
constexpr std::uint64_t mix64(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

// Xoshiro256**, 32 bytes of state, seeded from (seed, stream): two streams of one seed
// are independent, so that user 7 or original 123 can be made again from its number
// alone instead of being kept. About 1 ns a draw, 10 ns to seed. One owner, one thread.
class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t stream) {
    std::uint64_t value = mix64(seed) ^ mix64(~stream);
    for (std::uint64_t& word : state_) {
      word = value = mix64(value);
    }
  }

  constexpr std::uint64_t next() {
    const std::uint64_t result = rotate(state_[1] * 5U, 7) * 9U;
    const std::uint64_t shifted = state_[1] << 17U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  // A number in [0, bound); bound > 0. The bias is below bound / 2^32.
  constexpr std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>(((next() >> 32U) * bound) >> 32U);
  }

  // A place in a table of `size` entries; 0 < size < 2^32.
  constexpr std::size_t index(std::size_t size) { return below(static_cast<std::uint32_t>(size)); }

  // A number in [low, high], both included; high - low < 2^32 - 1.
  constexpr std::uint32_t between(std::uint32_t low, std::uint32_t high) {
    return low + below(high - low + 1U);
  }

  // True in `ppm` of a million draws.
  constexpr bool chance(std::uint32_t ppm) { return below(1'000'000U) < ppm; }

  // A number in [0, bound) that favours small ones: number n has a share near
  // sqrt((n + 1) / bound) - sqrt(n / bound), the shape of what is popular and what not.
  constexpr std::uint32_t skewed(std::uint32_t bound) {
    const std::uint64_t unit = next() >> 32U;
    return static_cast<std::uint32_t>((((unit * unit) >> 32U) * bound) >> 32U);
  }

 private:
  static constexpr std::uint64_t rotate(std::uint64_t value, unsigned bits) {
    return (value << bits) | (value >> (64U - bits));
  }

  std::array<std::uint64_t, 4> state_{};
};

}  // namespace tagtill::corpus
