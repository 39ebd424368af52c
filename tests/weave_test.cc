// Purchases woven into recordings of all kinds, against the engine.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/line_shift.h"
#include "corpus/wire_text.h"
#include "tests/product.h"
#include "tests/seeded.h"
#include "tests/woven.h"

namespace tagtill::corpus {
namespace {

std::string confirmed_of(std::string_view events) {
  std::string confirmed;
  for (const std::string_view line : lines_of(events)) {
    if (line.starts_with(R"({"type":"confirmed")")) {
      confirmed += line;
    }
  }
  return confirmed;
}

// Every purchase of the list and no other.
product::Counts expect_exactly_its_purchases(const Woven& woven, bool strict = false) {
  product::Product engine(woven.offers, woven.members, without_end(woven.secret),
                          product::Options{.strict = strict});
  engine.feed(woven.posts);
  EXPECT_EQ(confirmed_of(engine.take_events()), woven.purchases);
  EXPECT_EQ(engine.counts().confirmed, woven.report.purchases);
  return engine.counts();
}

product::Counts count_lines(const std::vector<std::string>& files) {
  product::Product engine("", "", std::string(32, 's'), product::Options{.strict = true});
  for (const std::string& file : files) {
    engine.feed(file);
  }
  return engine.counts();
}

// What is in the stream beside the candidates: the background so many times.
void expect_counts_times(const product::Counts& once, const Woven& woven, std::uint64_t copies) {
  const product::Counts counts = count_lines({woven.posts});
  EXPECT_EQ(counts.lines, once.lines * copies + woven.report.candidates);
  EXPECT_EQ(counts.posts + counts.delete_notices,
            (once.posts + once.delete_notices) * copies + woven.report.candidates);
  EXPECT_GE(counts.posts, once.posts * copies);
  EXPECT_GE(counts.delete_notices, once.delete_notices * copies);
  EXPECT_EQ(counts.others, once.others * copies);
  EXPECT_EQ(counts.malformed, once.malformed * copies);
  EXPECT_EQ(counts.keep_alives, once.keep_alives * copies);
}

// The generated background holds the tags of the very same offers, and confirmations.
TEST(Weave, GeneratedBackgrounds) {
  for (const WireForm form : {WireForm::k2013, WireForm::k2017}) {
    for (const std::uint64_t seed : {1U, 2U}) {
      const std::vector<std::string> files{generated(form, seed, 2'000)};
      const product::Counts once = count_lines(files);
      for (const std::uint64_t copies : {1U, 2U, 5U}) {
        WeaveOptions options;
        options.seed = seed + copies;
        options.copies = copies;
        options.candidates = 0.05;
        options.members = 500;
        const Woven woven = weave_files(files, options);
        SCOPED_TRACE(testing::Message() << "seed " << seed << ", copies " << copies);
        const product::Counts counts = expect_exactly_its_purchases(woven);
        EXPECT_GT(counts.confirmed, 0U);
        EXPECT_GT(counts.rejected.at("not_enrolled"), 10U * copies);
        expect_counts_times(once, woven, copies);
      }
    }
  }
}

TEST(Weave, TheSameInputGivesTheSameBytes) {
  const std::vector<std::string> files{generated(WireForm::k2017, 4, 500)};
  WeaveOptions options;
  options.copies = 3;
  options.candidates = 0.1;
  const Woven once = weave_files(files, options);
  const Woven again = weave_files(files, options);
  EXPECT_EQ(once.posts, again.posts);
  EXPECT_EQ(once.purchases, again.purchases);
  options.seed = 2;
  EXPECT_NE(weave_files(files, options).posts, once.posts);
}

TEST(Weave, WithoutCandidatesTheFirstTellingIsTheRecording) {
  const std::string file = generated(WireForm::k2017, 5, 300);
  WeaveOptions options;
  options.candidates = 0;
  EXPECT_EQ(weave_files({file}, options).posts, file);
  options.copies = 2;
  const std::string twice = weave_files({file}, options).posts;
  EXPECT_EQ(twice.substr(0, file.size()), file);
  EXPECT_EQ(twice.size(), 2 * file.size());
}

TEST(Weave, RealRecordings) {
  const std::vector<std::string> files = texts_of(recordings::all());
  if (files.empty()) {
    GTEST_SKIP() << "skipped: no ../shared/data";
  }
  const product::Counts once = count_lines(files);
  for (const std::uint64_t copies : {1U, 2U}) {
    WeaveOptions options;
    options.seed = 10 + copies;
    options.copies = copies;
    options.candidates = 0.02;
    const Woven woven = weave_files(files, options);
    SCOPED_TRACE(testing::Message() << "copies " << copies);
    EXPECT_GT(expect_exactly_its_purchases(woven).confirmed, 10U);
    expect_counts_times(once, woven, copies);
  }
  for (const std::string& file : files) {
    WeaveOptions options;
    options.members = 500;
    options.candidates = 0.1;
    expect_exactly_its_purchases(weave_files({file}, options));
  }
}

// The tags that stand in a recording most often: its posts are candidates then.
TEST(Weave, OffersWhoseTagsAreInTheRecording) {
  std::vector<std::string> files = texts_of(recordings::all());
  if (files.empty()) {
    GTEST_SKIP() << "skipped: no ../shared/data";
  }
  std::map<std::string, std::size_t> counts;
  for (const std::string& file : files) {
    for (std::size_t at = file.find(R"("hashtags":[{"text":")"); at != std::string::npos;
         at = file.find(R"("hashtags":[{"text":")", at + 1)) {
      const std::size_t begin = at + 21;
      std::string tag = file.substr(begin, file.find('"', begin) - begin);
      // Folds of ASCII are what they look like.
      if (tag.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") ==
          std::string::npos) {
        std::transform(tag.begin(), tag.end(), tag.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        ++counts[tag];
      }
    }
  }
  std::vector<std::string> tags;
  for (const auto& [tag, count] : counts) {
    tags.push_back(tag);
  }
  std::stable_sort(tags.begin(), tags.end(),
                   [&](const auto& a, const auto& b) { return counts[a] > counts[b]; });
  ASSERT_GT(tags.size(), 100U);
  WeaveOptions options;
  options.tags = tags;
  options.offers = 100;
  options.copies = 2;
  options.candidates = 0.03;
  const product::Counts found = expect_exactly_its_purchases(weave_files(files, options));
  EXPECT_GT(found.confirmed, 10U);
  EXPECT_GT(found.rejected.at("not_enrolled"), 200U);
}

// Small recordings with whatever can be wrong with them, and offers' tags all over.
class DirtyRecording {
 public:
  explicit DirtyRecording(std::uint64_t seed) : random_(seed) {
    now_ms_ = 1'376'132'400'000 + random_.between(0, 5'000'000'000);
    wrong_percent_ = random_.pick(std::vector<std::size_t>{0, 1, 5, 25});
    step_ms_ = random_.pick(std::vector<std::int64_t>{0, 20, 1'000, 60'000});
  }

  std::string make(std::size_t lines) {
    std::string file;
    for (std::size_t line = 0; line < lines; ++line) {
      now_ms_ += random_.between(0, 2 * step_ms_);
      if (random_.percent(wrong_percent_) && random_.percent(20)) {
        now_ms_ += random_.between(-3, 3) * random_.pick(kLeaps);
      }
      file += random_.percent(10) ? notice() : post();
      file += line + 1 == lines && random_.percent(30) ? "" : random_.percent(50) ? "\n" : "\r\n";
      if (random_.percent(wrong_percent_)) {
        file += random_.pick(std::vector<std::string>{"\r\n", "  \n", "{\"a\":1}\n", "[]\n", "{\n",
                                                      "\xff\xfe{}\n", "\xEF\xBB\xBF{}\n",
                                                      "{\"limit\":{\"track\":5}}\r\n"});
      }
    }
    return file;
  }

 private:
  static inline const std::vector<std::int64_t> kLeaps{
      1'000,      29'000,     31'000,     299'000,    301'000,       3'600'000,
      43'000'000, 86'300'000, 86'400'000, 86'500'000, 40'000'000'000};

  std::string post() {
    std::int64_t ms = now_ms_ + random_.between(-1'000, 1'000);
    if (random_.percent(wrong_percent_)) {
      ms += random_.between(-2, 2) * random_.pick(kLeaps);
    }
    ms = std::max<std::int64_t>(ms, 1'290'000'000'000);
    const auto id = static_cast<std::uint64_t>(snowflake(ms, random_.next()));
    std::string line = "{";
    const bool with_id = random_.percent(90);
    if (random_.percent(80)) {
      line += R"("created_at":")";
      append_created_at(line, ms + (random_.percent(wrong_percent_) ? 59'000 : 0));
      line += random_.percent(wrong_percent_) ? "x\"," : "\",";
    }
    line += R"("id":)" + (with_id ? std::to_string(id) : std::to_string(random_.below(1'000)));
    if (random_.percent(90)) {
      line += R"(,"id_str":")" + (with_id ? std::to_string(id) : "p" + std::to_string(id)) + '"';
    }
    line += R"(,"text":")" + text() + R"(","user":)" + user();
    if (random_.percent(60)) {
      line += R"(,"timestamp_ms":")" + std::to_string(ms) + '"';
    }
    if (random_.percent(10)) {
      line += R"(,"retweeted_status":{"id":)" + std::to_string(id - 5'000'000) +
              R"(,"text":"#one","user":)" + user() + '}';
    }
    if (random_.percent(5)) {
      line += R"(,"timestamp_ms":)" + std::to_string(ms + random_.pick(kLeaps));
    }
    line += "}";
    if (random_.percent(wrong_percent_)) {
      line.resize(random_.below(line.size()) + 1);
    }
    return line;
  }

  std::string text() {
    std::string text = "hello @Some_one1 \\ud83d\\ude00 ";
    if (random_.percent(50)) {
      text += random_.pick(std::vector<std::string>{"#", "\\u0023", "\\uFF03", "\uff03"});
      text +=
          random_.pick(std::vector<std::string>{"one", "TWO", "three", "fourandmore", "caf\\u00e9",
                                                "Confirm0A1B2C3D", "confirmoooooooo"});
    }
    return text;
  }

  std::string user() {
    const std::string id =
        std::to_string(random_.below(5) == 0 ? 700'000'000'000'000'000U + random_.below(99)
                                             : random_.below(1'000'000'000));
    return R"({"id":)" + id + R"(,"id_str":")" + id +
           R"(","name":"Na \u00e9me\\","screen_name":"na_me)" + std::to_string(random_.below(99)) +
           R"(","created_at":"Tue Nov 03 10:00:00 +0000 2009","protected":false,"followers_count":3})";
  }

  std::string notice() {
    const std::string id = std::to_string(snowflake(now_ms_ - random_.between(0, 9'999'999), 5));
    const std::string author = std::to_string(random_.below(1'000'000));
    return R"({"delete":{"status":{"id":)" + id + R"(,"id_str":")" + id + R"(","user_id":)" +
           author + R"(,"user_id_str":")" + author + R"("},"timestamp_ms":")" +
           std::to_string(now_ms_) + "\"}}";
  }

  seeded::Random random_;
  std::int64_t now_ms_ = 0, step_ms_ = 0;
  std::size_t wrong_percent_ = 0;
};

TEST(Weave, DirtyRecordings) {
  const std::vector<std::string> tags{"one",    "two",    "three", "four", "caf\u00e9",
                                      "six",    "seven",  "eight", "nine", "ten",
                                      "eleven", "twelve", "t13",   "t14"};
  std::uint64_t confirmed = 0, ignored = 0, late = 0, refused = 0;
  for (std::uint64_t run = 0; run < seeded::seeds(); ++run) {
    const std::uint64_t seed = seeded::first_seed() + run;
    SCOPED_TRACE(testing::Message() << "TAGTILL_SEED=" << seed);
    DirtyRecording recording(seed);
    std::vector<std::string> files{recording.make(250), recording.make(50)};
    WeaveOptions options;
    options.seed = seed;
    options.copies = 1 + run % 4;
    options.candidates = std::array{0.02, 0.05, 0.2, 0.5}[run / 4 % 4];
    options.offers = tags.size();
    options.members = 30;
    options.tags = tags;
    Woven woven;
    try {
      woven = weave_files(files, options);
    } catch (const std::exception&) {
      ++refused;
      continue;
    }
    const product::Counts counts = expect_exactly_its_purchases(woven, run % 2 == 0);
    expect_counts_times(count_lines(files), woven, options.copies);
    confirmed += counts.confirmed;
    ignored += counts.ignored_confirmations;
    late += counts.late;
    if (testing::Test::HasFailure()) {
      return;
    }
  }
  EXPECT_GT(confirmed, seeded::seeds());
  EXPECT_GT(ignored, seeded::seeds());
  EXPECT_GT(late, seeded::seeds());
  EXPECT_LT(refused, seeded::seeds() / 10 + 1);
}

std::string plain_post(std::int64_t ms, std::uint64_t number, std::string_view text) {
  std::string line = R"({"id_str":")" + std::to_string(snowflake(ms, number)) + R"(","text":")";
  line += text;
  return line + R"(","user":{"id_str":"17"},"timestamp_ms":")" + std::to_string(ms) + "\"}\n";
}

// P4.5, P6.3: which units are free again depends on a clock that strangers move as well.
TEST(Weave, StockByAClockThatStrangersMove) {
  std::vector<std::string> tags;
  for (char letter = 'a'; letter <= 't'; ++letter) {
    tags.push_back(std::string("tag") + letter);
  }
  std::uint64_t sold_out = 0;
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::string file;
    for (std::uint64_t line = 0; line < 2'000; ++line) {
      const auto ms = static_cast<std::int64_t>(1'376'132'400'000 + line * 80);
      file += plain_post(ms, line, line % 4 == 0 ? "#taga" : "x");
    }
    WeaveOptions options;
    options.seed = seed;
    options.candidates = 0.5;
    options.offers = tags.size();
    options.tags = tags;
    const product::Counts counts = expect_exactly_its_purchases(weave_files({file}, options));
    sold_out += counts.rejected.contains("sold_out") ? counts.rejected.at("sold_out") : 0;
  }
  EXPECT_GT(sold_out, 50U);
}

// P3.9: a stranger's post that is far ahead must not agree with the end of a pause.
TEST(Weave, APostFarAheadBeforeAPause) {
  constexpr std::int64_t kDayMs = 86'400'000;
  const std::vector<std::string> tags{"one"};
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::int64_t ms = 1'376'132'400'000;
    std::string file = plain_post(ms, 1, "#one");
    for (std::uint64_t line = 0; line < 20; ++line) {
      file += plain_post(ms, line, "x");
    }
    // Also in a line that is too long to be shifted.
    file += plain_post(ms + 10 * kDayMs, 1, "#one" + std::string(seed % 2 * 300'000, ' '));
    for (std::uint64_t line = 0; line < 8; ++line) {
      file += plain_post(ms, line, "x");
    }
    ms += 3 * kDayMs;
    for (std::uint64_t line = 0; line < 2'000; ++line) {
      file += plain_post(ms + static_cast<std::int64_t>(line) * 100, line, "x");
    }
    WeaveOptions options;
    options.seed = seed;
    options.candidates = 0.05;
    options.offers = 1;
    options.tags = tags;
    const product::Counts counts = expect_exactly_its_purchases(weave_files({file}, options));
    EXPECT_GT(counts.confirmed, 0U);
  }
}

TEST(Weave, NothingToWeaveInto) {
  WeaveOptions options;
  EXPECT_THROW(weave_files({}, options), BackgroundError);
  EXPECT_THROW(weave_files({"\r\n{}\n", "no json"}, options), BackgroundError);
  // Before there were ids with a time in them.
  EXPECT_THROW(weave_files({R"({"user":{"id":1},"text":"a","id":5,)"
                            R"("created_at":"Thu Jan 26 16:00:00 +0000 2009"})"},
                           options),
               BackgroundError);
}

// Of short lines there fit fewer: each costs more than its bytes.
TEST(Weave, LinesCostMemoryToo) {
  const std::string many(Background::kBytesMax / (Background::kLineCost + 1) + 1, '\n');
  Background background;
  EXPECT_THROW(background.add(many), BackgroundError);
}

// Half a stream would look like a whole one.
TEST(Weave, WhatFailsLeavesNoFiles) {
  std::string dump;
  constexpr std::int64_t kBegin = 1'485'446'400'000;
  for (std::int64_t i = 0; i < 10'000; ++i) {
    // Ever further ahead of what stands around it, but never too far (P3.9).
    const std::int64_t at = kBegin + i * 1000 + (i % 20 == 0 ? i / 20 * 85'000'000 : 0);
    dump +=
        R"({"id":5,"text":"#a","user":{"id":1},"timestamp_ms":")" + std::to_string(at) + "\"}\n";
  }
  const TempFolder folder;
  folder.write("posts.json", "of the last run");
  Background background;
  background.add(dump);
  EXPECT_THROW(weave({}, background, folder.path(".")), BackgroundError);
  const CorpusPaths paths = corpus_paths(folder.path("."));
  for (const auto& path :
       {paths.posts, paths.offers, paths.members, paths.secret, paths.purchases}) {
    EXPECT_FALSE(std::filesystem::exists(path)) << path;
  }
}

TEST(Weave, OptionsOutOfRange) {
  const std::vector<std::string> files{generated(WireForm::k2017, 1, 100)};
  const auto refuse = [&](auto change) {
    WeaveOptions options;
    change(options);
    EXPECT_THROW(weave_files(files, options), std::invalid_argument);
  };
  refuse([](WeaveOptions& options) { options.copies = 0; });
  refuse([](WeaveOptions& options) { options.copies = kCopiesMax + 1; });
  refuse([](WeaveOptions& options) { options.candidates = 0.6; });
  refuse([](WeaveOptions& options) { options.members = 0; });
  refuse([](WeaveOptions& options) { options.offers = 0; });
}

TEST(Weave, CopiesThatGoOnForLongerThanIdsDoAreRefused) {
  std::string day;
  for (int hour = 0; hour < 24; ++hour) {
    for (int quarter = 0; quarter < 60; quarter += 10) {
      day += R"({"id":1,"text":"a","user":{"id":1},"created_at":"Thu Jan 26 )";
      std::array<char, 32> text{};
      std::snprintf(text.data(), text.size(), "%02d:%02d", hour, quarter);
      day += text.data() + std::string(":00 +0000 2017\"}\n");
    }
  }
  WeaveOptions options;
  options.candidates = 0;
  options.copies = 10'000;
  EXPECT_GT(weave_files({day}, options).report.recorded_lines, 1'000'000U);
  options.copies = 30'000;
  EXPECT_THROW(weave_files({day}, options), std::invalid_argument);
}

TEST(Weave, NoMemberHasTheIdOfAnAuthorOfTheRecording) {
  // A woven stream as background: its members must not be ours.
  WeaveOptions options;
  options.candidates = 0.3;
  options.members = 200;
  const Woven first = weave_files({generated(WireForm::k2017, 8, 1'000)}, options);
  options.copies = 2;
  const Woven second = weave_files({first.posts}, options);
  EXPECT_GT(expect_exactly_its_purchases(second).confirmed, 5U);
}

}  // namespace
}  // namespace tagtill::corpus
