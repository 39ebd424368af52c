// Warnings about a catalogue, and `tagtill validate` as a person meets it.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/offer_catalogue.h"
#include "tests/post_lines.h"
#include "tests/run_program.h"
#include "tests/temp_folder.h"
#include "tools/validate/catalogue_warnings.h"
#include "tools/validate/tag_usage.h"

namespace tagtill {
namespace {

using post_lines::Offer;

enum Kind : std::size_t { kLookAlike, kNear, kLonger, kWindow, kCommon };

std::shared_ptr<const OfferCatalogue> catalogue_of(const std::vector<Offer>& offers) {
  std::string text;
  for (const Offer& offer : offers) {
    text += post_lines::line_of(offer) + "\n";
  }
  FileErrors errors;
  auto catalogue = OfferCatalogue::parse(text, "o", "Confirm", errors);
  EXPECT_TRUE(errors.empty()) << errors.shown().front();
  return catalogue;
}

std::shared_ptr<const OfferCatalogue> catalogue_of_tags(const std::vector<std::string>& tags) {
  std::vector<Offer> offers;
  for (const std::string& tag : tags) {
    offers.push_back({.id = "o" + std::to_string(offers.size()), .tag = tag});
  }
  return catalogue_of(offers);
}

std::vector<Warnings> warnings_of(const std::vector<std::string>& tags) {
  return find_warnings(*catalogue_of_tags(tags), "offers.jsonl", nullptr, 20);
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(CatalogueWarnings, NoneForTagsThatAreFarApart) {
  for (const Warnings& warnings : warnings_of({"Kindle", "toaster", "猫カフェ"})) {
    EXPECT_EQ(warnings.count, 0U) << warnings.what;
  }
}

TEST(CatalogueWarnings, LookAlikesFoldedOrAsWritten) {
  // Cyrillic К; zero for O; rn for m.
  for (const auto& [tag, other] : std::vector<std::pair<std::string, std::string>>{
           {"Кindle", "Kindle"}, {"WOW0", "WOWO"}, {"charrn", "charm"}}) {
    const std::vector<Warnings> all = warnings_of({other, "toaster", tag});
    ASSERT_EQ(all[kLookAlike].count, 1U) << tag;
    EXPECT_TRUE(all[kLookAlike].shown[0].starts_with("offers.jsonl:3: warning: the tag \"" + tag +
                                                     "\" looks like \"" + other + "\" in line 1"))
        << all[kLookAlike].shown[0];
  }
}

TEST(CatalogueWarnings, NearAndLongerTagsNameBothLines) {
  const std::vector<Warnings> all = warnings_of({"Kindle", "KINDEL", "kindles", "KindleFire"});
  ASSERT_EQ(all[kNear].count, 2U);
  EXPECT_TRUE(all[kNear].shown[0].starts_with(
      "offers.jsonl:2: warning: the tag \"KINDEL\" is one edit away from \"Kindle\" in line 1:"))
      << all[kNear].shown[0];
  ASSERT_EQ(all[kLonger].count, 2U);
  EXPECT_TRUE(all[kLonger].shown[1].starts_with(
      "offers.jsonl:4: warning: the tag \"KindleFire\" begins with \"Kindle\" in line 1:"))
      << all[kLonger].shown[1];
}

TEST(CatalogueWarnings, LinesAreThoseOfTheFile) {
  FileErrors errors;
  const auto offers =
      OfferCatalogue::parse("\n" + post_lines::line_of(Offer{.id = "a", .tag = "kindle"}) + "\n\n" +
                                post_lines::line_of(Offer{.id = "b", .tag = "kindl"}),
                            "o", "Confirm", errors);
  const std::vector<Warnings> all = find_warnings(*offers, "o", nullptr, 1);
  EXPECT_TRUE(all[kNear].shown[0].starts_with("o:4: ")) << all[kNear].shown[0];
  EXPECT_TRUE(contains(all[kNear].shown[0], "in line 2"));
}

TEST(CatalogueWarnings, OfOneTagWithSeveralOffersTheFirstLineCounts) {
  const std::vector<Warnings> all =
      find_warnings(*catalogue_of({{.id = "later",
                                    .tag = "mug",
                                    .starts_at = "2013-03-01T00:00:00Z",
                                    .ends_at = "2013-04-01T00:00:00Z"},
                                   {.id = "sooner", .tag = "Mug"},
                                   {.id = "near", .tag = "mugs"}}),
                    "o", nullptr, 20);
  ASSERT_EQ(all[kNear].count, 1U);
  EXPECT_TRUE(contains(all[kNear].shown[0], "o:3: ")) << all[kNear].shown[0];
  EXPECT_TRUE(contains(all[kNear].shown[0], "\"mug\" in line 1")) << all[kNear].shown[0];
  EXPECT_EQ(all[kLookAlike].count, 0U);
}

TEST(CatalogueWarnings, WindowsLongerThanTheirOffer) {
  const std::string end = "2013-02-01T00:15:00Z";
  const auto count = [](const Offer& offer) {
    return find_warnings(*catalogue_of({offer}), "o", nullptr, 20)[kWindow].count;
  };
  EXPECT_EQ(count({.ends_at = end}), 0U);
  EXPECT_EQ(count({.ends_at = "2013-02-01T00:14:59.999Z"}), 1U);
  EXPECT_EQ(count({.ends_at = end, .more = ",\"window_seconds\":901"}), 1U);
}

TEST(CatalogueWarnings, NoMoreThanAskedForAreShownAndAllCounted) {
  const std::vector<Warnings> all =
      find_warnings(*catalogue_of_tags({"offer1", "offer2", "offer3", "offer4"}), "o", nullptr, 2);
  EXPECT_EQ(all[kNear].shown.size(), 2U);
  EXPECT_EQ(all[kNear].count, 3U);
}

TEST(TagUsage, HashtagsAndWordsOncePerPost) {
  const auto offers = catalogue_of_tags({"Winter", "猫"});
  TagUsage usage(offers);
  usage.add_post("#winter WINTER winter, #Winter");
  usage.add_post("winters and xwinter, #winterly");
  usage.add_post("I saw winter. RT @x: #winter 猫");
  usage.add_post("＃winter");
  usage.add_post("(猫)");
  EXPECT_EQ(usage.posts(), 5U);
  EXPECT_EQ(usage.count(0).as_hashtag, 2U);
  EXPECT_EQ(usage.count(0).as_word, 2U);
  EXPECT_EQ(usage.count(1).as_hashtag, 0U);
  EXPECT_EQ(usage.count(1).as_word, 1U);
}

TEST(TagUsage, CommonIsMoreThanOneIn10000AndAtLeastTwo) {
  const auto offers = catalogue_of_tags({"winter"});
  const auto warned = [&](std::uint64_t with, std::uint64_t posts) {
    TagUsage usage(offers);
    for (std::uint64_t i = 0; i < posts; ++i) {
      usage.add_post(i < with ? "winter" : "");
    }
    return find_warnings(*offers, "o", &usage, 20)[kCommon].count;
  };
  EXPECT_EQ(warned(1, 100), 0U);
  EXPECT_EQ(warned(2, 100), 1U);
  EXPECT_EQ(warned(2, 19'999), 1U);
  EXPECT_EQ(warned(2, 20'000), 0U);
  EXPECT_EQ(warned(3, 20'000), 1U);
}

// Numbers are what tags of a large catalogue end with: each has dozens of neighbours.
// (Comparing each pair would take longer than a test may.)
TEST(CatalogueWarnings, AHundredThousandNumberedOffers) {
  std::vector<std::string> tags;
  for (int i = 0; i < 100'000; ++i) {
    tags.push_back("offer" + std::to_string(i));
  }
  const auto offers = catalogue_of_tags(tags);
  const std::vector<Warnings> all = find_warnings(*offers, "o", nullptr, 20);
  EXPECT_EQ(all[kNear].count, 99'999U);
  EXPECT_EQ(all[kLonger].count, 99'990U);  // not offer0 to offer9
}

class Validate : public ::testing::Test {
 protected:
  [[nodiscard]] ProgramResult validate(std::vector<std::string> arguments,
                                       std::string_view standard_input = {}) const {
    arguments.insert(arguments.begin(), "validate");
    return run_program(arguments, {standard_input, folder_.path("."), {}});
  }

  void write_offers(const std::vector<Offer>& offers) const {
    std::string text;
    for (const Offer& offer : offers) {
      text += post_lines::line_of(offer) + "\n";
    }
    folder_.write("offers.jsonl", text);
  }

  TempFolder folder_;
};

TEST_F(Validate, CountsOnSuccess) {
  write_offers(
      {{.id = "a", .tag = "mug", .more = ",\"stock\":5"},
       {.id = "b", .tag = "toaster", .fulfilment = "pickup", .more = ",\"regions\":[\"US\"]"}});
  folder_.write("members.jsonl",
                post_lines::member_line("1", "US") + "\n" + post_lines::member_line("2") + "\n");
  const std::string secret = folder_.write("secret", std::string(post_lines::kSecret) + "\n");
  std::filesystem::permissions(secret, std::filesystem::perms::owner_read);
  const ProgramResult result = validate(
      {"--offers", "offers.jsonl", "--members", "members.jsonl", "--secret-file", "secret"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(result.out,
            "offers.jsonl: 2 offers, 2 tags\n"
            "  live                  2013-02-01T00:00:00.000Z to 2013-03-01T00:00:00.000Z\n"
            "  live at once          2 at most\n"
            "  with a stock          1\n"
            "  not everywhere        1 (US 1)\n"
            "  shipped, picked up    1, 1\n"
            "  currencies            USD 2\n"
            "  windows               900 s to 900 s\n"
            "0 warnings\n"
            "members.jsonl: 2 members\n"
            "  with a region         1 (US 1)\n"
            "secret: long enough\n");
}

TEST_F(Validate, EachFileAlone) {
  write_offers({Offer{}});
  folder_.write("members.jsonl", post_lines::member_line("1") + "\n");
  EXPECT_EQ(validate({"--offers", "offers.jsonl"}).exit_code, 0);
  EXPECT_EQ(validate({"--members", "members.jsonl"}).out,
            "members.jsonl: 1 member\n  with a region         0\n");
  folder_.write("empty", "");
  EXPECT_EQ(validate({"--offers", "empty", "--members", "empty"}).out,
            "empty: 0 offers, 0 tags\n0 warnings\nempty: 0 members\n");
}

TEST_F(Validate, P7_3_AllErrorsOfAllFiles) {
  write_offers({{.id = "a b"}, {.tag = "ConfirmTN8QDQZF"}});
  folder_.write("members.jsonl", "{}\n");
  const ProgramResult result =
      validate({"--offers", "offers.jsonl", "--members", "members.jsonl", "--secret-file", "none"});
  EXPECT_EQ(result.exit_code, 78);
  EXPECT_EQ(result.out, "");
  for (const char* const part : {"offers.jsonl:1: ", "offers.jsonl:2: ", "members.jsonl:1: ",
                                 "none", "No run would start with these files."}) {
    EXPECT_TRUE(contains(result.err, part)) << part << "\n" << result.err;
  }
}

TEST_F(Validate, WarningsDoNotChangeTheExitCodeUnlessAsked) {
  write_offers({{.id = "a", .tag = "mug"}, {.id = "b", .tag = "mugs"}});
  const ProgramResult result = validate({"--offers", "offers.jsonl"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(contains(result.err, "offers.jsonl:2: warning: the tag \"mugs\"")) << result.err;
  EXPECT_TRUE(contains(result.out, "2 warnings\n")) << result.out;
  EXPECT_EQ(validate({"--offers", "offers.jsonl", "--warnings-as-errors"}).exit_code, 78);
  const ProgramResult none = validate({"--offers", "offers.jsonl", "--show", "0"});
  EXPECT_EQ(none.err,
            "… and 1 more of tags one edit apart (--show N shows more)\n"
            "… and 1 more of tags that begin with another tag (--show N shows more)\n");
}

TEST_F(Validate, AgainstADump) {
  write_offers({{.id = "a", .tag = "winter"}, {.id = "b", .tag = "toaster"}});
  std::string dump = "\r\nnot json\n[]\n";
  for (int i = 0; i < 4; ++i) {
    dump += post_lines::line_of({.id = std::to_string(i), .text = "winter #Winter"}) + "\r\n";
    dump += post_lines::line_of({.id = "r" + std::to_string(i),
                                 .text = "toaster",
                                 .more = ",\"retweeted_status\":{}"}) +
            "\n";
  }
  folder_.write("dump.json", dump);
  for (const std::string where : {"dump.json", "-"}) {
    const ProgramResult result = validate({"--offers", "offers.jsonl", "--against", where}, dump);
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.err,
              "offers.jsonl:1: warning: the tag \"winter\" stands in 4 of 4 posts as a hashtag, "
              "and in 4 as a word without a sign: people write it who do not want to buy\n");
    EXPECT_TRUE(contains(result.out, "compared with         4 posts\n")) << result.out;
  }
  EXPECT_EQ(validate({"--offers", "offers.jsonl", "--against", "missing"}).exit_code, 65);
}

TEST_F(Validate, WrongUsage) {
  write_offers({Offer{}});
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"--members", "m", "--against", "d"},
                                             {"--offers", "offers.jsonl", "--prefix", "1"}}) {
    const ProgramResult result = validate(arguments);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_TRUE(result.err.starts_with("tagtill: ")) << result.err;
  }
}

}  // namespace
}  // namespace tagtill
