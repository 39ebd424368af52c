// Random texts in which hashtags, half hashtags and URLs are common (P2.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/utf8.h"
#include "tests/seeded.h"

namespace hashtag_texts {

class Generator {
 public:
  // Characters are drawn from all of Unicode; `allowed` says which may come.
  explicit Generator(std::function<bool(char32_t)> allowed = nullptr)
      : allowed_(std::move(allowed)) {}

  // The same seed gives the same text. UTF-8.
  std::string operator()(std::uint64_t seed) const {
    seeded::Random random(seed);
    std::string text;
    // A third of the texts mix everything; the others keep to a few pieces, so
    // that what is rare among many happens often.
    const std::size_t kind = random.below(kFew.size() * 3 / 2);
    const Pieces& pieces = kind < kFew.size() ? kFew[kind] : kAll;
    for (std::size_t left = 1 + random.below(kind < kFew.size() ? 25 : 14); left > 0; --left) {
      if (random.percent(5)) {
        append_any(random, text);
      } else {
        text += random.pick(pieces);
      }
    }
    return text;
  }

 private:
  using Pieces = std::vector<std::string_view>;

  void append_any(seeded::Random& random, std::string& text) const {
    const std::size_t plane = random.below(4);
    const std::size_t code_point = plane == 0   ? 0x20 + random.below(0x1000)
                                   : plane == 1 ? 0x20 + random.below(0xD000)
                                   : plane == 2 ? 0xE000 + random.below(0x2000)
                                                : 0x10000 + random.below(0x21000);
    const auto character = static_cast<char32_t>(code_point);
    if (!allowed_ || allowed_(character)) {
      tagtill::append_utf8(character, text);
    }
  }

  inline static const Pieces kAll = {
      "#",
      "#",
      "#",
      "＃",
      "＃",
      " ",
      " ",
      " ",
      "a",
      "b",
      "Z",
      "7",
      "_",
      "é",
      "ß",
      "ñ",
      "日",
      "本",
      "ー",
      "ア",
      "한",
      "글",
      "ك",
      "ไ",
      "ท",
      "\u0E48",
      "и",
      "Я",
      "क",
      "\u093F",
      "😀",
      "👍",
      "🇫🇷",
      "👩\u200D🚀",
      "\uFE0F",
      "\uFE0E",
      "\u20E3",
      "\u200D",
      "\u200C",
      "&",
      "&amp;",
      "&lt;",
      "<",
      "http://",
      "https://",
      "HTTPS://",
      "t.co/",
      "http://t.co/AbC1",
      "https://t.co/x9?",
      "www.",
      "example",
      ".com",
      ".co",
      ".com.br",
      ".",
      "..",
      "/",
      "/path",
      "?q=1",
      "?",
      "=",
      "(",
      "(a)",
      "(a(b)c)",
      ")",
      "@",
      "@user",
      "!",
      "-",
      "~",
      "…",
      "·",
      "・",
      "、",
      "。",
      "．",
      "\"",
      "`",
      "$",
      "%",
      "+",
      ":",
      "://",
      ":80",
      ".рф",
      ".中国",
      ".嘉里",
      "大酒店",
      "xn--",
      ".xn--p1ai",
      ".vermögensberatung",
      "ＡＢ",
      "𝟙",
      "𝒜",
      "𐐀",
      "٣",
      "१",
      "\u0345",
      "ι",
      "ſ",
      "\u212A",
      "ı",
      "ö.de",
      "foo_bar.com",
      "\u202A",
      "\u061C",
      "\u3000",
      "\u00A0",
      "\uFEFF",
      "\u05BE",
      "a.co",
      "A.CO",
      "io",
      ".io",
      "twitter.com/#!/x",
      "#x",
      "#1",
      "#ab",
      "tag",
      ",",
      ";",
      "|",
      "\uFF5E",
      "\u301C",
      "\u30FB",
      "ǅ",
      "ﬁ",
      "\u0301",
      "\U00020021",
      "😀.com",
      ".museum",
      "éa.com",
      "longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong",
      "日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日"};

  inline static const std::vector<Pieces> kFew = {
      {"#", "/", ".", "co", "a", "é", "-", "_", "http://", " ", "＃", "b", "com"},
      {"#", "x", "(", ")", "/", "a.co", "?", "=", "!", ".", "é", "…"},
      {"#", "a", "1", " ", "://", "＃", "\uFE0F", "\u20E3", "&", "é", "\uFE0E"},
      {"t.co/", "http://", "#", "a", "b?", "=", "!", "ß", "/", "é"},
      {"xn--", ".", "a", "é", "#", "-", "com", " ", "日本", "。", "http://"},
      {"#", ".", "a", "zz", "co", "ー", "@", "/", "+", "."},
      {"#", "𐐀", "😀", ".com", "\U00020021", "http://", "𝟙", "/", " ", "_"}};

  std::function<bool(char32_t)> allowed_;
};

}  // namespace hashtag_texts
