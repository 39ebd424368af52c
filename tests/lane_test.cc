// From blocks to candidates: what a line is, what is counted, what goes to the
// dead letters, and P2.3, P2.4 and P3.1.
#include "engine/lane.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/block.h"
#include "engine/file_errors.h"
#include "tests/candidate_text.h"
#include "tests/memory_blocks.h"
#include "tests/post_lines.h"
#include "tests/seeded.h"

namespace tagtill {
namespace {

using post_lines::line_of;
using post_lines::Post;

std::shared_ptr<const SearchContext> context_of(bool strict) {
  FileErrors errors;
  const auto offers =
      OfferCatalogue::parse(line_of(post_lines::Offer{}) + "\n" +
                                line_of(post_lines::Offer{.id = "tea", .tag = "TeaPot"}) + "\n" +
                                line_of(post_lines::Offer{.id = "old",
                                                          .tag = "past",
                                                          .starts_at = "1999-01-01T00:00:00Z",
                                                          .ends_at = "1999-01-02T00:00:00Z"}) +
                                "\n",
                            "offers", "Confirm", errors);
  const auto members = MemberTable::parse(
      post_lines::member_line("a") + "\n" + post_lines::member_line("b") + "\n", "members", errors);
  EXPECT_TRUE(errors.empty());
  return make_search_context(offers, members, "Confirm", strict);
}

// What a whole file came to.
struct Outcome {
  LineCounts counts;
  std::string candidates;
  std::string malformed;  // one line each: offset, length, cause, field, length of the head
  std::vector<std::string> heads;
};

class LaneTest : public testing::Test {
 protected:
  // One whole file, cut into blocks of this size.
  Outcome run(std::string_view file, bool strict = true,
              std::size_t block_bytes = std::size_t{256} * 1024) {
    Lane lane(strict ? strict_ : quick_);
    Block block;
    CandidateBatch batch;
    Outcome outcome;
    product::for_each_memory_block(file, block_bytes, block, [&] {
      lane.process(block, batch);
      add(batch, outcome);
    });
    return outcome;
  }

  static void add(const CandidateBatch& batch, Outcome& outcome) {
    outcome.counts += batch.counts;
    outcome.candidates += candidate_text::of(batch);
    for (const MalformedLine& line : batch.malformed) {
      outcome.malformed += std::to_string(line.offset) + "+" + std::to_string(line.length) + " " +
                           std::string(name_of(line.cause)) +
                           (line.field.empty() ? "" : " " + std::string(line.field)) + "\n";
      outcome.heads.emplace_back(line.head);
    }
  }

  // The folds of the tags of a post with this text, or "" if it is no candidate.
  std::string tags_of(std::string_view text) {
    Lane lane(strict_);
    Block block;
    CandidateBatch batch;
    std::string tags;
    product::for_each_memory_block(line_of(Post{.text = std::string(text)}), 1'000, block, [&] {
      lane.process(block, batch);
      for (const Candidate& candidate : batch.candidates) {
        for (const PostTag& tag : candidate.tags) {
          tags += (tags.empty() ? "" : " ") + std::string(tag.folded);
        }
      }
    });
    return tags;
  }

  std::shared_ptr<const SearchContext> strict_ = context_of(true);
  std::shared_ptr<const SearchContext> quick_ = context_of(false);
};

TEST_F(LaneTest, P1_1_LinesAndKeepAlives) {
  const std::string post = line_of(Post{.id = "1", .author = "a", .text = "#mug"});
  const std::string wanted = run(post + "\n").candidates;
  EXPECT_EQ(wanted, "post at 1360584000000 followers 0 1 by a member 0 #mug/tag 0\n");
  for (const std::string& file :
       {post, post + "\r\n", post + "\r", "\n\n" + post + "\n\n", "\r\n \t\r\n" + post + " \r\n\t",
        " " + post + "\n \n", "\xEF\xBB\xBF" + post + "\n"}) {
    const Outcome outcome = run(file);
    EXPECT_EQ(outcome.candidates, wanted) << file;
    EXPECT_EQ(outcome.counts.lines, 1U) << file;
    EXPECT_EQ(outcome.counts.posts, 1U) << file;
    EXPECT_EQ(outcome.counts.malformed, 0U) << file;
    EXPECT_EQ(outcome.counts.bytes, file.size()) << file;
  }
  EXPECT_EQ(run("\n\r\n \t \n" + post + "\n \r\n\t").counts.keep_alives, 5U);
  EXPECT_EQ(run("").counts.lines, 0U);
  EXPECT_EQ(run("\xEF\xBB\xBF").counts.lines, 0U);
  EXPECT_EQ(run("\r\r\n").counts.keep_alives, 1U);
}

TEST_F(LaneTest, P1_1_OtherBytesAreNoKeepAlive) {
  for (const std::string_view line : {"\v", "\f", "\xC2\xA0", "x", "\xEF\xBB\xBF"}) {
    const Outcome outcome = run("\n" + std::string(line) + "\n");
    EXPECT_EQ(outcome.counts.malformed, 1U) << line;
    EXPECT_EQ(outcome.counts.keep_alives, 1U) << line;
  }
  EXPECT_EQ(run(std::string_view("\0\n", 2)).counts.malformed, 1U);
}

TEST_F(LaneTest, P1_2_EachLineIsOneOfFour) {
  const std::string file = line_of(Post{.author = "a", .text = "#mug"}) + "\n" +
                           line_of(Post{.author = "z", .text = "hello"}) + "\n" +
                           post_lines::delete_line("1", "a") + "\n" +
                           post_lines::delete_line("1", "z") + "\n" + "{\"limit\":1}\n" + "[]\n\n" +
                           "{\n" + R"({"user":{},"text":1})" + "\n" + "\xFF\n";
  for (const bool strict : {false, true}) {
    const LineCounts counts = run(file, strict).counts;
    EXPECT_EQ(counts.lines, 9U);
    EXPECT_EQ(counts.posts, 2U);
    EXPECT_EQ(counts.delete_notices, 2U);
    EXPECT_EQ(counts.others, 2U);
    EXPECT_EQ(counts.malformed, 3U);
    EXPECT_EQ(counts.keep_alives, 1U);
    EXPECT_EQ(counts.parsed, 9U);  // all are short
  }
}

TEST_F(LaneTest, P1_2_DeadLetters) {
  const std::string good = line_of(Post{.author = "a", .text = "#mug"}) + "\r\n";
  const std::string long_one = "{\"a\":\"" + std::string(1'000, 'x');
  const std::string file = "\xEF\xBB\xBF" + good + "{]\r\n" + good + "\n" + long_one + "\n" +
                           R"({"text":"a","id":5,"user":{"id":-1},"timestamp_ms":1})" +
                           "\n\"\xFF\"";
  const auto at = [](std::size_t n) { return std::to_string(n); };
  const std::size_t first = 3 + good.size();
  const std::size_t second = first + 4 + good.size() + 1;
  const std::size_t third = second + long_one.size() + 1;
  const std::string wanted = at(first) + "+2 not_json\n" + at(second) + "+" + at(long_one.size()) +
                             " not_json\n" + at(third) + "+53 bad_field user.id\n" +
                             at(third + 54) + "+3 not_utf8\n";
  for (const std::size_t block_bytes :
       {std::size_t{1}, std::size_t{64}, std::size_t{300}, std::size_t{100'000}}) {
    const Outcome outcome = run(file, true, block_bytes);
    EXPECT_EQ(outcome.malformed, wanted);
    ASSERT_EQ(outcome.heads.size(), 4U);
    EXPECT_EQ(outcome.heads[0], "{]");
    EXPECT_EQ(outcome.heads[1], long_one.substr(0, 256));
    EXPECT_EQ(outcome.heads[3], "\"\xFF\"");
  }
}

TEST_F(LaneTest, P1_2_TooLongInsideABlock) {
  const std::string head = R"({"id":5,"timestamp_ms":1,"user":{"id":1},"text":"#mug","pad":")";
  const auto line_with = [&](std::size_t bytes) {
    return head + std::string(bytes - head.size() - 2, 'x') + "\"}";
  };
  for (const bool strict : {false, true}) {
    for (const std::string_view end : {"\n", "\r\n", ""}) {
      const Outcome longest =
          run(line_with(kLineBytesMax) + std::string(end), strict, 4 * kLineBytesMax);
      EXPECT_EQ(longest.counts.malformed, 0U);
      EXPECT_EQ(longest.candidates, "post at 1 followers 0 5 by 1 #mug/tag 0\n");
      const Outcome longer =
          run("\n" + line_with(kLineBytesMax + 1) + std::string(end), strict, 4 * kLineBytesMax);
      EXPECT_EQ(longer.malformed, "1+1048577 too_long\n");
      ASSERT_EQ(longer.heads.size(), 1U);
      EXPECT_EQ(longer.heads[0], line_with(kLineBytesMax + 1).substr(0, kDeadLetterBytes));
      EXPECT_EQ(longer.counts.posts, 0U);
      EXPECT_EQ(longer.counts.parsed, 0U);
      EXPECT_EQ(longer.candidates, "");
    }
  }
}

TEST_F(LaneTest, P1_2_TooLongForABlock) {
  Lane lane(strict_);
  Block block;
  block.reserve(kDeadLetterBytes, 0);
  std::memset(block.mutable_data(), '#', kDeadLetterBytes + kBlockPadding);
  block.set_lines(0, 0);
  block.source = 2;
  block.offset = 1'000;
  block.source_bytes = 5'000'001;
  block.overlong_bytes = 5'000'000;
  CandidateBatch batch;
  lane.process(block, batch);
  EXPECT_TRUE(batch.candidates.empty());
  EXPECT_EQ(batch.counts.lines, 1U);
  EXPECT_EQ(batch.counts.malformed, 1U);
  EXPECT_EQ(batch.counts.bytes, 5'000'001U);
  ASSERT_EQ(batch.malformed.size(), 1U);
  EXPECT_EQ(batch.malformed[0].source, 2U);
  EXPECT_EQ(batch.malformed[0].offset, 1'000U);
  EXPECT_EQ(batch.malformed[0].length, 5'000'000U);
  EXPECT_EQ(batch.malformed[0].cause, MalformedCause::kTooLong);
  EXPECT_EQ(batch.malformed[0].head, std::string(kDeadLetterBytes, '#'));
}

// The cut lines of a recording that broke off: also a quick lane sees them.
TEST_F(LaneTest, P1_2_CutLinesAreMalformed) {
  const std::string whole = line_of(
      Post{.author = "a", .text = "hello", .more = ",\"pad\":\"" + std::string(2'000, 'x') + "\""});
  for (const std::size_t length :
       {whole.size() - 1, whole.size() - 2, std::size_t{1'500}, std::size_t{5}}) {
    for (const bool strict : {false, true}) {
      EXPECT_EQ(run(whole.substr(0, length) + " \t\r\n", strict).counts.malformed, 1U) << length;
    }
  }
  EXPECT_EQ(run(whole + " \t\r\n", false).counts.parsed, 0U);
}

TEST_F(LaneTest, P2_3_SomebodyElsesWords) {
  EXPECT_EQ(tags_of("#mug RT @x: #teapot"), "mug");
  EXPECT_EQ(tags_of("RT @x: #mug"), "");
  EXPECT_EQ(tags_of("RT @#mug"), "");
  EXPECT_EQ(tags_of("RT @x #mug RT @y #teapot"), "");
  EXPECT_EQ(tags_of("“RT @x: #mug"), "");
  EXPECT_EQ(tags_of("éRT @x: #mug"), "");
  EXPECT_EQ(tags_of("-RT @x: #mug"), "");
  EXPECT_EQ(tags_of("#RT @x #mug"), "");
  EXPECT_EQ(tags_of("#mug.RT @x"), "mug");
  for (const std::string_view none :
       {"aRT @x: #mug", "ZRT @x: #mug", "7RT @x: #mug", "_RT @x: #mug", "RT@x: #mug",
        "RT  @x: #mug", "rt @x: #mug", "Rt @x: #mug", "RT \xEF\xBC\xA0x #mug", "RT: #mug",
        "RT\n@x #mug"}) {
    EXPECT_EQ(tags_of(none), "mug") << none;
  }
  // The first one that counts, not the first one.
  EXPECT_EQ(tags_of("STaRT @x #mug RT @y #teapot"), "mug");
  EXPECT_EQ(tags_of("&amp;RT @x #mug"), "");
}

TEST_F(LaneTest, P2_4_EqualFoldsCountOnce) {
  EXPECT_EQ(tags_of("#TeaPot #mug #TEAPOT #teapot #other #mug"), "teapot mug other");
  EXPECT_EQ(tags_of("＃mug #other #MUG #O\u0301 #ó"), "mug other ó");
}

TEST_F(LaneTest, P3_1_WhatIsACandidate) {
  EXPECT_EQ(tags_of("hello"), "");
  EXPECT_EQ(tags_of("#nothing #mugs #mu"), "");
  EXPECT_EQ(tags_of("#nothing #mug"), "nothing mug");  // all tags, if one counts
  EXPECT_EQ(tags_of("#past"), "past");                 // live or not
  EXPECT_EQ(tags_of("#Confirm00000000"), "confirm00000000");
  EXPECT_EQ(tags_of("#Confirm0000000"), "");
  EXPECT_EQ(tags_of("#mug#"), "");
  EXPECT_EQ(tags_of("http://host.com/#mug"), "");
  EXPECT_EQ(tags_of("#mu\u200Dg"), "");
  EXPECT_EQ(tags_of("#ｍug"), "");
  // Reposts are none, whoever's; delete notices are if the author is a member.
  const std::string repost =
      line_of(Post{.author = "a", .text = "#mug", .more = ",\"retweeted_status\":{}"});
  EXPECT_EQ(run(repost).candidates, "");
  EXPECT_EQ(run(repost).counts.posts, 1U);
  EXPECT_EQ(run(post_lines::delete_line("5", "b")).candidates, "delete 5 by b member 1\n");
  EXPECT_EQ(run(post_lines::delete_line("5", "z")).candidates, "");
  EXPECT_EQ(run(line_of(Post{.author = "z", .text = "#mug"})).candidates,
            "post at 1360584000000 followers 0 1 by z #mug/tag 0\n");
}

TEST_F(LaneTest, TheBatchKeepsNothingOfTheBlock) {
  Lane lane(strict_);
  CandidateBatch batch;
  {
    Block block;
    const std::string file = line_of(Post{.author = "a", .text = "#mug", .followers = 3}) + "\n{\n";
    product::for_each_memory_block(file, 10'000, block, [&] { lane.process(block, batch); });
    std::memset(block.mutable_data(), 'X', block.capacity());
  }
  EXPECT_EQ(candidate_text::of(batch),
            "post at 1360584000000 followers 3 1 by a member 0 #mug/tag 0\n");
  ASSERT_EQ(batch.malformed.size(), 1U);
  EXPECT_EQ(batch.malformed[0].head, "{");
}

TEST_F(LaneTest, ANewContextTakesTheOldOnesPlace) {
  FileErrors errors;
  const auto offers = OfferCatalogue::parse(line_of(post_lines::Offer{.tag = "cup"}) + "\n", "o",
                                            "Confirm", errors);
  const auto members = MemberTable::parse(post_lines::member_line("z") + "\n", "m", errors);
  Lane lane(strict_);
  lane.set_context(make_search_context(offers, members, "Buy", false));
  Block block;
  CandidateBatch batch;
  const std::string file =
      line_of(Post{.id = "1", .author = "z", .text = "#mug #Confirm00000000"}) + "\n" +
      line_of(Post{.id = "2", .author = "z", .text = "#cup #buy00000001"});
  product::for_each_memory_block(file, 10'000, block, [&] { lane.process(block, batch); });
  EXPECT_EQ(candidate_text::of(batch),
            "post at 1360584000000 followers 0 2 by z member 0 #cup/tag 0 #buy00000001/code 1\n");
}

// Whatever catalogues came before: what is found is what a context of its own finds.
TEST_F(LaneTest, TagsThatWereCompiledBeforeFindTheSame) {
  constexpr std::size_t kTags = 200;
  for (std::uint64_t i = 0; i < seeded::seeds() / 10 && !HasFailure(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    seeded::Random random(seed);
    std::shared_ptr<const SearchContext> context;
    std::size_t known = 1 + random.below(20);
    for (int step = 0; step < 6; ++step) {
      // Some are withdrawn, some are new: few, many, or as many as stand beside the others at most.
      std::string lines;
      for (std::size_t tag = 0; tag < known; ++tag) {
        if (random.percent(80)) {
          const std::string name = "tag" + std::to_string(tag);
          lines += line_of(post_lines::Offer{
                       .id = name, .tag = name, .price_minor = random.between(0, 9)}) +
                   "\n";
        }
      }
      FileErrors errors;
      const auto offers = OfferCatalogue::parse(lines, "offers", "Confirm", errors);
      ASSERT_TRUE(errors.empty());
      context = make_search_context(offers, nullptr, "Confirm", false, context.get());
      std::string file;
      for (std::size_t post = 0; post < kTags; ++post) {
        file += line_of(Post{.id = std::to_string(post),
                             .text = "#tag" + std::to_string(random.below(kTags)),
                             .more = ",\"pad\":\"" + std::string(2'000, 'x') + "\""}) +
                "\n";
      }
      const auto found = [&](std::shared_ptr<const SearchContext> with) {
        Lane lane(std::move(with));
        Block block;
        CandidateBatch batch;
        Outcome outcome;
        product::for_each_memory_block(file, 100'000, block, [&] {
          lane.process(block, batch);
          add(batch, outcome);
        });
        return outcome.candidates;
      };
      const std::string expected = found(make_search_context(offers, nullptr, "Confirm", false));
      EXPECT_EQ(found(context), expected);
      EXPECT_TRUE(!expected.empty() || offers->tag_count() < 10);
      known = std::min(kTags, known + random.pick(std::vector<std::size_t>{1, 3, 64, 65, 90}));
    }
  }
}

std::string random_file(seeded::Random& random) {
  static const std::vector<std::string_view> texts = {
      "#mug",       "hello",   "#TeaPot and #mug", "RT @x #mug", "#ConfirmTN8QDQZF",
      "日本 #past", "\"#mug\""};
  std::string file = random.percent(10) ? "\xEF\xBB\xBF" : "";
  for (std::size_t lines = random.below(40); lines > 0; --lines) {
    const std::size_t kind = random.below(10);
    if (kind < 6) {
      file += line_of(Post{.id = std::to_string(random.below(50)),
                           .author = random.percent(50) ? "a" : "z",
                           .text = std::string(random.pick(texts)),
                           .more = ",\"pad\":\"" + std::string(random.below(3'000), 'x') + "\""});
    } else if (kind == 6) {
      file += post_lines::delete_line(std::to_string(random.below(50)), "a");
    } else if (kind == 7) {
      file += random.percent(50) ? "{\"limit\":1}" : "{\"a\":\"\xFF";
    } else if (kind == 8) {
      file += std::string(random.below(2'000), 'z');
    }
    file += random.pick(std::vector<std::string_view>{"\n", "\r\n", " \r\n", "\n\n"});
  }
  if (random.percent(50) && !file.empty()) {
    file.pop_back();
  }
  return file;
}

TEST_F(LaneTest, P3_7_BlockSizesDoNotMatter) {
  for (std::uint64_t i = 0; i < seeded::seeds(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    seeded::Random random(seed);
    const std::string file = random_file(random);
    const bool strict = random.percent(50);
    const Outcome wanted = run(file, strict, 10'000'000);
    EXPECT_EQ(wanted.counts.bytes, file.size());
    EXPECT_EQ(wanted.counts.lines, wanted.counts.posts + wanted.counts.delete_notices +
                                       wanted.counts.others + wanted.counts.malformed);
    for (const std::size_t block_bytes :
         {std::size_t{1}, 1 + random.below(500), 1 + random.below(20'000)}) {
      const Outcome outcome = run(file, strict, block_bytes);
      ASSERT_EQ(outcome.candidates, wanted.candidates) << "TAGTILL_SEED=" << seed;
      ASSERT_EQ(outcome.malformed, wanted.malformed) << "TAGTILL_SEED=" << seed;
      ASSERT_EQ(outcome.heads, wanted.heads) << "TAGTILL_SEED=" << seed;
      ASSERT_EQ(outcome.counts.lines, wanted.counts.lines) << "TAGTILL_SEED=" << seed;
      ASSERT_EQ(outcome.counts.keep_alives, wanted.counts.keep_alives) << "TAGTILL_SEED=" << seed;
      ASSERT_EQ(outcome.counts.posts, wanted.counts.posts) << "TAGTILL_SEED=" << seed;
      ASSERT_EQ(outcome.counts.parsed, wanted.counts.parsed) << "TAGTILL_SEED=" << seed;
      ASSERT_EQ(outcome.counts.others, wanted.counts.others) << "TAGTILL_SEED=" << seed;
      ASSERT_EQ(outcome.counts.bytes, wanted.counts.bytes) << "TAGTILL_SEED=" << seed;
    }
  }
}

}  // namespace
}  // namespace tagtill
