// Dumps with everything in them that does not belong there: the program comes to a
// clear end, counts what it could not read, and loses none of the lines beside it.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/post_lines.h"
#include "tests/run_program.h"
#include "tests/seeded.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::uint64_t kMegabyte = std::uint64_t{1} << 20;

// g++ and clang say it in different ways.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TAGTILL_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(TAGTILL_SANITIZED)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

std::uint64_t number_behind(std::string_view text, const std::string& name) {
  const std::size_t at = text.find('"' + name + "\":");
  EXPECT_NE(at, std::string_view::npos) << name << " in " << text;
  return at == std::string_view::npos
             ? 0
             : std::strtoull(std::string(text.substr(at + name.size() + 3, 20)).c_str(), nullptr,
                             10);
}

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + part.size())) {
    ++count;
  }
  return count;
}

// A shop with one offer and many members. Each neighbour() is an intent of another
// member: as many prompts come out as neighbours were found.
class Dirt : public ::testing::Test {
 protected:
  static constexpr std::size_t kMembers = 2000;

  Dirt() {
    folder_.write("offers", post_lines::line_of(post_lines::Offer{}) + "\n");
    std::string members;
    for (std::size_t i = 0; i < kMembers; ++i) {
      members += post_lines::member_line(std::to_string(i + 1)) + "\n";
    }
    folder_.write("members", members);
    std::filesystem::permissions(folder_.write("secret", post_lines::kSecret),
                                 std::filesystem::perms::owner_read);
  }

  std::string neighbour() {
    ++neighbours_;
    post_lines::Post post;
    post.id = "p" + std::to_string(neighbours_);
    post.author = std::to_string(neighbours_);
    post.text = "I want a #mug";
    return post_lines::line_of(post) + "\n";
  }

  ProgramResult replay(std::vector<std::string> more, const std::string& standard_input = {}) {
    std::vector<std::string> arguments = {"replay",    "--offers",  "offers",
                                          "--members", "members",   "--secret-file",
                                          "secret",    "--summary", "json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(arguments, {standard_input, folder_.path("."), {}});
  }

  // Replays the dump in both modes and several block sizes: all neighbours are found,
  // and every line is counted.
  void expect_neighbours(std::string_view content, std::uint64_t lines) {
    folder_.write("dump", content);
    for (const bool strict : {false, true}) {
      for (const char* block_bytes : {"4096", "262144"}) {
        std::vector<std::string> arguments = {
            "--events", "-", "--sink", "null:", "--block-bytes", block_bytes, "dump"};
        if (strict) {
          arguments.emplace_back("--strict");
        }
        const ProgramResult result = replay(arguments);
        const std::uint64_t malformed = number_behind(result.err, "malformed");
        EXPECT_EQ(result.exit_code, strict && malformed > 0 ? 65 : 0) << result.err;
        EXPECT_EQ(count_of(result.out, "{\"type\":\"prompt\""), neighbours_) << strict;
        EXPECT_EQ(number_behind(result.err, "lines"), lines) << strict;
        EXPECT_EQ(number_behind(result.err, "posts") + malformed +
                      number_behind(result.err, "others") +
                      number_behind(result.err, "delete_notices"),
                  lines)
            << strict;
        EXPECT_EQ(number_behind(result.err, "bytes"), content.size()) << strict;
      }
    }
  }

  TempFolder folder_;
  std::size_t neighbours_ = 0;
};

// https://github.com/nst/JSONTestSuite: `y_` must parse, `n_` must not, `i_` may.
TEST_F(Dirt, P1_2_EveryFileOfTheJsonTestSuiteIsALine) {
  const std::filesystem::path suite = seeded::shared_data() / "json-test-suite" / "test_parsing";
  if (!std::filesystem::is_directory(suite)) {
    GTEST_SKIP() << "skipped: no ../shared/data";
  }
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(suite)) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  ASSERT_GT(paths.size(), 300U);

  std::string dump = neighbour();
  std::uint64_t lines = 1;
  std::set<std::size_t> must_be_malformed;
  std::set<std::size_t> must_not_be;
  for (const std::filesystem::path& path : paths) {
    std::string content = read_file(path.string());
    if (content.ends_with('\n')) {
      content.pop_back();
    }
    // Within a line there is no line end; a carriage return is white space between
    // tokens and forbidden within strings just the same.
    std::replace(content.begin(), content.end(), '\n', '\r');
    if (content.find_first_not_of(" \t\r") != std::string::npos) {  // else a keep-alive
      ++lines;
      if (path.filename().string()[0] == 'n') {
        must_be_malformed.insert(dump.size());
      } else if (path.filename().string()[0] == 'y') {
        must_not_be.insert(dump.size());
      }
    }
    dump += content + "\n" + neighbour();
    ++lines;
  }
  expect_neighbours(dump, lines);

  const ProgramResult result =
      replay({"--strict", "--sink", "null:", "--dead-letter", "dead", "dump"});
  EXPECT_EQ(result.exit_code, 65);
  std::set<std::size_t> malformed;
  const std::string dead = read_file(folder_.path("dead"));
  for (std::size_t at = 0; at < dead.size(); at = dead.find('\n', at) + 1) {
    malformed.insert(number_behind(std::string_view(dead).substr(at), "offset"));
  }
  EXPECT_EQ(malformed.size(), number_behind(result.err, "malformed"));
  EXPECT_TRUE(std::includes(malformed.begin(), malformed.end(), must_be_malformed.begin(),
                            must_be_malformed.end()));
  for (const std::size_t offset : must_not_be) {
    EXPECT_FALSE(malformed.contains(offset)) << dump.substr(offset, 100);
  }
}

TEST_F(Dirt, RandomBytesBetweenGoodLines) {
  seeded::Random random(seeded::first_seed());
  std::string dump;
  std::uint64_t lines = 0;
  for (int i = 0; i < 500; ++i) {
    std::string bytes;
    const bool of_json = random.percent(50);
    for (std::size_t size = 1 + random.below(3000); size > 0; --size) {
      const char byte =
          of_json ? random.pick("{}[]\":,\\u0123#aé \x00"sv) : static_cast<char>(random.below(256));
      bytes += byte == '\n' ? 'n' : byte;
    }
    bytes += 'x';  // not blank
    dump += bytes + "\n" + neighbour();
    lines += 2;
  }
  expect_neighbours(dump, lines);
}

TEST_F(Dirt, NulBytesWhereverTheyStand) {
  const std::string nul(1, '\0');
  std::string dump = nul + "\n" + neighbour();
  dump += std::string(100'000, '\0') + "\n" + neighbour();
  std::string inside = neighbour();
  --neighbours_;  // that one is malformed
  inside.insert(inside.size() / 2, nul);
  dump += inside + neighbour();
  std::string behind = neighbour();
  --neighbours_;
  behind.insert(behind.size() - 1, nul);
  dump += behind + neighbour() + nul;
  expect_neighbours(dump, 9);
}

TEST_F(Dirt, ALineOfAHundredMegabytesIsCountedAndTakesNoMemory) {
  const std::string before = neighbour();
  folder_.write("small", before);
  const std::uint64_t small = replay({"--sink", "null:", "small"}).peak_bytes;
  {
    // In pieces: the memory of this process counts in that of its children.
    std::ofstream dump(folder_.path("dump"), std::ios::binary);
    dump << before << R"({"text":")";
    for (int i = 0; i < 100; ++i) {
      dump << std::string(kMegabyte, 'x');
    }
    dump << "\"}\n" << neighbour();
  }
  const ProgramResult result =
      replay({"--events", "-", "--sink", "null:", "--dead-letter", "dead", "dump"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(count_of(result.out, "{\"type\":\"prompt\""), 2U);
  EXPECT_EQ(number_behind(result.err, "malformed"), 1U);
  const std::string dead = read_file(folder_.path("dead"));
  EXPECT_EQ(number_behind(dead, "length"), 100 * kMegabyte + 11);
  EXPECT_NE(dead.find("\"too_long\""), std::string::npos) << dead;
  if (!kSanitized) {
    EXPECT_LT(result.peak_bytes, small + 4 * kMegabyte);
  }
}

// A dump that ends in the middle: of a line, an escape, a character, a word.
TEST_F(Dirt, ADumpMayEndAnywhere) {
  const std::string whole =
      R"({"timestamp_ms":"1360584000000","id_str":"e","text":"a \ud83d\ude00 )"
      "\xF0\x9F\x98\x80 #mug\",\"user\":{\"id_str\":\"2000\"},\"x\":null}\n";
  const std::string before = neighbour();
  for (std::size_t size = 1; size < whole.size() - 1; ++size) {
    folder_.write("dump", before + whole.substr(0, size));
    const ProgramResult result = replay({"--events", "-", "--sink", "null:", "dump"});
    EXPECT_EQ(result.exit_code, 0);
    const bool is_whole = size == whole.size() - 1;
    EXPECT_EQ(count_of(result.out, "{\"type\":\"prompt\""), is_whole ? 2U : 1U) << size;
    EXPECT_EQ(number_behind(result.err, "malformed"), is_whole ? 0U : 1U) << size;
  }
}

TEST_F(Dirt, P1_1_CarriageReturnsAloneEndNoLine) {
  const std::string a = neighbour();
  std::string b = neighbour();
  neighbours_ = 1;
  b.pop_back();
  // Two posts with a carriage return between them are one line, and malformed.
  std::string glued = b;
  glued += "\r" + b + "\n";
  expect_neighbours("\r\r\r\n\r" + a + glued + "\r", 2);
}

TEST_F(Dirt, P1_2_AByteOrderMarkIsSkippedAtTheStartAndDirtElsewhere) {
  const std::string mark = "\xEF\xBB\xBF";
  std::string dump = mark + neighbour();
  const std::string marked = mark + neighbour();
  --neighbours_;
  dump += marked + neighbour();
  expect_neighbours(dump, 3);
  neighbours_ -= 1;  // a second mark belongs to the first line
  expect_neighbours(mark + dump, 3);
}

// As nobody in particular, for root may read everything.
TEST_F(Dirt, AFolderWithoutRightsIsSaidAndTheRestIsRead) {
  std::filesystem::create_directories(folder_.path("day/closed"));
  folder_.write("day/a", neighbour());
  folder_.write("day/closed/b", "not to be read");
  ASSERT_EQ(::chmod(folder_.path("day/closed").c_str(), 0), 0);
  ASSERT_EQ(::chmod(folder_.path(".").c_str(), 0755), 0);
  ASSERT_EQ(::chmod(folder_.path("secret").c_str(), 0644), 0);
  const bool is_root = ::geteuid() == 0;
  ProgramResult result;
  {
    std::vector<std::string> arguments = {
        "replay",    "--offers", "offers",   "--members", "members", "--secret-file", "secret",
        "--summary", "json",     "--events", "-",         "--sink",  "null:",         "day"};
    ProgramInput input{{}, folder_.path("."), {}};
    input.as_nobody = is_root;
    result = run_program(arguments, input);
  }
  ASSERT_EQ(::chmod(folder_.path("day/closed").c_str(), 0700), 0);
  EXPECT_EQ(result.exit_code, 65) << result.err;
  EXPECT_EQ(count_of(result.out, "{\"type\":\"prompt\""), 1U);
  EXPECT_NE(result.err.find("The folder day/closed cannot be read: Permission denied"),
            std::string::npos)
      << result.err;
}

// A file system of 512 KiB, for this process and its children alone.
bool mount_small_disk(const std::string& path) {
  return (::unshare(CLONE_NEWNS) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) &&
         ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("tmpfs", path.c_str(), "tmpfs", 0, "size=512k") == 0;
}

TEST_F(Dirt, AFullDiskEndsTheRunWith74AndWhatStandsThereIsWhole) {
  std::filesystem::create_directory(folder_.path("disk"));
  if (!mount_small_disk(folder_.path("disk"))) {
    GTEST_SKIP() << "skipped: no right to mount a file system";
  }
  std::string dump;
  for (std::size_t i = 0; i < kMembers; ++i) {
    dump += neighbour();
  }
  folder_.write("dump", dump);
  // Each prompt is some 250 bytes: 2,000 of them do not fit beside a file of 256 KiB.
  folder_.write("disk/other", std::string(256 * 1024, 'x'));
  const ProgramResult result = replay({"--events", "disk/events", "--sink", "null:", "dump"});
  EXPECT_EQ(result.exit_code, 74) << result.err;
  EXPECT_NE(result.err.find("disk/events"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("No space left on device"), std::string::npos) << result.err;
  const ProgramResult all = replay({"--events", "-", "--sink", "null:", "dump"});
  EXPECT_TRUE(all.out.starts_with(read_file(folder_.path("disk/events"))));

  const ProgramResult database = replay({"--sink", "sqlite:disk/purchases.db?events=all", "dump"});
  EXPECT_EQ(database.exit_code, 74) << database.err;
  EXPECT_NE(database.err.find("disk/purchases.db"), std::string::npos) << database.err;
  EXPECT_EQ(::umount(folder_.path("disk").c_str()), 0);
}

// Many times as long, and no more memory: the same dump again and again, most of
// whose posts nobody waits for.
TEST_F(Dirt, MemoryDoesNotGrowWithTheInput) {
  if (kSanitized) {
    GTEST_SKIP() << "skipped: a sanitizer keeps what was freed";
  }
  std::string dump;
  for (int i = 0; i < 10'000; ++i) {
    post_lines::Post post;
    post.id = "b" + std::to_string(i);
    post.author = "b" + std::to_string(i);
    post.text = "nothing #at all" + std::string(1500, '-');
    dump += post_lines::line_of(post) + "\n";
  }
  dump += neighbour();
  folder_.write("dump", dump);
  std::vector<std::string> arguments = {"--sink", "null:", "dump", "dump"};
  const std::uint64_t small = replay(arguments).peak_bytes;
  arguments.insert(arguments.end(), 38, "dump");
  const ProgramResult result = replay(arguments);
  EXPECT_EQ(number_behind(result.err, "bytes"), 40 * dump.size());
  EXPECT_LE(static_cast<double>(result.peak_bytes), 1.05 * static_cast<double>(small));
}

}  // namespace
}  // namespace tagtill
