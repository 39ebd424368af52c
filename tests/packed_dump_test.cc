// Dumps as they lie around: compressed, in archives, in archives of compressed
// files; and what comes of them when they are cut or damaged.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ingest/dump_reader.h"
#include "ingest/packing.h"
#include "tests/packed.h"
#include "tests/seeded.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

struct Source {
  std::string name;
  std::string bytes;

  friend bool operator==(const Source&, const Source&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Source& source) {
    return out << source.name << " of " << source.bytes.size() << " bytes '"
               << source.bytes.substr(0, 20) << "'";
  }
};

struct Dump {
  std::vector<Source> sources;
  std::vector<std::string> problems;

  [[nodiscard]] std::string bytes() const {
    std::string all;
    for (const Source& source : sources) {
      all += source.bytes;
    }
    return all;
  }
};

Dump read(const std::vector<std::string>& paths, std::size_t block_bytes = 4096,
          OnProblem on_problem = OnProblem::kGoOn) {
  std::vector<DumpSource> dumps;
  for (const std::string& path : paths) {
    dumps.push_back({path, 0});
  }
  DumpReader reader(dumps, block_bytes, kLineBytesMax, on_problem);
  Dump dump;
  Block block;
  while (reader.next(block)) {
    while (dump.sources.size() <= block.source) {
      dump.sources.push_back(
          {reader.source_name(static_cast<std::uint32_t>(dump.sources.size())), ""});
    }
    EXPECT_EQ(block.overlong_bytes, 0U);
    EXPECT_EQ(block.offset, dump.sources[block.source].bytes.size());
    dump.sources[block.source].bytes += block.lines();
  }
  while (dump.sources.size() < reader.source_count()) {
    dump.sources.push_back(
        {reader.source_name(static_cast<std::uint32_t>(dump.sources.size())), ""});
  }
  if (on_problem == OnProblem::kGoOn) {
    EXPECT_EQ(reader.bytes_read(), dump.bytes().size());
  }
  dump.problems = reader.problems().shown();
  return dump;
}

Dump read(const std::string& path) { return read(std::vector<std::string>{path}); }

// Lines that compress about as well as posts do.
std::string lines_of(seeded::Random& random, std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) {
    out += R"({"id":)" + std::to_string(random.below(100'000'000)) + R"(,"text":")";
    for (std::uint64_t words = random.below(40); words > 0; --words) {
      out += "word" + std::to_string(random.below(3000)) + ' ';
    }
    out += "\"}\r\n";
  }
  return out;
}

bool has_archive_problem(const Dump& dump) {
  return !dump.problems.empty() && dump.problems.back().starts_with("The archive ");
}

class PackedDump : public ::testing::Test {
 protected:
  TempFolder folder_;
  seeded::Random random_{seeded::first_seed()};
};

TEST_F(PackedDump, EachCompressionGivesTheSameBytesInBlocksOfAnySize) {
  const std::string content = lines_of(random_, 700'000) + "and no end";
  for (const std::string& compression : compressions()) {
    const std::string path = folder_.write("dump." + compression, compressed(content, compression));
    for (const std::size_t block_bytes : {4096U, 262'144U, 4'194'304U}) {
      const Dump dump = read(std::vector<std::string>{path}, block_bytes);
      EXPECT_EQ(dump.sources, (std::vector<Source>{{path, content}})) << compression;
      EXPECT_TRUE(dump.problems.empty()) << compression;
    }
  }
}

TEST_F(PackedDump, TheContentTellsHowADumpIsPackedAndNotItsName) {
  const std::string plain = folder_.write("plain.gz", "{}\n");
  EXPECT_EQ(read(plain).bytes(), "{}\n");
  const std::string packed = folder_.write("packed.json", compressed("{}\n", "zstd"));
  EXPECT_EQ(read(packed).bytes(), "{}\n");
  // Words that begin like compressed data.
  for (const std::string text :
       {"BZh is not enough\n", "PK\n", "\x1F\x8C\n", "BZh9\n", "7z\n", ""}) {
    EXPECT_EQ(read(folder_.write("text", text)).bytes(), text);
  }
}

TEST_F(PackedDump, WhatIsPackedInAWayThatIsNotReadIsSaid) {
  const std::vector<std::pair<std::string, std::string>> others = {
      {"7z\xBC\xAF\x27\x1C", "7-Zip"},
      {"Rar!\x1A\x07\x01", "RAR"},
      {"\x1F\x9D\x90", "compress (.Z)"},
      {compressed("{}\n", "lzma"), "lzma of the old form (.lzma)"},
      {compressed("{}\n", "lzip"), "lzip"},
      {compressed("{}\n", "compress"), "compress (.Z)"},
      {std::string("\x02\x21\x4C\x18\x05\x00\x00\x00", 8), "lz4 of the old form (lz4 -l)"}};
  for (const auto& [bytes, name] : others) {
    const std::string path = folder_.write("dump", bytes);
    const Dump dump = read(path);
    EXPECT_TRUE(dump.sources.empty()) << name;
    EXPECT_EQ(dump.problems, std::vector<std::string>{
                                 "The dump " + path + " is packed as " + name +
                                 ", which is not read here. It was left out; unpack it first."});
  }
}

TEST_F(PackedDump, AFileThatIsCutWithinItsFirstBytesIsNotTakenForLines) {
  for (const std::string& compression : compressions()) {
    const std::string packed = compressed("{}\n", compression);
    for (std::size_t size = compression == "bzip2" ? 4 : 2; size < 12; ++size) {
      const Dump dump = read(folder_.write("dump", packed.substr(0, size)));
      EXPECT_TRUE(std::string_view("{}\n").starts_with(dump.bytes())) << compression << " " << size;
      EXPECT_EQ(dump.problems.size(), 1U) << compression << " " << size;
    }
  }
}

TEST_F(PackedDump, AZipCommentMayHoldWhatEndsAnArchive) {
  std::string packed = archived({{"1", "one\n"}}, "zip");
  const std::string comment = std::string("PK\x05\x06", 4) + std::string(30, 'x');
  packed[packed.size() - 2] = static_cast<char>(comment.size());
  const Dump dump = read(folder_.write("a.zip", packed + comment));
  EXPECT_EQ(dump.bytes(), "one\n");
  EXPECT_TRUE(dump.problems.empty()) << dump.problems[0];
}

// Their names and what is wrong with them must not fill the memory.
TEST_F(PackedDump, AnArchiveMayHoldAnyNumberOfFiles) {
  const std::string damaged = compressed("{}\n", "gzip").substr(0, 9);
  ArchivedFiles files;
  for (std::size_t i = 0; i < 3 * DumpReader::kNamesKept; ++i) {
    files.emplace_back("f" + std::to_string(i), damaged);
  }
  files.emplace_back("last", "{}\n");
  const std::string path = folder_.write("a.tar", archived(files, "ustar"));
  DumpReader reader({{path, 0}});
  Block block;
  ASSERT_TRUE(reader.next(block));
  EXPECT_EQ(block.lines(), "{}\n");
  EXPECT_EQ(block.source, files.size() - 1);
  EXPECT_EQ(reader.source_name(block.source), path + ":last");
  EXPECT_EQ(reader.source_name(block.source - 1), path + ":f" + std::to_string(files.size() - 2));
  EXPECT_FALSE(reader.next(block));
  EXPECT_EQ(reader.problems().count(), files.size() - 1);
  EXPECT_EQ(reader.problems().shown().size(), FileErrors::kShown);
}

TEST_F(PackedDump, StreamsOneBehindTheOtherAreOneDump) {
  for (const std::string& compression : compressions()) {
    const std::string a = lines_of(random_, 50'000);
    const std::string b = lines_of(random_, 20'000);
    // libarchive's lz4 writer crashes on nothing.
    const std::string nothing = compression == "lz4" ? "" : compressed("", compression);
    const std::string packed =
        compressed(a, compression) + nothing + compressed(b, compression) + std::string(8, '\0');
    const Dump dump = read(folder_.write("dump", packed));
    EXPECT_EQ(dump.bytes(), a + b) << compression;
    EXPECT_TRUE(dump.problems.empty()) << compression;
  }
}

TEST_F(PackedDump, WhatIsCompressedTwiceIsReadAndWhatMoreOftenIsSaid) {
  std::string packed = "{\"a\":1}\n";
  packed = compressed(compressed(packed, "bzip2"), "gzip");
  EXPECT_EQ(read(folder_.write("twice", packed)).bytes(), "{\"a\":1}\n");
  const std::string thrice = folder_.write("thrice", compressed(packed, "xz"));
  const Dump dump = read(thrice);
  EXPECT_TRUE(dump.sources.empty());
  EXPECT_EQ(dump.problems,
            std::vector<std::string>{
                "The dump " + thrice +
                " is compressed more than twice over. It was left out; unpack it first."});
}

// Nothing that can be unpacked is lost at a cut: there comes no less than from an
// earlier cut, and only the end marks may be missing without loss.
TEST_F(PackedDump, OfACutDumpComesAllThatCanBeUnpacked) {
  const std::string content = lines_of(random_, 400'000);
  for (const std::string& compression : compressions()) {
    const std::string options = compression == "bzip2"
                                    ? "compression-level=1"
                                    : (compression == "lz4" ? "lz4:block-size=4" : "");
    const std::string packed = compressed(content, compression, options);
    std::size_t before = 0;
    for (std::size_t tenth = 0; tenth <= 10; ++tenth) {
      const std::size_t cut = tenth < 10 ? packed.size() * tenth / 10 + 20 : packed.size() - 1;
      const std::string path = folder_.write("dump", packed.substr(0, cut));
      const Dump dump = read(path);
      const std::string got = dump.bytes();
      ASSERT_EQ(got, content.substr(0, got.size())) << compression << " " << cut;
      EXPECT_GE(got.size(), before) << compression << " " << cut;
      before = got.size();
      EXPECT_EQ(dump.problems,
                std::vector<std::string>{"The dump " + path + " cannot be read from byte " +
                                         std::to_string(got.size()) + " on: its " + compression +
                                         " data is cut (behind packed byte " + std::to_string(cut) +
                                         "). What stands before was used."});
    }
    // The last byte of zstd data is one of the last block.
    EXPECT_GE(before, compression == "zstd" ? content.size() - 128 * 1024 : content.size())
        << compression;
    // Blocks of 64 to 128 KiB: of 400 KB not much is missing at nine tenths.
    const std::string path = folder_.write("dump", packed.substr(0, packed.size() * 9 / 10));
    const std::size_t least = compression == "zstd" ? 250'000 : 290'000;
    EXPECT_GE(read(path).bytes().size(), least) << compression;
  }
}

TEST_F(PackedDump, WhatStandsBehindACompressedStreamIsNotPassedOverSilently) {
  for (const std::string& compression : compressions()) {
    const std::string packed = compressed("{}\n", compression);
    const std::string path =
        folder_.write("dump", packed + "These are no more data at all, but words.\n");
    const Dump dump = read(path);
    EXPECT_EQ(dump.bytes(), "{}\n") << compression;
    ASSERT_EQ(dump.problems.size(), 1U) << compression;
    EXPECT_NE(
        dump.problems[0].find("cannot be read from byte 3 on: its " + compression + " data is "),
        std::string::npos)
        << dump.problems[0];
  }
}

TEST_F(PackedDump, DamageIsSaidOrChangesNothing) {
  const std::string content = lines_of(random_, 60'000);
  for (const std::string& compression : compressions()) {
    // Only gzip, bzip2 and xz always carry a checksum, and lz4 is asked for one.
    const std::string whole =
        compressed(content, compression, compression == "lz4" ? "lz4:block-checksum=1" : "");
    for (std::uint64_t i = 0; i < seeded::seeds(); ++i) {
      const std::uint64_t seed = seeded::first_seed() + i;
      SCOPED_TRACE(compression + " TAGTILL_SEED=" + std::to_string(seed));
      seeded::Random random(seed);
      std::string packed = whole;
      // Behind the head, lest it becomes something else.
      const std::size_t at = 30 + random.below(packed.size() - 30);
      packed[at] = static_cast<char>(packed[at] ^ (1 << random.below(8)));
      const Dump dump = read(folder_.write("dump", packed));
      if (dump.problems.empty() && compression != "zstd") {
        EXPECT_EQ(dump.bytes(), content) << at;
      }
      EXPECT_LE(dump.problems.size(), 1U);
      const Dump in_other_blocks = read(std::vector<std::string>{folder_.path("dump")}, 262'144);
      EXPECT_EQ(in_other_blocks.bytes(), dump.bytes());
      EXPECT_EQ(in_other_blocks.problems, dump.problems);
    }
  }
}

TEST_F(PackedDump, AnArchiveGivesItsFilesInStoredOrder) {
  const ArchivedFiles files = {{"day/", ""},
                               {"day/02.json", "{\"b\":1}\nno end"},
                               {"day/01.json", "{\"a\":1}\n"},
                               {"day/empty", ""},
                               {"00/03.json", lines_of(random_, 40'000)}};
  for (const std::string format : {"ustar", "pax", "gnutar", "v7tar", "zip"}) {
    const std::string path = folder_.write("a", archived(files, format));
    const Dump dump = read(path);
    const std::vector<Source> expected = {{path + ":day/02.json", files[1].second},
                                          {path + ":day/01.json", files[2].second},
                                          {path + ":day/empty", ""},
                                          {path + ":00/03.json", files[4].second}};
    EXPECT_EQ(dump.sources, expected) << format;
    EXPECT_TRUE(dump.problems.empty()) << format << " " << dump.problems[0];
  }
}

TEST_F(PackedDump, LinksInATarArchiveArePassedOverAndNamesAreUtf8) {
  const std::string name =
      "gr\xC3\xBC\xC3\x9F"
      "e/\xE6\x97\xA5.json";
  const std::string path =
      folder_.write("a", archived({{name, "{}\n"}, {"link", "-> " + name}}, "pax"));
  EXPECT_EQ(read(path).sources, (std::vector<Source>{{path + ":" + name, "{}\n"}}));
}

TEST_F(PackedDump, FilesInArchivesMayBePackedInEveryWay) {
  ArchivedFiles files;
  std::vector<std::string> contents;
  for (const std::string& compression : compressions()) {
    contents.push_back(lines_of(random_, 10'000) + "no end");
    files.emplace_back("minute." + compression, compressed(contents.back(), compression));
  }
  contents.emplace_back("{}\n");
  files.emplace_back("inner.tar", archived({{"x.json.gz", compressed("{}\n", "gzip")}}, "ustar"));
  for (const std::string format : {"pax", "zip"}) {
    for (const std::string& outer : {std::string(), std::string("gzip"), std::string("zstd")}) {
      std::string packed = archived(files, format);
      if (!outer.empty()) {
        packed = compressed(packed, outer);
      }
      const std::string path = folder_.write("a", packed);
      const Dump dump = read(path);
      std::vector<Source> expected;
      for (std::size_t i = 0; i < files.size(); ++i) {
        expected.push_back({path + ":" + files[i].first, contents[i]});
      }
      expected.back().name += ":x.json.gz";
      EXPECT_EQ(dump.sources, expected) << format << " " << outer;
      EXPECT_TRUE(dump.problems.empty()) << format << " " << outer << " " << dump.problems[0];
    }
  }
}

TEST_F(PackedDump, ArchivesThatAreNestedTooDeepAreSaidAndTheRestGoesOn) {
  const std::string innermost = archived({{"x", "lost\n"}}, "zip");
  const std::string inner = archived({{"c.zip", innermost}, {"d", "four\n"}}, "ustar");
  const std::string path = folder_.write("a", archived({{"b.tar", inner}, {"e", "five\n"}}, "pax"));
  const Dump dump = read(path);
  EXPECT_EQ(dump.sources,
            (std::vector<Source>{{path + ":b.tar:d", "four\n"}, {path + ":e", "five\n"}}));
  ASSERT_EQ(dump.problems.size(), 1U);
  EXPECT_EQ(dump.problems[0],
            "The dump " + path +
                ":b.tar:c.zip is an archive in an archive in an archive. It was left out; unpack "
                "the outer one first.");
}

TEST_F(PackedDump, P3_2_ALineNeverSpansTwoFilesOfAnArchive) {
  const std::string path = folder_.write("a", archived({{"1", "one\ntw"}, {"2", "o\n"}}, "pax"));
  EXPECT_EQ(read(path).sources,
            (std::vector<Source>{{path + ":1", "one\ntw"}, {path + ":2", "o\n"}}));
}

TEST_F(PackedDump, OfACutArchiveComesAllThatStandsBefore) {
  ArchivedFiles files;
  std::string content;
  for (const char* name : {"1", "2", "3", "4"}) {
    files.emplace_back(name, lines_of(random_, 3'000));
    content += files.back().second;
  }
  for (const std::string format : {"ustar", "pax", "zip"}) {
    const std::string packed = archived(files, format);
    for (std::size_t cut = 600; cut < packed.size(); cut += 97) {
      if (cut + 512 == packed.size() && format != "zip") {
        continue;  // one of two blocks of zeros is end mark enough
      }
      const std::string path = folder_.write("a", packed.substr(0, cut));
      const Dump dump = read(path);
      const std::string got = dump.bytes();
      ASSERT_EQ(got, content.substr(0, got.size())) << format << " " << cut;
      // Headers and, in a zip, the compression take their part.
      EXPECT_GE(got.size() + (format == "zip" ? 2048 : 5 * 1024), std::min(cut, content.size()))
          << format << " " << cut;
      EXPECT_TRUE(has_archive_problem(dump)) << format << " " << cut << " of " << packed.size();
      EXPECT_LE(dump.problems.size(), 2U);  // of the file, and of what may stand behind it
    }
    EXPECT_TRUE(read(folder_.write("a", packed)).problems.empty()) << format;
  }
}

// To the byte, whatever the block size.
TEST_F(PackedDump, OfACutFileInAnArchiveComesEveryByte) {
  const std::string content = lines_of(random_, 300'000);
  const std::string packed = archived({{"1", content}}, "ustar");
  for (const std::size_t size : {1U, 4'095U, 4'097U, 150'000U, 299'999U}) {
    const std::string path = folder_.write("a", packed.substr(0, 512 + size));
    for (const std::size_t block_bytes : {4'096U, 262'144U, 4'194'304U}) {
      EXPECT_EQ(read({path}, block_bytes).bytes(), content.substr(0, size));
    }
  }
}

TEST_F(PackedDump, AnArchiveThatStopsBetweenTwoFilesIsNotTakenForWhole) {
  const std::string one = archived({{"1", std::string(512, '\n')}}, "ustar");
  const std::string path = folder_.write("a.tar", one.substr(0, 1024));
  const Dump dump = read(path);
  EXPECT_EQ(dump.bytes().size(), 512U);
  EXPECT_EQ(dump.problems,
            std::vector<std::string>{"The archive " + path +
                                     " cannot be read to its end: it stops without the mark of its "
                                     "end, so files may be missing. What stands before was used."});
}

TEST_F(PackedDump, ArchivesOneBehindTheOtherAreAllRead) {
  const std::string path = folder_.write(
      "a.tar", archived({{"1", "one\n"}}, "ustar") + archived({{"2", "two\n"}}, "pax"));
  EXPECT_EQ(read(path).bytes(), "one\ntwo\n");
}

TEST_F(PackedDump, AFileThatIsCutInAnArchiveDoesNotHideTheOthers) {
  std::string cut = compressed(lines_of(random_, 5'000), "bzip2");
  cut.resize(500);
  const std::string path =
      folder_.write("a.tar", archived({{"1", "one\n"}, {"2.bz2", cut}, {"3", "three\n"}}, "pax"));
  const Dump dump = read(path);
  EXPECT_EQ(dump.bytes(), "one\nthree\n");
  ASSERT_EQ(dump.problems.size(), 1U);
  EXPECT_TRUE(dump.problems[0].starts_with("The dump " + path +
                                           ":2.bz2 cannot be read from byte 0 on: its bzip2 data "
                                           "is cut"))
      << dump.problems[0];

  // A header in the middle: the file behind it is lost, and that is said.
  std::string headers = archived({{"1", "one\n"}, {"2", "two\n"}, {"3", "three\n"}}, "ustar");
  headers[1024] = 'x';
  const Dump holed = read(folder_.write("b.tar", headers));
  EXPECT_EQ(holed.bytes(), "one\nthree\n");
  ASSERT_EQ(holed.problems.size(), 1U);
  EXPECT_NE(holed.problems[0].find("behind byte"), std::string::npos) << holed.problems[0];
}

TEST_F(PackedDump, APackedDumpMayComeThroughAPipe) {
  const std::string content = lines_of(random_, 300'000);
  for (const std::string& packed : {compressed(content, "xz"), archived({{"x", content}}, "zip"),
                                    compressed(archived({{"x", content}}, "pax"), "lz4")}) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    std::thread writer([&] {
      for (std::size_t at = 0; at < packed.size(); at += 1000) {
        const std::string piece = packed.substr(at, 1000);
        EXPECT_EQ(::write(ends[1], piece.data(), piece.size()), static_cast<ssize_t>(piece.size()));
      }
      ::close(ends[1]);
    });
    const Dump dump = read("/proc/self/fd/" + std::to_string(ends[0]));
    writer.join();
    ::close(ends[0]);
    EXPECT_EQ(dump.bytes(), content);
    EXPECT_TRUE(dump.problems.empty());
  }
}

TEST_F(PackedDump, WithStopTheReaderEndsAtTheFirstProblem) {
  const std::string content = lines_of(random_, 20'000);
  const std::string packed = compressed(content, "gzip");
  const std::string cut = folder_.write("cut", packed.substr(0, packed.size() - 4));
  const std::string good = folder_.write("good", "behind\n");
  const std::string none = folder_.path("none");
  const std::vector<std::string> paths = {cut, good};
  EXPECT_EQ(read(paths, 4096).bytes(), content + "behind\n");
  const Dump dump = read(paths, 4096, OnProblem::kStop);
  EXPECT_EQ(dump.bytes(), content);
  EXPECT_EQ(dump.problems.size(), 1U);
  EXPECT_EQ(read({good, none, good}, 4096, OnProblem::kStop).bytes(), "behind\n");

  // The piece of a line at the place is none: it is read with its line, when there is one.
  const std::string pieces = folder_.write("pieces", packed.substr(0, packed.size() / 2));
  const std::string before = read({pieces}).bytes();
  ASSERT_FALSE(before.ends_with('\n'));
  EXPECT_EQ(read({pieces}, 4096, OnProblem::kStop).bytes(),
            before.substr(0, before.rfind('\n') + 1));

  const std::string archive = folder_.write(
      "a.tar", archived({{"1", "one\n"}, {"2", packed.substr(0, 100)}, {"3", "x\n"}}, "pax"));
  EXPECT_TRUE(read({archive}, 4096, OnProblem::kStop).bytes().starts_with("one\n"));
  EXPECT_FALSE(read({archive}, 4096, OnProblem::kStop).bytes().ends_with("x\n"));
}

TEST_F(PackedDump, WhatUnpacksToManyTimesItsSizeTakesNoMemory) {
  const std::string bomb = compressed(std::string(50'000'000, '\0'), "gzip");
  ASSERT_LT(bomb.size(), 100'000U);
  DumpReader reader({{folder_.write("bomb", bomb), 0}});
  Block block;
  ASSERT_TRUE(reader.next(block));
  EXPECT_EQ(block.overlong_bytes, 50'000'000U);
  EXPECT_LT(block.capacity(), 2 * kLineBytesMax);
  EXPECT_FALSE(reader.next(block));
}

}  // namespace
}  // namespace tagtill
