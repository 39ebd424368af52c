#include "engine/offer_catalogue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/config_lines.h"
#include "engine/fold.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

std::uint64_t seed_count() {
  const char* text = std::getenv("TAGTILL_SEEDS");
  return text == nullptr ? 20 : std::strtoull(text, nullptr, 10);
}

using Catalogue = std::shared_ptr<const OfferCatalogue>;

Catalogue parse(std::string_view lines, std::string_view prefix = "Confirm") {
  FileErrors errors;
  Catalogue catalogue = OfferCatalogue::parse(lines, "offers", prefix, errors);
  for (const std::string& error : errors.shown()) {
    ADD_FAILURE() << error;
  }
  return catalogue;
}

std::vector<std::string> errors_of(std::string_view lines, std::string_view prefix = "Confirm") {
  FileErrors errors;
  EXPECT_EQ(OfferCatalogue::parse(lines, "o", prefix, errors), nullptr) << lines;
  EXPECT_EQ(errors.count(), errors.shown().size());
  return errors.shown();
}

// Fields of an offer as JSON; those given replace or extend the usual ones, an
// empty value takes one away.
using Fields = std::map<std::string, std::string>;

std::string offer(const Fields& changes = {}) {
  Fields fields = {{"id", "\"kindle-hd\""},
                   {"tag", "\"BuyKindle\""},
                   {"title", "\"A Kindle\""},
                   {"price_minor", "19900"},
                   {"currency", "\"USD\""},
                   {"fulfilment", "\"ship\""},
                   {"starts_at", "\"2013-02-11T12:00:00Z\""},
                   {"ends_at", "\"2013-02-12T12:00:00Z\""}};
  for (const auto& [name, value] : changes) {
    fields[name] = value;
  }
  std::string line;
  for (const auto& [name, value] : fields) {
    if (!value.empty()) {
      line.append(line.empty() ? "{" : ",").append("\"").append(name).append("\":").append(value);
    }
  }
  return line + "}\n";
}

// The one error of an offer with one field changed, without `o:1: `.
std::string error_with(const std::string& field, const std::string& value) {
  const std::vector<std::string> errors = errors_of(offer({{field, value}}));
  EXPECT_EQ(errors.size(), 1U) << field << " " << value;
  EXPECT_TRUE(errors.at(0).starts_with("o:1: "));
  return errors.at(0).substr(5);
}

Offer offer_with(const std::string& field, const std::string& value) {
  const Catalogue catalogue = parse(offer({{field, value}}));
  return catalogue == nullptr ? Offer() : catalogue->offers()[0];
}

TEST(OfferCatalogue, P7_1_NeededFieldsAloneMakeAnOffer) {
  Offer expected;
  expected.id = "kindle-hd";
  expected.tag = "BuyKindle";
  expected.folded_tag = "buykindle";
  expected.title = "A Kindle";
  expected.price_minor = 19900;
  expected.currency = {'U', 'S', 'D'};
  expected.starts_at = 1'360'584'000'000;
  expected.ends_at = 1'360'670'400'000;
  EXPECT_EQ(parse(offer())->offers()[0], expected);
  EXPECT_EQ(expected.limit_per_member, 1);
  EXPECT_EQ(expected.commission_bps, 0);
  EXPECT_EQ(expected.window_ms, 900'000);

  // null is as good as absent.
  EXPECT_EQ(parse(offer({{"list_price_minor", "null"},
                         {"stock", "null"},
                         {"limit_per_member", "null"},
                         {"commission_bps", "null"},
                         {"window_seconds", "null"},
                         {"regions", "null"}}))
                ->offers()[0],
            expected);
}

TEST(OfferCatalogue, P7_1_AllFieldsAreRead) {
  const Offer read = parse(offer({{"tag", "\"K\\u00e4se_1\""},
                                  {"title", "\"\\\"Q\\\" \\u20ac\\ud83d\\ude00\\n\\/\""},
                                  {"fulfilment", "\"pickup\""},
                                  {"starts_at", "\"1969-12-31T23:00:00.5-01:00\""},
                                  {"price_minor", "0"},
                                  {"list_price_minor", "9223372036854775807"},
                                  {"stock", "0"},
                                  {"limit_per_member", "9223372036854775807"},
                                  {"commission_bps", "10000"},
                                  {"window_seconds", "86400"},
                                  {"regions", " [ \"US\" ,\t\"CA\",\"US\"]"}}))
                         ->offers()[0];
  EXPECT_EQ(read.tag, "K\xC3\xA4se_1");
  EXPECT_EQ(read.folded_tag, folded("k\xC3\xA4se_1"));
  EXPECT_EQ(read.title, "\"Q\" \xE2\x82\xAC\xF0\x9F\x98\x80\n/");
  EXPECT_EQ(read.fulfilment, Fulfilment::kPickup);
  EXPECT_EQ(read.starts_at, 500);
  EXPECT_EQ(read.price_minor, 0);
  EXPECT_EQ(read.list_price_minor, 9'223'372'036'854'775'807);
  EXPECT_EQ(read.stock, 0);
  EXPECT_EQ(read.limit_per_member, 9'223'372'036'854'775'807);
  EXPECT_EQ(read.commission_bps, 10'000);
  EXPECT_EQ(read.window_ms, 86'400'000);
  EXPECT_EQ(read.regions, (std::vector<RegionCode>{{'C', 'A'}, {'U', 'S'}}));
}

TEST(OfferCatalogue, P7_1_IdsAreOf64PlainCharacters) {
  const std::string longest(64, 'Z');
  EXPECT_EQ(offer_with("id", "\"" + longest + "\"").id, longest);
  EXPECT_EQ(offer_with("id", "\"a.B_9-\"").id, "a.B_9-");
  for (const std::string& id :
       {std::string("\"\""), "\"" + longest + "Z\"", std::string("\"a b\""),
        std::string("\"\xC3\xA4\""), std::string("\"a:b\""), std::string("7")}) {
    EXPECT_TRUE(error_with("id", id).starts_with(
        "\"id\" must be 1 to 64 of the characters A-Z a-z 0-9 . _ -, but is "))
        << id;
  }
}

TEST(OfferCatalogue, P7_1_WholeNumbersAreExactAndInRange) {
  const std::vector<std::pair<std::string, std::string>> ranges = {
      {"price_minor", "0 to 9223372036854775807"},
      {"stock", "0 to 9223372036854775807"},
      {"list_price_minor", "0 to 9223372036854775807"},
      {"limit_per_member", "1 to 9223372036854775807"},
      {"commission_bps", "0 to 10000"},
      {"window_seconds", "1 to 86400"}};
  for (const auto& [field, range] : ranges) {
    std::string message = "\"";
    message.append(field)
        .append("\" must be a whole number from ")
        .append(range)
        .append(", but is ");
    for (const char* value : {"-1", "1.0", "1e2", "\"1\"", "true", "9223372036854775808",
                              "18446744073709551616", "1e400", "1.5"}) {
      EXPECT_EQ(error_with(field, value), message + value);
    }
    EXPECT_EQ(error_with(field, "[]"), message + "a list");
    EXPECT_EQ(error_with(field, "{\"a\":[{}]}"), message + "an object");
  }
  EXPECT_EQ(error_with("limit_per_member", "0"),
            "\"limit_per_member\" must be a whole number from 1 to 9223372036854775807, but is 0");
  EXPECT_EQ(error_with("commission_bps", "10001"),
            "\"commission_bps\" must be a whole number from 0 to 10000, but is 10001");
  EXPECT_EQ(error_with("window_seconds", "86401"),
            "\"window_seconds\" must be a whole number from 1 to 86400, but is 86401");
  EXPECT_EQ(offer_with("price_minor", "-0").price_minor, 0);
  EXPECT_EQ(error_with("list_price_minor", "19899"),
            "\"list_price_minor\" is 19899, less than \"price_minor\" with 19900: it is what the "
            "article costs elsewhere");
  EXPECT_EQ(offer_with("list_price_minor", "19900").list_price_minor, 19900);
}

TEST(OfferCatalogue, P7_1_CodesOfCurrencyAndRegionAreCapitals) {
  for (const char* value : {"\"usd\"", "\"US\"", "\"USDX\"", "\"US1\"", "\"\"", "1"}) {
    EXPECT_EQ(error_with("currency", value),
              std::string("\"currency\" must be three capital letters of ISO 4217, as \"USD\", but "
                          "is ") +
                  value);
  }
  const std::string regions =
      "\"regions\" must be a list of two-letter codes of ISO 3166, as [\"US\",\"CA\"], but ";
  EXPECT_EQ(error_with("regions", "\"US\""), regions + "is \"US\"");
  EXPECT_EQ(error_with("regions", "[\"US\",\"us\"]"), regions + "holds \"us\"");
  EXPECT_EQ(error_with("regions", "[\"US\",null]"), regions + "holds null");
  EXPECT_EQ(error_with("regions", "[[\"US\"]]"), regions + "holds a list");
  EXPECT_EQ(
      error_with("regions", "[]"),
      "\"regions\" is an empty list, so nobody could buy: leave the field out for everywhere");
  EXPECT_EQ(error_with("fulfilment", "\"Ship\""),
            "\"fulfilment\" must be \"ship\" or \"pickup\", but is \"Ship\"");
}

TEST(OfferCatalogue, P7_1_TitlesAreStringsThatAreNotEmpty) {
  EXPECT_EQ(error_with("title", "\"\""),
            "\"title\" must be a string that is not empty, but is \"\"");
  EXPECT_EQ(error_with("title", "7"), "\"title\" must be a string that is not empty, but is 7");
  const std::string longest(70'000, 'x');
  EXPECT_EQ(offer_with("title", "\"" + longest + "\"").title, longest);
  // P8 says how control characters are written, so they may stand there.
  EXPECT_EQ(offer_with("title", "\"a\\u0001\\tb\"").title, "a\x01\tb");
}

TEST(OfferCatalogue, P7_1_TimesAreRfc3339WithAtMostMilliseconds) {
  for (const char* value : {"\"2013-02-11\"", "\"2013-02-11T12:00:00\"", "1360584000",
                            "\"2013-02-11T12:00:00.0000Z\"", "\"2013-02-30T12:00:00Z\"", "\"\""}) {
    const std::string shown =
        " must be a time of RFC 3339 with at most milliseconds, as "
        "\"2013-02-11T12:00:00Z\", but is ";
    EXPECT_EQ(error_with("starts_at", value), "\"starts_at\"" + shown + value);
    EXPECT_EQ(error_with("ends_at", value), "\"ends_at\"" + shown + value);
  }
}

TEST(OfferCatalogue, P7_3_AnOfferEndsAfterItStarts) {
  for (const char* end : {"\"2013-02-11T12:00:00Z\"", "\"2013-02-11T11:59:59.999Z\"",
                          "\"2013-02-11T14:00:00+02:00\""}) {
    EXPECT_EQ(error_with("ends_at", end), "\"ends_at\" must be later than \"starts_at\"");
  }
  EXPECT_EQ(offer_with("ends_at", "\"2013-02-11T12:00:00.001Z\"").ends_at, 1'360'584'000'001);
}

TEST(OfferCatalogue, P7_1_ATagIsOneWholeHashtag) {
  for (const char* tag : {"\"a\"", "\"_1a\"", "\"\xE6\x97\xA5\xE6\x9C\xAC\"", "\"a1\""}) {
    EXPECT_EQ(parse(offer({{"tag", tag}}))->tag_count(), 1U) << tag;
  }
  for (const char* tag : {"\"\"", "\"1\"", "\"_\"", "\"a b\"", "\"a-b\"", "\"a#b\"", "\"a \"",
                          "\" a\"", "\"a.\"", "\"a://\"", "\"a\\u0000\"", "5", "[\"a\"]"}) {
    EXPECT_TRUE(error_with("tag", tag)
                    .starts_with("\"tag\" must be one whole hashtag without its sign: letters, "
                                 "digits and \"_\", with at "
                                 "least one letter, but is "))
        << tag;
  }
  EXPECT_EQ(error_with("tag", "\"#kindle\""),
            "\"tag\" must be written without its sign, but is \"#kindle\"");
  EXPECT_EQ(error_with("tag", "\"\xEF\xBC\x83kindle\""),
            "\"tag\" must be written without its sign, but is \"\xEF\xBC\x83kindle\"");
}

TEST(OfferCatalogue, P7_3_ATagOfConfirmationFormIsRefused) {
  for (const char* tag : {"Confirm01234567", "confirmABCDEFGH", "CONFIRMoilOILxz",
                          "Confirm00000000", "conf\xC4\xB1rm01234567"}) {
    const bool has_form = std::string_view(tag).find("\xC4\xB1") == std::string_view::npos;
    const std::string quoted_tag = "\"" + std::string(tag) + "\"";
    if (has_form) {
      EXPECT_EQ(error_with("tag", quoted_tag),
                "\"tag\" is " + quoted_tag +
                    ", which has the form of a confirmation tag (\"Confirm\" and 8 characters of a "
                    "code): choose another tag");
    } else {
      EXPECT_EQ(offer_with("tag", quoted_tag).tag, tag);  // a dotless i is no i
    }
  }
  // The long s folds to s, and so belongs to the prefix.
  EXPECT_EQ(errors_of(offer({{"tag", "\"Pa\u017f\u017fABCDEFGH\""}}), "Pass").size(), 1U);
  for (const char* tag :
       {"Confirm0123456", "Confirm012345678", "Confirmabcdefgu", "Confirm_1234567", "Confirm",
        "xConfirm01234567", "Confirm\u00e4bcdefg"}) {
    EXPECT_EQ(offer_with("tag", "\"" + std::string(tag) + "\"").tag, tag);
  }
  EXPECT_NE(parse(offer({{"tag", "\"Confirm01234567\""}}), "Pay"), nullptr);
  EXPECT_EQ(errors_of(offer({{"tag", "\"pay01234567\""}}), "Pay").size(), 1U);
}

TEST(OfferCatalogue, P7_3_EveryErrorOfAFileIsNamedWithItsLine) {
  const std::string lines =
      offer() +                                                                 // 1
      "\xC3\n" +                                                                // 2
      "null\n" +                                                                // 3
      offer({{"price_minor", "01"}}) +                                          // 4
      "{\"id\":\"a\",\"colour\":{\"x\":[1,2,{}]}}\n" +                          // 5
      offer({{"ends_at", "\"2013-02-12T12:00:00Z\""}, {"tag", "\"other\""}}) +  // 6
      offer({{"id", "\"b\""},
             {"tag", "\"BUYKINDLE\""},  // 7
             {"starts_at", "\"2013-02-12T11:59:59Z\""},
             {"ends_at", "\"2014-02-12T12:00:00Z\""}}) +
      "\n" +  // 8
      offer({{"id", "\"c\""},
             {"currency", "\"usd\""},
             {"stock", "-1"},  // 9
             {"starts_at", "\"2013-02-12T12:00:00Z\""},
             {"ends_at", "\"2013-02-13T12:00:00Z\""}}) +
      "{\"id\":}\n" +                              // 10
      offer({{"id", "\"d\""}, {"title", "tru"}});  // 11
  const std::string overlap =
      ", and the times of the two offers overlap: change a tag, or \"starts_at\" or \"ends_at\"";
  const std::vector<std::string> expected = {
      "o:2: the line is not UTF-8",
      "o:3: the line is not a JSON object: write one object a line, as {\"id\":\"…\"}",
      "o:4: the line is not JSON from byte 103 on",
      "o:5: unknown field \"colour\"",
      "o:5: the field \"tag\" is missing",
      "o:5: the field \"title\" is missing",
      "o:5: the field \"price_minor\" is missing",
      "o:5: the field \"currency\" is missing",
      "o:5: the field \"fulfilment\" is missing",
      "o:5: the field \"starts_at\" is missing",
      "o:5: the field \"ends_at\" is missing",
      "o:6: the id \"kindle-hd\" stands in line 1 already",
      "o:7: the tag \"BUYKINDLE\" is the same as \"BuyKindle\" in line 1" + overlap,
      "o:9: \"currency\" must be three capital letters of ISO 4217, as \"USD\", but is \"usd\"",
      "o:9: \"stock\" must be a whole number from 0 to 9223372036854775807, but is -1",
      "o:9: the tag \"BuyKindle\" is the same as \"BUYKINDLE\" in line 7" + overlap,
      "o:10: the line is not JSON from byte 7 on",
      "o:11: the line is not JSON from byte 162 on",
  };
  std::vector<std::string> errors = errors_of(lines);
  EXPECT_EQ(errors, expected);
}

TEST(OfferCatalogue, P7_3_TheFirstHundredErrorsAreShownAndTheOthersCounted) {
  std::string lines;
  for (int i = 0; i < 250; ++i) {
    lines += offer({{"id", "\"" + std::to_string(i) + "\""}});
  }
  FileErrors errors;
  EXPECT_EQ(OfferCatalogue::parse(lines, "o", "Confirm", errors), nullptr);
  EXPECT_EQ(errors.count(), 249U);
  ASSERT_EQ(errors.shown().size(), 100U);
  EXPECT_TRUE(errors.shown()[0].starts_with("o:2: "));
  EXPECT_TRUE(errors.shown()[99].starts_with("o:101: "));
}

TEST(OfferCatalogue, LoadsAFileAndSaysWhyItCannot) {
  const TempFolder folder;
  const std::string path = folder.write("offers", "\xEF\xBB\xBF" + offer());
  FileErrors errors;
  const Catalogue catalogue = OfferCatalogue::load(path, "Confirm", errors);
  ASSERT_NE(catalogue, nullptr);
  EXPECT_EQ(catalogue->offers().size(), 1U);
  EXPECT_EQ(OfferCatalogue::load(folder.path("none"), "Confirm", errors), nullptr);
  ASSERT_EQ(errors.count(), 1U);
  EXPECT_EQ(errors.shown()[0],
            folder.path("none") + ": cannot be opened: No such file or directory");
}

TEST(OfferCatalogue, P2_2_TagsAreFoundByTheirWholeFold) {
  const Catalogue catalogue =
      parse(offer({{"id", "\"a\""}, {"tag", "\"Kindle\""}}) +
            offer({{"id", "\"b\""}, {"tag", "\"STRASSE\""}, {"window_seconds", "3600"}}) +
            offer({{"id", "\"c\""},
                   {"tag", "\"kindle\""},
                   {"starts_at", "\"2013-02-12T12:00:00Z\""},
                   {"ends_at", "\"2013-02-13T12:00:00Z\""}}));
  EXPECT_EQ(catalogue->tag_count(), 2U);
  EXPECT_EQ(catalogue->folded_tag(0), "kindle");
  EXPECT_EQ(catalogue->folded_tag(1), "strasse");
  EXPECT_EQ(catalogue->find_tag("kindle"), 0U);
  EXPECT_EQ(catalogue->find_tag(folded("stra\xC3\x9F"
                                       "e")),
            1U);
  for (const char* tag : {"", "kindl", "kindlefire", "Kindle", "indle"}) {
    EXPECT_EQ(catalogue->find_tag(tag), kNoTag) << tag;
  }
  EXPECT_EQ(catalogue->longest_window_ms(), 3'600'000);
}

TEST(OfferCatalogue, AnEmptyCatalogueFindsNothing) {
  const Catalogue catalogue = parse("\n \n");
  EXPECT_EQ(catalogue->tag_count(), 0U);
  EXPECT_EQ(catalogue->find_tag("kindle"), kNoTag);
  EXPECT_EQ(catalogue->longest_window_ms(), 0);
  EXPECT_EQ(OfferCatalogue().find_tag("kindle"), kNoTag);
}

std::string quoted_time(Millis time) {
  std::string out = "\"";
  append_rfc3339(out, time);
  return out + "\"";
}

// P4, the plain way: all offers of the tag, the nearest, the earlier.
OfferCatalogue::Choice choose_plainly(const OfferCatalogue& catalogue, std::string_view tag,
                                      Millis at) {
  std::optional<OfferCatalogue::Choice> best;
  Millis best_distance = 0;
  for (OfferIndex i = 0; i < catalogue.offers().size(); ++i) {
    const Offer& candidate = catalogue.offers()[i];
    if (candidate.folded_tag != tag) {
      continue;
    }
    const bool live = candidate.starts_at <= at && at < candidate.ends_at;
    const Millis distance = live                       ? -1
                            : at < candidate.starts_at ? candidate.starts_at - at
                                                       : at - candidate.ends_at;
    const bool earlier = best && candidate.starts_at < catalogue.offers()[best->offer].starts_at;
    if (!best || distance < best_distance || (distance == best_distance && earlier)) {
      best = OfferCatalogue::Choice{i, live};
      best_distance = distance;
    }
  }
  return *best;
}

TEST(OfferCatalogue, P4_TheLiveOrElseTheNearestOfferIsChosen) {
  for (std::uint64_t seed = 1; seed <= seed_count(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::vector<std::string> lines;
    for (const char* tag : {"a", "b", "c"}) {
      Millis time = 0;
      const std::uint64_t offers = 1 + random() % 6;
      for (std::uint64_t i = 0; i < offers; ++i) {
        const Millis start = time + static_cast<Millis>(random() % 5);
        time = start + 1 + static_cast<Millis>(random() % 5);
        lines.push_back(offer({{"id", "\"" + (tag + std::to_string(i)) + "\""},
                               {"tag", "\"" + std::string(tag) + "\""},
                               {"starts_at", quoted_time(start)},
                               {"ends_at", quoted_time(time)}}));
      }
    }
    std::shuffle(lines.begin(), lines.end(), random);
    std::string all;
    for (const std::string& line : lines) {
      all += line;
    }
    const Catalogue catalogue = parse(all);
    ASSERT_NE(catalogue, nullptr);
    for (const char* tag : {"a", "b", "c"}) {
      for (Millis at = 0; at < 70; ++at) {
        const OfferCatalogue::Choice expected = choose_plainly(*catalogue, tag, at);
        const OfferCatalogue::Choice chosen = catalogue->choose(catalogue->find_tag(tag), at);
        ASSERT_EQ(chosen.offer, expected.offer) << tag << " at " << at;
        ASSERT_EQ(chosen.live, expected.live) << tag << " at " << at;
      }
    }
  }
}

TEST(OfferCatalogue, P7_3_OverlapsAreFoundWhereThereAreAny) {
  for (std::uint64_t seed = 1; seed <= seed_count() * 5; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::string lines;
    std::vector<std::pair<Millis, Millis>> times;
    bool overlap = false;
    const std::uint64_t offers = 1 + random() % 5;
    for (std::uint64_t i = 0; i < offers; ++i) {
      const Millis start = static_cast<Millis>(random() % 40);
      const Millis end = start + 1 + static_cast<Millis>(random() % 8);
      for (const auto& [other_start, other_end] : times) {
        overlap = overlap || (start < other_end && other_start < end);
      }
      times.emplace_back(start, end);
      lines += offer({{"id", "\"" + std::to_string(i) + "\""},
                      {"starts_at", quoted_time(start)},
                      {"ends_at", quoted_time(end)}});
    }
    FileErrors errors;
    const Catalogue catalogue = OfferCatalogue::parse(lines, "o", "Confirm", errors);
    ASSERT_EQ(catalogue == nullptr, overlap) << lines;
    ASSERT_EQ(errors.empty(), !overlap);
  }
}

// The configuration reader.

std::string problem_of(std::string_view line) {
  ConfigLines lines = ConfigLines::from_memory(line);
  EXPECT_TRUE(lines.next()) << line;
  return lines.problem();
}

TEST(ConfigLines, OnlyObjectsOfJsonPass) {
  for (const char* line : {"{}", " {\t} ", "{\"a\":1}", "{\"a\":[],\"b\":{},\"\":-0.5e+10}",
                           "{\"a\":[1,[2,{\"b\":[]}]]}",
                           "{\"a\" : \"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\ud83d\\ude00\"}",
                           "{\"a\":true,\"b\":false,\"c\":null}",
                           "{\"a\":\"\x7F\xC2\x80\xF4\x8F\xBF\xBF\"}", "{\"a\":\"\",\"b\":0}"}) {
    EXPECT_EQ(problem_of(line), "") << line;
  }
  for (const char* line : {"{",
                           "}",
                           "{]",
                           "[]",
                           "\"a\"",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{,}",
                           "{\"a\":1 \"b\":2}",
                           "{\"a\":1}}",
                           "{\"a\":1}{",
                           "{\"a\":1} x",
                           "{a:1}",
                           "{'a':1}",
                           "{\"a\":nul}",
                           "{\"a\":nulll}",
                           "{\"a\":True}",
                           "{\"a\":01}",
                           "{\"a\":+1}",
                           "{\"a\":1.}",
                           "{\"a\":.5}",
                           "{\"a\":1e}",
                           "{\"a\":-}",
                           "{\"a\":1-2}",
                           "{\"a\":0x1}",
                           "{\"a\":NaN}",
                           "{\"a\":[1,]}",
                           "{\"a\":[,1]}",
                           "{\"a\":[1 2]}",
                           "{\"a\":[1}",
                           "{\"a\":{\"b\":1]}",
                           "{\"a\":{\"b\"}}",
                           "{\"a\":{1:2}}",
                           "{\"a\":\"\\u12\"}",
                           "{\"a\":\"\\u123g\"}",
                           "{\"a\":\"\\ud83d\"}",
                           "{\"a\":\"\\ud83dx\"}",
                           "{\"a\":\"\\ud83d\\u0041\"}",
                           "{\"a\":\"\\ud83d\\ud83d\"}",
                           "{\"a\":\"\\ude00\\ud83d\"}",
                           "{\"a\":\"\\a\"}",
                           "{\"a\":\"\\\"}",
                           "{\"a\":\"\\",
                           "{\"a\":\"",
                           "{\"a",
                           "{\"a\":\"\x01\"}",
                           "{\"a\":\"\t\"}",
                           "{\"a\":[\"\\x\"]}",
                           "{\"a\":1,\"a\":1}",
                           "\xEF\xBB\xBF\xEF\xBB\xBF{}",
                           "{\"a\":\"\xC0\x80\"}",
                           "{\"a\":\"\xED\xA0\x80\"}",
                           "{\"a\":\"\xF4\x90\x80\x80\"}",
                           "{\"a\":\"\xC3\"}",
                           "{\"a\":1}\x0B"}) {
    EXPECT_NE(problem_of(line), "") << line;
  }
  EXPECT_NE(problem_of(std::string_view("{\"a\":1}\0", 8)), "");
  EXPECT_NE(problem_of(std::string_view("{\"a\":\"\0\"}", 9)), "");
  const std::string deep = "{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  EXPECT_NE(problem_of(deep), "");
}

// Lines of random pieces of JSON: whatever they are, each line is looked at
// alone, with nothing of its neighbours.
TEST(ConfigLines, ALineIsJudgedAloneWhereverItStands) {
  const std::vector<std::string> pieces = {"{",         "}",
                                           "[",         "]",
                                           ":",         ",",
                                           "\"",        "\\",
                                           "\"a\"",     "\"b\":",
                                           "1",         "-1.5e3",
                                           "true",      "null",
                                           " ",         "\\u0041",
                                           "\\ud83d",   "\xC3\xA4",
                                           "\xC3",      "\r",
                                           "{\"a\":1}", "{\"a\":\"x\",\"b\":[1,2]}"};
  for (std::uint64_t seed = 1; seed <= seed_count(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::string all;
    std::vector<std::pair<std::uint64_t, std::string>> expected;  // line, problem
    for (std::uint64_t number = 1; number <= 500; ++number) {
      std::string line = random() % 2 == 0 ? "{" : "";
      for (std::uint64_t left = random() % 12; left > 0; --left) {
        line += pieces[random() % pieces.size()];
      }
      line += random() % 3 == 0 ? "}" : "";
      if (line.find_first_not_of(" \r") != std::string::npos) {
        expected.emplace_back(number, problem_of(line));
      }
      all += line + "\n";
    }
    std::vector<std::pair<std::uint64_t, std::string>> read;
    ConfigLines lines = ConfigLines::from_memory(all);
    while (lines.next()) {
      read.emplace_back(lines.line_number(), lines.problem());
    }
    ASSERT_EQ(read, expected);
    ASSERT_EQ(lines.failure(), "");
  }
}

}  // namespace
}  // namespace tagtill
