#include "corpus/generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

#include "corpus/catalogue.h"
#include "corpus/corpus_files.h"
#include "corpus/output_file.h"
#include "corpus/post_composer.h"
#include "corpus/story.h"
#include "corpus/user_pool.h"
#include "corpus/vocabulary.h"
#include "corpus/wire_text.h"

namespace tagtill::corpus {
namespace {

constexpr std::uint64_t kBackgroundStream = 0xba'0000'0000'0000;

void require(bool holds, std::string_view name, std::string_view range) {
  if (!holds) {
    throw std::invalid_argument(
        fmt::format("The option --{} is out of range: it must be {}.", name, range));
  }
}

std::int64_t default_start_ms(WireForm form) {
  constexpr std::int64_t k2013StartMs = 1'360'584'000'000;  // 2013-02-11T12:00:00Z
  constexpr std::int64_t k2017StartMs = 1'494'849'600'000;  // 2017-05-15T12:00:00Z
  return form == WireForm::k2013 ? k2013StartMs : k2017StartMs;
}

void check(const GenerateOptions& options) {
  require(options.posts >= 1 && options.posts <= 1'000'000'000'000, "posts", "1 to 10^12");
  require(options.offers >= 1 && options.offers <= 1'000'000, "offers", "1 to 1,000,000");
  require(options.members >= 1 && options.members <= 100'000'000, "members", "1 to 100,000,000");
  require(options.posts_per_second >= 1 && options.posts_per_second <= 80'000, "posts_per_second",
          "1 to 80,000");
  require(options.candidates >= 0 && options.candidates <= 0.5, "candidates", "0 to 0.5");
  require(options.candidates == 0 || options.candidates * options.posts_per_second * 600 >= 1,
          "candidates", "0, or at least 1 / (600 x posts_per_second)");
  constexpr std::int64_t kEarliestMs = 1'293'840'000'000;  // 2011
  constexpr std::int64_t kLatestMs = 2'840'140'800'000;    // 2060
  const std::int64_t start_ms = options.start_ms.value_or(default_start_ms(options.form));
  require(start_ms >= kEarliestMs && start_ms <= kLatestMs, "start_ms", "a time from 2011 to 2059");
  const auto length_ms =
      static_cast<std::int64_t>(options.posts * 1'000 / options.posts_per_second);
  require(start_ms + length_ms <= kLatestMs, "posts", "so small that the stream ends before 2060");
}

// Some offers' tags, to be put where they do not count.
std::vector<WireWord> bait_tags(const std::vector<Offer>& offers) {
  constexpr std::size_t kBaitsMax = 256;
  std::vector<WireWord> tags;
  for (const Offer& offer : offers) {
    if (tags.size() == kBaitsMax) {
      break;
    }
    tags.push_back(make_wire_word(catalogue_tag(offer)));
  }
  return tags;
}

}  // namespace

GenerateReport generate(const GenerateOptions& options, const std::filesystem::path& folder) {
  check(options);
  make_folder(folder);
  const CorpusPaths paths = corpus_paths(folder);
  const std::int64_t start_ms = options.start_ms.value_or(default_start_ms(options.form));
  const auto at_ms = [&](std::uint64_t document) {
    return start_ms + static_cast<std::int64_t>(document * 1'000 / options.posts_per_second);
  };

  const WireProfile& profile = wire_profile(options.form);
  const Vocabulary vocabulary;
  const UserPool pool(options.seed, profile, vocabulary, start_ms);
  const std::vector<Offer> offers = make_offers(CatalogueOptions{
      .seed = options.seed,
      .count = options.offers,
      .start_ms = start_ms,
      .end_ms = at_ms(options.posts),
      .stock_demand =
          stock_demand(static_cast<double>(options.posts) * options.candidates, options.offers),
      .window_s = 900,
      .tags = {}});
  const std::string secret = make_secret(options.seed);
  // As many strangers as documents, as long as indices of users fit into 31 bits.
  const std::uint64_t strangers = std::clamp<std::uint64_t>(options.posts, 16'384, 1'000'000'000);

  write_offers(paths.offers, offers);
  write_members(paths.members, options.seed, options.members, pool, vocabulary);
  write_secret(paths.secret, secret);

  StoryTeller teller(StoryOptions{.seed = options.seed,
                                  .members = options.members,
                                  .strangers = strangers,
                                  .secret = secret},
                     offers, pool, vocabulary);
  PostComposer composer(ComposerOptions{.seed = options.seed,
                                        .user_count = options.members + strangers,
                                        .start_ms = start_ms,
                                        .bait_tags = bait_tags(offers)},
                        profile, vocabulary, pool);
  OutputFile posts(paths.posts, Access::kEveryone);
  OutputFile purchases(paths.purchases, Access::kEveryone);
  std::string buffer;
  buffer.reserve(kBufferBytes + kBufferBytes / 8);
  PlannedPost planned;
  Random random(options.seed, kBackgroundStream);
  GenerateReport report;
  // A share of all 64-bit numbers: one in 70,000 has to be as exact as one in 100.
  constexpr double kTwoTo64 = 18'446'744'073'709'551'616.0;
  const auto story_threshold =
      static_cast<std::uint64_t>(options.candidates / StoryTeller::posts_per_story() * kTwoTo64);

  for (std::uint64_t document = 0; document < options.posts; ++document) {
    const std::int64_t now_ms = at_ms(document);
    // Two ids a document, so that a story can keep one for later. An odd factor spreads
    // them over all low bits, and repeats none before all were used.
    const std::uint64_t low_bits = (document * 2'654'435'761U) << 1U;
    if (random.next() < story_threshold || teller.due(now_ms)) {
      teller.tell(planned, now_ms, low_bits);
      composer.append_planned(buffer, planned);
      ++report.candidates;
    } else {
      // Most posts reach the stream at once, some seconds late.
      const std::int64_t delay_ms =
          random.chance(950'000) ? random.below(500) : random.between(500, 8'000);
      composer.append_background(buffer, now_ms - delay_ms, low_bits, random);
    }
    buffer += "\r\n";
    if (buffer.size() < kBufferBytes) {
      continue;
    }
    posts.write(buffer);
    buffer.clear();
    purchases.write(teller.purchases());
    teller.purchases().clear();
  }
  posts.write(buffer);
  purchases.write(teller.purchases());
  posts.close();
  purchases.close();

  report.bytes = posts.bytes_written();
  report.statuses = composer.statuses();
  report.delete_notices = composer.delete_notices();
  report.stories = teller.story_count();
  report.purchases = teller.purchase_count();
  return report;
}

}  // namespace tagtill::corpus
