// P2.1 against its reference, the npm package twitter-text 3.1.0, which is fetched
// into a temporary folder.
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

  // Compares all texts; `name` says in a failure which one it was.
  template <typename Name>
  void expect_agreement(const std::vector<std::string>& texts, Name name) const {
    std::string input;
    for (const std::string& text : texts) {
      append_json_string(input, text);
      input += '\n';
    }
    folder_.write("in", input);
    ASSERT_TRUE(in_folder("node extract.mjs in out")) << read_file(folder_.path("log"));
    std::ifstream output(folder_.path("out"));
    int failures = 0;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      std::string wanted;
      ASSERT_TRUE(std::getline(output, wanted)) << "the script wrote " << i << " lines";
      const std::string got = json_array_of_tags(texts[i]);
      if (got != wanted && ++failures <= 5) {
        ADD_FAILURE() << name(i) << "\nreference: " << wanted << "\nproduct:   " << got;
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
