#include "engine/tag_beginnings.h"

#include "engine/utf8.h"

namespace tagtill {
namespace {

// What a fold can hold where a code has a character.
constexpr std::string_view kCodeCharacters = "0123456789abcdefghijklmnopqrstuvwxyz";

}  // namespace

void TagBeginnings::put(const Beginning& beginning) {
  const std::size_t bit = bit_of(beginning);
  bits_[bit / 64] |= std::uint64_t{1} << (bit % 64);
}

void TagBeginnings::add(std::string_view folded_tag) {
  Beginning beginning{};
  for (char16_t& character : beginning) {
    if (folded_tag.empty()) {
      break;
    }
    const Utf8Character next = read_utf8(folded_tag);
    if (next.code_point > 0xFFFF) {
      return;
    }
    character = static_cast<char16_t>(next.code_point);
    folded_tag.remove_prefix(next.bytes);
  }
  put(beginning);
}

void TagBeginnings::add_confirmations(std::string_view folded_prefix) {
  Beginning beginning{};
  // The characters behind the prefix are any.
  const auto add_from = [&](const auto& self, std::size_t place) -> void {
    if (place == kCharacters) {
      put(beginning);
    } else if (place < folded_prefix.size()) {
      beginning[place] = static_cast<char16_t>(folded_prefix[place]);
      self(self, place + 1);
    } else {
      for (const char character : kCodeCharacters) {
        beginning[place] = static_cast<char16_t>(character);
        self(self, place + 1);
      }
    }
  };
  add_from(add_from, 0);
}

}  // namespace tagtill
