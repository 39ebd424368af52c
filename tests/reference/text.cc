#include "text.h"

#include <unicode/normalizer2.h>
#include <unicode/regex.h>
#include <unicode/uchar.h>
#include <unicode/uniset.h>
#include <unicode/unistr.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>

#include "tlds.h"

namespace reference {
namespace {

constexpr UChar32 kUnits = 0x10000;
constexpr UChar32 kFirstHalf = 0xD800;
constexpr UChar32 kLastHalf = 0xDFFF;
constexpr UChar32 kFirstLowHalf = 0xDC00;
// ICU joins the two halves of a pair into one character. The expressions of
// the grammar must see them apart, so every half is moved to a character of
// plane 15 that nothing else in such a text can be (a real character of plane
// 15 arrives as two halves as well).
constexpr UChar32 kHalfOffset = 0xF0000;

void check(UErrorCode status) {
  if (U_FAILURE(status)) {
    throw std::runtime_error(std::string("ICU: ") + u_errorName(status));
  }
}

bool is_half(UChar32 unit) { return unit >= kFirstHalf && unit <= kLastHalf; }

UChar32 apart(UChar32 unit) { return is_half(unit) ? unit + kHalfOffset : unit; }

// A text whose code units are ICU characters of their own, with the way back.
struct Units {
  icu::UnicodeString text;
  std::vector<size_t> origin;  // ICU index -> index in the original

  explicit Units(std::u16string_view original) {
    for (size_t i = 0; i < original.size(); ++i) {
      const UChar32 character = apart(original[i]);
      text.append(character);
      origin.push_back(i);
      if (character > 0xFFFF) {
        origin.push_back(i);
      }
    }
    origin.push_back(original.size());
  }
};

// --- Classes of code units -------------------------------------------------

// The grammar's expressions ignore case in the way of ECMAScript without the
// `u` flag: two units are the same if their canonical units are. A unit is
// canonical in upper case, unless that is several units long or would lead
// from outside of ASCII into it.
const std::vector<char16_t>& canonical() {
  static const std::vector<char16_t> table = [] {
    std::vector<char16_t> units(static_cast<size_t>(kUnits));
    for (UChar32 unit = 0; unit < kUnits; ++unit) {
      const char16_t from = static_cast<char16_t>(unit);
      std::array<char16_t, 8> upper{};
      UErrorCode status = U_ZERO_ERROR;
      const int32_t length = is_half(unit)
                                 ? 0
                                 : u_strToUpper(upper.data(), static_cast<int32_t>(upper.size()),
                                                &from, 1, "", &status);
      const bool changes = length == 1 && (unit < 0x80 || upper[0] >= 0x80);
      units[static_cast<size_t>(unit)] = changes ? upper[0] : from;
    }
    return units;
  }();
  return table;
}

icu::UnicodeSet ignoring_case(const icu::UnicodeSet& set) {
  std::vector<bool> wanted(static_cast<size_t>(kUnits), false);
  for (UChar32 unit = 0; unit < kUnits; ++unit) {
    if (set.contains(unit)) {
      wanted[canonical()[static_cast<size_t>(unit)]] = true;
    }
  }
  icu::UnicodeSet result;
  for (UChar32 unit = 0; unit < kUnits; ++unit) {
    if (wanted[canonical()[static_cast<size_t>(unit)]]) {
      result.add(unit);
    }
  }
  return result;
}

// A set from ICU's notation; what lies outside of the 65,536 units is cut off.
icu::UnicodeSet set_of(const char* notation) {
  UErrorCode status = U_ZERO_ERROR;
  icu::UnicodeSet set(icu::UnicodeString::fromUTF8(notation), status);
  check(status);
  return set;
}

icu::UnicodeSet units_of(const char* notation) {
  icu::UnicodeSet set = set_of(notation);
  set.retain(0, kUnits - 1);
  return ignoring_case(set);
}

icu::UnicodeSet except(const icu::UnicodeSet& set) {
  icu::UnicodeSet result(0, kUnits - 1);
  result.removeAll(set);
  return result;
}

std::string escaped(UChar32 character) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string digits;
  for (UChar32 rest = character; rest > 0 || digits.empty(); rest /= 16) {
    digits.insert(digits.begin(), kDigits[static_cast<size_t>(rest % 16)]);
  }
  return "\\x{" + digits + "}";
}

// An ICU class for a set of units; ranges are cut where the halves begin and
// end, because the halves lie elsewhere in the texts (`apart`).
std::string class_of(const icu::UnicodeSet& set) {
  std::string notation = "[";
  for (int32_t i = 0; i < set.getRangeCount(); ++i) {
    UChar32 first = set.getRangeStart(i);
    const UChar32 end = set.getRangeEnd(i);
    while (first <= end) {
      UChar32 last = end;
      if (first < kFirstHalf) {
        last = std::min(last, kFirstHalf - 1);
      } else if (first <= kLastHalf) {
        last = std::min(last, kLastHalf);
      }
      notation += escaped(apart(first)) + "-" + escaped(apart(last));
      first = last + 1;
    }
  }
  return notation + "]";
}

// Alternatives of high half and class of low halves for the characters of a
// set that lie beyond the 65,536 units.
std::string pairs_of(const icu::UnicodeSet& set) {
  std::string notation;
  for (UChar32 high = kFirstHalf; high < kFirstLowHalf; ++high) {
    icu::UnicodeSet lows;
    for (UChar32 low = kFirstLowHalf; low <= kLastHalf; ++low) {
      const UChar32 character = 0x10000 + ((high - kFirstHalf) << 10) + (low - kFirstLowHalf);
      if (set.contains(character)) {
        lows.add(low);
      }
    }
    if (!lows.isEmpty()) {
      notation += (notation.empty() ? "" : "|") + escaped(apart(high)) + class_of(lows);
    }
  }
  return notation;
}

// --- Sets of the grammar ---------------------------------------------------

constexpr const char* kLettersAndMarks = "[\\p{L}\\p{M}]";

constexpr const char* kNumerals =
    "[0-9\\u0660-\\u0669\\u06f0-\\u06f9\\u07c0-\\u07c9\\u0966-\\u096f\\u09e6-\\u09ef"
    "\\u0a66-\\u0a6f\\u0ae6-\\u0aef\\u0b66-\\u0b6f\\u0be6-\\u0bef\\u0c66-\\u0c6f\\u0ce6-\\u0cef"
    "\\u0d66-\\u0d6f\\u0de6-\\u0def\\u0e50-\\u0e59\\u0ed0-\\u0ed9\\u0f20-\\u0f29\\u1040-\\u1049"
    "\\u1090-\\u1099\\u17e0-\\u17e9\\u1810-\\u1819\\u1946-\\u194f\\u19d0-\\u19d9\\u1a80-\\u1a89"
    "\\u1a90-\\u1a99\\u1b50-\\u1b59\\u1bb0-\\u1bb9\\u1c40-\\u1c49\\u1c50-\\u1c59\\ua620-\\ua629"
    "\\ua8d0-\\ua8d9\\ua900-\\ua909\\ua9d0-\\ua9d9\\ua9f0-\\ua9f9\\uaa50-\\uaa59\\uabf0-\\uabf9"
    "\\uff10-\\uff19\\U000104a0-\\U000104a9\\U00011066-\\U0001106f\\U000110f0-\\U000110f9"
    "\\U00011136-\\U0001113f\\U000111d0-\\U000111d9\\U000112f0-\\U000112f9\\U000114d0-\\U000114d9"
    "\\U00011650-\\U00011659\\U000116c0-\\U000116c9\\U000118e0-\\U000118e9\\U00016a60-\\U00016a69"
    "\\U00016b50-\\U00016b59\\U0001d7ce-\\U0001d7ff]";

constexpr const char* kSpecials =
    "[_\\u200c\\u200d\\ua67e\\u05be\\u05f3\\u05f4\\uff5e\\u301c\\u309b\\u309c\\u30a0\\u30fb\\u3003"
    "\\u0f0b\\u0f0c\\u00b7]";

constexpr const char* kNeverValid = "[\\ufffe\\ufeff\\uffff]";

constexpr const char* kDirectional = "[\\u202a-\\u202e\\u061c\\u200e\\u200f\\u2066-\\u2069]";

// What no label of a domain may hold: punctuation, spaces and the two above.
constexpr const char* kNoDomain =
    "[!'#%\\&()*+,\\\\\\-./:;<=>?@\\[\\]\\^_\\{|\\}~\\$"
    "\\u0009-\\u000d\\u0020\\u0085\\u00a0\\u1680\\u180e\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f"
    "\\u3000\\ufffe\\ufeff\\uffff\\u202a-\\u202e\\u061c\\u200e\\u200f\\u2066-\\u2069]";

constexpr const char* kAccented =
    "[\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-"
    "\\u024f\\u0253\\u0254\\u0256\\u0257\\u0259\\u025b\\u0263"
    "\\u0268\\u026f\\u0272\\u0289\\u028b\\u02bb\\u0300-\\u036f\\u1e00-\\u1eff]";

constexpr const char* kCyrillic = "[\\u0400-\\u04ff]";

icu::UnicodeSet with(icu::UnicodeSet set, const icu::UnicodeSet& more) {
  set.addAll(more);
  return set;
}

// One of the words, in their order, as a group.
std::string one_of(std::string_view words) {
  std::map<char16_t, std::string> classes;  // a class takes long to make
  std::string notation = "(?:";
  const std::u16string units = to_utf16(words);
  for (const char16_t unit : units) {
    if (unit == u' ') {
      notation += "|";
    } else {
      std::string& one = classes[unit];
      if (one.empty()) {
        one = class_of(ignoring_case(icu::UnicodeSet(unit, unit)));
      }
      notation += one;
    }
  }
  // A word ends where no ASCII letter, digit or one of three signs follows.
  return notation + ")(?=" + class_of(except(units_of("[0-9a-zA-Z@+\\-]"))) + "|\\z)";
}

// --- Expressions -----------------------------------------------------------

class Expression {
 public:
  explicit Expression(const std::string& notation) {
    UErrorCode status = U_ZERO_ERROR;
    UParseError where;
    pattern_.reset(
        icu::RegexPattern::compile(icu::UnicodeString::fromUTF8(notation), 0, where, status));
    check(status);
  }

  std::unique_ptr<icu::RegexMatcher> on(const icu::UnicodeString& text) const {
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<icu::RegexMatcher> matcher(pattern_->matcher(text, status));
    check(status);
    matcher->setStackLimit(0, status);
    check(status);
    return matcher;
  }

 private:
  std::unique_ptr<icu::RegexPattern> pattern_;
};

bool next(icu::RegexMatcher& matcher) {
  UErrorCode status = U_ZERO_ERROR;
  const bool found = matcher.find(status);
  check(status);
  return found;
}

// A part of a text, [begin, end); a group that took no part has `found` false.
struct Span {
  bool found = false;
  size_t begin = 0;
  size_t end = 0;
  size_t size() const { return end - begin; }
};

Span group(const icu::RegexMatcher& matcher, const Units& units, int32_t number) {
  UErrorCode status = U_ZERO_ERROR;
  const int32_t begin = matcher.start(number, status);
  const int32_t end = matcher.end(number, status);
  check(status);
  if (begin < 0) {
    return {};
  }
  return {true, units.origin[static_cast<size_t>(begin)], units.origin[static_cast<size_t>(end)]};
}

const Expression& hashtag_expression() {
  static const Expression expression([] {
    const icu::UnicodeSet letters = set_of(kLettersAndMarks);
    const icu::UnicodeSet all = with(with(letters, set_of(kNumerals)), set_of(kSpecials));
    const auto one = [](const icu::UnicodeSet& set) {
      icu::UnicodeSet units = set;
      units.retain(0, kUnits - 1);
      return "(?:" + class_of(ignoring_case(units)) + "|" + pairs_of(set) + ")";
    };
    const std::string letter = one(letters);
    const std::string any = one(all);
    const std::string high = class_of(icu::UnicodeSet(kFirstHalf, kFirstLowHalf - 1));
    const std::string low = class_of(icu::UnicodeSet(kFirstLowHalf, kLastHalf));
    const std::string whole =
        "(?:" + class_of(except(icu::UnicodeSet(kFirstHalf, kLastHalf))) + "|" + high + low + ")";
    const std::string boundary = "(^|[\\x{fe0e}\\x{fe0f}]|(?!" + any + "|&)" + whole + ")";
    return boundary + "([#\\x{ff03}])(?![\\x{fe0f}\\x{20e3}])(" + any + "*" + letter + any + "*)";
  }());
  return expression;
}

// The top-level domain at the end of a domain.
std::string tld() {
  return "(?:" + one_of(kGenericTlds) + "|" + one_of(kCountryTlds) + "|[xX][nN]--[\\-0-9a-zA-Z]+)";
}

std::string query() {
  return "\\?" + class_of(units_of("[a-z0-9!?*'@();:\\&=+$/%#\\[\\]\\-_.,~|]")) + "*" +
         class_of(units_of("[a-z0-9\\-_\\&=#/]"));
}

// Groups: 1 what stands before, 2 the URL, 3 scheme, 4 domain, 5 path.
const Expression& url_expression() {
  static const Expression expression([] {
    const std::string before =
        "(" +
        class_of(
            with(except(with(units_of("[A-Za-z0-9@\\uff20\\$#\\uff03]"), units_of(kNeverValid))),
                 units_of(kDirectional))) +
        "|^)";
    const icu::UnicodeSet label = except(units_of(kNoDomain));
    const std::string inner = class_of(label);
    const std::string subdomain =
        "(?:(?:" + inner + class_of(with(label, units_of("[_\\-]"))) + "*)?" + inner + "\\.)";
    const std::string name =
        "(?:(?:" + inner + class_of(with(label, units_of("[\\-]"))) + "*)?" + inner + "\\.)";
    const std::string domain = "(" + subdomain + "*" + name + tld() + ")";

    const icu::UnicodeSet accented = with(units_of(kAccented), units_of(kCyrillic));
    const std::string general =
        class_of(with(accented, units_of("[a-z0-9!*';:=+,.\\$/%#\\[\\]\\-\\u2013_~@|\\&]")));
    const std::string parens =
        "\\((?:" + general + "+|" + general + "*\\(" + general + "+\\)" + general + "*)\\)";
    const std::string ending = class_of(with(accented, units_of("[+\\-a-z0-9=_#/]")));
    // Parentheses may end a path only where nothing but them stands since the
    // last ending: `/(a)?b` has a query, `/~(a)?b` does not even have the `~`.
    const std::string path = "(?:" + general + "*(?:" + parens + general + "*)*" + ending + "|" +
                             parens + "|@" + general + "+/)";
    return before + "(([hH][tT][tT][pP][sS]?://)?" + domain + "(?::[0-9]+)?(/" + path +
           "*)?(?:" + query() + ")?)";
  }());
  return expression;
}

const Expression& ascii_domain_expression() {
  static const Expression expression(
      "(?:" + class_of(with(units_of("[\\-a-z0-9]"), units_of(kAccented))) + "+\\.)+" + tld());
  return expression;
}

// Group 1 is the slug of a shortened URL.
const Expression& short_url_expression() {
  static const Expression expression(
      "^[hH][tT][tT][pP][sS]?://[tT]\\.[cC][oO]/([a-zA-Z0-9]+)(?:" + query() + ")?");
  return expression;
}

// --- URLs ------------------------------------------------------------------

constexpr size_t kUrlLengthMax = 4096;
constexpr size_t kShortUrlSlugMax = 40;
constexpr size_t kLabelLengthMax = 63;

// Length of one label in the encoding of RFC 3492, without its `xn--`. More
// than 63 characters make more than 63 signs, so they are not counted out.
size_t punycode_length(const std::vector<uint32_t>& label) {
  if (label.size() > kLabelLengthMax) {
    return label.size();
  }
  size_t length = 0;
  for (const uint32_t character : label) {
    length += character < 0x80;
  }
  uint32_t handled = static_cast<uint32_t>(length);
  const uint32_t basic = handled;
  length += basic > 0 ? 1 : 0;
  uint32_t value = 0x80;
  uint32_t delta = 0;
  uint32_t bias = 72;
  while (handled < label.size()) {
    uint32_t smallest = UINT32_MAX;
    for (const uint32_t character : label) {
      if (character >= value) {
        smallest = std::min(smallest, character);
      }
    }
    delta += (smallest - value) * (handled + 1);
    value = smallest;
    for (const uint32_t character : label) {
      if (character < value) {
        ++delta;
      }
      if (character != value) {
        continue;
      }
      uint32_t rest = delta;
      for (uint32_t k = 36;; k += 36) {
        const uint32_t threshold = k <= bias ? 1 : (k >= bias + 26 ? 26 : k - bias);
        ++length;
        if (rest < threshold) {
          break;
        }
        rest = (rest - threshold) / (36 - threshold);
      }
      uint32_t step = handled == basic ? delta / 700 : delta / 2;
      step += step / (handled + 1);
      uint32_t k = 0;
      for (; step > 455; k += 36) {
        step /= 35;
      }
      bias = k + 36 * step / (step + 38);
      delta = 0;
      ++handled;
    }
    ++delta;
    ++value;
  }
  return length;
}

size_t encoded_label_length(std::u16string_view label) {
  std::vector<uint32_t> characters;
  bool plain = true;
  for (size_t i = 0; i < label.size(); ++i) {
    uint32_t character = label[i];
    if (character >= 0xD800 && character <= 0xDBFF && i + 1 < label.size() &&
        label[i + 1] >= 0xDC00 && label[i + 1] <= 0xDFFF) {
      ++i;
      character = 0x10000 + ((character - 0xD800) << 10) + (label[i] - 0xDC00U);
    }
    plain = plain && character >= 0x20 && character <= 0x7E;
    characters.push_back(character);
  }
  return plain ? label.size() : 4 + punycode_length(characters);
}

std::vector<std::u16string_view> split(std::u16string_view text, std::u16string_view separators) {
  std::vector<std::u16string_view> parts;
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || separators.find(text[i]) != std::u16string_view::npos) {
      parts.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  return parts;
}

bool domain_is_valid(std::u16string_view domain) {
  if (domain.substr(0, 4) == u"xn--") {
    const Units units(domain);
    const auto matcher = ascii_domain_expression().on(units.text);
    if (!next(*matcher)) {
      return false;
    }
  }
  for (const std::u16string_view label : split(domain, u".")) {
    // The three other dots of RFC 3490 part a label further, but the limit is
    // for the whole.
    size_t length = 0;
    for (const std::u16string_view piece : split(label, u"\u3002\uff0e\uff61")) {
      length += encoded_label_length(piece) + 1;
    }
    --length;
    if (length < 1 || length > kLabelLengthMax) {
      return false;
    }
  }
  return true;
}

std::vector<Span> extract_urls(const std::u16string& text) {
  std::vector<Span> urls;
  if (text.find(u'.') == std::u16string_view::npos) {
    return urls;
  }
  const Units units(text);
  const auto matcher = url_expression().on(units.text);
  while (next(*matcher)) {
    const Span before = group(*matcher, units, 1);
    Span url = group(*matcher, units, 2);
    const Span scheme = group(*matcher, units, 3);
    const Span domain = group(*matcher, units, 4);
    const Span path = group(*matcher, units, 5);
    const std::u16string_view name = std::u16string_view(text).substr(domain.begin, domain.size());
    constexpr size_t kDefaultSchemeLength = 8;  // `https://` is thought to stand there
    const size_t scheme_length = scheme.found ? scheme.size() : kDefaultSchemeLength;
    if (!domain_is_valid(name) || scheme_length + url.size() > kUrlLengthMax) {
      continue;
    }
    if (scheme.found) {
      const std::u16string_view whole = std::u16string_view(text).substr(url.begin, url.size());
      const Units url_units(whole);
      const auto short_url = short_url_expression().on(url_units.text);
      if (next(*short_url)) {
        if (group(*short_url, url_units, 1).size() > kShortUrlSlugMax) {
          continue;
        }
        url.end = url.begin + group(*short_url, url_units, 0).end;
      }
      urls.push_back(url);
      continue;
    }
    // Without a scheme only the ASCII (and accented Latin) parts are URLs.
    if (before.size() > 0 &&
        std::u16string_view(u"-_./").find(text[before.end - 1]) != std::u16string_view::npos) {
      continue;
    }
    const size_t count = urls.size();
    const Units name_units(name);
    const auto ascii = ascii_domain_expression().on(name_units.text);
    size_t end = 0;
    while (next(*ascii)) {
      const Span found = group(*ascii, name_units, 0);
      // Searched for anew from the end of the one before, which may find the
      // same letters at an earlier place.
      const size_t begin = name.find(name.substr(found.begin, found.size()), end);
      end = begin + found.size();
      urls.push_back({true, domain.begin + begin, domain.begin + end});
    }
    if (urls.size() > count && path.found) {
      urls.back().end = url.end;
    }
  }
  return urls;
}

}  // namespace

std::vector<Hashtag> extract_hashtags(const std::u16string& text) {
  std::vector<Hashtag> tags;
  if (text.find_first_of(u"#\uff03") == std::u16string_view::npos) {
    return tags;
  }
  const Units units(text);
  const auto matcher = hashtag_expression().on(units.text);
  while (next(*matcher)) {
    const Span sign = group(*matcher, units, 2);
    const Span name = group(*matcher, units, 3);
    const std::u16string_view after = std::u16string_view(text).substr(name.end);
    if (after.substr(0, 1) == u"#" || after.substr(0, 1) == u"\uff03" ||
        after.substr(0, 3) == u"://") {
      continue;
    }
    tags.push_back({sign.begin, text.substr(name.begin, name.size())});
  }

  // Of entities that overlap the one that begins first stays.
  struct Entity {
    size_t begin;
    size_t end;
    const Hashtag* tag;
  };
  const std::vector<Span> urls = extract_urls(text);
  std::vector<Entity> entities;
  entities.reserve(tags.size() + urls.size());
  for (const Hashtag& tag : tags) {
    entities.push_back({tag.sign, tag.sign + 1 + tag.name.size(), &tag});
  }
  for (const Span& url : urls) {
    entities.push_back({url.begin, url.end, nullptr});
  }
  std::stable_sort(entities.begin(), entities.end(),
                   [](const Entity& a, const Entity& b) { return a.begin < b.begin; });
  std::vector<Hashtag> result;
  size_t end = 0;
  for (const Entity& entity : entities) {
    if (entity.begin < end) {
      continue;
    }
    end = entity.end;
    if (entity.tag != nullptr) {
      result.push_back(*entity.tag);
    }
  }
  return result;
}

std::u16string to_utf16(std::string_view text) {
  const icu::UnicodeString units = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  return {units.getBuffer(), static_cast<size_t>(units.length())};
}

std::string fold(std::string_view tag) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(status);
  check(status);
  icu::UnicodeString text =
      icu::UnicodeString::fromUTF8(icu::StringPiece(tag.data(), static_cast<int32_t>(tag.size())));
  text = nfc->normalize(text, status);
  check(status);
  text.foldCase(U_FOLD_CASE_DEFAULT);
  text = nfc->normalize(text, status);
  check(status);
  std::string folded;
  text.toUTF8String(folded);
  return folded;
}

std::vector<std::string> post_tags(std::string_view text) {
  const std::u16string units = to_utf16(text);
  // P2.3
  const auto is_word = [](char16_t unit) {
    return (unit >= u'0' && unit <= u'9') || (unit >= u'A' && unit <= u'Z') ||
           (unit >= u'a' && unit <= u'z') || unit == u'_';
  };
  size_t own_end = 0;
  for (;; ++own_end) {
    own_end = units.find(u"RT @", own_end);
    if (own_end == std::u16string_view::npos || own_end == 0 || !is_word(units[own_end - 1])) {
      break;
    }
  }
  std::vector<std::string> folds;
  for (const Hashtag& tag : extract_hashtags(units)) {
    if (tag.sign >= own_end) {
      continue;
    }
    std::string name;
    icu::UnicodeString(tag.name.data(), static_cast<int32_t>(tag.name.size())).toUTF8String(name);
    std::string folded = fold(name);
    if (std::find(folds.begin(), folds.end(), folded) == folds.end()) {  // P2.4
      folds.push_back(std::move(folded));
    }
  }
  return folds;
}

std::string decode_entities(std::string_view text) {
  std::string decoded;
  while (!text.empty()) {
    size_t taken = 1;
    char sign = text[0];
    if (text.substr(0, 5) == "&amp;") {
      taken = 5;
    } else if (text.substr(0, 4) == "&lt;") {
      taken = 4;
      sign = '<';
    } else if (text.substr(0, 4) == "&gt;") {
      taken = 4;
      sign = '>';
    }
    decoded += sign;
    text.remove_prefix(taken);
  }
  return decoded;
}

bool is_letter_or_mark(char32_t character) {
  constexpr uint32_t kMask = U_GC_L_MASK | U_GC_M_MASK;
  return (U_GET_GC_MASK(static_cast<UChar32>(character)) & kMask) != 0;
}

}  // namespace reference
