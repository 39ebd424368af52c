#include "ingest/dump_reader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/temp_folder.h"

namespace tagtill {
namespace {

std::uint64_t seed_count() {
  const char* text = std::getenv("TAGTILL_SEEDS");
  return text == nullptr ? 20 : std::strtoull(text, nullptr, 10);
}

// A line as whoever works on blocks sees it. Of one that is too long only the
// head is there.
struct Line {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;  // without its line end
  std::string bytes;

  friend bool operator==(const Line&, const Line&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Line& line) {
    return out << line.offset << "+" << line.length << " '" << line.bytes.substr(0, 20) << "'";
  }
};

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

// Splits bytes that begin at `offset` of their source, the plain way.
std::vector<Line> split(std::string_view bytes, std::uint64_t offset, std::size_t line_bytes_max) {
  std::vector<Line> lines;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t newline = bytes.find('\n', at);
    const bool ended = newline != std::string_view::npos;
    const std::size_t next = ended ? newline + 1 : bytes.size();
    std::string_view line = bytes.substr(at, (ended ? newline : bytes.size()) - at);
    if (ended && line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (!is_blank(line)) {
      const std::size_t kept = line.size() > line_bytes_max ? kDeadLetterBytes : line.size();
      lines.push_back({offset + at, line.size(), std::string(line.substr(0, kept))});
    }
    at = next;
  }
  return lines;
}

std::vector<Line> split_file(std::string_view content, std::size_t line_bytes_max) {
  const std::size_t mark = content.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  return split(content.substr(mark), mark, line_bytes_max);
}

// Reads everything, checks what must hold of every block, and returns the lines
// of each source.
std::vector<std::vector<Line>> read_lines(DumpReader& reader, std::size_t line_bytes_max) {
  std::vector<std::vector<Line>> lines;
  std::vector<std::uint64_t> read;
  Block block;
  while (reader.next(block)) {
    lines.resize(reader.source_count());
    read.resize(lines.size());
    EXPECT_LE(block.lines_and_head().size(), block.capacity());
    const std::uint64_t mark = block.offset - read[block.source];
    EXPECT_TRUE(mark == 0 || (mark == 3 && read[block.source] == 0));
    read[block.source] += block.source_bytes;
    std::vector<Line>& out = lines[block.source];
    for (Line& line : split(block.lines(), block.offset, line_bytes_max)) {
      out.push_back(std::move(line));
    }
    if (block.overlong_bytes > 0) {
      EXPECT_GT(block.overlong_bytes, line_bytes_max);
      EXPECT_EQ(block.overlong_head().size(), kDeadLetterBytes);
      out.push_back({block.offset + block.lines().size(), block.overlong_bytes,
                     std::string(block.overlong_head())});
    }
  }
  lines.resize(reader.source_count());
  read.resize(lines.size());
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < read.size(); ++i) {
    all += read[i];
    if (reader.problems().empty() && reader.source_name(static_cast<std::uint32_t>(i)) != "-") {
      EXPECT_EQ(read[i],
                std::filesystem::file_size(reader.source_name(static_cast<std::uint32_t>(i))));
    }
  }
  EXPECT_EQ(reader.bytes_read(), all);
  EXPECT_EQ(reader.stored_bytes_read(), all);
  return lines;
}

std::vector<Line> read_file_lines(const std::string& path, std::size_t block_bytes,
                                  std::size_t line_bytes_max) {
  DumpReader reader({{path, 0}}, block_bytes, line_bytes_max);
  std::vector<Line> lines = read_lines(reader, line_bytes_max)[0];
  EXPECT_TRUE(reader.problems().empty());
  return lines;
}

std::vector<std::string> names(const std::vector<DumpSource>& sources) {
  std::vector<std::string> out;
  out.reserve(sources.size());
  for (const DumpSource& source : sources) {
    out.push_back(source.name);
  }
  return out;
}

TEST(DumpReader, P1_1_LinesEndInEitherWayAndTheLastMayLackItsEnd) {
  const TempFolder folder;
  const std::string path = folder.write("dump", "one\ntwo\r\n\n \t\r\nthree\r\r\nfour\r");
  const std::vector<Line> expected = {
      {0, 3, "one"}, {4, 3, "two"}, {14, 6, "three\r"}, {22, 5, "four\r"}};
  EXPECT_EQ(read_file_lines(path, 4096, kLineBytesMax), expected);
}

TEST(DumpReader, P1_2_AByteOrderMarkAtTheStartOfEachFileIsSkipped) {
  const TempFolder folder;
  const std::string mark = "\xEF\xBB\xBF";
  const std::string a = folder.write("a", mark + "one\n" + mark + "two\n");
  const std::string b = folder.write("b", mark + "three");
  const std::string c = folder.write("c", mark);
  const std::string d = folder.write("d", "");
  const std::string e = folder.write("e", mark.substr(0, 2));
  DumpReader reader({{a, 0}, {b, 0}, {c, 0}, {d, 0}, {e, 0}});
  const std::vector<std::vector<Line>> expected = {{{3, 3, "one"}, {7, 6, mark + "two"}},
                                                   {{3, 5, "three"}},
                                                   {},
                                                   {},
                                                   {{0, 2, mark.substr(0, 2)}}};
  EXPECT_EQ(read_lines(reader, kLineBytesMax), expected);
}

TEST(DumpReader, P1_2_ALineOfTheLimitIsFineWhateverItsEnd) {
  const TempFolder folder;
  const std::string longest(kLineBytesMax, 'x');
  for (const std::string end : {"\n", "\r\n", ""}) {
    const std::string path = folder.write("dump", std::string("a\n").append(longest).append(end));
    for (const std::size_t block_bytes : {4096U, 262'144U, 1'048'576U, 4'194'304U}) {
      DumpReader reader({{path, 0}}, block_bytes);
      Block block;
      std::uint64_t length = 0;
      while (reader.next(block)) {
        EXPECT_EQ(block.overlong_bytes, 0U);
        length = std::max<std::uint64_t>(length, block.lines().size());
        EXPECT_LE(block.capacity(), block_bytes + kLineBytesMax);
      }
      EXPECT_GE(length, kLineBytesMax);
    }
  }
}

TEST(DumpReader, P1_2_ALineBeyondTheLimitHasItsTrueLengthWhateverTheBlock) {
  const TempFolder folder;
  const std::string start = "{\"text\":\"" + std::string(kDeadLetterBytes, '-');
  for (const std::size_t more : {1U, 2U, 3U, 4096U, 5'000'000U}) {
    for (const std::string end : {"\n", "\r\n", "\r", ""}) {
      const std::string line = start + std::string(kLineBytesMax + more - start.size(), 'x');
      std::string content = "before\n";
      content.append(line).append(end).append(end.ends_with('\n') ? "after\n" : "");
      const std::string path = folder.write("dump", content);
      const std::vector<Line> expected = split_file(content, kLineBytesMax);
      ASSERT_EQ(expected[1].length, line.size() + (end == "\r" ? 1 : 0));
      for (const std::size_t block_bytes : {4096U, 262'144U, 4'194'304U}) {
        EXPECT_EQ(read_file_lines(path, block_bytes, kLineBytesMax), expected)
            << block_bytes << " " << more;
      }
    }
  }
}

TEST(DumpReader, P1_1_AKeepAliveMayBeLongerThanTheLimit) {
  const TempFolder folder;
  const std::string content = "a\n" + std::string(2 * kLineBytesMax, ' ') + "\t\r\nb\n" +
                              std::string(3 * kLineBytesMax, '\r');
  const std::string path = folder.write("dump", content);
  const std::vector<Line> expected = {{0, 1, "a"}, {2 * kLineBytesMax + 5, 1, "b"}};
  for (const std::size_t block_bytes : {4096U, 262'144U, 16'777'216U}) {
    EXPECT_EQ(read_file_lines(path, block_bytes, kLineBytesMax), expected);
  }
}

TEST(DumpReader, P3_2_ALineNeverSpansTwoSources) {
  const TempFolder folder;
  const std::string a = folder.write("a", "one\ntw");
  const std::string b = folder.write("b", "o\nthree");
  DumpReader reader({{a, 0}, {b, 0}});
  const std::vector<std::vector<Line>> expected = {{{0, 3, "one"}, {4, 2, "tw"}},
                                                   {{0, 1, "o"}, {2, 5, "three"}}};
  EXPECT_EQ(read_lines(reader, kLineBytesMax), expected);
}

TEST(DumpReader, WhatCannotBeReadIsSaidAndTheRestGoesOn) {
  const TempFolder folder;
  const std::string good = folder.write("good", "line\n");
  const std::string none = folder.path("none");
  const std::string inner = folder.path("folder");
  std::filesystem::create_directory(inner);
  DumpReader reader({{none, 0}, {inner, 0}, {good, 0}});
  const std::vector<std::vector<Line>> expected = {{}, {{0, 4, "line"}}};
  EXPECT_EQ(read_lines(reader, kLineBytesMax), expected);
  const std::vector<std::string> problems = {
      "The dump " + none + " cannot be opened: No such file or directory. It was left out.",
      "The dump " + inner +
          " cannot be read from byte 0 on: Is a directory. What stands before was used."};
  EXPECT_EQ(reader.problems().shown(), problems);
}

TEST(DumpReader, APipeMayGiveItsBytesInPieces) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const std::string content = "one\ntwo\r\n" + std::string(10'000, 'x') + "\nlast";
  std::thread writer([&] {
    for (std::size_t at = 0; at < content.size(); at += 7) {
      const std::string piece = content.substr(at, 7);
      EXPECT_EQ(::write(ends[1], piece.data(), piece.size()), static_cast<ssize_t>(piece.size()));
    }
    ::close(ends[1]);
  });
  const std::string path = "/proc/self/fd/" + std::to_string(ends[0]);
  FileErrors problems;
  DumpReader reader(expand_dumps({path}, problems), 4096);
  EXPECT_TRUE(problems.empty());
  std::string read;
  Block block;
  while (reader.next(block)) {
    read += block.lines();
  }
  writer.join();
  ::close(ends[0]);
  EXPECT_EQ(read, content);
}

// Bytes in which what the reader looks at is frequent, and lines about as long as
// the limit and the blocks are.
std::string random_content(std::mt19937_64& random, std::size_t line_bytes_max) {
  std::string out = random() % 4 == 0 ? "\xEF\xBB\xBF" : "";
  const std::uint64_t lines = random() % 30;
  for (std::uint64_t i = 0; i < lines; ++i) {
    std::uint64_t length = random() % 20;
    if (random() % 3 == 0) {
      length = line_bytes_max + random() % 6 - 3;
    } else if (random() % 5 == 0) {
      length = random() % (5 * line_bytes_max);
    }
    const bool blank = random() % 4 == 0;
    const std::string_view alphabet =
        blank ? " \t\r" : std::string_view("ab \r\t\0\xEF\xBB\xBF", 9);
    for (std::uint64_t at = 0; at < length; ++at) {
      out += alphabet[random() % alphabet.size()];
    }
    out += random() % 3 == 0 ? "\r\n" : "\n";
  }
  if (random() % 2 == 0 && !out.empty()) {
    out.resize(random() % out.size());
  }
  return out;
}

TEST(DumpReader, P3_7_RandomFilesGiveTheSameLinesInBlocksOfAnySize) {
  const TempFolder folder;
  for (std::uint64_t seed = 1; seed <= seed_count(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const std::size_t line_bytes_max = 256 + random() % 1000;
    std::vector<DumpSource> sources;
    std::vector<std::vector<Line>> expected;
    for (const char* name : {"a", "b", "c"}) {
      const std::string content = random_content(random, line_bytes_max);
      sources.push_back({folder.write(name, content), 0});
      expected.push_back(split_file(content, line_bytes_max));
    }
    for (int round = 0; round < 10; ++round) {
      const std::size_t block_bytes = 512 + random() % (round < 8 ? 2000 : 100'000);
      DumpReader reader(sources, block_bytes, line_bytes_max);
      ASSERT_EQ(read_lines(reader, line_bytes_max), expected) << "blocks of " << block_bytes;
      ASSERT_TRUE(reader.problems().empty());
    }
  }
}

TEST(ExpandDumps, P3_2_AFolderIsWalkedInByteOrderOfTheWholePaths) {
  const TempFolder folder;
  std::filesystem::create_directories(folder.path("d/b/empty"));
  std::filesystem::create_directories(folder.path("d/Z"));
  for (const char* name :
       {"d/b/1", "d/b.json", "d/b-c", "d/b0", "d/Z/9", "d/\xC3\xA4", "d/.hidden"}) {
    folder.write(name, "12345");
  }
  ASSERT_EQ(::mkfifo(folder.path("d/pipe").c_str(), 0600), 0);
  FileErrors problems;
  const std::vector<DumpSource> sources = expand_dumps({folder.path("d")}, problems);
  EXPECT_TRUE(problems.empty());
  const std::vector<std::string> expected = {folder.path("d/.hidden"), folder.path("d/Z/9"),
                                             folder.path("d/b-c"),     folder.path("d/b.json"),
                                             folder.path("d/b/1"),     folder.path("d/b0"),
                                             folder.path("d/\xC3\xA4")};
  EXPECT_EQ(names(sources), expected);
  EXPECT_EQ(sources[0].bytes, 5U);

  // A slash behind the folder stays single.
  EXPECT_EQ(names(expand_dumps({folder.path("d/")}, problems)), expected);
}

TEST(ExpandDumps, P3_2_ArgumentsKeepTheirOrder) {
  const TempFolder folder;
  const std::string b = folder.write("b", "xyz");
  const std::string a = folder.write("a", "");
  FileErrors problems;
  const std::vector<DumpSource> sources =
      expand_dumps({b, "-", folder.path("none"), a, b}, problems);
  EXPECT_EQ(names(sources), (std::vector<std::string>{b, "-", a, b}));
  EXPECT_EQ(sources[0].bytes, 3U);
  EXPECT_EQ(sources[1].bytes, 0U);
  EXPECT_EQ(problems.shown(),
            (std::vector<std::string>{"The dump " + folder.path("none") +
                                      " cannot be read: No such file or directory. It is "
                                      "left out."}));
}

TEST(ExpandDumps, LinksAreFollowedAndRingsEnd) {
  const TempFolder folder;
  std::filesystem::create_directories(folder.path("d/real"));
  std::filesystem::create_directories(folder.path("elsewhere/deep"));
  folder.write("d/real/1", "");
  folder.write("elsewhere/2", "");
  folder.write("elsewhere/deep/3", "");
  using std::filesystem::create_directory_symlink;
  using std::filesystem::create_symlink;
  create_directory_symlink(folder.path("d"), folder.path("d/real/ring"));
  create_directory_symlink(folder.path("d/real"), folder.path("d/a-same"));
  create_directory_symlink(folder.path("elsewhere"), folder.path("d/x"));
  create_directory_symlink(folder.path("elsewhere"), folder.path("d/y"));
  create_directory_symlink(folder.path("elsewhere"), folder.path("elsewhere/deep/ring"));
  create_symlink(folder.path("elsewhere/2"), folder.path("d/file"));
  create_symlink(folder.path("nowhere"), folder.path("d/gone"));
  FileErrors problems;
  EXPECT_EQ(names(expand_dumps({folder.path("d")}, problems)),
            (std::vector<std::string>{folder.path("d/file"), folder.path("d/real/1"),
                                      folder.path("d/x/2"), folder.path("d/x/deep/3")}));
  EXPECT_EQ(problems.shown(),
            (std::vector<std::string>{"The file " + folder.path("d/gone") +
                                      " cannot be read: No such file or directory. It is "
                                      "left out."}));
}

TEST(ExpandDumps, WhatNobodyMayReadIsSaid) {
  const TempFolder folder;
  std::filesystem::create_directories(folder.path("d/closed"));
  folder.write("d/open", "");
  folder.write("d/secret", "");
  ASSERT_EQ(::chmod(folder.path("").c_str(), 0755), 0);
  ASSERT_EQ(::chmod(folder.path("d/closed").c_str(), 0), 0);
  ASSERT_EQ(::chmod(folder.path("d/secret").c_str(), 0), 0);
  // Nothing is closed to root, so somebody else looks.
  const bool is_root = ::geteuid() == 0;
  if (is_root) {
    ASSERT_EQ(::seteuid(65'534), 0);
  }
  FileErrors problems;
  const std::vector<DumpSource> sources = expand_dumps({folder.path("d")}, problems);
  if (is_root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  ASSERT_EQ(::chmod(folder.path("d/closed").c_str(), 0700), 0);
  EXPECT_EQ(names(sources), (std::vector<std::string>{folder.path("d/open")}));
  EXPECT_EQ(problems.shown(),
            (std::vector<std::string>{"The file " + folder.path("d/secret") +
                                          " cannot be read: Permission denied. It is left out.",
                                      "The folder " + folder.path("d/closed") +
                                          " cannot be read: Permission denied. It is left out."}));
}

TEST(Block, KeepsItsBytesAndZeroesItsPadding) {
  Block block;
  block.reserve(10, 0);
  std::fill_n(block.mutable_data(), 10 + kBlockPadding, 'x');
  block.reserve(5, 5);
  EXPECT_EQ(block.capacity(), 10U);
  block.reserve(1000, 10);
  EXPECT_GE(block.capacity(), 1000U);
  EXPECT_EQ(std::string_view(block.mutable_data(), 10), "xxxxxxxxxx");
  EXPECT_EQ(std::string_view(block.mutable_data() + block.capacity(), kBlockPadding),
            std::string(kBlockPadding, '\0'));
}

}  // namespace
}  // namespace tagtill
