// A synthetic stream of posts, with the offers, the members, the secret and the purchases
// that must come out of it: the public face of this folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "corpus/corpus_files.h"
#include "corpus/wire_form.h"

namespace tagtill::corpus {

// What to generate. The defaults make an hour of a 1% sample, as such streams get
// recorded: 0.8 GB (0.5 GB in the form of 2013) with some 2,000 candidates.
struct GenerateOptions {
  // The same options give the same bytes, on every machine.
  std::uint64_t seed = 1;
  // Documents in the stream, one a line: statuses and delete notices. 1 to 10^12.
  std::uint64_t posts = 200'000;
  // 1 to 1,000,000. Among twenty are two with few units, two for some regions only, one
  // of the season before, one of the next, and one that starts or ends within the stream.
  std::uint64_t offers = 100;
  // 1 to 100,000,000. One lives some two to six stories; when nobody is left, strangers
  // post the offers' tags instead, and candidates are fewer than asked for.
  std::uint64_t members = 10'000;
  // The share of documents that are candidates (P3.1), 0 to 0.5. What is real is one in
  // 70,000; the default is a lively demonstration. The time between two candidates may
  // be ten minutes on average at most (candidates x posts_per_second >= 1 / 600), lest
  // the clock (P3.9) jumps; or there are none at all (0).
  double candidates = 0.01;
  WireForm form = WireForm::k2017;
  // Documents a second of stream time, 1 to 80,000 (beyond that, ids run out within a
  // millisecond's neighbourhood). A whole public stream had 5,700; the default is a 1%
  // sample of it, so that a small stream lasts long enough for windows to expire.
  std::uint32_t posts_per_second = 57;
  // When the stream begins, in milliseconds since 1970; 2011 to 2060. By default a day of
  // the form's year.
  std::optional<std::int64_t> start_ms;
};

struct GenerateReport {
  std::uint64_t bytes = 0;  // of the stream
  std::uint64_t statuses = 0;
  std::uint64_t delete_notices = 0;
  std::uint64_t candidates = 0;
  std::uint64_t stories = 0;
  std::uint64_t purchases = 0;
};

// Makes the folder if need be and writes the five files into it; files that are there
// already are replaced.
//
// purchases.jsonl holds the `confirmed` events of P8, byte for byte and in order, that
// the stream produces from an empty state with the default options of P3 and P5.
//
// Offers, members and purchases are found without the engine. Runs on the caller's
// thread; calls on different folders do not disturb each other. Memory: 1 MB for the
// buffer, 0.5 KB an offer, 32 bytes a member, 0.5 KB a story under way; nothing grows
// with the stream. Throws std::invalid_argument if an option is out of range and
// std::runtime_error if a file cannot be written, both with a full sentence.
GenerateReport generate(const GenerateOptions& options, const std::filesystem::path& folder);

}  // namespace tagtill::corpus
