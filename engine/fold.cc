#include "engine/fold.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "engine/hashtag.h"

namespace tagtill {
namespace {

// utf8proc's NFC. Each function of a step works on code points, so that the
// three steps of the rule need one encoding at the end.
constexpr auto kNfc = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);

constexpr utf8proc_int32_t kBeforeHangulTails = 0x11A7;

using CodePoints = std::vector<utf8proc_int32_t>;

bool decode(std::string_view text, CodePoints& out) {
  out.clear();
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t code_point = 0;
    const utf8proc_ssize_t used = utf8proc_iterate(at, left, &code_point);
    if (used <= 0) {
      return false;
    }
    out.push_back(code_point);
    at += used;
    left -= used;
  }
  return true;
}

void encode(const CodePoints& text, std::string& out) {
  for (const utf8proc_int32_t code_point : text) {
    std::array<utf8proc_uint8_t, 4> bytes{};
    const utf8proc_ssize_t count = utf8proc_encode_char(code_point, bytes.data());
    out.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(count));
  }
}

// Has utf8proc neither a decomposition nor a case folding for it? (Those of Hangul
// syllables are worked out.) Most have none, and this is quicker than to ask for it.
bool maps_to_itself(utf8proc_int32_t code_point) {
  constexpr utf8proc_uint16_t kNoSequence = 0xFFFF;
  constexpr utf8proc_int32_t kSyllablesBegin = 0xAC00;
  constexpr utf8proc_int32_t kSyllablesEnd = 0xD7A4;
  const utf8proc_property_t* property = utf8proc_get_property(code_point);
  return property->decomp_seqindex == kNoSequence && property->casefold_seqindex == kNoSequence &&
         (code_point < kSyllablesBegin || code_point >= kSyllablesEnd);
}

// Appends what utf8proc makes of one code point under `options`, which may ask for
// decomposition, composition and case folding.
void append_mapped(utf8proc_int32_t code_point, utf8proc_option_t options, CodePoints& out) {
  if (maps_to_itself(code_point)) {
    out.push_back(code_point);
    return;
  }
  std::array<utf8proc_int32_t, 32> mapped{};  // the longest mapping of Unicode 15 has 18
  int boundary = 0;
  const utf8proc_ssize_t count = utf8proc_decompose_char(
      code_point, mapped.data(), static_cast<utf8proc_ssize_t>(mapped.size()), options, &boundary);
  if (count < 0 || count > static_cast<utf8proc_ssize_t>(mapped.size())) {
    out.push_back(code_point);
    return;
  }
  out.insert(out.end(), mapped.begin(), mapped.begin() + count);
}

// The canonical ordering of UAX #15: each run of combining marks is sorted by
// class, stably. (Not by insertion: a post may hold a run of 300,000 marks.)
void order_canonically(CodePoints& text) {
  const auto class_of = [](utf8proc_int32_t code_point) {
    return utf8proc_get_property(code_point)->combining_class;
  };
  for (auto run = text.begin(); run != text.end();) {
    if (class_of(*run) == 0) {
      ++run;
      continue;
    }
    auto end = run;
    while (end != text.end() && class_of(*end) != 0) {
      ++end;
    }
    std::stable_sort(run, end, [&](utf8proc_int32_t a, utf8proc_int32_t b) {
      return class_of(a) < class_of(b);
    });
    run = end;
  }
}

// utf8proc 2.8 takes U+11A7, the code point before the first Hangul tail, for a
// tail, and swallows it behind a syllable. It is a starter that composes with
// nothing, so what stands before it and behind it can be composed apart.
void compose(CodePoints& text) {
  auto out = text.begin();
  for (auto from = text.begin();;) {
    const auto to = std::find(from, text.end(), kBeforeHangulTails);
    const utf8proc_ssize_t length =
        from == to ? 0 : utf8proc_normalize_utf32(&*from, to - from, kNfc);
    out = std::copy_n(from, std::max<utf8proc_ssize_t>(length, 0), out);
    if (to == text.end()) {
      break;
    }
    *out++ = *to;
    from = to + 1;
  }
  text.erase(out, text.end());
}

void normalise(const CodePoints& from, CodePoints& to) {
  to.clear();
  for (const utf8proc_int32_t code_point : from) {
    append_mapped(code_point, kNfc, to);
  }
  order_canonically(to);
  compose(to);
}

constexpr utf8proc_int32_t kPlane = 0x10000;
constexpr utf8proc_int32_t kSurrogates = 0xD800;
constexpr utf8proc_int32_t kBehindSurrogates = 0xE000;

template <typename F>
void for_each_of_the_plane(F&& f) {
  for (utf8proc_int32_t c = 0; c < kPlane; c = c + 1 == kSurrogates ? kBehindSurrogates : c + 1) {
    f(c);
  }
}

// By code point: is it left alone by NFC, wherever it stands? Not if it has a combining
// class, is not its own composition, or composes with what stands before it, as whatever
// stands behind the first place of a decomposition may.
std::vector<bool> make_inert_table() {
  constexpr utf8proc_int32_t kHangulVowels = 0x1160;  // they compose by a rule of their own
  constexpr utf8proc_int32_t kHangulEnd = 0x1200;
  std::vector<bool> inert(kPlane, true);
  CodePoints mapped;
  for_each_of_the_plane([&](utf8proc_int32_t c) {
    mapped.clear();
    append_mapped(c, UTF8PROC_DECOMPOSE, mapped);
    for (std::size_t i = 1; i < mapped.size(); ++i) {
      if (mapped[i] < kPlane) {
        inert[static_cast<std::size_t>(mapped[i])] = false;
      }
    }
    const bool decomposes = mapped.size() != 1 || mapped[0] != c;
    bool is_own = true;
    if (decomposes) {
      CodePoints composed;
      normalise({c}, composed);
      is_own = composed.size() == 1 && composed[0] == c;
    }
    if (!is_own || utf8proc_get_property(c)->combining_class != 0 ||
        (c >= kHangulVowels && c < kHangulEnd)) {
      inert[static_cast<std::size_t>(c)] = false;
    }
  });
  return inert;
}

std::vector<char16_t> make_fold_alone_table() {
  const std::vector<bool> inert = make_inert_table();
  std::vector<char16_t> table(kPlane);
  CodePoints mapped;
  for_each_of_the_plane([&](utf8proc_int32_t c) {
    const auto at = static_cast<std::size_t>(c);
    if (!inert[at] || !is_tag_character(static_cast<char32_t>(c))) {
      return;
    }
    mapped.clear();
    append_mapped(c, UTF8PROC_CASEFOLD, mapped);
    if (mapped.size() == 1 && mapped[0] < kPlane && inert[static_cast<std::size_t>(mapped[0])]) {
      table[at] = static_cast<char16_t>(mapped[0]);
    }
  });
  return table;
}

}  // namespace

const char16_t* fold_alone_table() {
  static const std::vector<char16_t> kTable = make_fold_alone_table();
  return kTable.data();
}

bool to_nfc(std::string_view text, std::string& out) {
  out.clear();
  CodePoints decoded;
  CodePoints composed;
  if (!decode(text, decoded)) {
    return false;
  }
  normalise(decoded, composed);
  encode(composed, out);
  return true;
}

bool fold_tag(std::string_view text, std::string& out) {
  out.clear();
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) {
      out.clear();
      thread_local CodePoints a;
      thread_local CodePoints b;
      if (!decode(text, a)) {
        return false;
      }
      normalise(a, b);
      a.clear();
      for (const utf8proc_int32_t code_point : b) {
        append_mapped(code_point, UTF8PROC_CASEFOLD, a);
      }
      normalise(a, b);
      encode(b, out);
      return true;
    }
    out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c);
  }
  return true;
}

std::string folded(std::string_view text) {
  std::string out;
  if (!fold_tag(text, out)) {
    out.clear();
  }
  return out;
}

std::string unicode_version() { return utf8proc_unicode_version(); }

}  // namespace tagtill
