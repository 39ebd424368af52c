// Bytes of a connection, cut into blocks of lines in steps of any size, against splitting them.
#include "ingest/live/line_cutter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "tests/live_lines.h"
#include "tests/seeded.h"

namespace tagtill {
namespace {

struct Cut {
  std::vector<std::string> lines;
  std::uint64_t bytes = 0;
  std::uint64_t end = 0;
  std::size_t kept_max = 0;
  std::size_t capacity_max = 0;
};

// `step`: how many bytes come at a time at most; 0: by lot.
Cut cut(std::string_view bytes, std::size_t block_bytes, std::size_t limit, std::size_t step,
        seeded::Random& random) {
  LineCutter cutter(block_bytes, limit);
  Cut result;
  Block block;
  const auto take_lines = [&] {
    // Some of the lines may come another time.
    if (const std::string_view lines = block.lines();
        block.overlong_bytes == 0 && random.percent(30)) {
      const std::size_t kept = lines.find('\n', random.below(lines.size() + 1)) + 1;
      if (kept > 0 && kept < lines.size()) {
        cutter.give_back(block, kept);
        EXPECT_TRUE(cutter.holds_lines());
      }
    }
    result.bytes += block.source_bytes;
    EXPECT_EQ(block.end_offset, result.bytes);
    EXPECT_EQ(block.end_offset, cutter.end());
    add_live_lines(block, limit, result.lines);
    result.capacity_max = std::max(result.capacity_max, block.capacity());
    if (random.percent(50)) {
      block = Block();  // it was handed on
    }
  };
  while (!bytes.empty() || cutter.holds_lines()) {
    if (cutter.holds_lines()) {
      cutter.take_held(block);
      take_lines();
      continue;
    }
    const std::span<char> room = cutter.room(block);
    const std::size_t most = step != 0 ? step : random.below(2 * block_bytes) + 1;
    const std::size_t got = std::min({room.size(), bytes.size(), most});
    std::memcpy(room.data(), bytes.data(), got);
    bytes.remove_prefix(got);
    if (cutter.take(block, got)) {
      take_lines();
    }
    result.kept_max = std::max(result.kept_max, cutter.piece().size());
  }
  if (cutter.take_end(block)) {
    take_lines();
  }
  EXPECT_FALSE(cutter.take_end(block));
  EXPECT_TRUE(cutter.piece().empty());
  result.end = cutter.end();
  return result;
}

TEST(LineCutter, P1_1_TheBlocksTogetherHoldEachLineOnceWhateverTheSteps) {
  for (std::uint64_t i = 0; i < seeded::seeds(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    seeded::Random random(seed);
    const std::size_t block_bytes = 512 + random.below(3'000);
    const std::size_t limit = kDeadLetterBytes + random.below(6'000);
    std::string bytes = random_live_bytes(random, random.below(40), block_bytes, limit);
    if (random.percent(40)) {
      bytes += "a piece";
    }
    std::vector<std::string> expected;
    add_live_lines(std::string_view(bytes), limit, expected);
    for (const std::size_t step : {std::size_t{0}, std::size_t{1}, std::size_t{100'000}}) {
      const Cut result = cut(bytes, block_bytes, limit, step, random);
      ASSERT_EQ(result.lines, expected);
      ASSERT_EQ(result.end, bytes.size());
      ASSERT_LE(result.kept_max, std::max(limit + 2, block_bytes));
      ASSERT_LE(result.capacity_max, block_bytes + limit + kBlockSlack);
    }
  }
}

TEST(LineCutter, P1_2_AByteOrderMarkAtTheBeginningIsPassedOver) {
  seeded::Random random(1);
  for (const std::string_view rest : {"", "a\n", "a"}) {
    const std::string bytes = "\xEF\xBB\xBF" + std::string(rest);
    const Cut result = cut(bytes, 512, 1'000, 1, random);
    std::vector<std::string> expected;
    add_live_lines(rest, 1'000, expected);
    EXPECT_EQ(result.lines, expected);
    EXPECT_EQ(result.end, bytes.size());
  }
}

TEST(LineCutter, AnEndlessLineTakesNoMemoryAndTimeInProportion) {
  LineCutter cutter(std::size_t{256} * 1024, kLineBytesMax);
  Block block;
  std::uint64_t bytes = 0;
  for (int i = 0; i < 2'000'000; ++i) {
    const std::span<char> room = cutter.room(block);
    std::memset(room.data(), 'x', 60);
    ASSERT_FALSE(cutter.take(block, 60));
    bytes += 60;
    ASSERT_LE(cutter.kept_bytes(), 2 * kLineBytesMax);
  }
  EXPECT_LE(block.capacity(), kLineBytesMax + std::size_t{512} * 1024);
  cutter.room(block)[0] = '\n';
  ASSERT_TRUE(cutter.take(block, 1));
  EXPECT_EQ(block.overlong_bytes, bytes);
  EXPECT_EQ(block.lines(), "");
}

}  // namespace
}  // namespace tagtill
