#include "engine/hashtag.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

#include "engine/url_finder.h"
#include "engine/utf8.h"

namespace tagtill {
namespace {

constexpr std::string_view kFullwidthSign = "\xEF\xBC\x83";  // U+FF03
constexpr char32_t kEmojiStyle = 0xFE0F;                     // `#` + U+FE0F is a picture of a key
constexpr char32_t kTextStyle = 0xFE0E;
constexpr char32_t kKeycap = 0x20E3;  // `#` + U+20E3 likewise

enum class Kind : std::uint8_t {
  kOther,   // ends a tag
  kLetter,  // letters and marks
  kFiller,  // digits and special characters: part of a tag, but not enough for one
};

// The decimal digits of the reference, each the first of ten: it knows those of
// Unicode 8, and the rule takes them from it.
constexpr std::array<char32_t, 53> kDigitZeros = {
    0x0660,  0x06F0,  0x07C0,  0x0966,  0x09E6,  0x0A66,  0x0AE6,  0x0B66,  0x0BE6,
    0x0C66,  0x0CE6,  0x0D66,  0x0DE6,  0x0E50,  0x0ED0,  0x0F20,  0x1040,  0x1090,
    0x17E0,  0x1810,  0x1946,  0x19D0,  0x1A80,  0x1A90,  0x1B50,  0x1BB0,  0x1C40,
    0x1C50,  0xA620,  0xA8D0,  0xA900,  0xA9D0,  0xA9F0,  0xAA50,  0xABF0,  0xFF10,
    0x104A0, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x114D0, 0x11650, 0x116C0,
    0x118E0, 0x16A60, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6};

constexpr std::array<char32_t, 15> kSpecialCharacters = {0x00B7, 0x05BE, 0x05F3, 0x05F4, 0x0F0B,
                                                         0x0F0C, 0x200C, 0x200D, 0x3003, 0x301C,
                                                         0x309B, 0x309C, 0x30A0, 0x30FB, 0xA67E};
constexpr char32_t kFullwidthTilde = 0xFF5E;

Kind kind_of_wide(char32_t code_point) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(code_point))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
      return Kind::kLetter;
    case UTF8PROC_CATEGORY_ND: {
      const auto after = std::upper_bound(kDigitZeros.begin(), kDigitZeros.end(), code_point);
      return after != kDigitZeros.begin() && code_point < *(after - 1) + 10 ? Kind::kFiller
                                                                            : Kind::kOther;
    }
    default:
      return code_point == kFullwidthTilde ||
                     std::binary_search(kSpecialCharacters.begin(), kSpecialCharacters.end(),
                                        code_point)
                 ? Kind::kFiller
                 : Kind::kOther;
  }
}

Kind kind_of(char32_t code_point) {
  if (code_point >= 0x80) {
    return kind_of_wide(code_point);
  }
  if ((code_point >= 'a' && code_point <= 'z') || (code_point >= 'A' && code_point <= 'Z')) {
    return Kind::kLetter;
  }
  return (code_point >= '0' && code_point <= '9') || code_point == '_' ? Kind::kFiller
                                                                       : Kind::kOther;
}

struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 0;  // 0: there is none
};

CodePoint code_point_at(std::string_view text, std::size_t at) {
  if (at >= text.size()) {
    return {};
  }
  const Utf8Character found = read_utf8(text.substr(at));
  return found.bytes > 0 ? CodePoint{found.code_point, found.bytes} : CodePoint{0xFFFD, 1};
}

CodePoint code_point_before(std::string_view text, std::size_t at) {
  std::size_t begin = at - 1;
  while (begin > 0 && at - begin < 4 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) {
    --begin;
  }
  const CodePoint found = code_point_at(text, begin);
  return begin + found.bytes == at ? found : CodePoint{0xFFFD, 1};
}

// The place of the next sign at or behind `from`, or npos.
std::size_t find_sign(std::string_view text, std::size_t from) {
  for (std::size_t i = from; i < text.size(); ++i) {
    if (text[i] == '#' ||
        (text[i] == kFullwidthSign[0] && text.substr(i).starts_with(kFullwidthSign))) {
      return i;
    }
  }
  return std::string_view::npos;
}

bool may_precede(char32_t code_point) {
  return code_point == kTextStyle || code_point == kEmojiStyle ||
         (code_point != '&' && kind_of(code_point) == Kind::kOther);
}

// All tags, those inside URLs too. The reference is a regular expression applied
// again and again, so each match begins where the last one ended: the character
// before a sign is part of the match, and one that a match has used (even a
// match that is refused afterwards) cannot be that of the next.
void find_candidates(std::string_view text, std::vector<Hashtag>& out) {
  std::size_t used = 0;
  for (std::size_t sign = find_sign(text, 0); sign != std::string_view::npos;) {
    const std::size_t sign_bytes = text[sign] == '#' ? 1 : kFullwidthSign.size();
    const std::size_t begin = sign + sign_bytes;
    const std::size_t next = begin;
    bool preceded = sign == 0;
    if (sign > 0) {
      const CodePoint before = code_point_before(text, sign);
      preceded = sign >= used + before.bytes && may_precede(before.value);
    }
    std::size_t end = begin;
    bool has_letter = false;
    if (preceded) {
      CodePoint current = code_point_at(text, begin);
      if (current.value != kEmojiStyle && current.value != kKeycap) {
        while (current.bytes > 0) {
          const Kind kind = kind_of(current.value);
          if (kind == Kind::kOther) {
            break;
          }
          has_letter = has_letter || kind == Kind::kLetter;
          end += current.bytes;
          current = code_point_at(text, end);
        }
      }
    }
    if (has_letter) {
      used = end;
      const std::string_view after = text.substr(end);
      if (!after.starts_with('#') && !after.starts_with(kFullwidthSign) &&
          !after.starts_with("://")) {
        out.push_back({sign, text.substr(begin, end - begin)});
      }
    }
    sign = find_sign(text, std::max(next, end));
  }
}

// Of two entities that overlap the earlier one stays: a tag inside a URL goes, a
// URL that begins inside a tag goes.
void remove_those_in_urls(std::string_view text, const std::vector<UrlSpan>& urls,
                          std::vector<Hashtag>& tags) {
  std::size_t kept = 0;
  std::size_t url = 0;
  std::size_t end = 0;  // of the last entity that stayed
  for (const Hashtag& tag : tags) {
    for (; url < urls.size() && urls[url].begin < tag.begin; ++url) {
      if (urls[url].begin >= end) {
        end = urls[url].end;
      }
    }
    if (tag.begin >= end) {
      end = static_cast<std::size_t>(tag.tag.data() + tag.tag.size() - text.data());
      tags[kept++] = tag;
    }
  }
  tags.resize(kept);
}

}  // namespace

void find_hashtags(std::string_view text, std::vector<Hashtag>& out) {
  out.clear();
  find_candidates(text, out);
  if (out.empty()) {
    return;
  }
  thread_local std::vector<UrlSpan> urls;
  find_urls(text, urls);
  if (!urls.empty()) {
    remove_those_in_urls(text, urls, out);
  }
}

bool is_tag_character(char32_t code_point) { return kind_of(code_point) != Kind::kOther; }

bool is_whole_hashtag(std::string_view tag) {
  std::string text(1, '#');
  text += tag;
  std::vector<Hashtag> found;
  find_hashtags(text, found);
  return found.size() == 1 && found.front().begin == 0 && found.front().tag == tag;
}

std::size_t quoted_words_begin(std::string_view text) {
  constexpr std::string_view kRetweet = "RT @";
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  std::size_t at = text.find(kRetweet);
  while (at != std::string_view::npos && at > 0 && is_word(text[at - 1])) {
    at = text.find(kRetweet, at + 1);
  }
  return std::min(at, text.size());
}

}  // namespace tagtill
