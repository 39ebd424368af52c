// P5: confirmations.
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

TEST(Decider, P5_2_TheCodeInAnyCase) {
  Shop shop(Shop::Setting{.options = {.prefix = "buy"}});
  shop.post("1", "a", 0, "#mug");
  const Events prompt = shop.event_lines();
  ASSERT_EQ(prompt.size(), 1U);
  const std::string code = reference::make_code(post_lines::kSecret, "code", "a", "1:mug");
  EXPECT_EQ(shop::value_of(prompt[0], "tag"), "#buy" + code);  // the prefix as configured
  std::string lower = "#BUY" + code;
  for (char& c : lower) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  shop.post("2", "a", 1, "#Confirm" + code);  // nobody's prefix
  shop.post("3", "a", 2, lower);
  EXPECT_EQ(shop.events(), Events{"confirmed a 1:mug by 3"});
}

TEST(Decider, P5_3_OnlyTheAuthorsOwnWindows) {
  Shop shop;
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "b", 1, tag("a", "1"));
  shop.post("3", "z", 1, tag("a", "1"));
  EXPECT_EQ(shop.events(), Events{"prompt a 1:mug"});
  EXPECT_EQ(shop.counts().ignored_confirmations, 1U);
  shop.clock_to(1 + kLateness + 1);
  EXPECT_EQ(shop.events(), Events{"rejected b 2 - unknown_code"});
}

TEST(Decider, P5_3_ProtectedMembers) {
  Shop shop;
  shop.post("1", "a", 0, "#mug");
  shop.feed(post_lines::Post{.id = "2",
                             .author = "a",
                             .text = "#mug " + tag("a", "1") + " #Confirm00000000",
                             .is_protected = true});
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "rejected a 2 - protected",
                                   "rejected a 2 - protected", "rejected a 2 mug protected"}));
  shop.feed(
      post_lines::Post{.id = "3", .author = "z", .text = tag("a", "1"), .is_protected = true});
  EXPECT_EQ(shop.events(), Events{});
  EXPECT_EQ(shop.counts().ignored_confirmations, 1U);
  shop.post("4", "a", 1, tag("a", "1"));
  EXPECT_EQ(shop.events(), Events{"confirmed a 1:mug by 4"});
}

TEST(Decider, P5_4_BothEndsBelongToTheWindow) {
  for (const std::int64_t at : {std::int64_t{0}, std::int64_t{900'000}}) {
    Shop shop;
    shop.post("1", "a", 0, "#mug");
    shop.post("2", "a", at, tag("a", "1"));
    EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "confirmed a 1:mug by 2"})) << at;
  }
  Shop shop;
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "a", 900'001, tag("a", "1"));
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "rejected a 2 mug expired"}));
}

// The stream's order is not time's: a confirmation that comes after a later post
// counts by its own time.
TEST(Decider, P5_4_ExpiredLeavesTheWindowAsItIs) {
  Shop shop;
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "a", kWindow + 1, tag("a", "1"));
  shop.post("3", "a", kWindow, tag("a", "1"));
  EXPECT_EQ(shop.events(),
            (Events{"prompt a 1:mug", "rejected a 2 mug expired", "confirmed a 1:mug by 3"}));
}

TEST(Decider, P5_4_LimitReachedCancelsTheWindow) {
  Shop shop({offer("mug", ",\"stock\":2")});
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "a", kWindow + 1, "#mug");  // a second window; both can be confirmed
  shop.post("3", "a", kWindow, tag("a", "1"));
  shop.post("4", "a", kWindow + 2, tag("a", "2"));
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "prompt a 2:mug", "confirmed a 1:mug by 3",
                                   "rejected a 4 mug limit_reached"}));
  EXPECT_EQ(shop.counts().open_windows, 0U);
  EXPECT_EQ(shop.counts().cancelled, 0U);
  shop.post("5", "b", kWindow + 3, "#mug");  // its unit is free
  shop.post("6", "a", kWindow + 3, tag("a", "2"));
  EXPECT_EQ(shop.events(), (Events{"prompt b 5:mug", "rejected a 6 mug cancelled"}));
}

// The deadline is looked at before the limit.
TEST(Decider, P5_4_ExpiredBeforeLimitReached) {
  Shop shop;
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "a", kWindow + 1, "#mug");
  shop.post("3", "a", kWindow + 2, tag("a", "2"));
  shop.post("4", "a", kWindow + 2, tag("a", "1"));
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "prompt a 2:mug", "confirmed a 2:mug by 3",
                                   "rejected a 4 mug expired"}));
}

TEST(Decider, P5_4_FinalThoughTheOfferEndedOrTheIntentIsDeleted) {
  Shop shop(std::vector<std::string>{
      post_lines::line_of(post_lines::Offer{.ends_at = "2013-02-11T12:00:00.001Z"})});
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "a", kMinute, tag("a", "1"));
  shop.erase("1", "a");
  shop.erase("2", "a");
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "confirmed a 1:mug by 2"}));
}

TEST(Decider, P5_5_WindowsThatEnded) {
  Shop shop({offer("mug"), offer("cup")});
  shop.post("1", "a", 0, "#mug #cup");
  shop.post("2", "a", 1, tag("a", "1", "mug"));
  shop.erase("1", "a");
  shop.post("3", "a", 2, tag("a", "1", "mug") + " " + tag("a", "1", "cup"));
  EXPECT_EQ(shop.events(),
            (Events{"prompt a 1:mug", "prompt a 1:cup", "confirmed a 1:mug by 2",
                    "cancelled a 1:cup intent_deleted", "rejected a 3 mug already_confirmed",
                    "rejected a 3 cup cancelled"}));
}

TEST(Decider, P5_5_RememberedUntilTheDeadlineIsPast) {
  Shop shop;
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "a", 1, tag("a", "1"));
  shop.post("3", "a", kWindow + kLateness, tag("a", "1"));
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "confirmed a 1:mug by 2",
                                   "rejected a 3 mug already_confirmed"}));
  shop.post("4", "a", kWindow + kLateness + 1, tag("a", "1"));
  EXPECT_EQ(shop.events(), Events{});
  shop.clock_to(kWindow + 2 * kLateness + 2);
  EXPECT_EQ(shop.events(), Events{"rejected a 4 - unknown_code"});
}

// A window that ended is known whatever the confirmation's time.
TEST(Decider, P5_5_BeforeTheIntentToo) {
  Shop shop;
  shop.post("1", "a", kSecond, "#mug");
  shop.erase("1", "a");
  shop.post("2", "a", 0, tag("a", "1"));
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "cancelled a 1:mug intent_deleted",
                                   "rejected a 2 mug cancelled"}));
}

TEST(Decider, P5_6_ParkedUntilItsWindowOpens) {
  Shop shop;
  shop.post("2", "a", 10 * kSecond, tag("a", "1"));
  EXPECT_EQ(shop.events(), Events{});
  shop.post("1", "a", 10 * kSecond, "#mug");  // at the same time is in time
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "confirmed a 1:mug by 2"}));
  shop.clock_to(kMinute);
  EXPECT_EQ(shop.events(), Events{});  // it is gone from where it was parked
}

TEST(Decider, P5_6_ParkedForADeniedWindow) {
  Shop shop({offer("mug", ",\"stock\":0")});
  shop.post("2", "a", 1, tag("a", "1"));
  shop.post("1", "a", 0, "#mug");
  EXPECT_EQ(shop.events(), (Events{"rejected a 1 mug sold_out", "rejected a 2 mug sold_out"}));
}

TEST(Decider, P5_6_SeveralInTheOrderInWhichTheyCame) {
  Shop shop;
  shop.post("3", "a", 3, tag("a", "1"));
  shop.post("2", "a", 2, tag("a", "1"));
  shop.post("4", "a", 1, tag("a", "1"));
  shop.post("1", "a", 2, "#mug");  // the one at 1 is before it
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "confirmed a 1:mug by 3",
                                   "rejected a 2 mug already_confirmed"}));
  shop.clock_to(1 + kLateness + 1);
  EXPECT_EQ(shop.events(), Events{"rejected a 4 - unknown_code"});
}

// An open window with t before its intent is none: the confirmation waits, and is
// not applied to that window later.
TEST(Decider, P5_6_BeforeTheIntentItIsParked) {
  Shop shop;
  shop.post("1", "a", kSecond, "#mug");
  shop.post("2", "a", 0, tag("a", "1"));
  EXPECT_EQ(shop.events(), Events{"prompt a 1:mug"});
  shop.clock_to(kLateness);
  EXPECT_EQ(shop.events(), Events{});
  shop.clock_to(kLateness + 1);
  EXPECT_EQ(shop.events(), Events{"rejected a 2 - unknown_code"});
}

// Only another post's: a post cannot confirm the window that it opens itself.
TEST(Decider, P5_6_NotByTheIntentItself) {
  Shop shop;
  shop.post("1", "a", 0, "#mug " + tag("a", "1"));
  EXPECT_EQ(shop.events(), Events{"prompt a 1:mug"});
  shop.clock_to(kLateness + 1);
  EXPECT_EQ(shop.events(), Events{"rejected a 1 - unknown_code"});
}

TEST(Decider, P5_6_RightAfterTheWindowsOwnEvent) {
  Shop shop({offer("mug"), offer("cup")});
  shop.post("2", "a", 1, tag("a", "1", "cup") + " " + tag("a", "1", "mug"));
  shop.post("1", "a", 0, "#mug #cup");
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "confirmed a 1:mug by 2", "prompt a 1:cup",
                                   "confirmed a 1:cup by 2"}));
}

TEST(Decider, P5_6_AParkedOneCanBeExpired) {
  Shop shop(Shop::Setting{.offers = {offer("mug", ",\"window_seconds\":1")}});
  shop.post("2", "a", 10 * kSecond, tag("a", "1"));
  shop.post("1", "a", 0, "#mug");
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "rejected a 2 mug expired"}));
}

TEST(Decider, P5_6_AtMost32AreParked) {
  Shop shop;
  for (int i = 0; i < 33; ++i) {
    shop.post("p" + std::to_string(i), "a", 0, "#Confirm000000" + std::to_string(10 + i));
  }
  EXPECT_EQ(shop.events(), Events{"rejected a p32 - too_many"});
  shop.post("q", "b", 0, "#Confirm00000000");  // another member's
  EXPECT_EQ(shop.events(), Events{});
  // One that is deleted makes room.
  shop.erase("p7", "a");
  EXPECT_EQ(shop.counts().parked_deleted, 1U);
  shop.post("r", "a", 0, "#Confirm00000099");
  shop.post("s", "a", 0, "#Confirm00000098");
  EXPECT_EQ(shop.events(), Events{"rejected a s - too_many"});
  shop.clock_to(kLateness + 1);
  EXPECT_EQ(shop.events().size(), 33U);  // 32 of a, 1 of b
}

TEST(Decider, P5_6_AnAppliedOneMakesRoom) {
  Shop shop;
  for (int i = 0; i < 31; ++i) {
    shop.post("p" + std::to_string(i), "a", 0, "#Confirm000000" + std::to_string(10 + i));
  }
  shop.post("2", "a", 1, tag("a", "1"));
  shop.post("3", "a", 1, "#Confirm00000001");
  EXPECT_EQ(shop.events(), Events{"rejected a 3 - too_many"});
  shop.post("1", "a", 0, "#mug");
  shop.post("4", "a", 1, "#Confirm00000002");
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "confirmed a 1:mug by 2"}));
}

TEST(Decider, P5_6_ManyCodesInOnePost) {
  Shop shop;
  std::string text;
  for (int i = 0; i < 34; ++i) {
    text += "#Confirm000000" + std::to_string(10 + i) + " ";
  }
  shop.post("1", "a", 0, text);
  EXPECT_EQ(shop.events(), (Events{"rejected a 1 - too_many", "rejected a 1 - too_many"}));
  shop.erase("1", "a");
  EXPECT_EQ(shop.counts().parked_deleted, 32U);
  shop.clock_to(kDay);
  EXPECT_EQ(shop.events(), Events{});
}

TEST(Decider, P5_6_OthersWindowsAreNotWaitedFor) {
  Shop shop;
  shop.post("2", "b", 1, tag("a", "1"));
  shop.post("1", "a", 0, "#mug");
  EXPECT_EQ(shop.events(), Events{"prompt a 1:mug"});
  shop.clock_to(kLateness + 2);
  EXPECT_EQ(shop.events(), Events{"rejected b 2 - unknown_code"});
}

TEST(Decider, P5_1_ReachIsOfTheConfirmingPost) {
  Shop shop;
  shop.feed(post_lines::Post{.id = "1", .author = "a", .text = "#mug", .followers = 7});
  shop.feed(post_lines::Post{.id = "2", .author = "a", .text = tag("a", "1"), .followers = -5});
  EXPECT_NE(shop.event_lines().back().find(R"("claim_code":null,"reach":0})"), std::string::npos);
}

TEST(Decider, P8_CommissionsOfThePrice) {
  struct Case {
    std::int64_t price;
    int bps;
    std::string_view commission;
  };
  for (const Case& one : {Case{199, 250, "4"}, Case{0, 10'000, "0"}, Case{1, 9'999, "0"},
                          Case{9'223'372'036'854'775'807, 10'000, "9223372036854775807"},
                          Case{9'223'372'036'854'775'807, 9'999, "9222449699651090329"}}) {
    Shop shop(std::vector<std::string>{post_lines::line_of(post_lines::Offer{
        .price_minor = one.price, .more = ",\"commission_bps\":" + std::to_string(one.bps)})});
    shop.post("1", "a", 0, "#mug");
    shop.post("2", "a", 0, tag("a", "1"));
    EXPECT_NE(
        shop.event_lines().back().find("\"commission_minor\":" + std::string(one.commission) + ","),
        std::string::npos)
        << one.price;
  }
}

}  // namespace
