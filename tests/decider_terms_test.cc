// P4: intents.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/shop.h"

namespace {

using shop::Events;
using shop::kDay;
using shop::kMinute;
using shop::kSecond;
using shop::offer;
using shop::Shop;
using shop::tag;

constexpr std::int64_t kLateness = 30 * kSecond;
constexpr std::int64_t kWindow = 15 * kMinute;

post_lines::Post protected_post(std::string_view id, std::string_view author,
                                std::string_view text) {
  return {.id = std::string(id),
          .author = std::string(author),
          .text = std::string(text),
          .is_protected = true};
}

std::string offer_during(std::string_view id, std::string_view starts_at, std::string_view ends_at,
                         std::string_view more = {}) {
  return post_lines::line_of(post_lines::Offer{.id = std::string(id),
                                               .tag = "mug",
                                               .starts_at = std::string(starts_at),
                                               .ends_at = std::string(ends_at),
                                               .more = std::string(more)});
}

TEST(Decider, P4_TheOfferThatIsLive) {
  Shop shop(std::vector<std::string>{
      offer_during("noon", "2013-02-11T12:00:00Z", "2013-02-11T12:01:00Z"),
      offer_during("later", "2013-02-11T12:01:00Z", "2013-02-11T12:02:00.5Z"),
      offer_during("before", "2013-02-11T11:59:00Z", "2013-02-11T12:00:00Z")});
  shop.post("1", "a", -1, "#mug");
  shop.post("2", "a", 0, "#mug");
  shop.post("3", "b", kMinute - 1, "#mug");
  shop.post("4", "b", kMinute, "#mug");
  shop.post("5", "c", 2 * kMinute + 499, "#mug");
  shop.post("6", "c", 2 * kMinute + 500, "#mug");
  EXPECT_EQ(shop.events(),
            (Events{"prompt a 1:before", "prompt a 2:noon", "prompt b 3:noon", "prompt b 4:later",
                    "prompt c 5:later", "rejected c 6 later offer_not_live"}));
}

TEST(Decider, P4_ElseTheNearest) {
  Shop shop(std::vector<std::string>{
      offer_during("evening", "2013-02-11T18:00:00Z", "2013-02-11T19:00:00Z"),
      offer_during("morning", "2013-02-11T06:00:00Z", "2013-02-11T07:00:00Z"),
      offer_during("noon", "2013-02-11T12:00:00Z", "2013-02-11T13:00:00Z")});
  constexpr std::int64_t kHour = shop::kHour;
  shop.post("1", "a", -10 * kHour, "#mug");
  shop.post("2", "a", -2 * kHour - kHour / 2 - 1, "#mug");  // 9:29:59.999
  shop.post("3", "a", -2 * kHour - kHour / 2, "#mug");      // 9:30, as near to both
  shop.post("4", "a", -2 * kHour - kHour / 2 + 1, "#mug");
  shop.post("5", "a", 3 * kHour + kHour / 2, "#mug");  // 15:30, as near to both
  shop.post("6", "a", 3 * kHour + kHour / 2 + 1, "#mug");
  shop.post("7", "a", 12 * kHour, "#mug");
  EXPECT_EQ(shop.events(),
            (Events{"rejected a 1 morning offer_not_live", "rejected a 2 morning offer_not_live",
                    "rejected a 3 morning offer_not_live", "rejected a 4 noon offer_not_live",
                    "rejected a 5 noon offer_not_live", "rejected a 6 evening offer_not_live",
                    "rejected a 7 evening offer_not_live"}));
}

TEST(Decider, P4_1_TheFirstReasonThatApplies) {
  Shop shop(std::vector<std::string>{offer_during(
      "mug", "2013-02-11T11:00:00Z", "2013-02-11T12:00:00Z", ",\"regions\":[\"US\"]")});
  shop.feed(protected_post("1", "z", "#mug"));
  shop.feed(protected_post("2", "a", "#mug"));
  shop.post("3", "a", 0, "#mug");
  shop.post("4", "a", -1, "#mug");
  EXPECT_EQ(shop.events(),
            (Events{"rejected z 1 mug not_enrolled", "rejected a 2 mug protected",
                    "rejected a 3 mug offer_not_live", "rejected a 4 mug not_eligible"}));
}

TEST(Decider, P4_1_Regions) {
  Shop shop(Shop::Setting{
      .offers = {offer("mug", ",\"regions\":[\"US\",\"CA\"]"), offer("pot")},
      .members = {post_lines::member_line("a", "US"), post_lines::member_line("b", "FR"),
                  post_lines::member_line("c"), post_lines::member_line("d", "CA")}});
  for (const std::string_view author : {"a", "b", "c", "d"}) {
    shop.post("1", author, 0, "#mug");
  }
  shop.post("2", "b", 0, "#pot");
  EXPECT_EQ(shop.events(),
            (Events{"prompt a 1:mug", "rejected b 1 mug not_eligible",
                    "rejected c 1 mug not_eligible", "prompt d 1:mug", "prompt b 2:pot"}));
}

TEST(Decider, P4_2_RepeatedIntentDoesNotMoveTheWindow) {
  Shop shop;
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "a", kWindow, "#mug");  // at its very end
  EXPECT_EQ(shop.counts().repeated, 1U);
  EXPECT_EQ(shop.events(), Events{"prompt a 1:mug"});
  shop.clock_to(kWindow + kLateness + 1);
  EXPECT_EQ(shop.events(), Events{"expired a 1:mug"});
}

// The window is over for the member, though it is not yet forgotten.
TEST(Decider, P4_2_BehindTheDeadlineItIsANewIntent) {
  Shop shop({offer("mug", ",\"stock\":2")});
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "a", kWindow + 1, "#mug");
  EXPECT_EQ(shop.counts().repeated, 0U);
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "prompt a 2:mug"}));
  shop.post("3", "b", kWindow + 2, "#mug");  // both hold a unit
  EXPECT_EQ(shop.events(), Events{"rejected b 3 mug sold_out"});
}

TEST(Decider, P4_2_ADeniedWindowCountsToo) {
  Shop shop({offer("mug", ",\"stock\":0")});
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "a", kWindow, "#mug");
  shop.post("3", "a", kWindow + 1, "#mug");
  EXPECT_EQ(shop.counts().repeated, 1U);
  EXPECT_EQ(shop.events(), (Events{"rejected a 1 mug sold_out", "rejected a 3 mug sold_out"}));
}

TEST(Decider, P4_2_ACancelledOrClosedOneDoesNot) {
  Shop shop({offer("mug", ",\"limit_per_member\":2")});
  shop.post("1", "a", 0, "#mug");
  shop.erase("1", "a");
  shop.post("2", "a", 1, "#mug");
  shop.post("3", "a", 2, tag("a", "2"));
  shop.post("4", "a", 3, "#mug");
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "cancelled a 1:mug intent_deleted",
                                   "prompt a 2:mug", "confirmed a 2:mug by 3", "prompt a 4:mug"}));
}

// An intent that is older than the window, though not late, repeats it as well.
TEST(Decider, P4_2_AnOlderIntentRepeats) {
  Shop shop;
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "a", -kSecond, "#mug");
  EXPECT_EQ(shop.counts().repeated, 1U);
}

// Members have windows of offers, not of tags.
TEST(Decider, P4_2_AnotherOfferOfTheSameTag) {
  Shop shop(std::vector<std::string>{
      offer_during("first", "2013-02-11T11:00:00Z", "2013-02-11T12:00:00Z"),
      offer_during("second", "2013-02-11T12:00:00Z", "2013-02-11T13:00:00Z")});
  shop.post("1", "a", -1, "#mug");
  shop.post("2", "a", 0, "#mug");
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:first", "prompt a 2:second"}));
}

TEST(Decider, P4_3_LimitPerMember) {
  Shop shop({offer("mug", ",\"limit_per_member\":2")});
  for (const std::string_view intent : {"1", "2", "3"}) {
    shop.post(intent, "a", 0, "#mug");
    shop.post("c" + std::string(intent), "a", 1, tag("a", intent));
  }
  shop.post("1", "b", 2, "#mug");  // another member's
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "confirmed a 1:mug by c1", "prompt a 2:mug",
                                   "confirmed a 2:mug by c2", "rejected a 3 mug limit_reached",
                                   "prompt b 1:mug"}));
}

// For good, not while the windows are remembered.
TEST(Decider, P4_3_TheLimitIsNeverForgotten) {
  Shop shop;
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "a", 1, tag("a", "1"));
  shop.clock_to(kDay);
  shop.clock_to(2 * kDay);
  shop.post("3", "a", 2 * kDay, "#mug");
  EXPECT_EQ(shop.events(),
            (Events{"prompt a 1:mug", "confirmed a 1:mug by 2", "rejected a 3 mug limit_reached"}));
}

// A denied window that was closed by a confirmation counts.
TEST(Decider, P4_3_ClosedByConfirmationIsWhatCounts) {
  Shop shop({offer("mug", ",\"stock\":0")});
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "a", 1, tag("a", "1"));
  shop.post("3", "a", 2, "#mug");
  EXPECT_EQ(shop.events(), (Events{"rejected a 1 mug sold_out", "rejected a 2 mug sold_out",
                                   "rejected a 3 mug limit_reached"}));
}

TEST(Decider, P4_4_AtMost32WindowsThatAreRemembered) {
  std::vector<std::string> offers;
  offers.reserve(34);
  for (int i = 0; i < 34; ++i) {
    offers.push_back(offer("x" + std::to_string(i), i == 0 ? ",\"window_seconds\":60" : ""));
  }
  Shop shop(offers);
  for (int i = 0; i < 33; ++i) {
    shop.post("p" + std::to_string(i), "a", 0, "#x" + std::to_string(i));
  }
  EXPECT_EQ(shop.counts().prompts, 32U);
  EXPECT_EQ(shop.events().back(), "rejected a p32 x32 too_many");
  // A repeated intent is none of it, nor is another member.
  shop.post("q", "a", 0, "#x5");
  EXPECT_EQ(shop.counts().repeated, 1U);
  shop.post("q", "b", 0, "#x32");
  EXPECT_EQ(shop.events(), Events{"prompt b q:x32"});
  // Windows that ended are remembered until clock - L is beyond their deadline.
  shop.erase("p0", "a");
  shop.post("r", "a", 1, tag("a", "p1", "x1"));
  EXPECT_EQ(shop.events(), (Events{"cancelled a p0:x0 intent_deleted", "confirmed a p1:x1 by r"}));
  shop.post("s", "a", kMinute + kLateness, "#x33");
  EXPECT_EQ(shop.events(), Events{"rejected a s x33 too_many"});
  shop.post("t", "a", kMinute + kLateness + 1, "#x33");
  EXPECT_EQ(shop.events(), Events{"prompt a t:x33"});
}

TEST(Decider, P4_4_ManyTagsInOnePost) {
  std::vector<std::string> offers;
  std::string text;
  for (int i = 0; i < 40; ++i) {
    offers.push_back(offer("x" + std::to_string(i), i % 2 == 0 ? ",\"stock\":0" : ""));
    text += "#x" + std::to_string(i) + " ";
  }
  Shop shop(offers);
  shop.post("1", "a", 0, text);
  const Events events = shop.events();
  ASSERT_EQ(events.size(), 40U);
  EXPECT_EQ(events[30], "rejected a 1 x30 sold_out");  // denied windows are windows
  EXPECT_EQ(events[31], "prompt a 1:x31");
  EXPECT_EQ(events[32], "rejected a 1 x32 too_many");
  EXPECT_EQ(events[39], "rejected a 1 x39 too_many");
}

TEST(Decider, P4_5_HeldAndSoldAgainstTheStock) {
  Shop shop({offer("mug", ",\"stock\":2")});
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "b", 0, "#mug");
  shop.post("3", "c", 0, "#mug");
  EXPECT_EQ(shop.events(),
            (Events{"prompt a 1:mug", "prompt b 2:mug", "rejected c 3 mug sold_out"}));
  shop.post("4", "a", 1, tag("a", "1"));  // sold now, no longer held
  shop.erase("2", "b");                   // free
  shop.erase("3", "c");                   // was denied: no event
  shop.post("5", "c", 2, "#mug");
  shop.post("6", "b", 3, "#mug");
  EXPECT_EQ(shop.events(), (Events{"confirmed a 1:mug by 4", "cancelled b 2:mug intent_deleted",
                                   "prompt c 5:mug", "rejected b 6 mug sold_out"}));
  EXPECT_EQ(shop.counts().open_windows, 1U);
}

TEST(Decider, P4_5_ADeniedWindowHasDeadlineAndCode) {
  Shop shop({offer("mug", ",\"stock\":1")});
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "b", 0, "#mug");
  shop.post("3", "b", kWindow, tag("b", "2"));  // closes it, in time
  shop.post("4", "b", kWindow, tag("b", "2"));
  EXPECT_EQ(shop.events(),
            (Events{"prompt a 1:mug", "rejected b 2 mug sold_out", "rejected b 3 mug sold_out",
                    "rejected b 4 mug already_confirmed"}));
  shop.clock_to(kWindow + kLateness + 1);
  EXPECT_EQ(shop.events(), Events{"expired a 1:mug"});
}

// A unit that becomes free does not make an open window of a denied one.
TEST(Decider, P4_5_DeniedStaysDenied) {
  Shop shop({offer("mug", ",\"stock\":1")});
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "b", 0, "#mug");
  shop.erase("1", "a");
  shop.post("3", "b", 1, tag("b", "2"));
  EXPECT_EQ(shop.events(),
            (Events{"prompt a 1:mug", "rejected b 2 mug sold_out",
                    "cancelled a 1:mug intent_deleted", "rejected b 3 mug sold_out"}));
}

TEST(Decider, P4_6_TheOffersOwnWindow) {
  Shop shop({offer("mug", ",\"window_seconds\":1"), offer("cup", ",\"window_seconds\":86400")});
  shop.post("1", "a", 0, "#mug #cup");
  const Events lines = shop.event_lines();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(shop::value_of(lines[0], "deadline"), "2013-02-11T12:00:01.000Z");
  EXPECT_EQ(shop::value_of(lines[1], "deadline"), "2013-02-12T12:00:00.000Z");
  shop.clock_to(kSecond + kLateness);
  EXPECT_EQ(shop.events(), Events{});
  shop.clock_to(kSecond + kLateness + 1);
  EXPECT_EQ(shop.events(), Events{"expired a 1:mug"});
}

TEST(Decider, P2_2_TheTagInAnyCase) {
  Shop shop(
      std::vector<std::string>{post_lines::line_of(post_lines::Offer{.id = "x", .tag = "Straße"})});
  shop.post("1", "a", 0, "#STRASSE");
  shop.post("2", "b", 0, "＃straẞe");
  shop.post("3", "c", 0, "#strasse1");
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:x", "prompt b 2:x"}));
}

TEST(Decider, P2_4_TheSameTagTwiceIsOneIntent) {
  Shop shop;
  shop.post("1", "z", 0, "#mug #MUG ＃mug");
  shop.post("2", "a", 0, "#mug #MUG");
  EXPECT_EQ(shop.events(), (Events{"rejected z 1 mug not_enrolled", "prompt a 2:mug"}));
  EXPECT_EQ(shop.counts().repeated, 0U);
}

}  // namespace
