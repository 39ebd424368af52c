// Blocks that lanes read for themselves, against the file cut up by hand.
#include "ingest/plain_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "tests/packed.h"
#include "tests/seeded.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

struct Line {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;  // without its end
  std::string head;

  friend bool operator==(const Line&, const Line&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Line& line) {
    return out << line.offset << "+" << line.length << " " << line.head.substr(0, 20);
  }
};

void add_lines(std::string_view bytes, std::uint64_t offset, std::vector<Line>& lines) {
  for (std::size_t at = 0; at < bytes.size();) {
    std::string_view line = bytes.substr(at);
    const std::size_t end = line.find('\n');
    line = line.substr(0, end);
    const std::uint64_t begin = offset + at;
    at += line.size() + 1;
    if (end != std::string_view::npos && line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) {
      lines.push_back({begin, line.size(), std::string(line.substr(0, kDeadLetterBytes))});
    }
  }
}

// Line by line, from the content alone.
std::vector<Line> lines_of(std::string_view content) {
  const std::size_t mark = content.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  std::vector<Line> lines;
  add_lines(content.substr(mark), mark, lines);
  return lines;
}

struct Read {
  std::vector<Line> lines;
  std::uint64_t bytes = 0;
  std::vector<std::string> problems;
};

// The blocks in this order, and their lines in the file's.
Read read_blocks(const PlainFile& file, const std::vector<std::uint64_t>& order,
                 std::size_t capacity_max) {
  std::vector<std::vector<Line>> of_block(order.size());
  Read read;
  Block block;
  for (const std::uint64_t number : order) {
    if (std::optional<std::string> problem = file.read(number, block)) {
      read.problems.push_back(*problem);
    }
    std::vector<Line>& lines = of_block[number];
    add_lines(block.lines(), block.offset, lines);
    if (block.overlong_bytes > 0) {
      lines.push_back({block.offset + block.lines().size(), block.overlong_bytes,
                       std::string(block.overlong_head())});
    }
    read.bytes += block.source_bytes;
    EXPECT_LE(block.capacity(), capacity_max);
  }
  for (const std::vector<Line>& lines : of_block) {
    read.lines.insert(read.lines.end(), lines.begin(), lines.end());
  }
  return read;
}

std::vector<std::uint64_t> shuffled(std::uint64_t count, seeded::Random& random) {
  std::vector<std::uint64_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[random.below(i)]);
  }
  return order;
}

// Lines of all lengths around those of blocks and of the limit, with all ends.
std::string random_content(seeded::Random& random, std::size_t block_bytes, std::size_t limit) {
  std::string content = random.percent(20) ? "\xEF\xBB\xBF" : "";
  for (std::size_t lines = random.below(30); lines > 0; --lines) {
    const std::size_t around = random.percent(20)   ? limit
                               : random.percent(30) ? block_bytes
                                                    : random.below(3 * block_bytes) + 1;
    const std::size_t length = around - std::min(around, random.below(8)) + random.below(8);
    content.append(length, random.percent(20) ? ' ' : 'x');
    if (length > 0 && random.percent(80)) {
      content.back() = 'y';
    }
    content += random.percent(30) ? "\r\n" : random.percent(10) ? "\r" : "\n";
  }
  if (random.percent(50) && content.ends_with('\n')) {
    content.pop_back();
  }
  return content;
}

TEST(PlainFile, P1_1_TheBlocksTogetherHoldEachLineOnceInWhateverOrder) {
  for (std::uint64_t i = 0; i < seeded::seeds(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    seeded::Random random(seed);
    const std::size_t block_bytes = 64 + random.below(2'000);
    const std::size_t limit = kDeadLetterBytes + random.below(6'000);
    const std::string content = random_content(random, block_bytes, limit);
    const TempFolder folder;
    const std::string path = folder.write("dump", content);
    const auto file = PlainFile::open(path, block_bytes, limit);
    if (content.empty()) {
      EXPECT_EQ(file, nullptr);
      continue;
    }
    ASSERT_NE(file, nullptr) << "TAGTILL_SEED=" << seed;
    const Read read = read_blocks(*file, shuffled(file->block_count(), random),
                                  block_bytes + kBlockSlack + limit + 2);
    ASSERT_EQ(read.lines, lines_of(content)) << "TAGTILL_SEED=" << seed;
    ASSERT_EQ(read.bytes, content.size()) << "TAGTILL_SEED=" << seed;
    ASSERT_TRUE(read.problems.empty()) << read.problems[0];
  }
}

TEST(PlainFile, AFileThatWasMadeShorterIsReadToWhereItEnds) {
  const TempFolder folder;
  std::string content;
  for (int i = 0; i < 1'000; ++i) {
    content += "line " + std::to_string(i) + "\n";
  }
  for (const std::size_t left : {0U, 1U, 999U, 5'000U}) {
    const std::string path = folder.write("dump", content);
    const auto file = PlainFile::open(path, 1'000, kLineBytesMax);
    ASSERT_EQ(::truncate(path.c_str(), static_cast<off_t>(left)), 0);
    Read read;
    Block block;
    std::optional<std::string> problem;
    for (std::uint64_t number = 0; !problem; ++number) {
      ASSERT_LT(number, file->block_count());
      problem = file->read(number, block);
      add_lines(block.lines(), block.offset, read.lines);
    }
    EXPECT_EQ(read.lines, lines_of(content.substr(0, left)));
    EXPECT_EQ(*problem, "The dump " + path + " cannot be read from byte " + std::to_string(left) +
                            " on: it was made shorter while it was read. What stands before was "
                            "used.");
  }
}

// Whoever stops there leaves the line in which the file ends to those who read on.
TEST(PlainFile, OfAFileThatWasMadeShorterWholeLinesCanBeHadAndTheRestLater) {
  for (std::uint64_t i = 0; i < seeded::seeds(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    seeded::Random random(seed);
    const std::size_t block_bytes = 64 + random.below(2'000);
    const std::size_t limit = kDeadLetterBytes + random.below(6'000);
    const std::string content = random_content(random, block_bytes, limit) + "\n";
    const TempFolder folder;
    const std::string path = folder.write("dump", content);
    const auto file = PlainFile::open(path, block_bytes, limit);
    ASSERT_EQ(::truncate(path.c_str(), static_cast<off_t>(random.below(content.size()))), 0);
    Read read;
    Block block;
    std::uint64_t end = 0;
    const auto add = [&] {
      add_lines(block.lines(), block.offset, read.lines);
      if (block.overlong_bytes > 0) {
        read.lines.push_back({block.offset + block.lines().size(), block.overlong_bytes,
                              std::string(block.overlong_head())});
      }
      end = std::max(end, block.end_offset);
    };
    for (std::uint64_t number = 0; !file->read(number, block, true); ++number) {
      ASSERT_LT(number, file->block_count());
      add();
    }
    add();
    folder.write("dump", content);
    const auto whole = PlainFile::open(path, block_bytes, limit, end);
    for (std::uint64_t number = 0; number < whole->block_count(); ++number) {
      ASSERT_EQ(whole->read(number, block, true), std::nullopt);
      add();
    }
    ASSERT_EQ(read.lines, lines_of(content));
  }
}

TEST(PlainFile, WhatALaneCannotReadForItself) {
  const TempFolder folder;
  EXPECT_EQ(PlainFile::open(folder.path("none"), 4096, kLineBytesMax), nullptr);
  EXPECT_EQ(PlainFile::open(folder.path(""), 4096, kLineBytesMax), nullptr);
  EXPECT_EQ(PlainFile::open("/dev/null", 4096, kLineBytesMax), nullptr);
  EXPECT_EQ(PlainFile::open(folder.write("empty", ""), 4096, kLineBytesMax), nullptr);
  EXPECT_EQ(PlainFile::open(folder.write("gz", compressed("{}\n", "gzip")), 4096, kLineBytesMax),
            nullptr);
}

}  // namespace
}  // namespace tagtill
