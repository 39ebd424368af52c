// P2.1, and the weighted length of replies, against their reference, the npm package
// twitter-text 3.1.0, which is fetched into a temporary folder.
//
// Letters and marks that are newer than the reference's Unicode are tags to us and
// not to it, as the rule says. So random texts are made of characters on which both
// agree; which these are is asked of the reference first.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "engine/event.h"
#include "engine/hashtag.h"
#include "engine/reply_template.h"
#include "engine/utf8.h"
#include "engine/weighted_length.h"
#include "tests/hashtag_texts.h"
#include "tests/recordings.h"
#include "tests/reference/json.h"
#include "tests/reference/text.h"
#include "tests/seeded.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

constexpr std::uint64_t kRandomTexts = 100'000;
constexpr char32_t kCodePoints = 0x110000;

bool runs(const std::string& command) { return std::system(command.c_str()) == 0; }

// As the script writes them.
std::string json_array_of_tags(std::string_view text) {
  std::vector<Hashtag> found;
  find_hashtags(text, found);
  std::string out = "[";
  for (const Hashtag& hashtag : found) {
    out += out.size() > 1 ? "," : "";
    append_json_string(out, hashtag.tag);
  }
  return out + "]";
}

class TwitterText : public testing::Test {
 protected:
  void SetUp() override {
    if (!runs("node --version >'" + folder_.path("log") + "' 2>&1 && npm --version >>'" +
              folder_.path("log") + "' 2>&1")) {
      GTEST_SKIP() << "skipped: there is no node with npm";
    }
    const std::filesystem::path sources = TAGTILL_TWITTER_TEXT;
    for (const char* name : {"package.json", "package-lock.json", "extract.mjs"}) {
      std::filesystem::copy_file(sources / name, folder_.path(name));
    }
    // The lock file holds the package's checksum, so what comes is what was meant.
    if (!in_folder("npm ci --ignore-scripts --no-audit --no-fund --prefer-offline "
                   "--fetch-retries=1 --fetch-timeout=30000")) {
      GTEST_SKIP() << "skipped: npm cannot be reached\n" << read_file(folder_.path("log"));
    }
  }

  bool in_folder(const std::string& command) const {
    return runs("cd '" + folder_.path("") + "' && " + command + " >log 2>&1");
  }

  // Which code points may stand in a tag by the reference.
  std::vector<bool> tag_characters() const {
    EXPECT_TRUE(in_folder("node extract.mjs --characters characters"))
        << read_file(folder_.path("log"));
    std::vector<bool> characters(kCodePoints, false);
    std::istringstream ranges(read_file(folder_.path("characters")));
    for (std::uint32_t first = 0, last = 0; ranges >> first >> last;) {
      for (std::uint32_t code_point = first; code_point <= last; ++code_point) {
        characters.at(code_point) = true;
      }
    }
    return characters;
  }

  // What the script answers to each text; `question`: its arguments but the last.
  std::vector<std::string> answers_of(const std::vector<std::string>& texts,
                                      const std::string& question) const {
    std::string input;
    for (const std::string& text : texts) {
      append_json_string(input, text);
      input += '\n';
    }
    folder_.write("in", input);
    EXPECT_TRUE(in_folder("node extract.mjs " + question + " out"))
        << read_file(folder_.path("log"));
    std::ifstream output(folder_.path("out"));
    std::vector<std::string> answers;
    for (std::string line; std::getline(output, line);) {
      answers.push_back(line);
    }
    EXPECT_EQ(answers.size(), texts.size());
    answers.resize(texts.size());
    return answers;
  }

  // Compares all texts; `name` says in a failure which one it was.
  template <typename Name>
  void expect_agreement(const std::vector<std::string>& texts, Name name) const {
    const std::vector<std::string> wanted = answers_of(texts, "in");
    int failures = 0;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::string got = json_array_of_tags(texts[i]);
      if (got != wanted[i] && ++failures <= 5) {
        ADD_FAILURE() << name(i) << "\nreference: " << wanted[i] << "\nproduct:   " << got;
      }
    }
    EXPECT_EQ(failures, 0) << "of " << texts.size() << " texts";
  }

  TempFolder folder_;
};

TEST_F(TwitterText, P2_1_RandomTexts) {
  const std::vector<bool> by_reference = tag_characters();
  std::uint32_t newer = 0;
  for (char32_t code_point = 0; code_point < kCodePoints; ++code_point) {
    const bool is_surrogate = code_point >= 0xD800 && code_point < 0xE000;
    if (is_surrogate || is_tag_character(code_point) == by_reference[code_point]) {
      continue;
    }
    if (is_tag_character(code_point)) {
      ++newer;
      EXPECT_TRUE(reference::is_letter_or_mark(code_point))
          << std::hex << static_cast<std::uint32_t>(code_point);
      continue;
    }
    // The reference's list of letters holds some characters for private use, which
    // are of neither category; and as it ignores case, it knows the capital of a
    // letter it knows, be that newer than our Unicode (which are in Latin Extended-D).
    EXPECT_TRUE((code_point >= 0xF870 && code_point < 0xF900) ||
                (code_point >= 0xA720 && code_point < 0xA800))
        << std::hex << static_cast<std::uint32_t>(code_point);
  }
  EXPECT_GT(newer, 1'000U);  // else the reference was not asked

  const hashtag_texts::Generator generate([&](char32_t code_point) {
    return is_tag_character(code_point) == by_reference[code_point];
  });
  std::vector<std::string> texts;
  for (std::uint64_t i = 0; i < kRandomTexts; ++i) {
    texts.push_back(generate(seeded::first_seed() + i));
  }
  expect_agreement(texts, [&](std::size_t i) {
    return "TAGTILL_SEED=" + std::to_string(seeded::first_seed() + i) + "\n" + texts[i];
  });
}

// --- Weights ---------------------------------------------------------------------------

// Texts of what twemoji joins, and of what stands beside it. Characters without a canonical
// form of their own stay out where the reference's Unicode (that of node) may know another.
std::string emoji_text(std::uint64_t seed) {
  static const std::vector<std::string_view> kPieces = {
      "👩",
      "👨",
      "👦",
      "👧",
      "❤",
      "💋",
      "🏳",
      "🌈",
      "🏴",
      "☠",
      "👁",
      "🗨",
      "👯",
      "🤼",
      "🧞",
      "🧟",
      "♀",
      "♂",
      "⚕",
      "⚖",
      "✈",
      "🌾",
      "💻",
      "🦰",
      "🏋",
      "🕴",
      "⛹",
      "🏃",
      "🙋",
      "🧙",
      "🏻",
      "🏿",
      "✌",
      "☝",
      "🖐",
      "✊",
      "🖖",
      "🤘",
      "🇫",
      "🇷",
      "🇺",
      "🇸",
      "🇶",
      "©",
      "®",
      "™",
      "♟",
      "#",
      "*",
      "1",
      "\u20E3",
      "\uFE0F",
      "\uFE0F",
      "\uFE0E",
      "\u200D",
      "\u200D",
      "\u200D",
      "a",
      "é",
      "e\u0301",
      "日",
      "가",
      "\u1100\u1161",
      "ﬁ",
      "„",
      "‘",
      "″",
      "\u200B",
      "\u2010",
      "\u200F",
      "𝒜",
      "a.co",
      ".com",
      "日本.com",
      "http://a.co/x",
      "t.co/",
      "https://",
      " ",
      " ",
      "\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F",
      "\U000E0067\U000E0062\U000E0077\U000E006C\U000E0073\U000E007F",
      "👩\u200D👩\u200D👦",
      "👨\u200D❤\uFE0F\u200D",
      "🤷🏽\u200D♀\uFE0F",
      "ﷺ",
      "🪴",
      "🫠",
      "\uFEFF"};
  seeded::Random random(seed);
  std::string text;
  for (std::size_t left = 1 + random.below(20); left > 0; --left) {
    text += random.pick(kPieces);
  }
  return text;
}

TEST_F(TwitterText, WeightedLengths) {
  const hashtag_texts::Generator generate;
  std::vector<std::string> texts;
  for (std::uint64_t i = 0; i < kRandomTexts; ++i) {
    texts.push_back(i % 2 == 0 ? emoji_text(seeded::first_seed() + i)
                               : generate(seeded::first_seed() + i));
  }
  // Each character by itself.
  for (char32_t code_point = 1; code_point < 0x20000; ++code_point) {
    if (code_point < 0xD800 || code_point >= 0xE000) {
      append_utf8(code_point, texts.emplace_back());
    }
  }
  const std::vector<std::string> wanted = answers_of(texts, "--weights in");
  std::size_t failures = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string got = std::to_string(weighted_length(texts[i])) + " " +
                            (holds_refused_character(texts[i]) ? "0 " : "1 ");
    if (!wanted[i].starts_with(got) && ++failures <= 5) {
      ADD_FAILURE() << "TAGTILL_SEED=" << seeded::first_seed() + i << "\n"
                    << texts[i] << "\nreference: " << wanted[i] << "\nproduct:   " << got;
    }
  }
  EXPECT_EQ(failures, 0U) << "of " << texts.size() << " texts";
}

TEST_F(TwitterText, ATitleMakesNoHashtagAndNoMentionInAReply) {
  const ReplyTemplate replies("{tag} {title}");
  const hashtag_texts::Generator generate;
  Event prompt;
  prompt.tag_prefix = "Confirm";
  prompt.code = 0x0123456789;
  std::vector<std::string> texts;
  for (std::uint64_t i = 0; i < kRandomTexts / 4; ++i) {
    std::string title = generate(seeded::first_seed() + i);
    title += i % 2 == 0 ? "@me" : "";
    prompt.title = title;
    replies.render(prompt, texts.emplace_back());
  }
  const std::vector<std::string> counts = answers_of(texts, "--weights in");
  const std::vector<std::string> tags = answers_of(texts, "in");
  for (std::size_t i = 0; i < texts.size(); ++i) {
    ASSERT_TRUE(counts[i].ends_with(" 0")) << texts[i] << "\n" << counts[i];
    ASSERT_EQ(tags[i], R"(["Confirm04HMASW9"])") << texts[i];
  }
}

// --- Recordings ------------------------------------------------------------------------

// Texts and descriptions of a status and of those nested in it.
void collect_texts(const reference::Value& status, std::set<std::string>& texts) {
  const auto add = [&](const reference::Value* object, std::string_view name) {
    const reference::Value* text = object != nullptr ? object->find(name) : nullptr;
    if (text != nullptr && text->is_string() && !text->lone_surrogate) {
      texts.insert(reference::decode_entities(text->text));
    }
  };
  add(&status, "text");
  add(&status, "full_text");
  add(status.find("extended_tweet"), "full_text");
  add(status.find("user"), "description");
  for (const std::string_view name : {"retweeted_status", "quoted_status"}) {
    if (const reference::Value* nested = status.find(name)) {
      collect_texts(*nested, texts);
    }
  }
}

TEST_F(TwitterText, P2_1_Recordings) {
  const std::vector<recordings::Recording> files = recordings::all();
  if (files.empty()) {
    GTEST_SKIP() << "skipped: no ../shared/data";
  }
  std::set<std::string> texts;
  for (const recordings::Recording& file : files) {
    std::istringstream lines(file.text);
    for (std::string line; std::getline(lines, line);) {
      if (const reference::JsonResult json = reference::parse_json(line); json.value) {
        collect_texts(*json.value, texts);
      }
    }
  }
  EXPECT_GT(texts.size(), 20'000U);
  const std::vector<std::string> all(texts.begin(), texts.end());
  // These are other people's words: a failure gives the number only.
  expect_agreement(all, [](std::size_t i) { return "text " + std::to_string(i); });
}

}  // namespace
}  // namespace tagtill
