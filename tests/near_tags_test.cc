// Tags one edit apart and tags that begin with another, against looking at each pair.
#include "tools/validate/near_tags.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/utf8.h"
#include "tests/seeded.h"

namespace tagtill {
namespace {

using Tags = std::vector<std::string>;

std::vector<std::string_view> views(const Tags& tags) { return {tags.begin(), tags.end()}; }

std::vector<char32_t> points_of(std::string_view text) {
  std::vector<char32_t> points;
  for (; !text.empty(); text.remove_prefix(read_utf8(text).bytes)) {
    points.push_back(read_utf8(text).code_point);
  }
  return points;
}

// The textbook table: optimal string alignment.
std::size_t distance(std::string_view first, std::string_view second) {
  const std::vector<char32_t> a = points_of(first);
  const std::vector<char32_t> b = points_of(second);
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      d[i][j] = std::min(
          {d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

std::vector<NearTag> near_tags_plainly(const Tags& tags) {
  std::vector<NearTag> found;
  for (std::size_t tag = 0; tag < tags.size(); ++tag) {
    std::vector<std::size_t> near;
    for (std::size_t other = 0; other < tags.size(); ++other) {
      if (other != tag && distance(tags[tag], tags[other]) == 1) {
        near.push_back(other);
      }
    }
    if (!near.empty() && near.front() < tag) {
      found.push_back({tag, near.front(), near.size() - 1});
    }
  }
  return found;
}

std::vector<LongerTag> longer_tags_plainly(const Tags& tags) {
  std::vector<LongerTag> found;
  for (std::size_t tag = 0; tag < tags.size(); ++tag) {
    std::size_t longest = tag;
    for (std::size_t other = 0; other < tags.size(); ++other) {
      if (other != tag && tags[tag].starts_with(tags[other]) &&
          (longest == tag || tags[other].size() > tags[longest].size())) {
        longest = other;
      }
    }
    if (longest != tag) {
      found.push_back({tag, longest});
    }
  }
  return found;
}

Tags random_tags(seeded::Random& random) {
  constexpr std::string_view kAlphabet[] = {"a", "b", "c", "é", "猫"};
  const std::size_t letters = 1 + random.below(std::size(kAlphabet));
  std::set<std::string> met;
  Tags tags;
  for (std::size_t i = 0; i < 40; ++i) {
    std::string tag;
    for (std::size_t length = 1 + random.below(6); length > 0; --length) {
      tag += kAlphabet[random.below(letters)];
    }
    if (met.insert(tag).second) {
      tags.push_back(tag);
    }
  }
  return tags;
}

TEST(NearTags, EachKindOfEdit) {
  for (const std::string_view other : {"kindl", "indle", "kidle", "kindles", "xkindle", "kinxdle",
                                       "kindlx", "xindle", "knidle", "kindel", "ikndle"}) {
    EXPECT_EQ(find_near_tags(std::vector<std::string_view>{"kindle", other}),
              (std::vector<NearTag>{{1, 0, 0}}))
        << other;
  }
  for (const std::string_view other : {"kinlde1", "kndel", "dinkle", "kindle12", "elk", "kind"}) {
    EXPECT_TRUE(find_near_tags(std::vector<std::string_view>{"kindle", other}).empty()) << other;
  }
}

TEST(NearTags, AsEachPairSays) {
  for (std::uint64_t i = 0; i < seeded::seeds(); ++i) {
    seeded::Random random(seeded::first_seed() + i);
    const Tags tags = random_tags(random);
    ASSERT_EQ(find_near_tags(views(tags)), near_tags_plainly(tags))
        << "TAGTILL_SEED=" << seeded::first_seed() + i;
    ASSERT_EQ(find_longer_tags(views(tags)), longer_tags_plainly(tags))
        << "TAGTILL_SEED=" << seeded::first_seed() + i;
  }
}

TEST(NearTags, NoneOfNothing) {
  EXPECT_TRUE(find_near_tags({}).empty());
  EXPECT_TRUE(find_longer_tags({}).empty());
}

}  // namespace
}  // namespace tagtill
