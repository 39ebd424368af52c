// What the benchmarks work on: streams that the corpus generator makes, the same ones
// each time, and the means to say that a result is wrong.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/generate.h"
#include "engine/member_table.h"
#include "engine/offer_catalogue.h"

namespace tagtill::bench {

[[nodiscard]] std::string read_file(const std::filesystem::path& path);

// A folder of its own below the temporary folder, gone with the object. Ends the program
// with a sentence when it cannot be made.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A generated stream on disk (and so in the page cache), what belongs to it, and what
// must come out of it. Ends the program with a sentence when it cannot be made.
class Generated {
 public:
  explicit Generated(const corpus::GenerateOptions& options);

  Folder folder;
  std::string posts;  // path
  std::uint64_t bytes = 0;
  std::uint64_t lines = 0;

  // Content of the other files.
  std::string offers_text;
  std::string members_text;
  std::string secret;
  std::string purchases;

  std::shared_ptr<const OfferCatalogue> offers;
  std::shared_ptr<const MemberTable> members;
};

// A stream in which one line in 1,000 is a candidate for one of 5,000 offers.
[[nodiscard]] corpus::GenerateOptions one_in_a_thousand(std::uint64_t posts);

// What the benchmarks of the first stages share: few lines, so that the slow twins can
// read all of them, and these several times over, so that they come from memory rather
// than from a cache.
class Sample {
 public:
  static const Sample& instance();

  [[nodiscard]] std::string_view once() const {
    return std::string_view(bytes_).substr(0, bytes_once_);
  }
  // kBlockPadding bytes behind them are readable.
  [[nodiscard]] std::string_view all() const {
    return std::string_view(bytes_).substr(0, kRepeats * bytes_once_);
  }
  [[nodiscard]] const Generated& generated() const { return generated_; }

  // Without their line ends.
  [[nodiscard]] const std::vector<std::string_view>& lines_once() const { return lines_once_; }

  static constexpr std::size_t kRepeats = 5;

 private:
  Sample();

  Generated generated_;
  std::string bytes_;
  std::size_t bytes_once_ = 0;
  std::vector<std::string_view> lines_once_;
};

// Pieces of at most kPieceBytes bytes that end with a line, as a reader cuts them.
inline constexpr std::size_t kPieceBytes = std::size_t{256} * 1024;
[[nodiscard]] std::vector<std::string_view> cut_at_lines(std::string_view bytes);

// Offers o1, o2, … with these tags.
[[nodiscard]] std::shared_ptr<const OfferCatalogue> catalogue_of(
    const std::vector<std::string>& tags);

// Says on `state` that the result is wrong, unless `error` is empty: then true.
[[nodiscard]] bool is_right(benchmark::State& state, const std::string& error);

// Counters: bytes a second, and `name` a second.
void count(benchmark::State& state, std::size_t bytes, const char* name, std::size_t items);

}  // namespace tagtill::bench
