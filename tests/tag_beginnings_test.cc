// Which hashtags are left after three characters.
#include "engine/tag_beginnings.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/seeded.h"

namespace tagtill {
namespace {

using Beginning = TagBeginnings::Beginning;

TEST(TagBeginnings, WhatWasPutInIsFoundAndHardlyAnythingElse) {
  TagBeginnings beginnings;
  beginnings.add("mug");
  beginnings.add("コーヒー");
  beginnings.add("ab");
  beginnings.add("x");
  EXPECT_TRUE(beginnings.may_hold({u'm', u'u', u'g'}));
  EXPECT_TRUE(beginnings.may_hold({u'コ', u'ー', u'ヒ'}));
  EXPECT_TRUE(beginnings.may_hold({u'a', u'b', 0}));
  EXPECT_TRUE(beginnings.may_hold({u'x', 0, 0}));
  int others = 0;
  for (char16_t a = u'a'; a <= u'z'; ++a) {
    for (char16_t b = u'a'; b <= u'z'; ++b) {
      for (char16_t c = u'a'; c <= u'z'; ++c) {
        others += beginnings.may_hold({a, b, c}) ? 1 : 0;
      }
    }
  }
  EXPECT_GE(others, 1);
  EXPECT_LE(others, 10);  // of 17,576
}

TEST(TagBeginnings, ATagBeyondTheBasicPlaneIsLeftOut) {
  TagBeginnings beginnings;
  beginnings.add(
      "a\xF0\x9D\x94\xB8"
      "b");
  EXPECT_FALSE(beginnings.may_hold({u'a', 0, 0}));
}

TEST(TagBeginnings, P5_2_AllConfirmationTagsWhateverThePrefix) {
  for (const std::string prefix : {"c", "go", "pay", "confirm"}) {
    TagBeginnings beginnings;
    beginnings.add_confirmations(prefix);
    seeded::Random random(seeded::first_seed());
    for (int i = 0; i < 1'000; ++i) {
      std::string tag = prefix;
      while (tag.size() < prefix.size() + 8) {
        tag += "0123456789abcdefghijklmnopqrstuvwxyz"[random.below(36)];
      }
      const auto at = [&](std::size_t place) { return static_cast<char16_t>(tag[place]); };
      ASSERT_TRUE(beginnings.may_hold({at(0), at(1), at(2)}))
          << tag << " TAGTILL_SEED=" << seeded::first_seed();
    }
  }
}

}  // namespace
}  // namespace tagtill
