// The matcher against a set.
#include "engine/tag_matcher.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/file_errors.h"
#include "engine/fold.h"
#include "engine/hashtag.h"
#include "engine/offer_catalogue.h"
#include "tests/post_lines.h"
#include "tests/seeded.h"

namespace tagtill {
namespace {

std::shared_ptr<const OfferCatalogue> catalogue_of(const std::set<std::string>& tags) {
  std::string offers;
  int number = 0;
  for (const std::string& tag : tags) {
    offers +=
        post_lines::line_of(post_lines::Offer{.id = "o" + std::to_string(++number), .tag = tag}) +
        "\n";
  }
  FileErrors errors;
  auto catalogue = OfferCatalogue::parse(offers, "offers", "Confirm", errors);
  for (const std::string& error : errors.shown()) {
    ADD_FAILURE() << error;
  }
  return catalogue;
}

// A database, and the catalogue that must outlive it.
class Tags {
 public:
  explicit Tags(const std::set<std::string>& tags)
      : catalogue_(catalogue_of(tags)), database_(std::make_shared<TagDatabase>(*catalogue_)) {}

  [[nodiscard]] const std::shared_ptr<const TagDatabase>& database() const { return database_; }

 private:
  std::shared_ptr<const OfferCatalogue> catalogue_;
  std::shared_ptr<const TagDatabase> database_;
};

// Folds, each window of which is to be found if it is among the tags.
std::vector<std::uint32_t> found_by_set(const std::set<std::string>& tags,
                                        const std::vector<std::string>& folds) {
  std::vector<std::uint32_t> found;
  for (std::size_t i = 0; i < folds.size(); ++i) {
    if (tags.contains(folds[i])) {
      found.push_back(static_cast<std::uint32_t>(i));
    }
  }
  return found;
}

TagWindows windows_of(const std::vector<std::string>& folds) {
  TagWindows windows;
  for (const std::string& fold : folds) {
    windows.begin();
    windows.bytes() += fold;
    windows.end();
  }
  return windows;
}

TEST(TagMatcher, AnEmptyCatalogueFindsNothing) {
  const Tags none({});
  EXPECT_EQ(none.database()->longest_fold(), 0U);
  EXPECT_EQ(none.database()->tails(), 0U);
  TagMatcher matcher(none.database());
  std::vector<std::uint32_t> found = {7};
  matcher.match(windows_of({"kindle", ""}), found);
  EXPECT_TRUE(found.empty());
  found = {7};
  matcher.match({}, found);
  EXPECT_TRUE(found.empty());
}

TEST(TagMatcher, P2_2_WholeTagsOnly) {
  const std::set<std::string> tags = {"kindlefire", "kindle_hd", "x", "日本"};
  const Tags compiled(tags);
  TagMatcher matcher(compiled.database());
  std::vector<std::uint32_t> found;
  const std::vector<std::string> folds = {"kindle",   "kindlefire", "kindlefires", "akindlefire",
                                          "fire",     "x",          "xx",          "",
                                          "日",       "日本",       "日本語",      "kindlefire",
                                          "kindle_h", "kindle_hd",  "KindleFire"};
  matcher.match(windows_of(folds), found);
  EXPECT_EQ(found, (std::vector<std::uint32_t>{1, 5, 9, 11, 13}));
  EXPECT_EQ(found, found_by_set(tags, folds));
  matcher.match({}, found);
  EXPECT_TRUE(found.empty());
}

TEST(TagMatcher, AWindowCanBeTakenBack) {
  const Tags compiled({"kindle"});
  TagMatcher matcher(compiled.database());
  TagWindows windows;
  windows.begin();
  windows.bytes() += "kindle";
  EXPECT_EQ(windows.open_window(), "kindle");
  windows.abandon();
  EXPECT_EQ(windows.count(), 0U);
  windows.begin();
  windows.bytes() += "fire";
  windows.end();
  windows.begin();
  windows.bytes() += "kin";
  windows.abandon();
  windows.begin();
  EXPECT_EQ(windows.open_window(), "");
  windows.bytes() += "kindle";
  EXPECT_EQ(windows.open_window(), "kindle");
  windows.end();
  std::vector<std::uint32_t> found;
  matcher.match(windows, found);
  EXPECT_EQ(found, std::vector<std::uint32_t>{1});
}

TEST(TagMatcher, LongTags) {
  for (const std::size_t length : {100U, 280U, 1'000U, 1'023U}) {
    const std::string tag(length, 'a');
    const Tags compiled({tag, tag.substr(1) + "b", "c"});
    EXPECT_EQ(compiled.database()->longest_fold(), length);
    TagMatcher matcher(compiled.database());
    std::vector<std::uint32_t> found;
    matcher.match(windows_of({tag.substr(1), tag + "a", tag, "c", tag.substr(1) + "b"}), found);
    EXPECT_EQ(found, (std::vector<std::uint32_t>{2, 3, 4})) << length;
  }
}

// No window is that long, and Hyperscan would refuse literals of more than 16,000 bytes.
TEST(TagMatcher, TagsTooLongForAWindowDoNoHarm) {
  for (const std::size_t length : {1'025U, 16'000U, 100'000U}) {
    const Tags compiled({std::string(length, 'a'), "c"});
    EXPECT_EQ(compiled.database()->longest_fold(), length);
    TagMatcher matcher(compiled.database());
    std::vector<std::uint32_t> found;
    matcher.match(windows_of({"b", "c", std::string(1'024, 'a')}), found);
    EXPECT_EQ(found, std::vector<std::uint32_t>{1});
  }
}

// Around the length at which the sign no longer belongs to what Hyperscan compares.
TEST(TagMatcher, TagsThatEndAlike) {
  const std::string letters = "abcdefghijkl";
  for (std::size_t length = 1; length <= letters.size(); ++length) {
    const std::string tag = letters.substr(letters.size() - length);
    const Tags compiled({tag});
    TagMatcher matcher(compiled.database());
    std::vector<std::string> folds;
    for (std::size_t other = 0; other <= letters.size(); ++other) {
      folds.push_back(letters.substr(other));
      folds.push_back("z" + letters.substr(other));
    }
    std::vector<std::uint32_t> found;
    matcher.match(windows_of(folds), found);
    EXPECT_EQ(found, found_by_set({tag}, folds)) << tag;
  }
}

TEST(TagMatcher, AFamilyOfTagsIsOneLiteral) {
  std::set<std::string> tags;
  for (int i = 100; i < 200; ++i) {
    tags.insert("family" + std::to_string(i) + "ofgoods");
  }
  const Tags compiled(tags);
  EXPECT_EQ(compiled.database()->tails(), 1U);
  TagMatcher matcher(compiled.database());
  std::vector<std::uint32_t> found;
  matcher.match(windows_of({"family099ofgoods", "family100ofgoods", "ofgoods", "goods",
                            "family200ofgoods", "family199ofgoods", "family199ofgood"}),
                found);
  EXPECT_EQ(found, (std::vector<std::uint32_t>{1, 5}));
}

std::string tag_of_letters(seeded::Random& random, std::string_view letters, std::size_t length) {
  std::string tag;
  while (tag.size() < length) {
    tag += letters[random.below(letters.size())];
  }
  return tag;
}

// Compiling takes long by the literal, so the ends become shorter: until they are few
// enough, or may be no shorter.
TEST(TagMatcher, ManyTagsHaveShorterTails) {
  struct Case {
    std::string_view letters;
    std::size_t tails_max;
  };
  constexpr std::size_t kTags = TagDatabase::kTailsMax + 4'000;
  for (const Case& some : {Case{"abcdefgh", TagDatabase::kTailsMax},
                           Case{"abcdefghijklmnopqrstuvwxyz_0123456789", kTags}}) {
    const std::uint64_t seed = seeded::first_seed();
    seeded::Random random(seed);
    std::set<std::string> tags;
    while (tags.size() < kTags) {
      tags.insert(tag_of_letters(random, some.letters, 11) + "x");
    }
    const Tags compiled(tags);
    EXPECT_LE(compiled.database()->tails(), some.tails_max) << "TAGTILL_SEED=" << seed;
    EXPECT_GT(compiled.database()->tails(), 1'000U);
    TagMatcher matcher(compiled.database());
    const std::vector<std::string> known(tags.begin(), tags.end());
    std::vector<std::string> folds;
    for (int i = 0; i < 2'000; ++i) {
      std::string fold = random.pick(known);
      if (random.percent(50)) {
        fold[random.below(fold.size())] = 'a';
      }
      folds.push_back(std::move(fold));
    }
    std::vector<std::uint32_t> found;
    matcher.match(windows_of(folds), found);
    EXPECT_EQ(found, found_by_set(tags, folds)) << "TAGTILL_SEED=" << seed;
  }
}

std::string random_tag(seeded::Random& random) {
  static const std::vector<std::string_view> parts = {
      "a",     "b", "e",          "x",      "1",  "_",  "profile", "image", "http",
      "https", "u", "n",          "text",   "é",  "日", "本",      "ー",    "и",
      "к",     "ع", "\U00010400", "\u0301", "ss", "ß",  "deal",    "id"};
  std::string tag;
  for (std::size_t left = 1 + random.below(random.percent(10) ? 30 : 5); left > 0; --left) {
    tag += random.pick(parts);
  }
  return folded(tag);
}

TEST(TagMatcher, RandomCatalogues) {
  struct Size {
    std::size_t tags;
    std::uint64_t rounds;
  };
  for (const Size& size : {Size{1, seeded::seeds()}, Size{10, seeded::seeds()}, Size{5'000, 3}}) {
    for (std::uint64_t i = 0; i < size.rounds; ++i) {
      const std::uint64_t seed = seeded::first_seed() + i;
      seeded::Random random(seed);
      std::set<std::string> tags;
      // Words that stand in every post, and one-letter tags.
      if (random.percent(30)) {
        tags.insert({"profile", "image", "e"});
      }
      while (tags.size() < size.tags) {
        if (std::string tag = random_tag(random); is_whole_hashtag(tag)) {
          tags.insert(std::move(tag));
        }
      }
      const std::vector<std::string> known(tags.begin(), tags.end());
      std::vector<std::string> folds;
      for (std::size_t left = random.below(400); left > 0; --left) {
        std::string fold = random.percent(30) ? random.pick(known) : random_tag(random);
        if (random.percent(20)) {
          fold += random.pick(known);
        } else if (random.percent(20)) {
          fold.resize(random.below(fold.size() + 1));  // also in the middle of a character
        }
        folds.push_back(std::move(fold));
      }
      const Tags compiled(tags);
      TagMatcher matcher(compiled.database());
      std::vector<std::uint32_t> found;
      matcher.match(windows_of(folds), found);
      ASSERT_EQ(found, found_by_set(tags, folds)) << "TAGTILL_SEED=" << seed;
    }
  }
}

}  // namespace
}  // namespace tagtill
