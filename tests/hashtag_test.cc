// P2.1: which hashtags a text holds. twitter_text_test.cc asks the npm package
// itself; here are its conformance cases, the clauses of the rule one by one, and
// the naive extractor on random texts.
#include "engine/hashtag.h"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/utf8.h"
#include "tests/hashtag_texts.h"
#include "tests/reference/text.h"
#include "tests/seeded.h"

namespace tagtill {
namespace {

using Strings = std::vector<std::string>;

Strings tags_of(std::string_view text) {
  std::vector<Hashtag> found;
  find_hashtags(text, found);
  Strings tags;
  for (const Hashtag& hashtag : found) {
    tags.emplace_back(hashtag.tag);
  }
  return tags;
}

std::vector<std::u16string> units_of(const Strings& tags) {
  std::vector<std::u16string> units;
  for (const std::string& tag : tags) {
    units.push_back(reference::to_utf16(tag));
  }
  return units;
}

std::vector<std::u16string> reference_tags_of(std::string_view text) {
  std::vector<std::u16string> tags;
  for (const reference::Hashtag& hashtag : reference::extract_hashtags(reference::to_utf16(text))) {
    tags.push_back(hashtag.name);
  }
  return tags;
}

// --- The conformance file ----------------------------------------------------------

YAML::Node conformance() {
  const std::filesystem::path path =
      seeded::shared_data() / "twitter-text" / "conformance__extract.yml";
  return std::filesystem::is_regular_file(path) ? YAML::LoadFile(path.string())["tests"]
                                                : YAML::Node();
}

TEST(Hashtag, P2_1_ConformanceFile) {
  const YAML::Node tests = conformance();
  if (!tests.IsMap()) {
    GTEST_SKIP() << "skipped: no ../shared/data";
  }
  int cases = 0;
  for (const char* section : {"hashtags", "hashtags_from_astral"}) {
    for (const YAML::Node& test : tests[section]) {
      EXPECT_EQ(tags_of(test["text"].as<std::string>()), test["expected"].as<Strings>())
          << section << ": " << test["description"].as<std::string>();
      ++cases;
    }
  }
  EXPECT_GE(cases, 68);
}

// Where a tag stands, counted in code points; the end is behind the tag.
std::pair<std::size_t, std::size_t> indices_of(std::string_view text, const Hashtag& hashtag) {
  const auto code_points = [&](std::size_t bytes) {
    std::size_t count = 0;
    for (const char c : text.substr(0, bytes)) {
      count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
    }
    return count;
  };
  const auto end = static_cast<std::size_t>(hashtag.tag.data() - text.data()) + hashtag.tag.size();
  return {code_points(hashtag.begin), code_points(end)};
}

TEST(Hashtag, P2_1_ConformanceFileWithPlaces) {
  const YAML::Node tests = conformance();
  if (!tests.IsMap()) {
    GTEST_SKIP() << "skipped: no ../shared/data";
  }
  int cases = 0;
  for (const YAML::Node& test : tests["hashtags_with_indices"]) {
    const auto text = test["text"].as<std::string>();
    std::vector<Hashtag> found;
    find_hashtags(text, found);
    ASSERT_EQ(found.size(), test["expected"].size()) << test["description"].as<std::string>();
    for (std::size_t i = 0; i < found.size(); ++i) {
      const YAML::Node wanted = test["expected"][i];
      EXPECT_EQ(found[i].tag, wanted["hashtag"].as<std::string>());
      EXPECT_EQ(indices_of(text, found[i]), std::make_pair(wanted["indices"][0].as<std::size_t>(),
                                                           wanted["indices"][1].as<std::size_t>()))
          << test["description"].as<std::string>();
    }
    ++cases;
  }
  EXPECT_GE(cases, 6);
}

// --- The clauses of the rule ---------------------------------------------------------

TEST(Hashtag, P2_1_BothSigns) {
  EXPECT_EQ(tags_of("#kindle ＃fire"), (Strings{"kindle", "fire"}));
  std::vector<Hashtag> found;
  find_hashtags("é #a ＃b", found);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].begin, 3U);
  EXPECT_EQ(found[1].begin, 6U);
  EXPECT_TRUE(tags_of("﹟a").empty());  // the small sign is none
}

TEST(Hashtag, P2_1_WhatMayStandBefore) {
  for (const std::string_view before :
       {" ",  "\n",     "\t",     ".",       ",",      "(",      "\"",        "'",  "/",
        "-",  "!",      "$",      "@",       "…",      "。",     "、",        "「", "😀",
        "🇫🇷", "\u00A0", "\u3000", "\u200B",  "\u200E", "\uFEFF", "€",         "½",  "²",
        "①",  "\uFE0E", "\uFE0F", "❤\uFE0F", "٫",      "&amp;",  "\U0001F1E6"}) {
    EXPECT_EQ(tags_of(std::string(before) + "#tag"), Strings{"tag"}) << before;
  }
  for (const std::string_view before :
       {"a",          "Z",          "0",      "_",  "&",          "é",          "ß",
        "日",         "ー",         "あ",     "한", "и",          "ع",          "ก",
        "\u0301",     "\u200C",     "\u200D", "·",  "・",         "〃",         "～",
        "〜",         "٣",          "१",      "１", "\U00010400", "\U00020021", "\U000104A0",
        "\U0001D7D8", "\U000E0100", "\u20E3"}) {
    EXPECT_TRUE(tags_of(std::string(before) + "#tag").empty()) << before;
  }
}

TEST(Hashtag, P2_1_WhatMayNotStandBehind) {
  EXPECT_TRUE(tags_of("#tag#").empty());
  EXPECT_TRUE(tags_of("#tag＃").empty());
  EXPECT_TRUE(tags_of("#tag://").empty());
  EXPECT_TRUE(tags_of("#tag://host.com/").empty());
  EXPECT_TRUE(tags_of("#tag#more").empty());
  EXPECT_EQ(tags_of("#tag:/"), Strings{"tag"});
  EXPECT_EQ(tags_of("#tag:"), Strings{"tag"});
  EXPECT_EQ(tags_of("#tag #more"), (Strings{"tag", "more"}));
  EXPECT_EQ(tags_of("#tag.#more"), (Strings{"tag", "more"}));
  EXPECT_EQ(tags_of("#tag@#more"), (Strings{"tag", "more"}));
  EXPECT_EQ(tags_of("##tag"), Strings{"tag"});
  EXPECT_EQ(tags_of("###tag"), Strings{"tag"});
}

TEST(Hashtag, P2_1_KeycapsAreNone) {
  EXPECT_TRUE(tags_of("#\uFE0F").empty());
  EXPECT_TRUE(tags_of("#\uFE0F\u20E3").empty());
  EXPECT_TRUE(tags_of("#\u20E3").empty());
  EXPECT_TRUE(tags_of("#\uFE0Fabc").empty());
  EXPECT_TRUE(tags_of("#\u20E3abc").empty());
  EXPECT_TRUE(tags_of("＃\uFE0Fabc").empty());
  EXPECT_EQ(tags_of("#abc\uFE0F"), Strings{"abc\uFE0F"});
  EXPECT_EQ(tags_of("#a\u20E3"), Strings{"a\u20E3"});
  EXPECT_EQ(tags_of("#\uFE0Eabc"), Strings{"\uFE0Eabc"});
}

TEST(Hashtag, P2_1_AtLeastOneLetterOrMark) {
  for (const std::string_view digits : {"1", "2013", "_", "1_", "٣", "１２", "·", "・", "\u200D",
                                        "～", "\U000104A0", "\U0001D7FF"}) {
    EXPECT_TRUE(tags_of("#" + std::string(digits)).empty()) << digits;
    EXPECT_EQ(tags_of("#" + std::string(digits) + "a"), Strings{std::string(digits) + "a"});
    EXPECT_EQ(tags_of("#a" + std::string(digits)), Strings{"a" + std::string(digits)});
  }
  EXPECT_EQ(tags_of("#\u0301"), Strings{"\u0301"});  // a mark is enough
}

TEST(Hashtag, P2_1_WhatEndsATag) {
  for (const std::string_view end :
       {" ",  ".", ",", "!", "-", "'", "’",      "/",      "&",      "%", "😀", "\u00A0", "。", "、",
        "「", "(", "€", "$", "+", "…", "\u200B", "\u2060", "\u202A", "½", "²", "①",      "﹏"}) {
    EXPECT_EQ(tags_of("#tag" + std::string(end) + "more"), Strings{"tag"}) << end;
  }
}

TEST(Hashtag, P2_1_SpecialCharacters) {
  for (const std::string_view special :
       {"_", "\u00B7", "\u05BE", "\u05F3", "\u05F4", "\u0F0B", "\u0F0C", "\u200C", "\u200D",
        "\u3003", "\u301C", "\u309B", "\u309C", "\u30A0", "\u30FB", "\uA67E", "\uFF5E"}) {
    const std::string tag = "a" + std::string(special) + "b";
    EXPECT_EQ(tags_of("#" + tag), Strings{tag});
  }
}

// The reference's list of digits is that of Unicode 8; letters and marks are those
// of the version in use.
TEST(Hashtag, P2_1_DigitsAreListedAndLettersAreOfUnicode15) {
  for (const char32_t digit :
       {U'\u0660', U'\u0669', U'\u0966', U'\uFF19', U'\U000118E0', U'\U0001D7FF', U'\U00016B59'}) {
    EXPECT_TRUE(is_tag_character(digit)) << std::hex << static_cast<std::uint32_t>(digit);
  }
  // Adlam, Hanifi Rohingya, Nag Mundari: decimal digits, but of later versions.
  for (const char32_t digit : {U'\U0001E950', U'\U00010D30', U'\U0001E4F0', U'\U00011C50'}) {
    EXPECT_FALSE(is_tag_character(digit)) << std::hex << static_cast<std::uint32_t>(digit);
  }
  for (const char32_t letter : {U'\U0001E900', U'\U00010D00', U'\U0001E4D0', U'\U00031350',
                                U'\u1C80', U'\u1C90', U'\uA7C2', U'\u08C8', U'\U00011F00'}) {
    EXPECT_TRUE(is_tag_character(letter)) << std::hex << static_cast<std::uint32_t>(letter);
    std::string tag;
    append_utf8(letter, tag);
    EXPECT_EQ(tags_of("#" + tag), Strings{tag});
  }
  // Numbers that are letters or other, not decimal; unassigned; private use.
  for (const char32_t none : {U'\u2160', U'\u3007', U'\u00B2', U'\u00BD', U'\u0378', U'\uE000',
                              U'\U0010FFFF', U'\uFFFD'}) {
    EXPECT_FALSE(is_tag_character(none)) << std::hex << static_cast<std::uint32_t>(none);
  }
}

TEST(Hashtag, P2_1_EveryCodePointAgreesWithTheReference) {
  constexpr char32_t kCodePoints = 0x110000;
  // Beyond these there is nothing but letters and what is not assigned.
  constexpr char32_t kOthersEnd = 0x20000;
  std::size_t fillers = 0;
  std::string inside;
  std::string before;
  for (char32_t code_point = 0; code_point < kCodePoints; ++code_point) {
    if (code_point >= 0xD800 && code_point < 0xE000) {
      continue;
    }
    if (reference::is_letter_or_mark(code_point)) {
      ASSERT_TRUE(is_tag_character(code_point))
          << std::hex << static_cast<std::uint32_t>(code_point);
      continue;
    }
    fillers += is_tag_character(code_point) ? 1 : 0;
    if (code_point < kOthersEnd) {
      std::string character;
      append_utf8(code_point, character);
      inside += " #a" + character + "b";
      before += " " + character + "#a";
    }
    if (code_point % 64 == 0) {
      for (const std::string* text : {&inside, &before}) {
        ASSERT_EQ(units_of(tags_of(*text)), reference_tags_of(*text))
            << "before " << std::hex << static_cast<std::uint32_t>(code_point);
      }
      inside.clear();
      before.clear();
    }
  }
  EXPECT_EQ(fillers, 10U + 53U * 10U + 1U + 16U);  // digits, listed digits, `_`, specials
}

TEST(Hashtag, P2_1_NoneInsideAUrl) {
  for (const std::string_view text :
       {"http://host.com/#tag", "https://host.com/path#tag", "http://host.com#tag",
        "HTTP://HOST.COM/#tag", "host.com/#tag", "www.host.com/a/#tag", "t.co/abc#tag",
        "host.co.jp/?q=#tag", "xn--80ak6aa92e.com/#tag", "http://中国.中国/#tag",
        "http://host.com/(#tag)", "see http://host.com/a_(b)#tag", "http://host.com:80/#tag",
        "http://日本語.jp/#tag"}) {
    EXPECT_TRUE(tags_of(text).empty()) << text;
  }
  EXPECT_EQ(tags_of("host.com #tag"), Strings{"tag"});
  EXPECT_EQ(tags_of("http://host.com/ #tag"), Strings{"tag"});
  EXPECT_EQ(tags_of("host.nosuchdomain/#tag"), Strings{"tag"});
  EXPECT_EQ(tags_of("中国.中国/#tag"), Strings{"tag"});  // without a scheme ASCII only
  EXPECT_EQ(tags_of("host/#tag"), Strings{"tag"});
  EXPECT_EQ(tags_of("#tag.com"), Strings{"tag"});
  EXPECT_EQ(tags_of("ftp://host/#tag"), Strings{"tag"});
}

TEST(Hashtag, P7_1_WholeHashtags) {
  for (const std::string_view good :
       {"kindle", "kindle_fire", "日本語", "7up", "café", "cafe\u0301"}) {
    EXPECT_TRUE(is_whole_hashtag(good)) << good;
  }
  for (const std::string_view bad : {"", "2013", "kindle fire", "#kindle", "kindle#", "a.b", "a-b",
                                     "\uFE0Fa", "a://", " a", "a ", "_", "😀"}) {
    EXPECT_FALSE(is_whole_hashtag(bad)) << bad;
  }
}

// --- Random texts --------------------------------------------------------------------

TEST(Hashtag, P2_1_RandomTextsAgreeWithTheReference) {
  const hashtag_texts::Generator generate;
  for (std::uint64_t i = 0; i < seeded::seeds() * 20; ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    const std::string text = generate(seed);
    const std::u16string units = reference::to_utf16(text);
    std::vector<Hashtag> found;
    find_hashtags(text, found);
    const std::vector<reference::Hashtag> wanted = reference::extract_hashtags(units);
    ASSERT_EQ(found.size(), wanted.size()) << "TAGTILL_SEED=" << seed << "\n" << text;
    for (std::size_t k = 0; k < found.size(); ++k) {
      ASSERT_EQ(reference::to_utf16(found[k].tag), wanted[k].name)
          << "TAGTILL_SEED=" << seed << "\n"
          << text;
      ASSERT_EQ(reference::to_utf16(std::string_view(text).substr(0, found[k].begin)).size(),
                wanted[k].sign)
          << "TAGTILL_SEED=" << seed << "\n"
          << text;
    }
  }
}

// Whatever the bytes, the answer is made of them.
TEST(Hashtag, AnyBytesAreSafe) {
  for (std::uint64_t i = 0; i < seeded::seeds() * 20; ++i) {
    seeded::Random random(seeded::first_seed() + i);
    std::vector<char> bytes(random.below(60));
    for (char& byte : bytes) {
      byte = random.percent(50) ? random.pick(std::string_view("##a.co/:\xEF\xBC\x83 "))
                                : static_cast<char>(random.below(256));
    }
    std::vector<Hashtag> found;
    find_hashtags({bytes.data(), bytes.size()}, found);
    for (const Hashtag& hashtag : found) {
      ASSERT_GE(hashtag.tag.data(), bytes.data());
      ASSERT_LE(hashtag.tag.data() + hashtag.tag.size(), bytes.data() + bytes.size());
    }
  }
}

// --- Cost ----------------------------------------------------------------------------

std::string repeated(std::string_view piece, std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) {
    text += piece;
  }
  return text;
}

// Linear: each text takes some 100 ms at most, in a slow build a second. What is
// quadratic takes half a minute or more. The bound lies far from both.
TEST(Hashtag, HostileTextsTakeLinearTime) {
  constexpr std::size_t kBytes = std::size_t{1} << 18;
  constexpr std::chrono::seconds kEnough{10};
  for (const std::string_view piece : {"a.",
                                       "#a",
                                       "#a#",
                                       "(",
                                       "(a",
                                       "((a)",
                                       "#１１１",
                                       "\u0301",
                                       "http://",
                                       "http://a",
                                       "a.com/(",
                                       "http://a.b/((",
                                       "#",
                                       "＃",
                                       "a.b.",
                                       "-.",
                                       "xn--",
                                       "t.co/",
                                       "http://t.co/a",
                                       "a.co?",
                                       "://",
                                       "a@",
                                       ".com",
                                       "é.",
                                       "日本.",
                                       "😀.",
                                       "#a://",
                                       "_a.",
                                       "www.",
                                       "a-",
                                       "\uFE0F#",
                                       "&#",
                                       "a.com",
                                       "http://a.com/?",
                                       ".",
                                       "#a.com/",
                                       "a.co/(a)",
                                       "=#",
                                       "\u200D",
                                       "\U00010400#"}) {
    for (const std::string_view start : {"", "#tag a.com/?"}) {
      std::string text(start);
      text += repeated(piece, kBytes);
      text += "#end";
      std::vector<Hashtag> found;
      const auto begin = std::chrono::steady_clock::now();
      find_hashtags(text, found);
      EXPECT_LT(std::chrono::steady_clock::now() - begin, kEnough) << start << piece;
    }
  }
}

}  // namespace
}  // namespace tagtill
