#include "engine/url_finder.h"

#include <utf8proc.h>

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <string>
#include <unordered_map>
#include <utility>

#include "engine/punycode.h"
#include "engine/tld_list.h"
#include "engine/utf8.h"

// The grammar, in the reference's own terms (its names in quotes):
//
//   URL     = preceding ( scheme? domain port? path? query? )
//   domain  = ( label "." )+ TLD           labels of "validDomainChars", inside
//                                          also '-' and, but for the last, '_'
//   TLD     = one of a list, not followed by [0-9A-Za-z@+-], or xn--[-0-9a-z]+
//   path    = "/" and the longest run of "general" characters and balanced
//             parentheses, cut back to the last "ending" character and the
//             groups right behind it
//   query   = "?" and the longest run of query characters, cut back likewise
//
// It is matched over UTF-16 code units, because the reference does so, and a
// lone half of a surrogate pair is a domain character to it.

namespace tagtill {
namespace {

using Unit = std::uint16_t;
using Units = std::basic_string_view<char16_t>;
using UnitSet = std::bitset<0x10000>;
using Range = std::pair<unsigned, unsigned>;

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

constexpr std::size_t kUrlUnitsMax = 4096;     // with its scheme, or with "https://"
constexpr std::size_t kShortLinkSlugMax = 40;  // of https://t.co/...

UnitSet make_set(std::initializer_list<Range> ranges) {
  UnitSet set;
  for (const auto& [first, last] : ranges) {
    for (unsigned unit = first; unit <= last; ++unit) {
      set.set(unit);
    }
  }
  return set;
}

void add_ranges(UnitSet& set, std::initializer_list<Range> ranges) { set |= make_set(ranges); }

// Latin letters with accents, closed under the case rules of a regular
// expression with the flag i (which is how Greek iotas come in: U+0345).
constexpr std::initializer_list<Range> kLatinAccents = {
    {0x00c0, 0x00d6}, {0x00d8, 0x00f6}, {0x00f8, 0x024f}, {0x0253, 0x0254}, {0x0256, 0x0257},
    {0x0259, 0x0259}, {0x025b, 0x025b}, {0x0260, 0x0260}, {0x0263, 0x0263}, {0x0268, 0x0269},
    {0x026f, 0x026f}, {0x0272, 0x0272}, {0x0275, 0x0275}, {0x0280, 0x0280}, {0x0283, 0x0283},
    {0x0288, 0x028c}, {0x0292, 0x0292}, {0x02bb, 0x02bb}, {0x0300, 0x036f}, {0x0399, 0x0399},
    {0x03b9, 0x03b9}, {0x1e00, 0x1eff}, {0x1fbe, 0x1fbe}, {0x2c65, 0x2c66}, {0x2c7e, 0x2c7f}};

// The same for the Cyrillic letters of paths (with U+1C80 to U+1C87, whose upper
// case is among them).
constexpr std::initializer_list<Range> kCyrillic = {{0x0400, 0x04ff}, {0x1c80, 0x1c87}};

struct Classes {
  UnitSet preceding;    // what may stand before a URL
  UnitSet domain;       // "validDomainChars"
  UnitSet ascii_label;  // of the domains that count without a scheme
  UnitSet general;      // of a path
  UnitSet ending;       // what may end a path
  UnitSet query;
  UnitSet query_ending;
  UnitSet after_no_tld;  // a TLD followed by one of these is none

  Classes() {
    preceding = make_set({{0x0000, 0x0022},
                          {0x0025, 0x002f},
                          {0x003a, 0x003f},
                          {0x005b, 0x0060},
                          {0x007b, 0xfefe},
                          {0xff00, 0xff02},
                          {0xff04, 0xff1f},
                          {0xff21, 0xfffd}});
    domain = make_set({{0x0000, 0x0008},
                       {0x000e, 0x001f},
                       {0x0022, 0x0022},
                       {0x0030, 0x0039},
                       {0x0041, 0x005a},
                       {0x0060, 0x007a},
                       {0x007f, 0x0084},
                       {0x0086, 0x009f},
                       {0x00a1, 0x061b},
                       {0x061d, 0x167f},
                       {0x1681, 0x180d},
                       {0x180f, 0x1fff},
                       {0x200b, 0x200d},
                       {0x2010, 0x2027},
                       {0x2030, 0x205e},
                       {0x2060, 0x2065},
                       {0x206a, 0x2fff},
                       {0x3001, 0xfefe},
                       {0xff00, 0xfffd}});
    const UnitSet alphanumeric = make_set({{'0', '9'}, {'A', 'Z'}, {'a', 'z'}});
    ascii_label = alphanumeric;
    ascii_label.set('-');
    add_ranges(ascii_label, kLatinAccents);
    ending = alphanumeric;
    add_ranges(ending, kLatinAccents);
    add_ranges(ending, kCyrillic);
    for (const char c : {'+', '-', '=', '_', '#', '/'}) {
      ending.set(static_cast<unsigned char>(c));
    }
    general = ending;
    for (const char c : std::string_view("!*';:=+,.$/%#[]-_~@|&")) {
      general.set(static_cast<unsigned char>(c));
    }
    general.set(0x2013);
    query = alphanumeric;
    for (const char c : std::string_view("!?*'@();:&=+$/%#[]-_.,~|")) {
      query.set(static_cast<unsigned char>(c));
    }
    query_ending = alphanumeric;
    for (const char c : std::string_view("-_&=#/")) {
      query_ending.set(static_cast<unsigned char>(c));
    }
    after_no_tld = alphanumeric;
    for (const char c : std::string_view("@+-")) {
      after_no_tld.set(static_cast<unsigned char>(c));
    }
  }
};

const Classes& classes() {
  static const Classes instance;
  return instance;
}

// One code unit as a regular expression with the flag i compares it.
char16_t canonical(char16_t unit) {
  if (unit < 0x80) {
    return unit >= 'a' && unit <= 'z' ? static_cast<char16_t>(unit - 0x20) : unit;
  }
  if (unit >= 0xd800 && unit <= 0xdfff) {
    return unit;
  }
  const utf8proc_int32_t upper = utf8proc_toupper(unit);
  return upper >= 0x80 && upper < 0x10000 ? static_cast<char16_t>(upper) : unit;
}

bool is_lower_alphanumeric(char16_t unit) {
  const char16_t upper = canonical(unit);
  return (unit >= '0' && unit <= '9') || (upper >= 'A' && upper <= 'Z' && unit < 0x80);
}

// Decodes UTF-8 into code units, and the byte offset of each (and of the end).
void to_units(std::string_view text, std::u16string& units, std::vector<std::uint32_t>& offsets) {
  units.clear();
  offsets.clear();
  units.reserve(text.size());
  offsets.reserve(text.size() + 1);
  std::size_t at = 0;
  while (at < text.size()) {
    const auto offset = static_cast<std::uint32_t>(at);
    const Utf8Character found = read_utf8(text.substr(at));
    const char32_t code_point = found.bytes > 0 ? found.code_point : 0xFFFD;
    if (code_point >= 0x10000) {
      units.push_back(static_cast<char16_t>(0xd800 + ((code_point - 0x10000) >> 10)));
      offsets.push_back(offset);
      units.push_back(static_cast<char16_t>(0xdc00 + ((code_point - 0x10000) & 0x3ff)));
      offsets.push_back(offset + 2);  // within the character: so can a URL begin or end
    } else {
      units.push_back(static_cast<char16_t>(code_point));
      offsets.push_back(offset);
    }
    at += std::max<std::size_t>(found.bytes, 1);
  }
  offsets.push_back(static_cast<std::uint32_t>(text.size()));
}

class TopLevelDomains {
 public:
  TopLevelDomains() {
    std::u16string units;
    std::vector<std::uint32_t> offsets;
    to_units(kTopLevelDomains, units, offsets);
    names_.reserve(2048);
    std::u16string name;
    for (const char16_t unit : units) {
      if (unit != ' ') {
        name.push_back(canonical(unit));
        continue;
      }
      longest_ = std::max(longest_, name.size());
      names_.emplace(std::move(name), names_.size());
      name.clear();
    }
  }

  // The end of the TLD that stands at `at`, or kNone. None has one character only.
  [[nodiscard]] std::size_t match(Units text, std::size_t at) const {
    std::size_t best_end = kNone;
    std::size_t best_order = kNone;
    std::u16string name;
    for (std::size_t end = at; end < text.size() && end - at < longest_;) {
      name.push_back(canonical(text[end]));
      ++end;
      if (end < text.size() && classes().after_no_tld[text[end]]) {
        continue;
      }
      const auto found = name.size() < 2 ? names_.end() : names_.find(name);
      if (found != names_.end() && found->second < best_order) {
        best_order = found->second;
        best_end = end;
      }
    }
    return best_end != kNone ? best_end : match_punycode(text, at);
  }

 private:
  static std::size_t match_punycode(Units text, std::size_t at) {
    constexpr std::u16string_view kPrefix = u"XN--";
    if (text.size() - at <= kPrefix.size()) {
      return kNone;
    }
    for (std::size_t i = 0; i < kPrefix.size(); ++i) {
      if (canonical(text[at + i]) != kPrefix[i]) {
        return kNone;
      }
    }
    std::size_t end = at + kPrefix.size();
    while (end < text.size() && (text[end] == '-' || is_lower_alphanumeric(text[end]))) {
      ++end;
    }
    return end > at + kPrefix.size() ? end : kNone;
  }

  std::unordered_map<std::u16string, std::size_t> names_;  // upper case → place in the list
  std::size_t longest_ = 0;
};

const TopLevelDomains& top_level_domains() {
  static const TopLevelDomains instance;
  return instance;
}

// Where the domain ends that begins at a place. A domain is a chain of labels;
// as many of them as possible count ("validSubdomain*" is greedy), so a place's
// answer depends only on that of the place behind the next dot: computed from
// the last dot to the first, once.
class DomainChains {
 public:
  // `inside` are the characters of a label, `first_and_last` those it may begin
  // and end with. Underscores are for all labels but the last.
  void prepare(Units text, const UnitSet& inside, const UnitSet& first_and_last) {
    text_ = text;
    first_and_last_ = &first_and_last;
    label_end_.assign(text.size() + 1, text.size());
    underscore_.assign(text.size() + 1, text.size());
    behind_dot_.assign(text.size() + 1, kNone);
    for (std::size_t i = text.size(); i-- > 0;) {
      label_end_[i] = inside[text[i]] ? label_end_[i + 1] : i;
      underscore_[i] = text[i] == '_' ? i : underscore_[i + 1];
      if (i > 0 && text[i - 1] == '.') {
        behind_dot_[i] = end_from(i);
      }
    }
  }

  // The end of the longest domain that begins at `at`, or kNone.
  [[nodiscard]] std::size_t end_from(std::size_t at) const {
    const std::size_t dot = label_end_[at];
    if (dot == at || dot >= text_.size() || text_[dot] != '.' || !(*first_and_last_)[text_[at]] ||
        !(*first_and_last_)[text_[dot - 1]]) {
      return kNone;
    }
    if (behind_dot_[dot + 1] != kNone) {
      return behind_dot_[dot + 1];
    }
    return underscore_[at] < dot ? kNone : top_level_domains().match(text_, dot + 1);
  }

 private:
  Units text_;
  const UnitSet* first_and_last_ = nullptr;
  std::vector<std::size_t> label_end_;
  std::vector<std::size_t> underscore_;  // the next one
  std::vector<std::size_t> behind_dot_;  // the domain's end, for places behind a dot
};

// The end of a balanced group `(…)` at `at`, with at most one nested one, or kNone.
std::size_t balanced_group_end(Units text, std::size_t at) {
  const UnitSet& general = classes().general;
  const auto run = [&](std::size_t from) {
    while (from < text.size() && general[text[from]]) {
      ++from;
    }
    return from;
  };
  if (at >= text.size() || text[at] != '(') {
    return kNone;
  }
  std::size_t end = run(at + 1);
  if (end < text.size() && text[end] == ')') {
    return end > at + 1 ? end + 1 : kNone;
  }
  if (end >= text.size() || text[end] != '(') {
    return kNone;
  }
  const std::size_t inner = end + 1;
  end = run(inner);
  if (end == inner || end >= text.size() || text[end] != ')') {
    return kNone;
  }
  end = run(end + 1);
  return end < text.size() && text[end] == ')' ? end + 1 : kNone;
}

// The end of the path at `at` (which begins with '/'), or `at`.
std::size_t path_end(Units text, std::size_t at) {
  if (at >= text.size() || text[at] != '/') {
    return at;
  }
  std::size_t accepted = at + 1;
  std::size_t i = at + 1;
  while (i < text.size()) {
    if (classes().general[text[i]]) {
      ++i;
      if (classes().ending[text[i - 1]]) {
        accepted = i;
      }
      continue;
    }
    // A group ends the path only right behind what does; in the reference it is an
    // alternative to the whole run, not to its last character.
    const std::size_t group_end = balanced_group_end(text, i);
    if (group_end == kNone) {
      break;
    }
    accepted = accepted == i ? group_end : accepted;
    i = group_end;
  }
  return accepted;
}

// The end of the query at `at` (which begins with '?'), or `at`.
std::size_t query_end(Units text, std::size_t at) {
  if (at >= text.size() || text[at] != '?') {
    return at;
  }
  std::size_t accepted = at;
  for (std::size_t i = at + 1; i < text.size() && classes().query[text[i]]; ++i) {
    if (classes().query_ending[text[i]]) {
      accepted = i + 1;
    }
  }
  return accepted;
}

// The end of `http://` or `https://` at `at`, or `at`.
std::size_t scheme_end(Units text, std::size_t at) {
  for (const std::u16string_view scheme :
       {std::u16string_view(u"HTTPS://"), std::u16string_view(u"HTTP://")}) {
    if (text.size() - at < scheme.size()) {
      continue;
    }
    std::size_t i = 0;
    while (i < scheme.size() && canonical(text[at + i]) == scheme[i]) {
      ++i;
    }
    if (i == scheme.size()) {
      return at + i;
    }
  }
  return at;
}

// The reference lets a label of 1 to 63 characters pass, counted in punycode;
// U+3002, U+FF0E and U+FF61 part a label there as a dot would.
bool labels_are_valid(Units domain) {
  std::size_t length = 0;
  std::size_t piece = 0;
  for (std::size_t i = 0; i <= domain.size(); ++i) {
    const char16_t unit = i < domain.size() ? domain[i] : u'.';
    const bool dot = unit == '.';
    if (!dot && unit != 0x3002 && unit != 0xff0e && unit != 0xff61) {
      continue;
    }
    length += punycode_length(domain.substr(piece, i - piece));
    piece = i + 1;
    if (!dot) {
      ++length;
      continue;
    }
    if (length < 1 || length > kLabelCharactersMax) {
      return false;
    }
    length = 0;
  }
  return true;
}

// Half-open, in code units.
struct UnitSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// In units of the text, as UnitSpan.
UrlSpan found(std::size_t begin, std::size_t end) { return {begin, end, end}; }

class UrlFinder {
 public:
  void find(Units text, std::vector<UrlSpan>& out) {
    static const UnitSet label = [] {
      UnitSet set = classes().domain;
      set.set('-');
      set.set('_');
      return set;
    }();
    text_ = text;
    chains_.prepare(text, label, classes().domain);
    std::size_t at = 0;
    while (at < text.size()) {
      // At the start of the text a URL may stand at once, but a first character
      // that may precede one is tried as that before.
      if (classes().preceding[text[at]] && at + 1 < text.size() && match(at + 1)) {
        accept(text[at], out);
      } else if (at == 0 && match(0)) {
        accept(u' ', out);
      } else {
        ++at;
        continue;
      }
      at = url_.end;
    }
  }

 private:
  // Matches scheme, domain, port, path and query at `at`.
  bool match(std::size_t at) {
    std::size_t domain = scheme_end(text_, at);
    std::size_t end = domain < text_.size() ? chains_.end_from(domain) : kNone;
    if (end == kNone && domain != at) {
      domain = at;
      end = chains_.end_from(domain);
    }
    if (end == kNone) {
      return false;
    }
    has_scheme_ = domain != at;
    domain_ = {domain, end};
    if (end + 1 < text_.size() && text_[end] == ':' && text_[end + 1] >= '0' &&
        text_[end + 1] <= '9') {
      ++end;
      while (end < text_.size() && text_[end] >= '0' && text_[end] <= '9') {
        ++end;
      }
    }
    const std::size_t path = end;
    end = path_end(text_, end);
    has_path_ = end != path;
    url_ = {at, query_end(text_, end)};
    return true;
  }

  // Takes what was matched, if the reference's further checks let it pass.
  void accept(char16_t before, std::vector<UrlSpan>& out) {
    constexpr std::size_t kDefaultSchemeUnits = 8;  // "https://"
    const std::size_t scheme_units = has_scheme_ ? domain_.begin - url_.begin : kDefaultSchemeUnits;
    if (scheme_units + (url_.end - url_.begin) > kUrlUnitsMax) {
      return;
    }
    const Units domain = text_.substr(domain_.begin, domain_.end - domain_.begin);
    find_ascii_domains(domain);
    if ((domain.starts_with(u"xn--") && ascii_domains_.empty()) || !labels_are_valid(domain)) {
      return;
    }
    if (has_scheme_) {
      accept_with_scheme(out);
    } else if (before != '-' && before != '_' && before != '.' && before != '/') {
      accept_without_scheme(domain, out);
    }
  }

  // Without a scheme only the parts of the domain in ASCII (and Latin accents)
  // count; the last one takes the path with it.
  void accept_without_scheme(Units domain, std::vector<UrlSpan>& out) {
    std::size_t searched = 0;
    for (const UnitSpan& part : ascii_domains_) {
      // The reference looks the part up again by its text, which may stand
      // earlier as a piece of something else.
      const std::size_t begin =
          domain.find(domain.substr(part.begin, part.end - part.begin), searched);
      searched = begin + (part.end - part.begin);
      out.push_back(found(url_.begin + begin, url_.begin + searched));
    }
    if (!ascii_domains_.empty() && has_path_) {
      out.back().counted_end += url_.end - domain_.end;
      out.back().end = url_.end;
    }
  }

  // The links of t.co end with their slug (and a query), whatever follows.
  void accept_with_scheme(std::vector<UrlSpan>& out) {
    constexpr std::u16string_view kHost = u"T.CO/";
    std::size_t slug = domain_.begin;
    for (const char16_t unit : kHost) {
      if (slug >= url_.end || canonical(text_[slug]) != unit) {
        out.push_back(found(url_.begin, url_.end));
        return;
      }
      ++slug;
    }
    std::size_t end = slug;
    while (end < url_.end && is_lower_alphanumeric(text_[end])) {
      ++end;
    }
    if (end == slug) {
      out.push_back(found(url_.begin, url_.end));
      return;
    }
    if (end - slug > kShortLinkSlugMax) {
      return;
    }
    out.push_back(found(url_.begin, query_end(text_.substr(0, url_.end), end)));
  }

  void find_ascii_domains(Units domain) {
    ascii_domains_.clear();
    ascii_chains_.prepare(domain, classes().ascii_label, classes().ascii_label);
    for (std::size_t at = 0; at < domain.size();) {
      const std::size_t end = ascii_chains_.end_from(at);
      if (end == kNone) {
        ++at;
        continue;
      }
      ascii_domains_.push_back({at, end});
      at = end;
    }
  }

  Units text_;
  DomainChains chains_;
  DomainChains ascii_chains_;
  UnitSpan url_;
  UnitSpan domain_;
  bool has_scheme_ = false;
  bool has_path_ = false;
  std::vector<UnitSpan> ascii_domains_;  // in units of the domain
};

}  // namespace

void find_urls(std::string_view text, std::vector<UrlSpan>& out) {
  out.clear();
  if (text.empty() || std::memchr(text.data(), '.', text.size()) == nullptr) {
    return;
  }
  thread_local std::u16string units;
  thread_local std::vector<std::uint32_t> offsets;
  thread_local UrlFinder finder;
  to_units(text, units, offsets);
  finder.find(units, out);
  for (UrlSpan& span : out) {
    span = {offsets[span.begin], offsets[span.end], offsets[span.counted_end]};
  }
}

}  // namespace tagtill
