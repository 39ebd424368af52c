// A dump that is read on from a place where a block ended, against reading it whole.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ingest/block_feed.h"
#include "tests/packed.h"
#include "tests/seeded.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

// What stands in front of each place at which reading may go on.
struct Place {
  std::uint32_t dump = 0;
  std::uint32_t file = 0;
  std::uint64_t offset = 0;
  std::size_t bytes_before = 0;  // of `text`
};

struct Read {
  std::string text;  // all lines of all blocks, one after the other
  std::vector<Place> places;
};

constexpr std::size_t kLineMax = 2'000;

// A line that is too long may stand in its block whole or as its head alone.
void append_lines(std::string& text, const Block& block) {
  for (std::string_view rest = block.lines(); !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    text.append(line.size() > kLineMax + 1 ? line.substr(0, kDeadLetterBytes) : line).append("\n");
  }
  if (block.overlong_bytes > 0) {
    text.append(block.overlong_head()).append("\n");
  }
}

Read read_all(std::vector<DumpSource> dumps, std::size_t block_bytes) {
  BlockFeed feed(std::move(dumps), {.block_bytes = block_bytes, .line_bytes_max = kLineMax});
  Unpacker unpacker(feed, 4);
  Read read;
  Place at;
  Block own;
  for (BlockFeed::Turn turn;;) {
    const BlockFeed::Next next = feed.next(turn);
    if (next == BlockFeed::Next::kEnd) {
      return read;
    }
    if (next == BlockFeed::Next::kNotYet) {
      (void)unpacker.do_work();
      continue;
    }
    FileErrors problems;
    const Block& block = feed.read(turn, own, problems);
    EXPECT_TRUE(problems.empty());
    append_lines(read.text, block);
    if (at.dump != turn.dump || at.file != turn.file_number) {
      at = {turn.dump, turn.file_number, 0, 0};
    }
    at.offset = std::max(at.offset, block.end_offset);
    if (turn.ends_dump) {
      at = {turn.dump + 1, 0, 0, 0};
    }
    at.bytes_before = read.text.size();
    read.places.push_back(at);
    feed.finish(turn);
  }
}

std::string random_lines(seeded::Random& random) {
  std::string text = random.percent(20) ? "\xEF\xBB\xBF" : "";
  for (std::size_t lines = random.below(60); lines > 0; --lines) {
    const std::size_t length = random.percent(5) ? 5'000 : random.below(300);
    text.append(length, static_cast<char>('a' + random.below(26)));
    text += random.percent(20) ? "\r\n" : "\n";
  }
  if (random.percent(30) && !text.empty()) {
    text.pop_back();
  }
  return text;
}

TEST(ResumedDump, GoesOnBehindEachBlockWithWhatStandsBehindIt) {
  for (std::uint64_t i = 0; i < seeded::seeds() / 10 + 5; ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    seeded::Random random(seed);
    const TempFolder folder;
    std::vector<DumpSource> dumps;
    for (std::size_t number = 0; number < 1 + random.below(4); ++number) {
      const std::size_t kind = random.below(4);
      const std::string lines = random_lines(random);
      const std::string content =
          kind == 0 ? compressed(lines, "gzip")
          : kind == 1
              ? archived({{"a", lines}, {"b", random_lines(random)}, {"c", "x\ny\n"}}, "ustar")
              : lines;
      dumps.push_back({folder.write("dump" + std::to_string(number), content), 0});
    }
    const Read whole = read_all(dumps, 512 + random.below(2'000));
    for (const Place& place : whole.places) {
      std::vector<DumpSource> rest(dumps.begin() + place.dump, dumps.end());
      if (!rest.empty()) {
        rest.front().first_file = place.file;
        rest.front().first_offset = place.offset;
      }
      // Which lines there are does not depend on where blocks are cut.
      const Read resumed = read_all(rest, 512 + random.below(2'000));
      ASSERT_EQ(resumed.text, whole.text.substr(place.bytes_before))
          << "dump " << place.dump << ", file " << place.file << ", offset " << place.offset;
    }
  }
}

}  // namespace
}  // namespace tagtill
