#include "engine/emoji.h"

#include <algorithm>
#include <iterator>
#include <span>

// The parser is one regular expression; here are its alternatives, in its order, as facts
// rather than as code. The first one that fits counts.

namespace tagtill {
namespace {

constexpr char32_t kJoiner = 0x200D;
constexpr char32_t kTextSelector = 0xFE0E;
constexpr char32_t kEmojiSelector = 0xFE0F;
constexpr char32_t kKeycap = 0x20E3;

struct Range {
  char32_t first;
  char32_t last;
};

constexpr Range kSkinTones[] = {{0x1F3FB, 0x1F3FF}};
constexpr Range kGenders[] = {{0x2640, 0x2640}, {0x2642, 0x2642}};

// A man or a woman, and what they are: the first three with a selector.
constexpr Range kAdults[] = {{0x1F468, 0x1F469}};
constexpr Range kProfessionSigns[] = {{0x2695, 0x2696}, {0x2708, 0x2708}};
constexpr Range kProfessions[] = {{0x1F33E, 0x1F33E}, {0x1F373, 0x1F373}, {0x1F393, 0x1F393},
                                  {0x1F3A4, 0x1F3A4}, {0x1F3A8, 0x1F3A8}, {0x1F3EB, 0x1F3EB},
                                  {0x1F3ED, 0x1F3ED}, {0x1F4BB, 0x1F4BB}, {0x1F4BC, 0x1F4BC},
                                  {0x1F527, 0x1F527}, {0x1F52C, 0x1F52C}, {0x1F680, 0x1F680},
                                  {0x1F692, 0x1F692}, {0x1F9B0, 0x1F9B3}};

// With a skin tone or a selector, and a gender.
constexpr Range kPeopleInMotion[] = {{0x26F9, 0x26F9}, {0x1F3CB, 0x1F3CC}, {0x1F574, 0x1F575}};

// Perhaps with a skin tone, and with a gender.
constexpr Range kPeople[] = {
    {0x1F3C3, 0x1F3C4}, {0x1F3CA, 0x1F3CA}, {0x1F46E, 0x1F46E}, {0x1F471, 0x1F471},
    {0x1F473, 0x1F473}, {0x1F477, 0x1F477}, {0x1F481, 0x1F482}, {0x1F486, 0x1F487},
    {0x1F645, 0x1F647}, {0x1F64B, 0x1F64B}, {0x1F64D, 0x1F64E}, {0x1F6A3, 0x1F6A3},
    {0x1F6B4, 0x1F6B6}, {0x1F926, 0x1F926}, {0x1F935, 0x1F935}, {0x1F937, 0x1F939},
    {0x1F93D, 0x1F93E}, {0x1F9B8, 0x1F9B9}, {0x1F9D6, 0x1F9DD}};

// Joined, of which the joiners and, behind what kSelected says, the selectors are left out.
constexpr std::u32string_view kJoined[] = {
    U"👨❤💋👨",    U"👨👨👦👦",     U"👨👨👧👦",    U"👨👨👧👧",    U"👨👩👦👦",    U"👨👩👧👦",    U"👨👩👧👧",
    U"👩❤💋👨",    U"👩❤💋👩",     U"👩👩👦👦",    U"👩👩👧👦",    U"👩👩👧👧",    U"👨❤👨",     U"👨👦👦",
    U"👨👧👦",     U"👨👧👧",      U"👨👨👦",     U"👨👨👧",     U"👨👩👦",     U"👨👩👧",     U"👩❤👨",
    U"👩❤👩",     U"👩👦👦",      U"👩👧👦",     U"👩👧👧",     U"👩👩👦",     U"👩👩👧",     U"🏳🌈",
    U"🏴☠", U"👁🗨", U"👨👦",      U"👨👧",      U"👩👦",      U"👩👧",      U"👯♀",
    U"👯♂",      U"🤼♀",  U"🤼♂", U"🧞♀", U"🧞♂", U"🧟♀", U"🧟♂"};
constexpr char32_t kSelected[] = {0x2620, 0x2640, 0x2642, 0x2764, 0x1F3F3};

// Emoji only with a selector.
constexpr char32_t kTextSigns[] = {0x00A9, 0x00AE, 0x2122, 0x265F};

// Perhaps with a selector, but not with that for text.
constexpr Range kSigns[] = {
    {0x203C, 0x203C},   {0x2049, 0x2049},   {0x2139, 0x2139},   {0x2194, 0x2199},
    {0x21A9, 0x21AA},   {0x231A, 0x231B},   {0x2328, 0x2328},   {0x23CF, 0x23CF},
    {0x23ED, 0x23EF},   {0x23F1, 0x23F2},   {0x23F8, 0x23FA},   {0x24C2, 0x24C2},
    {0x25AA, 0x25AB},   {0x25B6, 0x25B6},   {0x25C0, 0x25C0},   {0x25FB, 0x25FE},
    {0x2600, 0x2604},   {0x260E, 0x260E},   {0x2611, 0x2611},   {0x2614, 0x2615},
    {0x2618, 0x2618},   {0x2620, 0x2620},   {0x2622, 0x2623},   {0x2626, 0x2626},
    {0x262A, 0x262A},   {0x262E, 0x262F},   {0x2638, 0x263A},   {0x2640, 0x2640},
    {0x2642, 0x2642},   {0x2648, 0x2653},   {0x2660, 0x2660},   {0x2663, 0x2663},
    {0x2665, 0x2666},   {0x2668, 0x2668},   {0x267B, 0x267B},   {0x267F, 0x267F},
    {0x2692, 0x2697},   {0x2699, 0x2699},   {0x269B, 0x269C},   {0x26A0, 0x26A1},
    {0x26AA, 0x26AB},   {0x26B0, 0x26B1},   {0x26BD, 0x26BE},   {0x26C4, 0x26C5},
    {0x26C8, 0x26C8},   {0x26CF, 0x26CF},   {0x26D1, 0x26D1},   {0x26D3, 0x26D4},
    {0x26E9, 0x26EA},   {0x26F0, 0x26F5},   {0x26F8, 0x26F8},   {0x26FA, 0x26FA},
    {0x26FD, 0x26FD},   {0x2702, 0x2702},   {0x2708, 0x2709},   {0x270F, 0x270F},
    {0x2712, 0x2712},   {0x2714, 0x2714},   {0x2716, 0x2716},   {0x271D, 0x271D},
    {0x2721, 0x2721},   {0x2733, 0x2734},   {0x2744, 0x2744},   {0x2747, 0x2747},
    {0x2757, 0x2757},   {0x2763, 0x2764},   {0x27A1, 0x27A1},   {0x2934, 0x2935},
    {0x2B05, 0x2B07},   {0x2B1B, 0x2B1C},   {0x2B50, 0x2B50},   {0x2B55, 0x2B55},
    {0x3030, 0x3030},   {0x303D, 0x303D},   {0x3297, 0x3297},   {0x3299, 0x3299},
    {0x1F004, 0x1F004}, {0x1F170, 0x1F171}, {0x1F17E, 0x1F17F}, {0x1F202, 0x1F202},
    {0x1F21A, 0x1F21A}, {0x1F22F, 0x1F22F}, {0x1F237, 0x1F237}, {0x1F321, 0x1F321},
    {0x1F324, 0x1F32C}, {0x1F336, 0x1F336}, {0x1F37D, 0x1F37D}, {0x1F396, 0x1F397},
    {0x1F399, 0x1F39B}, {0x1F39E, 0x1F39F}, {0x1F3CD, 0x1F3CE}, {0x1F3D4, 0x1F3DF},
    {0x1F3F3, 0x1F3F3}, {0x1F3F5, 0x1F3F5}, {0x1F3F7, 0x1F3F7}, {0x1F43F, 0x1F43F},
    {0x1F441, 0x1F441}, {0x1F4FD, 0x1F4FD}, {0x1F549, 0x1F54A}, {0x1F56F, 0x1F570},
    {0x1F573, 0x1F573}, {0x1F576, 0x1F579}, {0x1F587, 0x1F587}, {0x1F58A, 0x1F58D},
    {0x1F5A5, 0x1F5A5}, {0x1F5A8, 0x1F5A8}, {0x1F5B1, 0x1F5B2}, {0x1F5BC, 0x1F5BC},
    {0x1F5C2, 0x1F5C4}, {0x1F5D1, 0x1F5D3}, {0x1F5DC, 0x1F5DE}, {0x1F5E1, 0x1F5E1},
    {0x1F5E3, 0x1F5E3}, {0x1F5E8, 0x1F5E8}, {0x1F5EF, 0x1F5EF}, {0x1F5F3, 0x1F5F3},
    {0x1F5FA, 0x1F5FA}, {0x1F6CB, 0x1F6CB}, {0x1F6CD, 0x1F6CF}, {0x1F6E0, 0x1F6E5},
    {0x1F6E9, 0x1F6E9}, {0x1F6F0, 0x1F6F0}, {0x1F6F3, 0x1F6F3}};

// As those, and perhaps with a skin tone behind it.
constexpr Range kHandSigns[] = {{0x261D, 0x261D},  {0x26F7, 0x26F7},   {0x26F9, 0x26F9},
                                {0x270C, 0x270D},  {0x1F3CB, 0x1F3CC}, {0x1F574, 0x1F575},
                                {0x1F590, 0x1F590}};

// Perhaps with a skin tone.
constexpr Range kHands[] = {
    {0x270A, 0x270B},   {0x1F385, 0x1F385}, {0x1F3C2, 0x1F3C4}, {0x1F3C7, 0x1F3C7},
    {0x1F3CA, 0x1F3CA}, {0x1F442, 0x1F443}, {0x1F446, 0x1F450}, {0x1F466, 0x1F469},
    {0x1F46E, 0x1F46E}, {0x1F470, 0x1F478}, {0x1F47C, 0x1F47C}, {0x1F481, 0x1F483},
    {0x1F485, 0x1F487}, {0x1F4AA, 0x1F4AA}, {0x1F57A, 0x1F57A}, {0x1F595, 0x1F596},
    {0x1F645, 0x1F647}, {0x1F64B, 0x1F64F}, {0x1F6A3, 0x1F6A3}, {0x1F6B4, 0x1F6B6},
    {0x1F6C0, 0x1F6C0}, {0x1F6CC, 0x1F6CC}, {0x1F918, 0x1F91C}, {0x1F91E, 0x1F91F},
    {0x1F926, 0x1F926}, {0x1F930, 0x1F939}, {0x1F93D, 0x1F93E}, {0x1F9B5, 0x1F9B6},
    {0x1F9B8, 0x1F9B9}, {0x1F9D1, 0x1F9DD}};

// Black flags with tags behind them: England, Scotland, Wales.
constexpr std::u32string_view kTaggedFlags[] = {
    U"\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F",
    U"\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F",
    U"\U000E0067\U000E0062\U000E0077\U000E006C\U000E0073\U000E007F"};
constexpr char32_t kBlackFlag = 0x1F3F4;

// Flags of two regional letters.
constexpr char32_t kRegionalA = 0x1F1E6;
constexpr std::string_view kFlags =
    "AC AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN "
    "BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CP CR CU CV CW CX CY CZ "
    "DE DG DJ DK DM DO DZ EA EC EE EG EH ER ES ET EU FI FJ FK FM FO FR GA GB GD GE GF GG GH "
    "GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU IC ID IE IL IM IN IO IQ IR IS IT "
    "JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD "
    "ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP "
    "NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE "
    "SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TA TC TD TF TG TH TJ TK TL TM TN TO TR "
    "TT TV TW TZ UA UG UM UN US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

[[nodiscard]] bool is_in(std::span<const Range> ranges, char32_t character) {
  const auto found = std::ranges::lower_bound(ranges, character, {}, &Range::last);
  return found != ranges.end() && character >= found->first;
}

[[nodiscard]] bool is_one_of(std::span<const char32_t> characters, char32_t character) {
  return std::ranges::find(characters, character) != characters.end();
}

// The text, read piece by piece as long as it fits.
class Reader {
 public:
  explicit Reader(std::u32string_view text) : text_(text) {}

  [[nodiscard]] char32_t ahead() const { return at_ < text_.size() ? text_[at_] : U'\0'; }
  bool take(char32_t character) {
    const bool fits = at_ < text_.size() && text_[at_] == character;
    at_ += fits ? 1 : 0;
    return fits;
  }
  bool take(std::span<const Range> ranges) {
    const bool fits = at_ < text_.size() && is_in(ranges, text_[at_]);
    at_ += fits ? 1 : 0;
    return fits;
  }
  [[nodiscard]] std::size_t taken() const { return at_; }

 private:
  std::u32string_view text_;
  std::size_t at_ = 0;
};

std::size_t profession(Reader text) {
  if (!text.take(kAdults)) {
    return 0;
  }
  (void)text.take(kSkinTones);
  const bool fits =
      text.take(kJoiner) &&
      (text.take(kProfessions) || (text.take(kProfessionSigns) && text.take(kEmojiSelector)));
  return fits ? text.taken() : 0;
}

std::size_t person_with_gender(Reader text) {
  if (text.take(kPeopleInMotion)) {
    if (!text.take(kSkinTones) && !text.take(kEmojiSelector)) {
      return 0;
    }
  } else if (text.take(kPeople)) {
    (void)text.take(kSkinTones);
  } else {
    return 0;
  }
  const bool fits = text.take(kJoiner) && text.take(kGenders) && text.take(kEmojiSelector);
  return fits ? text.taken() : 0;
}

std::size_t joined(std::u32string_view text) {
  for (const std::u32string_view whole : kJoined) {
    Reader reader(text);
    bool fits = true;
    for (std::size_t i = 0; fits && i < whole.size(); ++i) {
      fits = (i == 0 || reader.take(kJoiner)) && reader.take(whole[i]) &&
             (!is_one_of(kSelected, whole[i]) || reader.take(kEmojiSelector));
    }
    if (fits) {
      return reader.taken();
    }
  }
  return 0;
}

std::size_t keycap(Reader text) {
  constexpr Range kKeys[] = {{U'#', U'#'}, {U'*', U'*'}, {U'0', U'9'}};
  if (!text.take(kKeys)) {
    return 0;
  }
  (void)text.take(kEmojiSelector);
  return text.take(kKeycap) ? text.taken() : 0;
}

std::size_t sign(Reader text) {
  const bool is_hand = is_in(kHands, text.ahead());
  const bool may_have_tone = is_hand || is_in(kHandSigns, text.ahead());
  if (is_one_of(kTextSigns, text.ahead())) {
    (void)text.take(text.ahead());
    return text.take(kEmojiSelector) ? text.taken() : 0;
  }
  if (!may_have_tone && !is_in(kSigns, text.ahead())) {
    return 0;
  }
  (void)text.take(text.ahead());
  if (!is_hand && text.ahead() == kTextSelector) {
    return 0;
  }
  if (!is_hand) {
    (void)text.take(kEmojiSelector);
  }
  if (may_have_tone) {
    (void)text.take(kSkinTones);
  }
  return text.taken() > 1 ? text.taken() : 0;
}

std::size_t flag(std::u32string_view text) {
  if (text[0] == kBlackFlag) {
    for (const std::u32string_view tags : kTaggedFlags) {
      if (text.substr(1).starts_with(tags)) {
        return 1 + tags.size();
      }
    }
    return 0;
  }
  const auto letter = [&](std::size_t at) {
    const bool is_letter = at < text.size() && text[at] >= kRegionalA && text[at] < kRegionalA + 26;
    return is_letter ? static_cast<char>('A' + (text[at] - kRegionalA)) : ' ';
  };
  const char name[] = {letter(0), letter(1)};
  const bool is_flag = name[0] != ' ' && name[1] != ' ' &&
                       kFlags.find(std::string_view(name, 2)) != std::string_view::npos;
  return is_flag ? 2 : 0;
}

}  // namespace

std::size_t emoji_length(std::u32string_view text) {
  if (text[0] == kEmojiSelector) {
    return 1;
  }
  for (const std::size_t length : {profession(Reader(text)), person_with_gender(Reader(text)),
                                   joined(text), keycap(Reader(text)), sign(Reader(text))}) {
    if (length > 0) {
      return length;
    }
  }
  return flag(text);
}

}  // namespace tagtill
