#include "engine/offer_json.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/config_lines.h"
#include "engine/utf8.h"
#include "tests/seeded.h"
#include "tests/streams.h"

namespace tagtill {
namespace {

std::shared_ptr<const OfferCatalogue> parse(std::string_view lines,
                                            std::string_view prefix = "Confirm") {
  FileErrors errors;
  auto catalogue = OfferCatalogue::parse(lines, "offers", prefix, errors);
  for (const std::string& error : errors.shown()) {
    ADD_FAILURE() << error;
  }
  return catalogue;
}

std::string rendered(const OfferCatalogue& catalogue) {
  std::string lines;
  for (const Offer& offer : catalogue.offers()) {
    append_offer_json_line(lines, offer);
  }
  return lines;
}

// They read back as the same offers; and what is read back looks the same.
void expect_to_come_back(std::string_view lines, std::string_view prefix = "Confirm") {
  const auto catalogue = parse(lines, prefix);
  ASSERT_NE(catalogue, nullptr);
  const std::string again = rendered(*catalogue);
  const auto read = parse(again, prefix);
  ASSERT_NE(read, nullptr);
  ASSERT_EQ(read->offers().size(), catalogue->offers().size());
  for (std::size_t i = 0; i < read->offers().size(); ++i) {
    EXPECT_EQ(read->offers()[i], catalogue->offers()[i]) << again;
  }
  EXPECT_EQ(rendered(*read), again);
}

std::string line_with(std::string_view title, std::string_view starts_at, std::string_view ends_at,
                      std::string_view more = {}) {
  std::string line = R"({"id":"mug","tag":"mug","title":")";
  line.append(title).append(R"(","price_minor":0,"currency":"EUR","fulfilment":"pickup",)");
  line.append(R"("starts_at":")").append(starts_at).append(R"(","ends_at":")").append(ends_at);
  return line.append("\"").append(more).append("}\n");
}

constexpr std::string_view kStart = "2013-02-11T12:00:00Z";
constexpr std::string_view kEnd = "2013-02-12T12:00:00Z";

TEST(OfferJson, IsTheShortestLine) {
  const std::string line = line_with("A", kStart, "2013-02-12T12:00:00.05Z");
  EXPECT_EQ(rendered(*parse(line)), line);
  const std::string full =
      line_with("A", kStart, kEnd,
                R"(,"list_price_minor":9223372036854775807,"stock":0,"limit_per_member":2,)"
                R"("commission_bps":10000,"window_seconds":86400,"regions":["DE","US"])");
  EXPECT_EQ(rendered(*parse(full)), full);
  EXPECT_EQ(rendered(*parse(line_with("A", kStart, kEnd,
                                      R"(,"limit_per_member":1,"commission_bps":0,)"
                                      R"("window_seconds":900,"list_price_minor":null)"))),
            line_with("A", kStart, kEnd));
}

TEST(OfferJson, TheTimesOfEveryYear) {
  for (const auto& [start, end] :
       {std::pair{"0000-01-01T00:00:00+23:59", "0000-01-01T00:00:00Z"},
        std::pair{"0000-01-01T00:00:00.001+00:01", "0000-02-29T23:59:59.999Z"},
        std::pair{"0099-12-31T23:59:59.9Z", "1899-12-31T23:59:59.99Z"},
        std::pair{"1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00.001Z"},
        std::pair{"1970-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"},
        std::pair{"9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999-00:01"},
        std::pair{"9999-12-31T23:59:59.998-23:59", "9999-12-31T23:59:59.999-23:59"}}) {
    expect_to_come_back(line_with("A", start, end));
  }
  seeded::Random random(seeded::first_seed());
  for (std::uint64_t i = 0; i < seeded::seeds(); ++i) {
    Offer offer = parse(line_with("A", kStart, kEnd))->offers()[0];
    offer.starts_at = random.between(-62'167'219'200'000, kLastMillisecond - 1);
    offer.ends_at = random.between(offer.starts_at + 1, kLastMillisecond);
    std::string line;
    append_offer_json_line(line, offer);
    EXPECT_EQ(parse(line)->offers()[0], offer) << line;
  }
}

TEST(OfferJson, TitlesOfEveryCharacter) {
  std::string lines;
  std::size_t number = 0;
  std::string title;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c < 0xD800 || c > 0xDFFF) {
      append_utf8(c, title);
    }
    if (c % 0x8000 == 0x7FFF) {
      Offer offer = parse(line_with("A", kStart, kEnd))->offers()[0];
      offer.id = "o" + std::to_string(number);
      offer.tag = offer.folded_tag = "t" + std::to_string(number);
      offer.title = title;
      lines.clear();
      append_offer_json_line(lines, offer);
      const auto read = parse(lines);
      ASSERT_NE(read, nullptr);
      EXPECT_EQ(read->offers()[0], offer);
      title.clear();
      ++number;
    }
  }
  EXPECT_EQ(number, 34U);
}

TEST(OfferJson, TheLongestLineComesBack) {
  const std::size_t rest = line_with("", kStart, "2013-02-12T12:00:00.5Z").size() - 1;
  expect_to_come_back(
      line_with(std::string(kConfigLineBytesMax - rest, 'x'), kStart, "2013-02-12T12:00:00.5Z"));
}

TEST(OfferJson, RandomCataloguesComeBack) {
  for (std::uint64_t i = 0; i < seeded::seeds() && !testing::Test::HasFailure(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    const streams::Stream stream = streams::make_with_replacements(seed);
    expect_to_come_back(stream.offers, stream.prefix);
    for (const streams::Replacement& replacement : stream.replacements) {
      expect_to_come_back(replacement.offers, stream.prefix);
    }
  }
}

}  // namespace
}  // namespace tagtill
