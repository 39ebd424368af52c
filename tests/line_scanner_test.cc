// The scanner against a reading of every line: a lane that passes lines over finds
// the same candidates as a strict one, whatever the bytes.
#include "engine/line_scanner.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/block.h"
#include "engine/fold.h"
#include "engine/post_decoder.h"
#include "engine/utf8.h"
#include "tests/scanner_twins.h"
#include "tests/seeded.h"

namespace tagtill {
namespace {

// ScannerTwins for these tests.
class Twins : public ScannerTwins {
 public:
  using ScannerTwins::ScannerTwins;

  testing::AssertionResult same(std::string_view text) {
    const std::string difference = difference_in(text);
    return difference.empty() ? testing::AssertionSuccess()
                              : testing::AssertionFailure() << difference;
  }
};

std::string escape_of(char32_t unit, bool capitals) {
  const std::string_view digits = capitals ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string out = "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) {
    out += digits[unit >> shift & 15];
  }
  return out;
}

// A code point as JSON can write it: raw, or as one or two escapes.
std::string written(char32_t code_point, bool escaped, bool capitals) {
  std::string out;
  if (!escaped) {
    append_utf8(code_point, out);
  } else if (code_point >= 0x10000) {
    out = escape_of(0xD800 + ((code_point - 0x10000) >> 10), capitals) +
          escape_of(0xDC00 + ((code_point - 0x10000) & 0x3FF), capitals);
  } else {
    out = escape_of(code_point, capitals);
  }
  return out;
}

// Each character in a way of its own.
std::string written_at_random(seeded::Random& random, std::string_view text, std::size_t escapes) {
  std::string out;
  while (!text.empty()) {
    const Utf8Character character = read_utf8(text);
    text.remove_prefix(character.bytes);
    if (character.code_point == '"' || character.code_point == '\\') {
      out += '\\';
    }
    const bool must = character.code_point < 0x20;
    out += written(character.code_point, must || random.percent(escapes), random.percent(50));
  }
  return out;
}

const std::vector<std::string> kTags = {"mug",
                                        "Kindle_Fire7",
                                        "profile",
                                        "x",
                                        "straße",
                                        "Café",
                                        "ΟΔΟΣ",
                                        "日本語",
                                        "ﬁre",
                                        "\u0390bc",
                                        "\U00010400z",
                                        "𝒜b",
                                        "\uAC01",
                                        "aͅb",
                                        "ŉo",
                                        "\u0958a",
                                        "Åge",
                                        "İx",
                                        "ǰa",
                                        "e\u0301e\u0301e\u0301",
                                        "a_tag_that_is_longer_than_all_others_of_them"};

TEST(LineScanner, EveryTagInEveryWriting) {
  Twins twins(kTags);
  for (const std::string& tag : kTags) {
    for (const char32_t sign : {U'#', U'\uFF03'}) {
      for (int way = 0; way < 8; ++way) {
        const bool capitals = (way & 1) != 0;
        const std::size_t escapes = (way & 2) != 0 ? 100 : 0;
        seeded::Random random(static_cast<std::uint64_t>(way));
        std::string text = written(sign, (way & 4) != 0, capitals);
        if (escapes > 0) {
          for (std::string_view rest = tag; !rest.empty();) {
            const Utf8Character character = read_utf8(rest);
            rest.remove_prefix(character.bytes);
            text += written(character.code_point, true, capitals);
          }
        } else {
          text += tag;
        }
        ASSERT_TRUE(twins.same(long_line(text))) << text;
        ASSERT_EQ(twins.found(), 1U) << text;
        ASSERT_TRUE(twins.same(long_line("a " + text + "\\n"))) << text;
        ASSERT_EQ(twins.found(), 1U) << text;
        ASSERT_TRUE(twins.same(long_line(text + "q"))) << text;
        ASSERT_EQ(twins.found(), 0U) << text;
      }
    }
  }
}

// Signs and tags on every place around the edges of words, vectors and steps.
TEST(LineScanner, SignsAndTagsAcrossEveryEdge) {
  Twins twins({"Café", "mug", "𝒜b"});
  const std::vector<std::string_view> texts = {"#mug",
                                               "＃MUG",
                                               R"(\u0023mug)",
                                               R"(\uff03mug)",
                                               R"(\uFF03\u006D\u0075\u0067)",
                                               "#Café",
                                               R"(#cafe\u0301)",
                                               R"(\uff03Caf\u00e9)",
                                               "#ConfirmTN8QDQZF",
                                               R"(\u0023confirm\u0054n8qdqzf)",
                                               R"(#\ud835\udc9cb)",
                                               "#𝒜b",
                                               R"(\u0023𝒜\u0062)"};
  for (const std::string_view text : texts) {
    for (std::size_t before = 0; before < 200; ++before) {
      ASSERT_TRUE(twins.same(long_line(text, before))) << text << " behind " << before;
      ASSERT_EQ(twins.found(), 1U) << text << " behind " << before;
    }
    for (std::size_t before = 32'768 - 64; before < 32'768 + 8; ++before) {
      ASSERT_TRUE(twins.same(long_line(text, before))) << text << " behind " << before;
      ASSERT_EQ(twins.found(), 1U) << text << " behind " << before;
    }
  }
}

// The last bytes of a block, with what stands behind it.
TEST(LineScanner, ATagAtTheVeryEnd) {
  Twins twins({"mug"});
  const std::string head = long_line("a");
  const std::string open = head.substr(0, head.size() - 3);  // inside the last string
  for (const std::string_view end : {"#mug", "#mu", "#", "\\u0023", "\\u002", "\\", "\\u", "＃",
                                     "\xEF", "\xEF\xBC", "#mug\"}", "#mug\"}\r", "#mug\\"}) {
    ASSERT_TRUE(twins.same(open + std::string(end))) << end;
  }
  ASSERT_TRUE(twins.same(long_line("#mug").substr(0, long_line("#mug").size() - 1)));
  EXPECT_EQ(twins.found(), 1U);
}

TEST(LineScanner, TagsOfTheGreatestLength) {
  for (const std::string& tag :
       {std::string(40, 'a'), std::string(39, 'a') + "é", "é" + std::string(39, 'a'),
        std::string(20, 'a') + "ΐ" + std::string(10, 'b'), std::string(25, 'a') + "ß",
        std::string("é"), std::string(30, 'a') + "ŉ"}) {
    Twins twins({tag}, "C");
    const std::string decomposed = [&] {
      std::string out;
      for (std::string_view rest = tag; !rest.empty();) {
        const Utf8Character character = read_utf8(rest);
        out += character.code_point == U'é'   ? "e\u0301"
               : character.code_point == U'ΐ' ? "\u03B9\u0308\u0301"
                                              : std::string(rest.substr(0, character.bytes));
        rest.remove_prefix(character.bytes);
      }
      return out;
    }();
    for (const std::string& posted : {tag, decomposed, folded(tag)}) {
      ASSERT_TRUE(twins.same(long_line("#" + posted)));
      ASSERT_EQ(twins.found(), 1U) << posted;
      for (const std::string_view more : {"a", "é", "_", "1", "日", "\u0301", "ß", "ss"}) {
        ASSERT_TRUE(twins.same(long_line("#" + posted + std::string(more)))) << posted << more;
        ASSERT_EQ(twins.found(), 0U) << posted << more;
      }
      ASSERT_TRUE(twins.same(long_line("#" + posted.substr(1)))) << posted;
    }
  }
}

// Around the longest fold that is laid out for the matcher.
TEST(LineScanner, OffersOfTagsOfAnyLength) {
  for (const std::size_t bytes : {1'023U, 1'024U, 1'025U, 1'026U, 3'000U, 20'000U}) {
    for (const std::string_view end : {"a", "é", "ΐ", "ß"}) {
      const std::string tag = std::string(bytes - end.size(), 'a') + std::string(end);
      Twins twins({tag, "mug"});
      for (const std::string& posted : {tag, folded(tag)}) {
        ASSERT_TRUE(twins.same(long_line("#" + posted)));
        EXPECT_EQ(twins.found(), 1U) << bytes << end;
        ASSERT_TRUE(twins.same(long_line("#" + posted + "a")));
        EXPECT_EQ(twins.found(), 0U) << bytes << end;
        ASSERT_TRUE(twins.same(long_line("#a" + posted + " #mug")));
        EXPECT_EQ(twins.found(), 1U) << bytes << end;
      }
    }
  }
}

// A tag that is too long to be folded at once is left to the reading.
TEST(LineScanner, TagsOfAnyLength) {
  Twins twins({std::string(1'500, 'a') + "é", "mug", std::string(600, 'a') + std::string("ΐ")});
  for (const std::size_t length : {500U, 512U, 1'023U, 1'024U, 1'500U, 5'000U}) {
    for (const std::string_view letter : {"a", "é", "日", "e\u0301", "\u0301"}) {
      std::string tag = "#";
      while (tag.size() <= length) {
        tag += letter;
      }
      ASSERT_TRUE(twins.same(long_line(tag))) << length << letter;
      ASSERT_TRUE(twins.same(long_line(tag + " #mug"))) << length << letter;
      ASSERT_EQ(twins.found(), 1U);
    }
  }
  ASSERT_TRUE(twins.same(long_line("#" + std::string(1'500, 'a') + "e\\u0301")));
  EXPECT_EQ(twins.found(), 1U);
}

TEST(LineScanner, TagsTooLongForAWindow) {
  for (const std::size_t length : {1'023U, 1'024U, 1'025U, 16'000U, 100'000U}) {
    const std::string tag(length, 'a');
    Twins twins({tag, "mug"});
    for (const std::string& text : {"#" + tag, "#" + tag + "a", "#" + tag.substr(1)}) {
      ASSERT_TRUE(twins.same(long_line(text))) << length;
      ASSERT_EQ(twins.found(), text.size() == length + 1 ? 1U : 0U) << length;
    }
  }
}

std::string random_text(seeded::Random& random) {
  static const std::vector<std::string_view> parts = {"#",
                                                      "#",
                                                      "#",
                                                      "＃",
                                                      " ",
                                                      " ",
                                                      "a",
                                                      "é",
                                                      "e",
                                                      "\u0301",
                                                      "ss",
                                                      "ß",
                                                      "1",
                                                      "_",
                                                      "Confirm",
                                                      "confirm",
                                                      "TN8QDQZF",
                                                      "tn8qd0zf",
                                                      "0000000",
                                                      "\u212A",
                                                      "\u017F",
                                                      "ﬁ",
                                                      "Conﬁrm",
                                                      "ι",
                                                      "\u0345",
                                                      "𝒜",
                                                      "b",
                                                      "\u1100\u1161",
                                                      "\u11A8",
                                                      "日本語",
                                                      "&amp;",
                                                      "&lt;",
                                                      "http://t.co/",
                                                      "a.com/",
                                                      "RT @",
                                                      "@",
                                                      "\n",
                                                      "\"",
                                                      "\\",
                                                      "/",
                                                      "u0023",
                                                      "\\u0023",
                                                      "😀",
                                                      "\uFE0F",
                                                      "\u20E3",
                                                      "://",
                                                      "x",
                                                      "mug",
                                                      "MUG"};
  std::string text;
  for (std::size_t left = random.below(12); left > 0; --left) {
    if (random.percent(40)) {
      text += (random.percent(70) ? " #" : "") + random.pick(kTags);
    } else {
      text += random.pick(parts);
    }
  }
  return text;
}

std::string random_line(seeded::Random& random) {
  const std::size_t escapes = random.pick(std::vector<std::size_t>{0, 10, 50, 100});
  const auto string = [&](const std::string& text) {
    return "\"" + written_at_random(random, text, escapes) + "\"";
  };
  std::vector<std::string> members = {
      "\"text\":" + string(random_text(random)),
      "\"id_str\":" + string(std::to_string(random.below(1'000))),
      "\"timestamp_ms\":\"1360584000000\"",
      "\"user\":{\"id_str\":\"1\",\"description\":" + string(random_text(random)) + "}",
      "\"pad\":\"" + std::string(random.below(1'600), 'p') + "\""};
  if (random.percent(20)) {
    members.push_back("\"full_text\":" + string(random_text(random)));
  }
  if (random.percent(20)) {
    members.push_back("\"extended_tweet\":{\"full_text\":" + string(random_text(random)) + "}");
  }
  if (random.percent(20)) {
    members.push_back("\"quoted_status\":{\"text\":" + string(random_text(random)) + "}");
  }
  if (random.percent(10)) {
    members.push_back("\"retweeted_status\":" + std::string(random.percent(50) ? "null" : "{}"));
  }
  if (random.percent(10)) {
    members.insert(
        members.begin(),
        R"("delete":)" +
            std::string(random.percent(30) ? "null" : R"({"status":{"id":5,"user_id":1}})"));
  }
  if (random.percent(50)) {
    std::swap(members[random.below(members.size())], members[random.below(members.size())]);
  }
  std::string line = random.percent(5) ? " {" : "{";
  for (std::size_t i = 0; i < members.size(); ++i) {
    line += (i > 0 ? "," : "") + members[i];
  }
  line += random.percent(5) ? "} \t" : "}";
  return line + (random.percent(50) ? "\r\n" : "\n");
}

// Some lines are cut or damaged: a lane that passes over one and a lane that refuses
// it find no candidate alike.
TEST(LineScanner, RandomLines) {
  Twins twins(kTags);
  std::size_t found = 0;
  for (std::uint64_t i = 0; i < seeded::seeds() * 10; ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    seeded::Random random(seed);
    std::string block;
    for (std::size_t lines = 1 + random.below(8); lines > 0; --lines) {
      std::string line = random_line(random);
      if (random.percent(5)) {
        line.resize(random.below(line.size()));
        line += "\n";
      } else if (random.percent(20)) {
        line[random.below(line.size())] = random.pick(std::string_view("#\\u0\"{}\na\xEF"));
      }
      block += line;
    }
    if (random.percent(30)) {
      block.pop_back();
    }
    ASSERT_TRUE(twins.same(block)) << "TAGTILL_SEED=" << seed << "\n" << block;
    found += twins.found();
  }
  EXPECT_GT(found, seeded::seeds());
  EXPECT_GT(twins.passed_over(), seeded::seeds());
}

TagBeginnings beginnings_of(std::string_view tag) {
  TagBeginnings beginnings;
  beginnings.add(tag);
  beginnings.add_confirmations(folded("Confirm"));
  return beginnings;
}

// Which lines are read, rule by rule as the header numbers them.
TEST(LineScanner, WhichLinesAreParsed) {
  const auto parsed = [](std::string_view line, bool strict = false) {
    const TagBeginnings beginnings = beginnings_of("mug");
    LineScanner scanner(beginnings, folded("Confirm"), 10, strict);
    std::string block(line);
    const std::size_t size = block.size();
    block.append(kBlockPadding, '\0');
    ScannedBlock scanned;
    scanner.scan(std::string_view(block).substr(0, size), scanned);
    EXPECT_EQ(scanned.lines.size(), 1U);
    return !scanned.lines.empty() && scanned.lines[0].kind == ScannedLine::Kind::kParse;
  };
  const std::string plain = long_line("a");
  EXPECT_FALSE(parsed(plain));
  EXPECT_TRUE(parsed(plain, true));
  EXPECT_TRUE(parsed(long_line("#ConfirmTN8QDQZF")));
  EXPECT_FALSE(parsed(long_line("#mug")));  // a window, and the matcher's to say
  EXPECT_TRUE(parsed(R"({"a":1})"));
  EXPECT_TRUE(parsed("[" + plain.substr(0, plain.size() - 1) + "]\n"));
  EXPECT_TRUE(parsed(plain.substr(0, plain.size() - 2) + "\n"));
  EXPECT_TRUE(parsed(plain.substr(0, plain.size() - 2) + "]\n"));
  EXPECT_FALSE(parsed(plain.substr(0, plain.size() - 1) + " \t\r\n"));
  EXPECT_TRUE(parsed("{\"delete\":null," + plain.substr(1)));
  EXPECT_TRUE(parsed(" \t{ \t\"delete\" :null," + plain.substr(1)));
  EXPECT_FALSE(parsed("{\"deleted\":null," + plain.substr(1)));
}

// A delete notice in the plain form is told without parsing; any byte more or less, and
// it is parsed.
TEST(LineScanner, P1_4_PlainDeleteNotices) {
  const auto scan = [](std::string_view line) {
    const TagBeginnings beginnings = beginnings_of("mug");
    LineScanner scanner(beginnings, folded("Confirm"), 10, false);
    std::string block(line);
    const std::size_t size = block.size();
    block.append(kBlockPadding, '\0');
    ScannedBlock scanned;
    scanner.scan(std::string_view(block).substr(0, size), scanned);
    EXPECT_EQ(scanned.lines.size(), 1U) << line;
    const ScannedLine& found = scanned.lines.at(0);
    return found.kind == ScannedLine::Kind::kDeleteNotice
               ? "author " + std::string(line.substr(found.author_begin, found.author_bytes))
               : std::string(found.kind == ScannedLine::Kind::kParse ? "parse" : "?");
  };
  const std::string status =
      R"({"delete":{"status":{"id":5,"id_str":"5","user_id":17,"user_id_str":"17"})";
  EXPECT_EQ(scan(status + "}}"), "author 17");
  EXPECT_EQ(scan(status + "}}\r\n"), "author 17");
  EXPECT_EQ(scan(status + R"(,"timestamp_ms":"1485446400624"}})"), "author 17");
  // Anything else, one change at a time.
  const std::string whole = status + R"(,"timestamp_ms":"1485446400624"}})";
  PostDecoder decoder;
  seeded::Random random(seeded::first_seed());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const std::string& changed :
         {whole.substr(0, at) + whole.substr(at + 1),
          whole.substr(0, at) + random.pick(std::string_view("0x\"{},: ")) + whole.substr(at),
          whole.substr(0, at) + random.pick(std::string_view("07x\"{},: ")) +
              whole.substr(at + 1)}) {
      const std::string told = scan(changed);
      if (told != "parse") {
        const DecodedLine& decoded = decoder.decode(changed);
        EXPECT_EQ(decoded.kind, LineKind::kDeleteNotice) << changed;
        EXPECT_EQ(told, "author " + std::string(decoded.author_id)) << changed;
      }
    }
  }
  for (
      const std::string_view other :
      {R"({"delete":{"status":{"id":05,"id_str":"5","user_id":17,"user_id_str":"17"}}})",
       R"({"delete":{"status":{"id":5,"id_str":"","user_id":17,"user_id_str":"17"}}})",
       R"({"delete":{"status":{"id":5,"id_str":"5","user_id":17,"user_id_str":"17"}}}x)",
       R"( {"delete":{"status":{"id":5,"id_str":"5","user_id":17,"user_id_str":"17"}}})",
       R"({"delete":{"status":{"id":5,"id_str":"5","user_id":17,"user_id_str":"1234567890123456789012345678901"}}})"}) {
    EXPECT_EQ(scan(other), "parse") << other;
  }
}

// Where a tag may count: in a member named text or full_text, at whatever depth.
TEST(LineScanner, P1_4_WhichStringsMayBeText) {
  const auto may_be = [](std::string_view line) {
    return may_be_in_text(line, line.find('#') + 1);
  };
  EXPECT_TRUE(may_be(R"({"text":"a #mug"})"));
  EXPECT_TRUE(may_be("{\"a\":1, \"full_text\" \t: \t\"#mug\"}"));
  EXPECT_TRUE(may_be(R"({"a":{"text":"x \" y \\\" #mug"}})"));
  EXPECT_TRUE(may_be(R"({"text":"\\\\ #mug"})"));
  EXPECT_TRUE(may_be("#mug"));
  EXPECT_FALSE(may_be(R"({"text":"x","description":"a #mug"})"));
  EXPECT_FALSE(may_be(R"({"text":["#mug"]})"));
  EXPECT_FALSE(may_be(R"({"xtext":"#mug"})"));
  EXPECT_FALSE(may_be(R"({"te\u0078t":"#mug"})"));
  EXPECT_FALSE(may_be(R"({"#mug":"text"})"));
  // P2.3: from RT @ on they are somebody else's words; only when the text begins so.
  EXPECT_FALSE(may_be(R"({"text":"RT @a: #mug"})"));
  EXPECT_TRUE(may_be(R"({"text":" RT @a: #mug"})"));
  EXPECT_TRUE(may_be(R"({"text":"RT\u0020@a: #mug"})"));
}

}  // namespace
}  // namespace tagtill
