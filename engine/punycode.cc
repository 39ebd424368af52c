#include "engine/punycode.h"

#include <cstdint>
#include <limits>
#include <vector>

namespace tagtill {

std::size_t punycode_length(std::u16string_view piece) {
  std::vector<std::uint32_t> input;
  bool ascii = true;
  for (std::size_t i = 0; i < piece.size(); ++i) {
    std::uint32_t code_point = piece[i];
    if (code_point >= 0xd800 && code_point < 0xdc00 && i + 1 < piece.size() &&
        piece[i + 1] >= 0xdc00 && piece[i + 1] < 0xe000) {
      code_point = 0x10000 + ((code_point - 0xd800) << 10) + (piece[i + 1] - 0xdc00U);
      ++i;
    }
    ascii = ascii && code_point >= 0x20 && code_point <= 0x7e;
    input.push_back(code_point);
  }
  if (ascii || input.size() > kLabelCharactersMax) {
    return input.size();  // each character costs one at least
  }
  constexpr std::uint32_t kBase = 36;
  constexpr std::uint32_t kTMin = 1;
  constexpr std::uint32_t kTMax = 26;
  std::size_t basic = 0;
  for (const std::uint32_t code_point : input) {
    basic += code_point < 0x80 ? 1 : 0;
  }
  std::size_t length = 4 + basic + (basic > 0 ? 1 : 0);  // "xn--", the basic ones, a delimiter
  std::uint32_t n = 0x80;
  std::uint64_t delta = 0;
  std::uint64_t bias = 72;
  std::size_t handled = basic;
  while (handled < input.size()) {
    std::uint32_t next = std::numeric_limits<std::uint32_t>::max();
    for (const std::uint32_t code_point : input) {
      if (code_point >= n && code_point < next) {
        next = code_point;
      }
    }
    delta += static_cast<std::uint64_t>(next - n) * (handled + 1);
    n = next;
    for (const std::uint32_t code_point : input) {
      delta += code_point < n ? 1 : 0;
      if (code_point != n) {
        continue;
      }
      std::uint64_t q = delta;
      for (std::uint64_t k = kBase;; k += kBase) {
        const std::uint64_t t = k <= bias ? kTMin : (k >= bias + kTMax ? kTMax : k - bias);
        ++length;
        if (q < t) {
          break;
        }
        q = (q - t) / (kBase - t);
      }
      delta = handled == basic ? delta / 700 : delta / 2;
      ++handled;
      delta += delta / handled;
      std::uint64_t k = 0;
      while (delta > ((kBase - kTMin) * kTMax) / 2) {
        delta /= kBase - kTMin;
        k += kBase;
      }
      bias = k + (kBase - kTMin + 1) * delta / (delta + 38);
      delta = 0;
    }
    ++delta;
    ++n;
  }
  return length;
}

}  // namespace tagtill
