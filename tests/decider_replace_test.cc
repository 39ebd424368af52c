// P6.4: catalogue, members and secret are replaced while the stream runs.
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
using shop::members;
using shop::offer;
using shop::Shop;
using shop::tag;

constexpr std::int64_t kLateness = 30 * kSecond;
constexpr std::int64_t kWindow = 15 * kMinute;
constexpr std::string_view kNewSecret = "fedcba9876543210fedcba9876543210";

const std::vector<std::string> kEverybody = members({"a", "b", "c"});

TEST(Decider, P6_4_AWindowRunsOnTheTermsOnWhichItOpened) {
  Shop shop({post_lines::line_of(post_lines::Offer{.price_minor = 1'000})});
  shop.post("1", "a", 0, "#mug");
  shop.replace(
      {post_lines::line_of(post_lines::Offer{
          .fulfilment = "pickup", .price_minor = 2'000, .more = ",\"window_seconds\":60"})},
      kEverybody);
  shop.post("2", "b", 0, "#mug");
  shop.post("3", "a", kWindow, tag("a", "1"));
  const Events lines = shop.event_lines();
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(shop::value_of(lines[1], "deadline"), "2013-02-11T12:01:00.000Z");
  EXPECT_NE(lines[1].find("\"price_minor\":2000"), std::string::npos);
  EXPECT_EQ(shop::brief(lines[2]), "expired b 2:mug");
  EXPECT_EQ(shop::brief(lines[3]), "confirmed a 1:mug by 3");
  EXPECT_NE(lines[3].find("\"price_minor\":1000"), std::string::npos);
  EXPECT_NE(lines[3].find("\"fulfilment\":\"ship\",\"claim_code\":null"), std::string::npos);
}

TEST(Decider, P6_4_AWindowOfAnOfferThatIsGone) {
  Shop shop({offer("mug"), offer("cup")});
  shop.post("1", "a", 0, "#mug");
  shop.post("1", "b", 0, "#mug");
  shop.post("1", "c", 0, "#mug");
  shop.replace({offer("cup")}, kEverybody);
  shop.post("2", "a", 1, tag("a", "1"));
  shop.post("3", "a", 1, "#mug");  // no candidate any more
  shop.erase("1", "c");
  EXPECT_EQ(shop.counts().candidates, 5U);
  shop.clock_to(kWindow + kLateness + 1);
  EXPECT_EQ(shop.events(),
            (Events{"prompt a 1:mug", "prompt b 1:mug", "prompt c 1:mug", "confirmed a 1:mug by 2",
                    "cancelled c 1:mug intent_deleted", "expired b 1:mug"}));
}

// Also when there is no offer at all.
TEST(Decider, P6_4_AnEmptyCatalogue) {
  Shop shop;
  shop.post("1", "a", 0, "#mug");
  shop.replace({}, kEverybody);
  shop.post("2", "a", 1, tag("a", "1"));
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "confirmed a 1:mug by 2"}));
}

TEST(Decider, P6_4_TheLimitIsOfTheWindow) {
  Shop shop({offer("mug", ",\"limit_per_member\":2")});
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "a", 1, tag("a", "1"));
  shop.post("3", "a", 2, "#mug");
  shop.replace({offer("mug")}, kEverybody);
  shop.post("4", "a", 3, tag("a", "3"));  // the limit was 2 when it opened
  shop.post("5", "a", 4, "#mug");
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "confirmed a 1:mug by 2", "prompt a 3:mug",
                                   "confirmed a 3:mug by 4", "rejected a 5 mug limit_reached"}));
  shop.replace({offer("mug", ",\"limit_per_member\":3")}, kEverybody);
  shop.post("6", "a", 5, "#mug");
  EXPECT_EQ(shop.events(), Events{"prompt a 6:mug"});
}

TEST(Decider, P6_4_WhatWasSoldAndHeldStaysCounted) {
  Shop shop({offer("mug", ",\"stock\":2"), offer("cup")});
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "a", 1, tag("a", "1"));
  shop.post("1", "b", 2, "#mug");
  (void)shop.events();
  shop.replace({offer("mug", ",\"stock\":3"), offer("cup")}, kEverybody);
  shop.post("1", "c", 3, "#mug");
  EXPECT_EQ(shop.events(), Events{"prompt c 1:mug"});
  // Less than is out already: nothing is taken back, nothing is given.
  shop.replace({offer("mug", ",\"stock\":1"), offer("cup")}, kEverybody);
  shop.erase("1", "c");
  shop.post("2", "c", 4, "#mug");
  EXPECT_EQ(shop.events(),
            (Events{"cancelled c 1:mug intent_deleted", "rejected c 2 mug sold_out"}));
  shop.post("2", "b", 5, tag("b", "1"));
  EXPECT_EQ(shop.events(), Events{"confirmed b 1:mug by 2"});
  // Gone, and back again.
  shop.replace({offer("cup")}, kEverybody);
  shop.replace({offer("mug", ",\"stock\":2"), offer("cup")}, kEverybody);
  shop.erase("2", "c");
  shop.post("3", "c", 6, "#mug");
  EXPECT_EQ(shop.events(), Events{"rejected c 3 mug sold_out"});
  shop.replace({offer("mug", ",\"stock\":3")}, kEverybody);
  shop.erase("3", "c");
  shop.post("4", "c", 7, "#mug");
  EXPECT_EQ(shop.events(), Events{"prompt c 4:mug"});
}

// An offer that is unlimited for a while counts all the same.
TEST(Decider, P6_4_SoldWithoutAStock) {
  Shop shop({offer("mug")});
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "a", 0, tag("a", "1"));
  shop.post("1", "b", 0, "#mug");
  shop.replace({offer("mug", ",\"stock\":2")}, kEverybody);
  shop.post("1", "c", 0, "#mug");
  EXPECT_EQ(shop.events().back(), "rejected c 1 mug sold_out");
}

// A denied window whose offer has stock now stays denied.
TEST(Decider, P6_4_DeniedStaysDenied) {
  Shop shop({offer("mug", ",\"stock\":0")});
  shop.post("1", "a", 0, "#mug");
  shop.replace({offer("mug")}, kEverybody);
  shop.post("2", "a", 1, "#mug");
  shop.post("3", "a", 1, tag("a", "1"));
  EXPECT_EQ(shop.events(), (Events{"rejected a 1 mug sold_out", "rejected a 3 mug sold_out"}));
  EXPECT_EQ(shop.counts().repeated, 1U);
}

TEST(Decider, P6_4_UnenrolledInOrderOfPurchaseId) {
  Shop shop(Shop::Setting{
      .offers = {offer("mug", ",\"stock\":4"), offer("cup"), offer("pot", ",\"stock\":0")},
      .members = members({"a", "b", "c", "d"})});
  shop.post("2", "a", 0, "#mug #cup");
  shop.post("1", "b", 0, "#mug #pot");
  shop.post("10", "c", 0, "#mug");
  shop.post("3", "d", 0, "#mug");
  shop.post("4", "b", 1, tag("b", "1", "mug"));
  (void)shop.events();
  EXPECT_EQ(shop.counts().open_windows, 4U);
  shop.replace({offer("mug", ",\"stock\":4"), offer("cup"), offer("pot", ",\"stock\":0")},
               members({"d", "e", "f", "g"}));
  EXPECT_EQ(shop.events(), (Events{"cancelled c 10:mug unenrolled", "cancelled a 2:cup unenrolled",
                                   "cancelled a 2:mug unenrolled"}));
  EXPECT_EQ(shop.counts().open_windows, 1U);
  EXPECT_EQ(shop.counts().cancelled, 3U);
  // One is sold, one is held: two are free again.
  shop.post("1", "e", 2, "#mug");
  shop.post("1", "f", 2, "#mug");
  shop.post("1", "g", 2, "#mug");
  EXPECT_EQ(shop.events(),
            (Events{"prompt e 1:mug", "prompt f 1:mug", "rejected g 1 mug sold_out"}));
  shop.clock_to(kDay);
  EXPECT_EQ(shop.events(), (Events{"expired d 3:mug", "expired e 1:mug", "expired f 1:mug"}));
}

TEST(Decider, P6_4_TheSamePurchaseIdOfTwoAuthors) {
  Shop shop;
  shop.post("1", "b", 0, "#mug");
  shop.post("1", "a", 0, "#mug");
  (void)shop.events();
  shop.replace({offer("mug")}, members({"c"}));
  EXPECT_EQ(shop.events(),
            (Events{"cancelled a 1:mug unenrolled", "cancelled b 1:mug unenrolled"}));
}

TEST(Decider, P6_4_WhatTheUnenrolledHadParkedIsDropped) {
  Shop shop;
  shop.post("2", "a", 1, tag("a", "1"));
  shop.post("2", "b", 1, "#Confirm00000000");
  shop.replace({offer("mug")}, members({"b"}));
  shop.replace({offer("mug")}, kEverybody);
  shop.post("1", "a", 0, "#mug");
  EXPECT_EQ(shop.events(), Events{"prompt a 1:mug"});
  shop.clock_to(kMinute);
  EXPECT_EQ(shop.events(), Events{"rejected b 2 - unknown_code"});
}

TEST(Decider, P6_4_OneWhoComesBackHasTheirPast) {
  Shop shop({offer("mug"), offer("cup")});
  shop.post("1", "a", 0, "#mug #cup");
  shop.post("2", "a", 1, tag("a", "1", "mug"));
  shop.erase("5", "a");
  (void)shop.events();
  shop.replace({offer("mug"), offer("cup")}, members({"b"}));
  shop.post("3", "a", 2, "#mug");
  shop.post("4", "a", 2, tag("a", "1", "cup"));
  shop.erase("6", "a");  // of somebody who is no member: no candidate
  EXPECT_EQ(shop.events(),
            (Events{"cancelled a 1:cup unenrolled", "rejected a 3 mug not_enrolled"}));
  EXPECT_EQ(shop.counts().ignored_confirmations, 1U);
  shop.replace({offer("mug"), offer("cup")}, members({"a"}));
  shop.post("2", "a", 3, tag("a", "1", "mug"));  // a duplicate
  shop.post("5", "a", 3, "#cup");                // deleted before
  shop.post("6", "a", 3, "#mug");
  shop.post("7", "a", 3, tag("a", "1", "cup"));
  EXPECT_EQ(shop.events(),
            (Events{"rejected a 6 mug limit_reached", "rejected a 7 cup cancelled"}));
  EXPECT_EQ(shop.counts().duplicates, 1U);
  EXPECT_EQ(shop.counts().deleted_before, 1U);
}

TEST(Decider, P6_4_AWindowKeepsItsAccount) {
  Shop shop;
  shop.post("1", "a", 0, "#mug");
  shop.replace({offer("mug")}, {R"({"author_id":"a","account":"another"})"});
  shop.post("2", "a", 1, tag("a", "1"));
  EXPECT_EQ(shop::value_of(shop.event_lines().back(), "account"), "acct-a");
}

TEST(Decider, P6_4_ANewSecretTouchesNewWindowsOnly) {
  Shop shop({post_lines::line_of(post_lines::Offer{.fulfilment = "pickup"})});
  shop.post("1", "a", 0, "#mug");
  shop.post("9", "b", 1, tag("b", "2", "mug", kNewSecret));
  shop.replace({post_lines::line_of(post_lines::Offer{.fulfilment = "pickup"})}, kEverybody,
               kNewSecret);
  shop.post("2", "b", 1, "#mug");  // what was parked for its code is applied
  shop.post("3", "a", 2, tag("a", "1"));
  shop.post("4", "c", 3, "#mug");
  shop.post("5", "c", 4, tag("c", "4"));
  shop.post("6", "c", 4, tag("c", "4", "mug", kNewSecret));
  const Events lines = shop.event_lines();
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_EQ(shop::brief(lines[2]), "confirmed b 2:mug by 9");
  EXPECT_EQ(shop::brief(lines[3]), "confirmed a 1:mug by 3");
  EXPECT_EQ(shop::brief(lines[5]), "confirmed c 4:mug by 6");
  // The claim code is computed at the confirmation, by the secret of then.
  EXPECT_EQ(shop::value_of(lines[3], "claim_code"),
            reference::make_code(kNewSecret, "claim", "a", "1:mug"));
}

TEST(Decider, P6_4_ThePostThatIsSetAsideMeetsTheNewCatalogue) {
  Shop shop(Shop::Setting{.offers = {offer("mug")}, .members = members({"a"})});
  shop.clock_to(0);
  shop.post("1", "b", 2 * kDay, "#mug #cup #pot");
  shop.replace({offer("cup")}, members({"b"}));
  shop.post("2", "c", 2 * kDay, "#cup");
  EXPECT_EQ(shop.events(), (Events{"prompt b 1:cup", "rejected c 2 cup not_enrolled"}));
}

TEST(Decider, P6_4_ThePostThatIsSetAsideOfOneWhoLeft) {
  Shop shop;
  shop.clock_to(0);
  shop.post("1", "a", 2 * kDay, "#mug");
  shop.replace({offer("mug")}, members({"b"}));
  shop.clock_to(1);
  EXPECT_EQ(shop.events(), Events{});  // counted only
  EXPECT_EQ(shop.counts().set_aside, 0U);
}

// W is that of the catalogue in force (P3.4).
TEST(Decider, P6_4_ALongerWindowProlongsTheMemoryOfPosts) {
  Shop shop({offer("mug", ",\"window_seconds\":60")});
  shop.post("1", "a", 0, "#mug");
  shop.replace({offer("mug", ",\"window_seconds\":600")}, kEverybody);
  shop.clock_to(10 * kMinute + kLateness);
  shop.post("1", "a", 10 * kMinute + kLateness, "#mug");
  EXPECT_EQ(shop.counts().duplicates, 1U);
  shop.post("1", "a", 10 * kMinute + kLateness + 1, "#mug");
  EXPECT_EQ(shop.counts().duplicates, 1U);
}

TEST(Decider, P6_4_AShorterWindowShortensIt) {
  Shop shop({offer("mug", ",\"window_seconds\":600")});
  shop.post("1", "a", 0, "#mug");
  shop.erase("1", "a");
  shop.replace({offer("mug", ",\"window_seconds\":60")}, kEverybody);
  shop.post("1", "a", kMinute + kLateness, "#mug");
  EXPECT_EQ(shop.counts().duplicates, 1U);
  shop.post("1", "a", kMinute + kLateness + 1, "#mug");
  EXPECT_EQ(shop.counts().duplicates, 1U);
  EXPECT_EQ(shop.events(),
            (Events{"prompt a 1:mug", "cancelled a 1:mug intent_deleted", "prompt a 1:mug"}));
}

// What was forgotten stays forgotten, whatever catalogue comes then.
TEST(Decider, P6_4_AForgottenPostDoesNotComeBack) {
  Shop shop({offer("mug", ",\"window_seconds\":600")});
  shop.post("1", "a", 0, "#mug");
  shop.erase("1", "a");
  shop.clock_to(5 * kMinute);
  shop.replace({offer("mug", ",\"window_seconds\":60")}, kEverybody);
  shop.replace({offer("mug", ",\"window_seconds\":600")}, kEverybody);
  shop.post("1", "a", 5 * kMinute, "#mug");
  EXPECT_EQ(shop.counts().duplicates, 0U);
  EXPECT_EQ(shop.events(),
            (Events{"prompt a 1:mug", "cancelled a 1:mug intent_deleted", "prompt a 1:mug"}));
}

}  // namespace
