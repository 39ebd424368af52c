#include "bench/generated.h"

#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <system_error>

#include "engine/block.h"
#include "engine/file_errors.h"
#include "tests/post_lines.h"

namespace tagtill::bench {
namespace {

void end_if_any(const FileErrors& errors) {
  for (const std::string& error : errors.shown()) {
    std::cerr << error << "\n";
  }
  if (!errors.empty()) {
    std::exit(1);
  }
}

corpus::GenerateOptions sample_options() {
  corpus::GenerateOptions options;
  options.posts = 4'000;
  options.offers = 5'000;
  options.candidates = 0.01;
  return options;
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "tagtill-bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    std::cerr << "The temporary folder cannot be made: set TMPDIR to one with 500 MB free.\n";
    std::exit(1);
  }
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Generated::Generated(const corpus::GenerateOptions& options) : lines(options.posts) {
  corpus::generate(options, folder.path());
  const corpus::CorpusPaths paths = corpus::corpus_paths(folder.path());
  posts = paths.posts.string();
  bytes = std::filesystem::file_size(posts);
  offers_text = read_file(paths.offers);
  members_text = read_file(paths.members);
  purchases = read_file(paths.purchases);
  secret = read_file(paths.secret);
  secret.erase(secret.find_last_not_of('\n') + 1);
  FileErrors errors;
  offers = OfferCatalogue::load(paths.offers.string(), "Confirm", errors);
  members = MemberTable::load(paths.members.string(), errors);
  end_if_any(errors);
}

corpus::GenerateOptions one_in_a_thousand(std::uint64_t posts) {
  corpus::GenerateOptions options;
  options.posts = posts;
  options.offers = 5'000;
  options.candidates = 0.001;
  options.posts_per_second = 570;
  return options;
}

const Sample& Sample::instance() {
  static const Sample sample;
  return sample;
}

Sample::Sample() : generated_(sample_options()), bytes_(read_file(generated_.posts)) {
  bytes_once_ = bytes_.size();
  bytes_.reserve(kRepeats * bytes_once_ + kBlockPadding);
  for (std::size_t repeat = 1; repeat < kRepeats; ++repeat) {
    bytes_.append(bytes_, 0, bytes_once_);
  }
  bytes_.append(kBlockPadding, '\0');
  for (std::string_view rest = once(); !rest.empty();) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    lines_once_.push_back(line.substr(0, line.size() - (line.ends_with('\r') ? 1 : 0)));
    rest.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> cut_at_lines(std::string_view bytes) {
  std::vector<std::string_view> pieces;
  while (!bytes.empty()) {
    const std::string_view whole = bytes.substr(0, kPieceBytes);
    pieces.push_back(bytes.substr(0, whole.rfind('\n') + 1));
    bytes.remove_prefix(pieces.back().size());
  }
  return pieces;
}

std::shared_ptr<const OfferCatalogue> catalogue_of(const std::vector<std::string>& tags) {
  std::string offers;
  std::size_t number = 0;
  for (const std::string& tag : tags) {
    offers +=
        post_lines::line_of(post_lines::Offer{.id = "o" + std::to_string(++number), .tag = tag});
    offers += '\n';
  }
  FileErrors errors;
  auto catalogue = OfferCatalogue::parse(offers, "offers", "Confirm", errors);
  end_if_any(errors);
  return catalogue;
}

bool is_right(benchmark::State& state, const std::string& error) {
  if (!error.empty()) {
    state.SkipWithError(error.c_str());
  }
  return error.empty();
}

void count(benchmark::State& state, std::size_t bytes, const char* name, std::size_t items) {
  const auto iterations = static_cast<std::size_t>(state.iterations());
  state.SetBytesProcessed(static_cast<std::int64_t>(iterations * bytes));
  state.counters[name] =
      benchmark::Counter(static_cast<double>(iterations * items), benchmark::Counter::kIsRate);
}

}  // namespace tagtill::bench
