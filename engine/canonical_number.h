// Ids that are numbers, told from all others.
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tagtill {

// Eight digits at once: the sums of pairs, of fours, of all. The first one is the
// lowest byte. False if one of them is no digit.
[[nodiscard]] inline bool read_eight_digits(std::uint64_t word, std::uint64_t& number) {
  // A digit is 0x30 to 0x39: its upper half is 3, also after 6 was added.
  const std::uint64_t upper = 0xF0F0F0F0F0F0F0F0;
  if ((word & upper) != 0x3030303030303030 ||
      ((word + 0x0606060606060606) & upper) != 0x3030303030303030) {
    return false;
  }
  word &= 0x0F0F0F0F0F0F0F0F;
  word = (word * 10 + (word >> 8)) & 0x00FF00FF00FF00FF;
  word = (word * 100 + (word >> 16)) & 0x0000FFFF0000FFFF;
  number = (word * 10'000 + (word >> 32)) & 0xFFFFFFFF;
  return true;
}
[[nodiscard]] inline bool read_eight_digits(const char* at, std::uint64_t& number) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return read_eight_digits(word, number);
}

// A number below 2^64 that is written as std::to_string would write it, so that
// number and text stand for each other.
[[nodiscard]] inline bool is_canonical_number(std::string_view text, std::uint64_t& number) {
  if (text.empty() || text.size() > 20 || (text[0] == '0' && text.size() > 1)) {
    return false;
  }
  if (text.size() == 20) {  // the longest need a look at 2^64
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
  }
  std::uint64_t value = 0;
  const bool is_long = text.size() >= 8;
  while (text.size() >= 8) {
    std::uint64_t eight = 0;
    if (!read_eight_digits(text.data(), eight)) {
      return false;
    }
    value = value * 100'000'000 + eight;
    text.remove_prefix(8);
  }
  if (is_long && !text.empty()) {
    // The last eight, with zeros for those that were read.
    constexpr std::array<std::uint64_t, 8> kPowers = {1,      10,      100,       1'000,
                                                      10'000, 100'000, 1'000'000, 10'000'000};
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + text.size() - 8, sizeof word);
    const std::uint64_t read = (std::uint64_t{1} << (8 * (8 - text.size()))) - 1;
    std::uint64_t rest = 0;
    if (!read_eight_digits((word & ~read) | (0x3030303030303030 & read), rest)) {
      return false;
    }
    number = value * kPowers[text.size()] + rest;
    return true;
  }
  for (const char c : text) {
    if (c < '0' || c > '9') {
      return false;
    }
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  number = value;
  return true;
}

}  // namespace tagtill
