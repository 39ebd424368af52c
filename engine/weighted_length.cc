#include "engine/weighted_length.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "engine/emoji.h"
#include "engine/fold.h"
#include "engine/url_finder.h"
#include "engine/utf8.h"

namespace tagtill {
namespace {

constexpr std::uint64_t kUrlWeight = 23;
constexpr std::uint64_t kEmojiWeight = 2;
constexpr std::uint64_t kHalfWeight = 2;  // of a character of which a URL has the first half

std::uint64_t weight_of(char32_t character) {
  const bool light = character <= 0x10FF || (character >= 0x2000 && character <= 0x200D) ||
                     (character >= 0x2010 && character <= 0x201F) ||
                     (character >= 0x2032 && character <= 0x2037);
  return light ? 1 : 2;
}

// A text as characters. `begins` has the byte at which each begins, and the end.
struct Characters {
  std::u32string text;
  std::vector<std::size_t> begins;

  explicit Characters(std::string_view bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
      const Utf8Character found = read_utf8(bytes.substr(at));
      text.push_back(found.bytes > 0 ? found.code_point : U'\uFFFD');
      begins.push_back(at);
      at += std::max<std::size_t>(found.bytes, 1);
    }
    begins.push_back(bytes.size());
  }

  [[nodiscard]] std::size_t at_byte(std::size_t byte) const {
    return static_cast<std::size_t>(std::ranges::lower_bound(begins, byte) - begins.begin());
  }
};

// How many characters the emoji has that begins at each place; 0 where none does.
std::vector<std::size_t> find_emoji(std::u32string_view text) {
  std::vector<std::size_t> lengths(text.size(), 0);
  for (std::size_t at = 0; at < text.size();) {
    lengths[at] = emoji_length(text.substr(at));
    at += std::max<std::size_t>(lengths[at], 1);
  }
  return lengths;
}

}  // namespace

std::uint64_t weighted_length(std::string_view text) {
  std::string normal;
  if (!to_nfc(text, normal)) {
    normal = text;
  }
  const Characters characters(normal);
  const std::vector<std::size_t> emoji = find_emoji(characters.text);
  std::vector<UrlSpan> urls;
  find_urls(normal, urls);

  std::uint64_t weight = 0;
  auto url = urls.begin();
  for (std::size_t at = 0; at < characters.text.size();) {
    while (url != urls.end() && url->begin < characters.begins[at]) {
      ++url;  // it begins within an emoji or a character
    }
    if (url != urls.end() && url->begin == characters.begins[at]) {
      weight += kUrlWeight;
      at = characters.at_byte(url->counted_end);
      weight += characters.begins[at] == url->counted_end ? 0 : kHalfWeight;
    } else if (emoji[at] > 0) {
      weight += kEmojiWeight;
      at += emoji[at];
    } else {
      weight += weight_of(characters.text[at]);
      ++at;
    }
  }
  return weight;
}

bool holds_refused_character(std::string_view text) {
  for (const std::string_view refused : {"\uFEFF", "\uFFFE", "\uFFFF"}) {
    if (text.find(refused) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

}  // namespace tagtill
