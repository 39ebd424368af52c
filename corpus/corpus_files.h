// The files of a corpus: where they lie, and what is in them beside the stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "corpus/catalogue.h"
#include "corpus/user_pool.h"
#include "corpus/vocabulary.h"

namespace tagtill::corpus {

// Where generate() and weave() put what they make.
struct CorpusPaths {
  std::filesystem::path posts;      // posts.json: the stream
  std::filesystem::path offers;     // offers.jsonl (P7.1)
  std::filesystem::path members;    // members.jsonl (P7.2)
  std::filesystem::path secret;     // secret: one line, mode 0600 (P5.1)
  std::filesystem::path purchases;  // purchases.jsonl: what must come out
};
CorpusPaths corpus_paths(const std::filesystem::path& folder);

// Bytes that are gathered before they are written.
inline constexpr std::size_t kBufferBytes = std::size_t{1} << 20U;

// Each throws std::runtime_error, with a full sentence, when it fails; files that are there
// already are replaced.
void make_folder(const std::filesystem::path& folder);
void write_offers(const std::filesystem::path& path, const std::vector<Offer>& offers);
void write_members(const std::filesystem::path& path, std::uint64_t seed, std::uint64_t members,
                   const UserPool& pool, const Vocabulary& vocabulary);
void write_secret(const std::filesystem::path& path, std::string_view secret);

// How often a unit of an offer with few units will be wanted, on average.
std::uint32_t stock_demand(double candidates, std::uint64_t offers);

}  // namespace tagtill::corpus
