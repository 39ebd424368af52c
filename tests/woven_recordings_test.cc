// The whole way: purchases woven into the real recordings, packed in every form,
// replayed by the program. What comes out is the list, and nothing else.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/packed.h"
#include "tests/recordings.h"
#include "tests/run_program.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

class WovenRecordings : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::vector<recordings::Recording> files = recordings::all();
    if (files.empty()) {
      GTEST_SKIP() << "skipped: no ../shared/data";
    }
    // As they are recorded: compressed.
    std::vector<std::string> arguments = {
        "corpus",      "weave", "--out",        folder_.path("woven"),
        "--copies",    "1",     "--offers",     "500",
        "--members",   "5000",  "--candidates", "0.02",
        "--background"};
    for (const recordings::Recording& file : files) {
      arguments.push_back(file.path.string());
    }
    const ProgramResult result = run_program(arguments);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    posts_ = read_file(folder_.path("woven/posts.json"));
    purchases_ = read_file(folder_.path("woven/purchases.jsonl"));
    ASSERT_GT(purchases_.size(), 10'000U);
  }

  void expect_the_purchases(const std::vector<std::string>& dumps, const std::string& what) {
    std::vector<std::string> arguments = {"replay",
                                          "--offers",
                                          folder_.path("woven/offers.jsonl"),
                                          "--members",
                                          folder_.path("woven/members.jsonl"),
                                          "--secret-file",
                                          folder_.path("woven/secret"),
                                          "--sink",
                                          "jsonl:" + folder_.path("found.jsonl")};
    arguments.insert(arguments.end(), dumps.begin(), dumps.end());
    const ProgramResult result = run_program(arguments);
    EXPECT_EQ(result.exit_code, 0) << what << result.err;
    EXPECT_TRUE(read_file(folder_.path("found.jsonl")) == purchases_) << what;
  }

  // At a line end, about there.
  [[nodiscard]] std::size_t line_end(std::size_t about) const {
    return posts_.find('\n', about) + 1;
  }

  TempFolder folder_;
  std::string posts_;
  std::string purchases_;
};

TEST_F(WovenRecordings, EveryPurchaseComesOutOfEveryPackingAndNoOther) {
  expect_the_purchases({folder_.path("woven/posts.json")}, "plain");
  for (const std::string& compression : compressions()) {
    // The quick levels: it is 42 MB.
    const std::string options = compression == "bzip2" ? "" : "compression-level=1";
    expect_the_purchases({folder_.write("packed", compressed(posts_, compression, options))},
                         compression);
  }
  const std::size_t a = line_end(posts_.size() / 3);
  const std::size_t b = line_end(posts_.size() / 2);
  const std::vector<std::string> parts = {posts_.substr(0, a), posts_.substr(a, b - a),
                                          posts_.substr(b)};
  ArchivedFiles files;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    files.emplace_back("day/" + std::to_string(i), compressed(parts[i], "zstd"));
  }
  for (const std::string format : {"pax", "zip"}) {
    expect_the_purchases({folder_.write("packed", archived(files, format))}, format);
  }
  expect_the_purchases({folder_.write("packed", compressed(archived(files, "ustar"), "gzip",
                                                           "compression-level=1"))},
                       "tar.gz");
  std::filesystem::create_directory(folder_.path("day"));
  folder_.write("day/a", files[0].second);
  folder_.write("day/b", parts[1]);
  folder_.write("day/c", archived({files[2]}, "zip"));
  expect_the_purchases({folder_.path("day")}, "folder");
}

}  // namespace
}  // namespace tagtill
