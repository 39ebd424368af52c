// Purchases woven into a recording, with the list of those that must come out of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "corpus/background.h"
#include "corpus/corpus_files.h"

namespace tagtill::corpus {

struct WeaveOptions {
  // The same options and the same recording give the same bytes, on every machine.
  std::uint64_t seed = 1;
  // How often the recording is told, 1 to kCopiesMax. The first time every line is as
  // recorded; then times, ids and names are shifted (line_shift.h, timeline.h).
  std::uint64_t copies = 1;
  std::uint64_t offers = 100;      // 1 to 1,000,000
  std::uint64_t members = 10'000;  // 1 to 100,000,000
  // The share of lines that are woven in, 0 to 0.5, on average and in the long run: a
  // recording of a minute ends before most stories do.
  double candidates = 0.01;
  // The offers' tags instead of invented ones (CatalogueOptions::tags): whole hashtags,
  // whose folds differ, none of confirmation form; empty, or one for each offer.
  std::span<const std::string> tags;
};

struct WeaveReport {
  std::uint64_t bytes = 0;
  std::uint64_t recorded_lines = 0;  // with their copies
  std::uint64_t candidates = 0;      // woven in
  std::uint64_t stories = 0;
  std::uint64_t purchases = 0;
  std::int64_t begin_ms = 0, end_ms = 0;  // of the stories' time
};

// Makes the folder if need be and writes the five files into it; files that are there
// already are replaced. The background holds all its lines and is not settled yet.
//
// purchases.jsonl holds the `confirmed` events of P8, byte for byte and in order, that
// the stream produces from an empty state with the default options of P3 and P5. That
// holds whatever stands in the recording, also if offers' tags and confirmation tags do:
// its authors are no members (members have ids that nobody in it has), so all that such a
// post may do is move the clock. Any post with a sign in it is taken for one that may, and
// what the stories do does not depend on it. Where one has a time far ahead (P3.9), and
// where stories have paused for half a day, posts of strangers are woven in beside the
// stories', so that the clock is where it should be.
//
// Posts stand where their times belong, up to 20 seconds late. Windows are 15 minutes,
// and a quarter of the stream if it is shorter than an hour, but 30 seconds at least.
//
// When it fails after that, it removes the five files.
//
// Memory: the background (see there), and what generate() takes. Throws BackgroundError,
// std::invalid_argument if an option is out of range and std::runtime_error if a file
// cannot be written, each with a full sentence.
WeaveReport weave(const WeaveOptions& options, Background& background,
                  const std::filesystem::path& folder);

}  // namespace tagtill::corpus
