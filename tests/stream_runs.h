// Runs a random stream through the product, and compares it with the reference.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "tests/product.h"
#include "tests/reference/reference.h"
#include "tests/streams.h"

namespace stream_runs {

inline product::Options options_of(const streams::Stream& stream) {
  product::Options options;
  options.lateness_ms = stream.lateness_ms;
  options.max_jump_ms = stream.max_jump_ms;
  options.prefix = stream.prefix;
  return options;
}

inline reference::Options reference_options_of(const streams::Stream& stream) {
  reference::Options options;
  options.lateness_ms = stream.lateness_ms;
  options.max_jump_ms = stream.max_jump_ms;
  options.prefix = stream.prefix;
  return options;
}

// A few whole lines from the front, which are taken away there.
inline std::string_view take_lines(std::string_view& file, std::size_t lines) {
  std::size_t end = 0;
  for (; lines > 0 && end < file.size(); --lines) {
    end = std::min(file.find('\n', end), file.size() - 1) + 1;
  }
  const std::string_view taken = file.substr(0, end);
  file.remove_prefix(end);
  return taken;
}

// Files and replacements in their order. Returns the events.
template <typename Engine>
std::string run(Engine& engine, const streams::Stream& stream) {
  auto replacement = stream.replacements.begin();
  for (std::size_t file = 0; file <= stream.files.size(); ++file) {
    for (; replacement != stream.replacements.end() && replacement->before_file == file;
         ++replacement) {
      engine.replace(replacement->offers, replacement->members, replacement->secret);
    }
    if (file < stream.files.size()) {
      engine.feed(stream.files[file]);
    }
  }
  return engine.take_events();
}

inline std::string events_of_reference(const streams::Stream& stream, reference::Counts* counts) {
  reference::Reference reference(stream.offers, stream.members, stream.secret,
                                 reference_options_of(stream));
  std::string events = run(reference, stream);
  if (counts != nullptr) {
    *counts = reference.counts();
  }
  return events;
}

// The events, and what was counted about decisions.
inline void expect_as_the_reference(product::Product& product, const streams::Stream& stream) {
  reference::Counts wanted;
  const std::string events = events_of_reference(stream, &wanted);
  EXPECT_EQ(run(product, stream), events);
  const product::Counts& got = product.counts();
  EXPECT_EQ(got.candidates, wanted.candidates);
  EXPECT_EQ(got.duplicates, wanted.duplicates);
  EXPECT_EQ(got.late, wanted.late);
  EXPECT_EQ(got.repeated, wanted.repeated);
  EXPECT_EQ(got.deleted_before, wanted.deleted_before);
  EXPECT_EQ(got.set_aside, wanted.set_aside);
  EXPECT_EQ(got.prompts, wanted.prompts);
  EXPECT_EQ(got.confirmed, wanted.confirmed);
  EXPECT_EQ(got.expired, wanted.expired);
  EXPECT_EQ(got.cancelled, wanted.cancelled);
  EXPECT_EQ(got.open_windows, wanted.open_windows);
  EXPECT_EQ(got.ignored_confirmations, wanted.ignored_confirmations);
  EXPECT_EQ(got.parked_deleted, wanted.parked_deleted);
  EXPECT_EQ(got.deletes_forgotten, wanted.deletes_forgotten);
  EXPECT_EQ(got.rejected, wanted.rejected);
}

}  // namespace stream_runs
