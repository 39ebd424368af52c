// P3.8: ticks, which move the clock of live sources while no candidate comes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/journal_recorder.h"
#include "tests/post_lines.h"
#include "tests/product.h"
#include "tests/reference/reference.h"
#include "tests/seeded.h"
#include "tests/shop.h"
#include "tests/stream_runs.h"
#include "tests/streams.h"

namespace {

using journal_recorder::JournalRecorder;
using journal_recorder::play;

constexpr std::size_t kSampledMax = 100'000;  // less than a block

// Each file in pieces, behind some of which a tick is looked for.
template <typename Engine, typename Feed>
void feed_in_pieces(Engine& engine, const streams::Stream& stream, std::uint64_t seed,
                    const Feed& feed) {
  seeded::Random random(seed);
  auto replacement = stream.replacements.begin();
  for (std::size_t number = 0; number <= stream.files.size(); ++number) {
    for (; replacement != stream.replacements.end() && replacement->before_file == number;
         ++replacement) {
      engine.replace(replacement->offers, replacement->members, replacement->secret);
    }
    std::string_view rest =
        number < stream.files.size() ? std::string_view(stream.files[number]) : std::string_view();
    while (!rest.empty()) {
      const std::string_view piece = stream_runs::take_lines(rest, 1 + random.below(8));
      feed(piece, random.percent(40) && piece.size() <= kSampledMax);
    }
  }
}

TEST(Ticks, P3_8_AsTheReferenceOnRandomStreamsAndReplayedFromTheJournal) {
  std::uint64_t expired = 0;
  for (std::uint64_t i = 0; i < seeded::seeds() && !testing::Test::HasFailure(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    const streams::Stream stream =
        i % 3 == 0 ? streams::make_with_replacements(seed) : streams::make(seed);
    reference::Reference reference(stream.offers, stream.members, stream.secret,
                                   stream_runs::reference_options_of(stream));
    feed_in_pieces(reference, stream, seed, [&](std::string_view piece, bool sample) {
      reference.feed(piece);
      if (sample) {
        reference.tick(piece);
      }
    });
    const std::string events = reference.take_events();

    product::Options how = stream_runs::options_of(stream);
    how.strict = true;
    product::Product product(stream.offers, stream.members, stream.secret, how);
    JournalRecorder journal(product, 1 + seed % 5);
    feed_in_pieces(product, stream, seed,
                   [&](std::string_view piece, bool sample) { product.feed(piece, sample); });
    EXPECT_EQ(product.take_events(), events);
    expired += product.counts().expired;
    tagtill::JournalPlayer player(journal_recorder::protocol_options(how), 4);
    EXPECT_EQ(play(player, journal.entries()), events);
  }
  EXPECT_GT(expired, 0U);
}

class TickTest : public ::testing::Test {
 protected:
  // Nobody's, and of no interest.
  static std::string other(std::int64_t at) {
    return post_lines::line_of({.id = "9", .author = "nobody", .at = at, .text = "hello"}) + "\n";
  }
  static std::string intent(std::int64_t at) {
    return post_lines::line_of({.id = "1", .author = "a", .at = at, .text = "#mug"}) + "\n";
  }

  product::Product product_{
      shop::offer("mug"), post_lines::member_line("a"), post_lines::kSecret, {}};
  static constexpr std::int64_t kStart = post_lines::kNoon;
  static constexpr std::int64_t kDue = kStart + 900'000 + 30'000;
};

TEST_F(TickTest, P3_8_EndsAWindowWhileNoCandidateComes) {
  product_.feed(intent(kStart));
  product_.feed(other(kDue + 1), false);
  EXPECT_EQ(product_.counts().expired, 0U);
  product_.feed(other(kDue), true);
  EXPECT_EQ(product_.counts().expired, 0U);
  product_.feed(other(kDue + 1), true);
  EXPECT_EQ(product_.counts().expired, 1U);
}

TEST_F(TickTest, P3_8_DoesNotMoveTheClockBack) {
  product_.feed(intent(kStart));
  product_.feed(other(kStart - 600'000), true);
  product_.feed(
      post_lines::line_of({.id = "2", .author = "a", .at = kStart - 60'000, .text = "#mug"}) +
      "\n");
  EXPECT_EQ(product_.counts().late, 1U);
}

TEST_F(TickTest, P3_8_MoreThanJAheadIsIgnored) {
  product_.feed(intent(kStart));
  product_.feed(other(kStart + 86'400'001), true);
  EXPECT_EQ(product_.counts().expired, 0U);
  product_.feed(other(kStart + 86'400'000), true);
  EXPECT_EQ(product_.counts().expired, 1U);
}

TEST_F(TickTest, P3_8_BeforeTheFirstCandidateThereIsNoClockToMove) {
  product_.feed(other(kStart + 3'600'000), true);
  product_.feed(intent(kStart));
  EXPECT_EQ(product_.counts().late, 0U);
  EXPECT_EQ(product_.counts().prompts, 1U);
}

TEST_F(TickTest, IsNoCandidate) {
  product_.feed(intent(kStart));
  product_.feed(other(kStart + 1'000), true);
  EXPECT_EQ(product_.counts().candidates, 1U);
  EXPECT_EQ(product_.counts().posts, 2U);
  EXPECT_EQ(product_.counts().lines, 2U);
}

TEST_F(TickTest, OfALineThatCannotBeReadThereIsNone) {
  product_.feed(intent(kStart));
  product_.feed(other(kStart + 5'000) +
                    R"({"id_str":"5","text":"x","user":{"id_str":"5"},"timestamp_ms":"x"})" + "\n",
                true);
  product_.feed(other(kDue + 1) + R"({"limit":{"track":1}})" + "\n", true);
  EXPECT_EQ(product_.counts().expired, 1U);
}

}  // namespace
