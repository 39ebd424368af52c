// Replies: what a template makes of a prompt, and what it refuses.
#include "engine/reply_template.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/errors.h"
#include "engine/event.h"
#include "engine/hashtag.h"
#include "engine/weighted_length.h"
#include "tests/seeded.h"
#include "tests/shop.h"
#include "tests/sink_events.h"

namespace tagtill {
namespace {

Event prompt_of(std::string_view title) {
  Event prompt;
  prompt.type = EventType::kPrompt;
  prompt.title = title;
  prompt.tag_prefix = "Confirm";
  prompt.code = 0x0123456789;
  prompt.intent_at = 1'360'584'000'000;
  prompt.deadline = prompt.intent_at + 900'000;
  prompt.price_minor = 1'299;
  prompt.currency = {'E', 'U', 'R'};
  return prompt;
}

std::string reply(std::string_view text, const Event& prompt) {
  std::string out;
  ReplyTemplate(text).render(prompt, out);
  return out;
}

std::string refusal(std::string_view text) {
  const std::string message = message_of([&] { ReplyTemplate{text}; }, ExitCode::kUsage);
  EXPECT_TRUE(message.starts_with("--reply-template: ")) << message;
  EXPECT_TRUE(message.ends_with('.')) << message;
  return message;
}

std::shared_ptr<const OfferCatalogue> catalogue_of(const std::string& title,
                                                   const std::string& currency = "EUR") {
  std::string line =
      R"({"id":"a","tag":"a1","title":"Mug","price_minor":5,"currency":"EUR","fulfilment":"ship",)"
      R"("starts_at":"2013-01-01T00:00:00Z","ends_at":"2014-01-01T00:00:00Z"})"
      "\n"
      R"({"id":"b","tag":"b1","title":)";
  append_json_string(line, title);
  line += R"(,"price_minor":5,"currency":")" + currency +
          R"(","fulfilment":"ship","window_seconds":90,)"
          R"("starts_at":"2013-01-01T00:00:00Z","ends_at":"2014-01-01T00:00:00Z"})";
  FileErrors errors;
  auto offers = OfferCatalogue::parse(line, "offers", "Confirm", errors);
  EXPECT_TRUE(errors.empty()) << errors.shown().front();
  return offers;
}

TEST(ReplyTemplate, EachPlaceholder) {
  EXPECT_EQ(reply("{title} for {price} {currency}: post {tag} within {minutes} minutes. "
                  "It shows {public}. {{ok}}",
                  prompt_of("Mug")),
            "Mug for 12.99 EUR: post #Confirm04HMASW9 within 15 minutes. "
            "It shows your name, the offer and its price. {ok}");
  EXPECT_EQ(reply("{tag} shows {public}", prompt_of("Mug")),
            "#Confirm04HMASW9 shows your name and the offer");
}

TEST(ReplyTemplate, PricesHaveTheDecimalsOfTheirCurrency) {
  const auto price = [](std::int64_t minor, const std::array<char, 3>& currency) {
    Event prompt = prompt_of("Mug");
    prompt.price_minor = minor;
    prompt.currency = currency;
    return reply("{tag} {price}", prompt).substr(17);
  };
  EXPECT_EQ(price(0, {'U', 'S', 'D'}), "0.00");
  EXPECT_EQ(price(5, {'U', 'S', 'D'}), "0.05");
  EXPECT_EQ(price(12'345, {'U', 'S', 'D'}), "123.45");
  EXPECT_EQ(price(12'345, {'J', 'P', 'Y'}), "12345");
  EXPECT_EQ(price(12'345, {'K', 'W', 'D'}), "12.345");
  EXPECT_EQ(price(123, {'C', 'L', 'F'}), "0.0123");
  EXPECT_EQ(price(INT64_MAX, {'E', 'U', 'R'}), "92233720368547758.07");
}

TEST(ReplyTemplate, MinutesAreWholeOnesRoundedDown) {
  Event prompt = prompt_of("Mug");
  for (const auto& [milliseconds, minutes] :
       std::vector<std::pair<Millis, std::string>>{{30'000, "0"}, {119'999, "1"}, {120'000, "2"}}) {
    prompt.deadline = prompt.intent_at + milliseconds;
    EXPECT_EQ(reply("{tag} {minutes}", prompt).substr(17), minutes);
  }
}

TEST(ReplyTemplate, WhatIsWrongIsSaid) {
  EXPECT_NE(refusal("{tag} {titel}").find("no placeholder {titel}"), std::string::npos);
  EXPECT_NE(refusal("{tag").find("{ without"), std::string::npos);
  EXPECT_NE(refusal("{tag} }").find("} without"), std::string::npos);
  EXPECT_NE(refusal("").find("no {tag}"), std::string::npos);
  EXPECT_NE(refusal("{{tag}}").find("no {tag}"), std::string::npos);
  EXPECT_NE(refusal("{tag} \xFF").find("not UTF-8"), std::string::npos);
  EXPECT_NE(refusal("{tag} \uFEFF").find("U+FEFF"), std::string::npos);
}

TEST(ReplyTemplate, SignsOfTheTemplateStandApartFromPlaceholders) {
  for (const std::string text :
       {"#{tag}", "#{title} {tag}", "@{currency} {tag}", "{tag} @shop{title}", "{tag} {title}#ad",
        "{tag}@", "＃x{title} {tag}", "{tag} ＠{title}", "{tag} {title}/#x/{price}"}) {
    EXPECT_NE(refusal(text).find("in one word"), std::string::npos) << text;
  }
  EXPECT_EQ(reply("#ad @shop: {title}, {tag}!", prompt_of("Mug")),
            "#ad @shop: Mug, #Confirm04HMASW9!");
}

TEST(ReplyTemplate, ATagThatNobodyCouldReadIsRefused) {
  for (const std::string text : {"x{tag}", "{tag}s", "{tag}{minutes}", "http://a.co/{tag}",
                                 "RT @me {tag}", "&{tag}", "{tag}://", "{tag}_"}) {
    EXPECT_NE(refusal(text).find("no hashtag where it stands"), std::string::npos) << text;
  }
  for (const std::string text : {"{tag}", "({tag})", "{tag}.", "\"{tag}\"", "日本 {tag}、"}) {
    EXPECT_NO_THROW(ReplyTemplate{text}) << text;
  }
}

TEST(ReplyTemplate, SignsInTitlesMakeNoHashtagAndNoMention) {
  EXPECT_EQ(reply("{tag} {title}", prompt_of("#1 @home ＃x ＠y C#")).substr(17),
            "#\u200B1 @\u200Bhome ＃\u200Bx ＠\u200By C#\u200B");
  EXPECT_EQ(reply("{tag} {title}", prompt_of("#\uFE0F\u20E3")).substr(17), "#\uFE0F\u20E3");
}

// What a title can hold that has to do with hashtags, at random: whatever passes check() has
// the template's own hashtags and no others, and fits.
TEST(ReplyTemplate, NoTitleThatPassesMakesAnotherHashtag) {
  const std::vector<std::string> pieces = {
      "#", "＃", "@",   "＠", "a", "b1", "日本",   "é",      " ",      "http://", "a.co", "/",
      ".", "_",  "RT ", "&",  ":", "//", "\uFE0F", "\u20E3", "\u0301", "\u200D",  "!",    "x"};
  const std::vector<std::string> templates = {"#ad {title} {tag}", "{title}({tag})",
                                              "{title}/{tag}.", "{tag} {title}{currency}",
                                              "{title}.co/ {tag}"};
  std::size_t passed = 0;
  for (std::uint64_t i = 0; i < seeded::seeds(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    seeded::Random random(seed);
    std::string title;
    for (std::size_t left = 1 + random.below(10); left > 0; --left) {
      title += random.pick(pieces);
    }
    const std::string& text = random.pick(templates);
    const ReplyTemplate replies(text);
    try {
      replies.check(*catalogue_of(title), "Confirm");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kBadConfig);
      continue;
    }
    ++passed;
    const std::string made = reply(text, prompt_of(title));
    std::vector<Hashtag> found;
    find_hashtags(made, found);
    std::vector<std::string> tags;
    for (const Hashtag& hashtag : found) {
      tags.emplace_back(hashtag.tag);
    }
    const bool with_ad = text.starts_with("#ad");
    EXPECT_EQ(tags, with_ad ? (std::vector<std::string>{"ad", "Confirm04HMASW9"})
                            : (std::vector<std::string>{"Confirm04HMASW9"}))
        << text << "\n"
        << title;
    EXPECT_LE(weighted_length(made), kPostWeightMax);
  }
  EXPECT_GT(passed, seeded::seeds() / 4);
}

TEST(ReplyTemplate, TheLongestOfferMustFit) {
  const ReplyTemplate replies("{title} {tag}");
  // 16 for the tag, 1 for the space: 263 are left.
  EXPECT_NO_THROW(replies.check(*catalogue_of(std::string(263, 't')), "Confirm"));
  const std::string message =
      message_of([&] { replies.check(*catalogue_of(std::string(264, 't')), "Confirm"); },
                 ExitCode::kBadConfig);
  EXPECT_NE(message.find("offer \"b\": its reply would have 281 weighted characters"),
            std::string::npos)
      << message;
  EXPECT_NE(message.find("by 1."), std::string::npos) << message;
  EXPECT_NO_THROW(replies.check(*catalogue_of(std::string(255, 't')), "ConfirmPurchase"));
  EXPECT_THROW(replies.check(*catalogue_of(std::string(256, 't')), "ConfirmPurchase"), Error);
}

TEST(ReplyTemplate, OffersThatCannotBeAnsweredAreNamed) {
  const auto refused = [](const std::string& text,
                          const std::shared_ptr<const OfferCatalogue>& of) {
    return message_of([&] { ReplyTemplate(text).check(*of, "Confirm"); }, ExitCode::kBadConfig);
  };
  EXPECT_NE(refused("{tag} {price}", catalogue_of("Mug", "QQQ")).find("how many decimals QQQ has"),
            std::string::npos);
  EXPECT_NO_THROW(ReplyTemplate("{tag}").check(*catalogue_of("Mug", "QQQ"), "Confirm"));
  EXPECT_NE(refused("{tag} {title}", catalogue_of("Mug\uFEFF")).find("which the network refuses"),
            std::string::npos);
  EXPECT_NE(refused("{title}/{tag}", catalogue_of("example.com")).find("hashtags of the reply"),
            std::string::npos);
  EXPECT_NE(refused("{title} {tag}", catalogue_of("RT @x")).find("hashtags of the reply"),
            std::string::npos);
}

TEST(ReplyTemplate, TheReplyIsTheLastMemberOfAPromptThatHasOne) {
  Event prompt = prompt_of("Mug");
  prompt.offer_id = "mug";
  prompt.author_id = "1";
  prompt.intent_id = "2";
  std::string without;
  append_json_line(without, prompt);
  EXPECT_TRUE(without.ends_with("\"currency\":\"EUR\"}\n")) << without;
  prompt.reply = "say \"yes\"";
  std::string with;
  append_json_line(with, prompt);
  EXPECT_EQ(with, without.substr(0, without.size() - 2) + ",\"reply\":\"say \\\"yes\\\"\"}\n");
}

TEST(ReplyTemplate, ADeciderWithOneAnswersEveryPromptAndNothingElse) {
  shop::Shop::Setting setting;
  setting.options.reply_template = "{title}: {tag} ({minutes})";
  shop::Shop shop(setting);
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "a", shop::kMinute, shop::tag("a", "1"));
  shop.post("3", "b", 2 * shop::kMinute, "#mug");
  const shop::Events events = shop.event_lines();
  ASSERT_EQ(events.size(), 3U);
  EXPECT_TRUE(events[0].ends_with("\"reply\":\"A thing: " + shop::tag("a", "1") + " (15)\"}"))
      << events[0];
  EXPECT_EQ(events[1].find("reply"), std::string::npos);
  EXPECT_TRUE(events[2].ends_with("\"reply\":\"A thing: " + shop::tag("b", "3") + " (15)\"}"))
      << events[2];
}

}  // namespace
}  // namespace tagtill
