// P3: candidates, clock and order.
#include "engine/decider.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/shop.h"

namespace {

using shop::Events;
using shop::kMinute;
using shop::kSecond;
using shop::offer;
using shop::Shop;
using shop::tag;

constexpr std::int64_t kLateness = 30 * kSecond;
constexpr std::int64_t kWindow = 15 * kMinute;

TEST(Decider, APurchaseFromEndToEnd) {
  Shop shop({post_lines::line_of(post_lines::Offer{.id = "kindle-hd",
                                                   .tag = "kindle",
                                                   .fulfilment = "pickup",
                                                   .price_minor = 19'999,
                                                   .more = ",\"commission_bps\":250"})});
  shop.post("5", "a", 0, "I want a #Kindle");
  shop.feed(post_lines::Post{.id = "6",
                             .author = "a",
                             .at = post_lines::kNoon + 61'007,
                             .text = tag("a", "5", "kindle-hd"),
                             .followers = 1'234});
  const Events events = shop.event_lines();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(
      events[0],
      R"({"type":"prompt","purchase_id":"5:kindle-hd","offer_id":"kindle-hd","author_id":"a",)"
      R"("intent_id":"5","intent_at":"2013-02-11T12:00:00.000Z",)"
      R"("deadline":"2013-02-11T12:15:00.000Z","tag":")" +
          tag("a", "5", "kindle-hd") +
          R"(","title":"A thing","price_minor":19999,"currency":"USD"})");
  EXPECT_EQ(events[1],
            R"({"type":"confirmed","purchase_id":"5:kindle-hd","offer_id":"kindle-hd",)"
            R"("account":"acct-a","author_id":"a","intent_id":"5","confirm_id":"6",)"
            R"("intent_at":"2013-02-11T12:00:00.000Z","confirmed_at":"2013-02-11T12:01:01.007Z",)"
            R"("price_minor":19999,"currency":"USD","commission_minor":499,"fulfilment":"pickup",)"
            R"("claim_code":")" +
                reference::make_code(post_lines::kSecret, "claim", "a", "5:kindle-hd") +
                R"(","reach":1234})");
  EXPECT_EQ(shop.counts().candidates, 2U);
  EXPECT_EQ(shop.counts().prompts, 1U);
  EXPECT_EQ(shop.counts().confirmed, 1U);
  EXPECT_EQ(shop.counts().open_windows, 0U);
}

TEST(Decider, P3_3_WithoutAClockNothingFallsDue) {
  Shop shop;
  shop.erase("1", "a");
  EXPECT_EQ(shop.events(), Events{});
  shop.post("2", "a", -365 * shop::kDay, "#mug");  // whatever the first time, it is not late
  EXPECT_EQ(shop.events(), (Events{"rejected a 2 mug offer_not_live"}));
}

TEST(Decider, P3_3_WhatIsNoCandidateDoesNotMoveTheClock) {
  Shop shop;
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "a", 20 * kMinute, "#other");
  shop.post("3", "b", 20 * kMinute, "no tag");
  shop.feed(post_lines::Post{.id = "4",
                             .author = "a",
                             .at = post_lines::kNoon + 20 * kMinute,
                             .text = "#mug",
                             .more = ",\"retweeted_status\":{}"});
  shop.erase("9", "b");
  EXPECT_EQ(shop.events(), Events{"prompt a 1:mug"});
  shop.clock_to(20 * kMinute);  // a stranger's candidate does
  EXPECT_EQ(shop.events(), Events{"expired a 1:mug"});
}

TEST(Decider, P3_3_DuplicatesMoveTheClock) {
  Shop shop;
  shop.post("1", "a", 0, "#mug");
  shop.post("1", "a", kWindow + kSecond, "#mug");
  EXPECT_EQ(shop.counts().duplicates, 1U);
  shop.post("2", "b", kWindow + kSecond - kLateness - 1, "#mug");
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "rejected b 2 - late"}));
}

TEST(Decider, P3_4_RememberedWhileTheLongestWindowLasts) {
  Shop shop;
  shop.post("1", "a", 0, "#mug");
  shop.clock_to(kWindow + kLateness);
  shop.post("1", "a", kWindow + kLateness, "#mug");
  EXPECT_EQ(shop.counts().duplicates, 1U);
  EXPECT_EQ(shop.events(), Events{"prompt a 1:mug"});
  shop.clock_to(kWindow + kLateness + 1);
  shop.post("1", "a", kWindow + kLateness + 1, "#mug");
  EXPECT_EQ(shop.counts().duplicates, 1U);
  EXPECT_EQ(shop.events(), (Events{"expired a 1:mug", "prompt a 1:mug"}));
}

TEST(Decider, P3_4_TheLongestWindowOfTheCatalogue) {
  Shop shop({offer("mug", ",\"window_seconds\":60"), offer("sofa", ",\"window_seconds\":3600")});
  shop.post("1", "a", 0, "#mug");
  shop.post("1", "a", shop::kHour + kLateness, "#mug");
  EXPECT_EQ(shop.counts().duplicates, 1U);
  shop.post("1", "a", shop::kHour + kLateness + 1, "#mug");
  EXPECT_EQ(shop.counts().duplicates, 1U);
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "expired a 1:mug", "prompt a 1:mug"}));
}

TEST(Decider, P3_4_AuthorAndIdMakeTheDuplicate) {
  Shop shop({offer("mug"), offer("cup")});
  shop.post("1", "a", 0, "#mug");
  shop.post("1", "b", 0, "#mug");
  shop.post("1", "a", 5, "#cup");  // whatever it says
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "prompt b 1:mug"}));
  EXPECT_EQ(shop.counts().duplicates, 1U);
}

TEST(Decider, P3_4_StrangersAndLatePostsAreNotRemembered) {
  Shop shop;
  shop.post("1", "z", 0, "#mug");
  shop.post("1", "z", 0, "#mug");
  EXPECT_EQ(shop.events(),
            (Events{"rejected z 1 mug not_enrolled", "rejected z 1 mug not_enrolled"}));
  shop.post("2", "a", -kMinute, "#mug");
  shop.post("2", "a", 0, "#mug");
  EXPECT_EQ(shop.events(), (Events{"rejected a 2 - late", "prompt a 2:mug"}));
  EXPECT_EQ(shop.counts().duplicates, 0U);
}

TEST(Decider, P3_4_RefusedPostsAreRemembered) {
  Shop shop({offer("mug", ",\"regions\":[\"US\"]")});
  shop.post("1", "a", 0, "#mug");
  shop.post("1", "a", 0, "#mug");
  EXPECT_EQ(shop.events(), Events{"rejected a 1 mug not_eligible"});
  EXPECT_EQ(shop.counts().duplicates, 1U);
}

// A duplicate counts with the first one's time: a later copy does not prolong it.
TEST(Decider, P3_4_ADuplicateDoesNotProlongTheMemory) {
  Shop shop;
  shop.post("1", "a", 0, "#mug");
  shop.post("1", "a", kWindow, "#mug");
  EXPECT_EQ(shop.counts().duplicates, 1U);
  shop.clock_to(kWindow + kLateness + 1);
  shop.post("1", "a", kWindow + kLateness + 1, "#mug");
  EXPECT_EQ(shop.counts().duplicates, 1U);
}

TEST(Decider, P3_5_LateIsBeforeClockLessLateness) {
  Shop shop;
  shop.clock_to(0);
  shop.post("1", "a", -kLateness, "#mug");
  shop.post("2", "b", -kLateness - 1, "#mug");
  shop.post("3", "z", -kLateness - 1, "#mug");  // no member: counted only
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "rejected b 2 - late"}));
  EXPECT_EQ(shop.counts().late, 2U);
}

TEST(Decider, P3_5_WithoutLateness) {
  Shop shop(Shop::Setting{.options = {.lateness_ms = 0}});
  shop.clock_to(0);
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "b", -1, "#mug");
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "rejected b 2 - late"}));
  shop.clock_to(kWindow);
  EXPECT_EQ(shop.events(), Events{});
  shop.clock_to(kWindow + 1);
  EXPECT_EQ(shop.events(), Events{"expired a 1:mug"});
}

// One reason for the whole post, whatever it holds.
TEST(Decider, P3_6_4_ALatePostIsRejectedOnce) {
  Shop shop({offer("mug"), offer("cup")});
  shop.clock_to(kMinute);
  shop.post("1", "a", 0, "#mug #cup #Confirm00000000");
  shop.feed(post_lines::Post{.id = "2", .author = "a", .text = "#mug", .is_protected = true});
  EXPECT_EQ(shop.events(), (Events{"rejected a 1 - late", "rejected a 2 - late"}));
}

TEST(Decider, P3_6_ConfirmationsBeforeIntentsEachInTextOrder) {
  Shop shop({offer("mug"), offer("cup"), offer("pot")});
  shop.post("1", "a", 0, "#cup #mug");
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:cup", "prompt a 1:mug"}));
  shop.post("2", "a", 1, "#pot " + tag("a", "1", "mug") + " " + tag("a", "1", "cup"));
  EXPECT_EQ(shop.events(),
            (Events{"confirmed a 1:mug by 2", "confirmed a 1:cup by 2", "prompt a 2:pot"}));
}

// What is due falls due before the post is looked at.
TEST(Decider, P3_6_3_DueBeforeThePost) {
  Shop shop({offer("mug", ",\"stock\":1")});
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "b", kWindow + kLateness + 1, "#mug");
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "expired a 1:mug", "prompt b 2:mug"}));
}

TEST(Decider, P3_6_3_InOrderOfDueTime) {
  Shop shop(
      {offer("mug"), offer("cup", ",\"window_seconds\":1"), offer("pot", ",\"window_seconds\":2")});
  shop.post("1", "a", 0, "#mug #pot #cup");
  shop.post("2", "b", 500, "#Confirm00000000 #cup");
  shop.post("3", "c", 1'000, "#Confirm00000000 #cup");
  (void)shop.events();
  shop.clock_to(kWindow + kLateness + 1);
  EXPECT_EQ(shop.events(),
            (Events{"rejected b 2 - unknown_code", "expired a 1:cup", "rejected c 3 - unknown_code",
                    "expired b 2:cup", "expired a 1:pot", "expired c 3:cup", "expired a 1:mug"}));
}

TEST(Decider, P3_6_3_OfTheSameDueTimeInByteOrder) {
  Shop shop(Shop::Setting{.offers = {offer("mug"), offer("cup")},
                          .members = shop::members({"a", "b", "c", "d", "e"})});
  // In purchase ids the colon stands behind all digits, and before all letters.
  shop.post("1", "c", 0, "#mug #cup");
  shop.post("10", "a", 0, "#mug");
  shop.post("1", "b", 0, "#mug");
  shop.post("1a", "d", 0, "#mug");
  shop.post("\xC3\xA9", "e", 0, "#cup");
  (void)shop.events();
  shop.clock_to(kWindow + kLateness + 1);
  EXPECT_EQ(shop.events(),
            (Events{"expired a 10:mug", "expired c 1:cup", "expired b 1:mug", "expired c 1:mug",
                    "expired d 1a:mug", "expired e \xC3\xA9:cup"}));
}

TEST(Decider, P3_6_3_WindowsBeforeConfirmationsOfTheSameDueTime) {
  Shop shop;
  shop.post("9", "b", 0, "#mug");
  shop.clock_to(kWindow);
  shop.post("2", "b", kWindow, "#Confirm00000002 #Confirm00000001");
  shop.post("1", "c", kWindow, "#Confirm00000000");
  shop.post("2", "a", kWindow, "#Confirm00000000");
  (void)shop.events();
  shop.clock_to(kWindow + kLateness + 1);
  const Events lines = shop.event_lines();
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(shop::brief(lines[0]), "expired b 9:mug");
  EXPECT_EQ(shop::brief(lines[1]), "rejected c 1 - unknown_code");
  EXPECT_EQ(shop::brief(lines[2]), "rejected a 2 - unknown_code");
  EXPECT_EQ(shop::brief(lines[3]), "rejected b 2 - unknown_code");
  EXPECT_EQ(lines[3], lines[4]);
}

TEST(Decider, P3_6_3_WhatEndedOtherwiseFallsDueSilently) {
  Shop shop({offer("mug"), offer("cup"), offer("pot", ",\"stock\":0")});
  shop.post("1", "a", 0, "#mug #cup #pot");
  shop.post("2", "a", 1, tag("a", "1", "mug"));
  shop.post("3", "b", 2, "#mug");
  shop.erase("3", "b");
  (void)shop.events();
  shop.clock_to(kWindow + kLateness + 3);
  EXPECT_EQ(shop.events(), Events{"expired a 1:cup"});
  EXPECT_EQ(shop.counts().open_windows, 0U);
}

TEST(Decider, P3_2_P3_7_AsOneFileOrMany) {
  Shop apart;
  std::string together;
  const auto line = [&](const std::string& text) {
    apart.feed_line(text);
    together += text + "\r\n\r\n";
  };
  line(post_lines::line_of(post_lines::Post{.id = "1", .author = "a", .text = "#mug"}));
  line(post_lines::delete_line("1", "a"));
  line(post_lines::line_of(post_lines::Post{.id = "2", .author = "a", .text = "#mug"}));
  Shop whole;
  whole.feed_line(together);
  const Events wanted = {"prompt a 1:mug", "cancelled a 1:mug intent_deleted", "prompt a 2:mug"};
  EXPECT_EQ(apart.events(), wanted);
  EXPECT_EQ(whole.events(), wanted);
}

}  // namespace
