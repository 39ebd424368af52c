// The product against the naive reference: the same bytes in, byte-identical
// events out, on random streams, on every tiny stream and on real recordings.
//
// TAGTILL_SEEDS        how many random streams (2000)
// TAGTILL_SEED         the first seed; a failure names the one that repeats it
// TAGTILL_TINY_LENGTH  the longest tiny streams, 1 to 6 (4)
// TAGTILL_SHARED_DATA  the folder of the recordings (../shared/data)
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "product.h"
#include "reference/code.h"
#include "reference/reference.h"
#include "reference/text.h"
#include "streams.h"
#include "tests/recordings.h"

namespace {

constexpr uint64_t kFirstSeed = 20130211;
constexpr uint64_t kSeeds = 2000;
constexpr uint64_t kTinyLength = 4;
constexpr std::array<size_t, 4> kBlockBytes = {4096, 65536, 10007, 256 * 1024};
constexpr std::array<uint32_t, 4> kShards = {16, 1, 64, 4};

uint64_t from_environment(const char* name, uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? std::strtoull(value, nullptr, 10) : otherwise;
}

uint64_t first_seed() { return from_environment("TAGTILL_SEED", kFirstSeed); }
uint64_t seeds() { return from_environment("TAGTILL_SEEDS", kSeeds); }

// --- Comparing ------------------------------------------------------------------

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

// The first event that differs, with the two before it.
testing::AssertionResult same_events(const std::string& wanted, const std::string& got) {
  if (wanted == got) {
    return testing::AssertionSuccess();
  }
  const std::vector<std::string> a = lines_of(wanted);
  const std::vector<std::string> b = lines_of(got);
  size_t at = 0;
  while (at < a.size() && at < b.size() && a[at] == b[at]) {
    ++at;
  }
  testing::AssertionResult result = testing::AssertionFailure();
  result << "event " << at + 1 << " of " << a.size() << " (product: " << b.size() << ")";
  for (size_t before = at < 2 ? 0 : at - 2; before < at; ++before) {
    result << "\n  both:      " << a[before];
  }
  result << "\n  reference: " << (at < a.size() ? a[at] : "(none)");
  result << "\n  product:   " << (at < b.size() ? b[at] : "(none)");
  return result;
}

// Without `strict` lines that hold no candidate need not be told apart (P1.2).
testing::AssertionResult same_counts(const reference::Counts& wanted, const product::Counts& got,
                                     bool strict) {
  struct Pair {
    const char* name;
    uint64_t wanted;
    uint64_t got;
    bool only_strict;
  };
  const std::vector<Pair> pairs = {
      {"bytes", wanted.bytes, got.bytes, false},
      {"lines", wanted.lines, got.lines, false},
      {"keep_alives", wanted.keep_alives, got.keep_alives, false},
      {"posts", wanted.posts, got.posts, true},
      {"delete_notices", wanted.delete_notices, got.delete_notices, true},
      {"others", wanted.others, got.others, true},
      {"malformed", wanted.malformed, got.malformed, true},
      {"candidates", wanted.candidates, got.candidates, false},
      {"duplicates", wanted.duplicates, got.duplicates, false},
      {"late", wanted.late, got.late, false},
      {"repeated", wanted.repeated, got.repeated, false},
      {"deleted_before", wanted.deleted_before, got.deleted_before, false},
      {"set_aside", wanted.set_aside, got.set_aside, false},
      {"prompts", wanted.prompts, got.prompts, false},
      {"confirmed", wanted.confirmed, got.confirmed, false},
      {"expired", wanted.expired, got.expired, false},
      {"cancelled", wanted.cancelled, got.cancelled, false},
      {"open_windows", wanted.open_windows, got.open_windows, false},
      {"ignored_confirmations", wanted.ignored_confirmations, got.ignored_confirmations, false},
      {"parked_deleted", wanted.parked_deleted, got.parked_deleted, false},
      {"deletes_forgotten", wanted.deletes_forgotten, got.deletes_forgotten, false}};
  for (const Pair& pair : pairs) {
    if (pair.wanted != pair.got && (strict || !pair.only_strict)) {
      return testing::AssertionFailure()
             << pair.name << ": reference " << pair.wanted << ", product " << pair.got;
    }
  }
  std::set<std::string> reasons;
  for (const auto& [reason, count] : wanted.rejected) {
    reasons.insert(reason);
  }
  for (const auto& [reason, count] : got.rejected) {
    reasons.insert(reason);
  }
  for (const std::string& reason : reasons) {
    const auto of = [&](const std::map<std::string, uint64_t>& counts) {
      const auto found = counts.find(reason);
      return found == counts.end() ? 0 : found->second;
    };
    if (of(wanted.rejected) != of(got.rejected)) {
      return testing::AssertionFailure() << "rejected " << reason << ": reference "
                                         << of(wanted.rejected) << ", product " << of(got.rejected);
    }
  }
  return testing::AssertionSuccess();
}

// --- Running a stream -------------------------------------------------------------

reference::Reference make_reference(const streams::Stream& stream) {
  reference::Options options;
  options.lateness_ms = stream.lateness_ms;
  options.max_jump_ms = stream.max_jump_ms;
  options.prefix = stream.prefix;
  return {stream.offers, stream.members, stream.secret, options};
}

product::Options product_options(const streams::Stream& stream, bool strict, size_t block_bytes) {
  product::Options options;
  options.lateness_ms = stream.lateness_ms;
  options.max_jump_ms = stream.max_jump_ms;
  options.prefix = stream.prefix;
  options.strict = strict;
  options.block_bytes = block_bytes;
  return options;
}

// Files and replacements in their order.
template <typename Engine>
std::string run(Engine& engine, const streams::Stream& stream) {
  auto replacement = stream.replacements.begin();
  for (size_t file = 0; file <= stream.files.size(); ++file) {
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

testing::AssertionResult same_in_every_mode(const streams::Stream& stream, uint64_t seed) {
  reference::Reference reference = make_reference(stream);
  const std::string wanted = run(reference, stream);
  for (const bool strict : {false, true}) {
    const size_t block_bytes = kBlockBytes[(seed + (strict ? 1 : 0)) % kBlockBytes.size()];
    product::Options options = product_options(stream, strict, block_bytes);
    options.shards = kShards[(seed / kBlockBytes.size() + (strict ? 1 : 0)) % kShards.size()];
    product::Product product(stream.offers, stream.members, stream.secret, options);
    testing::AssertionResult result = same_events(wanted, run(product, stream));
    if (result) {
      result = same_counts(reference.counts(), product.counts(), strict);
    }
    if (!result) {
      return testing::AssertionFailure()
             << "TAGTILL_SEED=" << seed << (strict ? ", strict" : "") << ", blocks of "
             << block_bytes << ", " << options.shards << " shards: " << result.message();
    }
  }
  return testing::AssertionSuccess();
}

TEST(Differential, RandomStreams) {
  for (uint64_t i = 0; i < seeds(); ++i) {
    const uint64_t seed = first_seed() + i;
    ASSERT_TRUE(same_in_every_mode(streams::make(seed), seed));
  }
}

TEST(Differential, P6_4_RandomStreamsWithReplacements) {
  for (uint64_t i = 0; i < seeds() / 2; ++i) {
    const uint64_t seed = first_seed() + i;
    ASSERT_TRUE(same_in_every_mode(streams::make_with_replacements(seed), seed));
  }
}

// The files as one: byte order marks out, and an end for every last line.
std::string joined(const std::vector<std::string>& files) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  std::string text;
  for (const std::string& file : files) {
    const bool has_mark = std::string_view(file).substr(0, 3) == kByteOrderMark;
    text += std::string_view(file).substr(has_mark ? kByteOrderMark.size() : 0);
    if (!text.empty() && text.back() != '\n') {
      text += '\n';
    }
  }
  return text;
}

TEST(Differential, P3_7_FilesAndBlocksDoNotMatter) {
  for (uint64_t i = 0; i < seeds() / 4; ++i) {
    const uint64_t seed = first_seed() + i;
    streams::Stream stream = streams::make(seed);
    reference::Reference reference = make_reference(stream);
    const std::string wanted = run(reference, stream);
    stream.files = {joined(stream.files)};
    reference.reset();
    ASSERT_TRUE(same_events(wanted, run(reference, stream))) << "TAGTILL_SEED=" << seed;
    for (const size_t block_bytes : kBlockBytes) {
      product::Product product(stream.offers, stream.members, stream.secret,
                               product_options(stream, false, block_bytes));
      ASSERT_TRUE(same_events(wanted, run(product, stream)))
          << "TAGTILL_SEED=" << seed << ", blocks of " << block_bytes;
    }
  }
}

TEST(Differential, P3_7_ShardsDoNotMatter) {
  for (uint64_t i = 0; i < seeds() / 8 + 1; ++i) {
    const uint64_t seed = first_seed() + i;
    const streams::Stream stream = streams::make_with_replacements(seed);
    reference::Reference reference = make_reference(stream);
    const std::string wanted = run(reference, stream);
    for (const uint32_t shards : kShards) {
      product::Options options = product_options(stream, false, kBlockBytes.back());
      options.shards = shards;
      product::Product product(stream.offers, stream.members, stream.secret, options);
      ASSERT_TRUE(same_events(wanted, run(product, stream)))
          << "TAGTILL_SEED=" << seed << ", " << shards << " shards";
    }
  }
}

TEST(Differential, EveryTinyStream) {
  const streams::Stream setting = streams::tiny_setting();
  reference::Reference reference = make_reference(setting);
  product::Product product(setting.offers, setting.members, setting.secret,
                           product_options(setting, false, kBlockBytes.front()));
  const int longest =
      static_cast<int>(std::clamp<uint64_t>(from_environment("TAGTILL_TINY_LENGTH", kTinyLength), 1,
                                            static_cast<uint64_t>(streams::kTinyLengthMax)));
  bool failed = false;
  for (int length = 1; length <= longest; ++length) {
    streams::for_each_tiny_stream(length, [&](const std::vector<std::string_view>& lines) {
      if (failed) {
        return;
      }
      const std::string file = streams::join(lines);
      reference.reset();
      product.reset();
      reference.feed(file);
      product.feed(file);
      testing::AssertionResult result = same_events(reference.take_events(), product.take_events());
      if (result) {
        result = same_counts(reference.counts(), product.counts(), false);
      }
      failed = !result;
      EXPECT_TRUE(result) << file;
    });
  }
}

// --- Real recordings ----------------------------------------------------------------

// Tags and authors that occur; every fifth author is left out, so that there
// are posts of others as well.
streams::Stream setting_of(const std::vector<recordings::Recording>& files) {
  std::set<std::string> tags;
  std::set<std::string> authors;
  for (const recordings::Recording& file : files) {
    for (const std::string& text : lines_of(file.text)) {
      const reference::Line line = reference::read_line(text, 1 << 20);
      if (line.kind == reference::Line::Kind::kPost) {
        const std::vector<std::string> found = reference::post_tags(line.post.text);
        tags.insert(found.begin(), found.end());
        authors.insert(line.post.author);
      } else if (line.kind == reference::Line::Kind::kDeleteNotice) {
        authors.insert(line.delete_notice.author);
      }
    }
  }
  streams::Stream setting;
  setting.secret = "0123456789abcdef0123456789abcdef";
  size_t number = 0;
  for (const std::string& tag : tags) {
    const std::u16string sign_and_tag = reference::to_utf16("#" + tag);
    const std::vector<reference::Hashtag> whole = reference::extract_hashtags(sign_and_tag);
    if (reference::code_in_tag(tag, setting.prefix) || whole.size() != 1 ||
        whole[0].name != sign_and_tag.substr(1)) {
      continue;
    }
    ++number;
    setting.offers += "{\"id\":\"o" + std::to_string(number) + "\",\"tag\":\"" + tag +
                      "\",\"title\":\"t\",\"price_minor\":" + std::to_string(number) +
                      ",\"currency\":\"USD\",\"fulfilment\":\"" +
                      (number % 2 == 0 ? "ship" : "pickup") +
                      "\",\"starts_at\":\"2013-01-01T00:00:00Z\",\"ends_at\":"
                      "\"2018-01-01T00:00:00Z\"" +
                      (number % 3 == 0 ? ",\"stock\":1" : "") + "}\n";
  }
  number = 0;
  for (const std::string& author : authors) {
    if (++number % 5 != 0) {
      setting.members +=
          "{\"author_id\":\"" + author + "\",\"account\":\"tok_" + std::to_string(number) + "\"}\n";
    }
  }
  return setting;
}

std::string member_of(const std::string& event, const std::string& name) {
  const std::string begin = "\"" + name + "\":\"";
  const size_t at = event.find(begin);
  if (at == std::string::npos) {
    return "";
  }
  return event.substr(at + begin.size(), event.find('"', at + begin.size()) - at - begin.size());
}

// What buyers might have posted next: the tags of these prompts, most of them
// in time, some too late or by somebody else.
std::string answers_to(const std::string& events) {
  std::string file;
  size_t number = 0;
  std::string other = "1";
  for (const std::string& event : lines_of(events)) {
    if (member_of(event, "type") != "prompt") {
      continue;
    }
    ++number;
    const std::string author = number % 7 == 0 ? other : member_of(event, "author_id");
    const int64_t deadline = reference::parse_time(member_of(event, "deadline"));
    file += "{\"timestamp_ms\":\"" +
            std::to_string(deadline - 600000 + (number % 5 == 0 ? 600001 : 0)) +
            "\",\"id_str\":\"answer " + std::to_string(number) + "\",\"text\":\"" +
            member_of(event, "tag") + "\",\"user\":{\"id_str\":\"" + author + "\"}}\r\n";
    other = author;
  }
  return file;
}

TEST(Differential, RealRecordings) {
  const std::vector<recordings::Recording> files = recordings::all();
  if (files.empty()) {
    GTEST_SKIP() << "skipped: no ../shared/data";
  }
  const streams::Stream setting = setting_of(files);
  reference::Reference reference = make_reference(setting);
  std::vector<std::string> inputs;
  std::string wanted;
  std::map<std::string, std::pair<uint64_t, uint64_t>> held;  // documents, delete notices
  for (const recordings::Recording& file : files) {
    const reference::Counts before = reference.counts();
    reference.feed(file.text);
    held[file.year].first += reference.counts().lines - before.lines;
    held[file.year].second += reference.counts().delete_notices - before.delete_notices;
    const std::string events = reference.take_events();
    inputs.push_back(file.text);
    inputs.push_back(answers_to(events));
    reference.feed(inputs.back());
    wanted += events + reference.take_events();
  }
  // What these recordings are known to hold: documents, and the share of
  // delete notices among them in thousandths.
  const auto per_mille = [&](const char* year) {
    return (held[year].second * 10000 / held[year].first + 5) / 10;
  };
  EXPECT_EQ(held["2013"].first, 9239U);
  EXPECT_EQ(per_mille("2013"), 103U);
  EXPECT_EQ(held["2017"].first, 4279U);
  EXPECT_EQ(per_mille("2017"), 136U);
  EXPECT_EQ(reference.counts().malformed, 0U);
  EXPECT_GT(reference.counts().prompts, 0U);
  EXPECT_GT(reference.counts().confirmed, 0U);
  for (const bool strict : {false, true}) {
    for (const size_t block_bytes : {size_t{256} * 1024, size_t{65536}}) {
      product::Product product(setting.offers, setting.members, setting.secret,
                               product_options(setting, strict, block_bytes));
      for (const std::string& input : inputs) {
        product.feed(input);
      }
      EXPECT_TRUE(same_events(wanted, product.take_events()));
      // All lines are whole, so even the quick mode misses none of them.
      EXPECT_TRUE(same_counts(reference.counts(), product.counts(), true));
    }
  }
}

}  // namespace
