// A day of recording as it lies around: a folder of a thousand compressed minute files
// gives what one plain file gives.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/generate.h"
#include "tests/packed.h"
#include "tests/run_program.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

constexpr std::size_t kFiles = 1000;

class MinuteFiles : public ::testing::Test {
 protected:
  MinuteFiles() {
    corpus::GenerateOptions options;
    options.posts = 4'000;
    options.members = 500;
    options.candidates = 0.05;
    options.posts_per_second = 4;
    corpus::generate(options, folder_.path("corpus"));
    const std::string stream = read_file(corpus_.posts.string());
    // At line ends, about equally long.
    std::size_t begin = 0;
    for (std::size_t i = 1; i <= kFiles; ++i) {
      const std::size_t about = stream.size() * i / kFiles;
      const std::size_t end = i == kFiles ? stream.size() : stream.find('\n', about) + 1;
      pieces_.push_back(stream.substr(begin, end - begin));
      begin = end;
    }
  }

  // The path of a minute in its day: `07/59`.
  static std::string name_of(std::size_t minute) {
    const auto two = [](std::size_t number) {
      return (number < 10 ? "0" : "") + std::to_string(number);
    };
    return two(minute / 60) + "/" + two(minute % 60);
  }

  // The events and the counts, but for the times of the run.
  [[nodiscard]] std::string replay(const std::string& dump) const {
    const ProgramResult result =
        run_program({"replay", "--offers", corpus_.offers.string(), "--members",
                     corpus_.members.string(), "--secret-file", corpus_.secret.string(), "--sink",
                     "null:", "--events", "-", "--summary", "json", dump});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out + result.err.substr(0, result.err.find(",\"load_seconds\""));
  }

  TempFolder folder_;
  corpus::CorpusPaths corpus_ = corpus::corpus_paths(folder_.path("corpus"));
  std::vector<std::string> pieces_;
};

TEST_F(MinuteFiles, P3_2_AFolderOfAThousandGivesWhatOneFileGives) {
  for (std::size_t i = 0; i < kFiles; ++i) {
    const std::string& compression = compressions()[i % compressions().size()];
    std::filesystem::create_directories(
        std::filesystem::path(folder_.path("day/" + name_of(i))).parent_path());
    folder_.write("day/" + name_of(i) + ".json." + compression,
                  compressed(pieces_[i], compression));
  }
  const std::string expected = replay(corpus_.posts.string());
  EXPECT_GT(expected.size(), 20'000U);
  EXPECT_NE(expected.find("\"type\":\"confirmed\""), std::string::npos);
  EXPECT_EQ(replay(folder_.path("day")), expected);
}

TEST_F(MinuteFiles, P3_2_AnArchiveOfAThousandGivesWhatOneFileGives) {
  ArchivedFiles files;
  for (std::size_t i = 0; i < kFiles; ++i) {
    files.emplace_back(name_of(i) + ".json.bz2", compressed(pieces_[i], "bzip2"));
  }
  const std::string expected = replay(corpus_.posts.string());
  for (const std::string format : {"pax", "zip"}) {
    const std::string path = folder_.write("day." + format, archived(files, format));
    EXPECT_EQ(replay(path), expected) << format;
  }
}

}  // namespace
}  // namespace tagtill
