// Streams that are woven of others, for tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/generate.h"
#include "corpus/weave.h"
#include "tests/recordings.h"
#include "tests/temp_folder.h"

namespace tagtill::corpus {

struct Woven {
  WeaveReport report;
  std::string posts, offers, members, secret, purchases;
};

inline Woven weave_files(const std::vector<std::string>& files, const WeaveOptions& options) {
  const TempFolder folder;
  Background background;
  for (const std::string& file : files) {
    background.add(file);
  }
  Woven woven;
  woven.report = weave(options, background, folder.path("woven"));
  const CorpusPaths paths = corpus_paths(folder.path("woven"));
  woven.posts = read_file(paths.posts);
  woven.offers = read_file(paths.offers);
  woven.members = read_file(paths.members);
  woven.secret = read_file(paths.secret);
  woven.purchases = read_file(paths.purchases);
  EXPECT_EQ(woven.report.bytes, woven.posts.size());
  return woven;
}

inline std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

inline std::string_view without_end(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

inline std::vector<std::string> texts_of(const std::vector<recordings::Recording>& files) {
  std::vector<std::string> texts;
  texts.reserve(files.size());
  for (const recordings::Recording& file : files) {
    texts.push_back(file.text);
  }
  return texts;
}

inline std::string generated(WireForm form, std::uint64_t seed, std::uint64_t posts) {
  const TempFolder folder;
  GenerateOptions options;
  options.form = form;
  options.seed = seed;
  options.posts = posts;
  options.members = 1'000;
  options.candidates = 0.05;
  generate(options, folder.path("corpus"));
  return read_file(corpus_paths(folder.path("corpus")).posts);
}

}  // namespace tagtill::corpus
