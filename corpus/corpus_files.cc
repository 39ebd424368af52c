#include "corpus/corpus_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <system_error>

#include "corpus/output_file.h"
#include "corpus/story.h"

namespace tagtill::corpus {
namespace {

void write_file(const std::filesystem::path& path, Access access, std::string_view bytes) {
  OutputFile file(path, access);
  file.write(bytes);
  file.close();
}

}  // namespace

CorpusPaths corpus_paths(const std::filesystem::path& folder) {
  return CorpusPaths{.posts = folder / "posts.json",
                     .offers = folder / "offers.jsonl",
                     .members = folder / "members.jsonl",
                     .secret = folder / "secret",
                     .purchases = folder / "purchases.jsonl"};
}

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    throw std::runtime_error(
        fmt::format("{}: the folder cannot be made ({}). Choose a folder that can be written.",
                    folder.string(), error.message()));
  }
}

void write_offers(const std::filesystem::path& path, const std::vector<Offer>& offers) {
  std::string lines;
  for (const Offer& offer : offers) {
    append_offer_line(lines, offer);
  }
  write_file(path, Access::kEveryone, lines);
}

void write_members(const std::filesystem::path& path, std::uint64_t seed, std::uint64_t members,
                   const UserPool& pool, const Vocabulary& vocabulary) {
  OutputFile file(path, Access::kEveryone);
  std::string lines;
  for (std::uint64_t member = 0; member < members; ++member) {
    append_member_line(lines, seed, pool, vocabulary, member);
    if (lines.size() < kBufferBytes) {
      continue;
    }
    file.write(lines);
    lines.clear();
  }
  file.write(lines);
  file.close();
}

void write_secret(const std::filesystem::path& path, std::string_view secret) {
  write_file(path, Access::kOwner, std::string(secret) + '\n');
}

std::uint32_t stock_demand(double candidates, std::uint64_t offers) {
  const double stories = candidates / StoryTeller::posts_per_story();
  const double stock_offers = std::max(1.0, static_cast<double>(offers) / 10);
  return static_cast<std::uint32_t>(
      std::clamp(stories * StoryTeller::stock_share() / stock_offers, 2.0, 1e6));
}

}  // namespace tagtill::corpus
