// P6.1 to P6.3: endings.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

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

TEST(Decider, P6_1_DeletingTheIntentCancels) {
  Shop shop({offer("mug", ",\"stock\":1")});
  shop.post("1", "a", 0, "#mug");
  shop.erase("1", "b");  // somebody else's post 1
  shop.erase("2", "a");
  EXPECT_EQ(shop.events(), Events{"prompt a 1:mug"});
  shop.erase("1", "a");
  shop.erase("1", "a");
  EXPECT_EQ(shop.events(), Events{"cancelled a 1:mug intent_deleted"});
  EXPECT_EQ(shop.counts().open_windows, 0U);
  shop.post("3", "b", 1, "#mug");
  EXPECT_EQ(shop.events(), Events{"prompt b 3:mug"});
}

TEST(Decider, P6_1_TheEventInFull) {
  Shop shop;
  shop.post("1", "a", 0, "#mug");
  shop.erase("1", "a");
  EXPECT_EQ(shop.event_lines().back(),
            R"({"type":"cancelled","purchase_id":"1:mug","offer_id":"mug","account":"acct-a",)"
            R"("author_id":"a","intent_id":"1","intent_at":"2013-02-11T12:00:00.000Z",)"
            R"("reason":"intent_deleted"})");
}

TEST(Decider, P6_1_SeveralOffersInTheOrderInWhichTheyOpened) {
  Shop shop({offer("b"), offer("c"), offer("a"), offer("d", ",\"stock\":0")});
  shop.post("1", "a", 0, "#c #a #d #b");
  (void)shop.events();
  shop.post("2", "a", 1, tag("a", "1", "a"));
  shop.erase("1", "a");
  EXPECT_EQ(shop.events(), (Events{"confirmed a 1:a by 2", "cancelled a 1:c intent_deleted",
                                   "cancelled a 1:b intent_deleted"}));
  // The denied one ended without an event, but it ended.
  shop.post("3", "a", 2, tag("a", "1", "d"));
  EXPECT_EQ(shop.events(), Events{"rejected a 3 d cancelled"});
}

TEST(Decider, P6_1_AConfirmedWindowStays) {
  Shop shop({offer("mug", ",\"stock\":1")});
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "a", 1, tag("a", "1"));
  shop.erase("1", "a");
  shop.erase("2", "a");
  shop.post("3", "b", 2, "#mug");
  EXPECT_EQ(shop.events(),
            (Events{"prompt a 1:mug", "confirmed a 1:mug by 2", "rejected b 3 mug sold_out"}));
}

// A window is open until clock - L is beyond its deadline, so it can be cancelled
// as long.
TEST(Decider, P6_1_BehindTheDeadline) {
  Shop shop;
  shop.post("1", "a", 0, "#mug");
  shop.clock_to(kWindow + kLateness);
  shop.erase("1", "a");
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "cancelled a 1:mug intent_deleted"}));
  shop.post("2", "b", kWindow + kLateness, "#mug");
  shop.clock_to(2 * (kWindow + kLateness) + 1);
  shop.erase("2", "b");
  EXPECT_EQ(shop.events(), (Events{"prompt b 2:mug", "expired b 2:mug"}));
}

TEST(Decider, P6_1_ParkedConfirmations) {
  Shop shop;
  shop.post("2", "a", 1, tag("a", "1") + " #Confirm00000000");
  shop.post("2", "b", 1, "#Confirm00000000");
  shop.erase("2", "a");
  EXPECT_EQ(shop.counts().parked_deleted, 2U);
  shop.post("1", "a", 0, "#mug");
  EXPECT_EQ(shop.events(), Events{"prompt a 1:mug"});
  shop.clock_to(kMinute);
  EXPECT_EQ(shop.events(), Events{"rejected b 2 - unknown_code"});
}

TEST(Decider, P6_1_DeletingAConfirmationThatWasAppliedDoesNothing) {
  Shop shop;
  shop.post("2", "a", 1, tag("a", "1"));
  shop.post("1", "a", 0, "#mug");
  shop.erase("2", "a");
  EXPECT_EQ(shop.counts().parked_deleted, 0U);
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "confirmed a 1:mug by 2"}));
}

TEST(Decider, P6_1_NoticesAreCandidatesOfMembersOnly) {
  Shop shop;
  shop.erase("1", "z");
  EXPECT_EQ(shop.counts().candidates, 0U);
  EXPECT_EQ(shop.counts().delete_notices, 1U);
  shop.erase("1", "a");
  EXPECT_EQ(shop.counts().candidates, 1U);
}

TEST(Decider, P6_2_DeletedBeforeItCame) {
  Shop shop;
  shop.clock_to(0);
  shop.erase("1", "a");
  shop.post("1", "b", 0, "#mug");  // not theirs
  shop.post("1", "a", 0, "#mug");
  EXPECT_EQ(shop.events(), Events{"prompt b 1:mug"});
  EXPECT_EQ(shop.counts().deleted_before, 1U);
  // It was a post like any other, so its copy is a duplicate.
  shop.post("1", "a", 0, "#mug");
  EXPECT_EQ(shop.counts().duplicates, 1U);
  EXPECT_EQ(shop.counts().deleted_before, 1U);
}

TEST(Decider, P6_2_ConfirmationsToo) {
  Shop shop;
  shop.post("1", "a", 0, "#mug");
  shop.erase("2", "a");
  shop.post("2", "a", 1, tag("a", "1"));
  EXPECT_EQ(shop.events(), Events{"prompt a 1:mug"});
  EXPECT_EQ(shop.counts().deleted_before, 1U);
}

TEST(Decider, P6_2_RememberedUntilTheClockIsPastIt) {
  for (const std::int64_t more : {0, 1}) {
    Shop shop;
    shop.clock_to(0);
    shop.erase("1", "a");
    shop.clock_to(kLateness + more);
    shop.post("1", "a", kLateness, "#mug");
    EXPECT_EQ(shop.counts().deleted_before, more == 0 ? 1U : 0U);
    EXPECT_EQ(shop.counts().prompts, more == 0 ? 0U : 1U);
  }
}

TEST(Decider, P6_2_BeforeTheClockItCameWithTheFirst) {
  for (const std::int64_t more : {0, 1}) {
    Shop shop;
    shop.erase("1", "a");
    shop.clock_to(0);
    shop.clock_to(kLateness + more);
    shop.post("1", "a", kLateness, "#mug");
    EXPECT_EQ(shop.counts().deleted_before, more == 0 ? 1U : 0U);
  }
  // The first post of all may be the one that was deleted.
  Shop shop;
  shop.erase("1", "a");
  shop.post("1", "a", 0, "#mug");
  EXPECT_EQ(shop.counts().deleted_before, 1U);
  EXPECT_EQ(shop.events(), Events{});
}

TEST(Decider, P6_2_ARepeatedNoticeIsTheNewest) {
  Shop shop;
  shop.clock_to(0);
  shop.erase("1", "a");
  shop.clock_to(20 * kSecond);
  shop.erase("1", "a");
  shop.clock_to(20 * kSecond + kLateness);
  shop.post("1", "a", 20 * kSecond + kLateness, "#mug");
  EXPECT_EQ(shop.counts().deleted_before, 1U);
}

TEST(Decider, P6_2_ANoticeForAPostThatIsRememberedIsNot) {
  Shop shop;
  shop.post("1", "a", 0, "#mug");
  shop.clock_to(kWindow + kLateness);
  shop.erase("1", "a");  // the post is just remembered
  shop.clock_to(kWindow + kLateness + 1);
  shop.post("1", "a", kWindow + kLateness + 1, "#mug");
  EXPECT_EQ(shop.events(),
            (Events{"prompt a 1:mug", "cancelled a 1:mug intent_deleted", "prompt a 1:mug"}));
  shop.clock_to(2 * kWindow + 2 * kLateness + 2);
  shop.erase("1", "a");  // now it is not
  shop.post("1", "a", 2 * kWindow + 2 * kLateness + 2, "#mug");
  EXPECT_EQ(shop.counts().deleted_before, 1U);
}

TEST(Decider, P6_2_LatePostsAreLateFirst) {
  Shop shop;
  shop.clock_to(kMinute);
  shop.erase("1", "a");
  shop.post("1", "a", 0, "#mug");
  EXPECT_EQ(shop.events(), Events{"rejected a 1 - late"});
  EXPECT_EQ(shop.counts().deleted_before, 0U);
}

TEST(Decider, P6_2_AtMostAThousandAnAuthor) {
  for (const bool with_clock : {false, true}) {
    Shop shop;
    if (with_clock) {
      shop.clock_to(0);
    }
    for (int i = 0; i < 1'000; ++i) {
      shop.erase("p" + std::to_string(i), "a");
    }
    shop.erase("p0", "a");  // again: the newest now, and no other
    shop.erase("p0", "b");  // another author's
    EXPECT_EQ(shop.counts().deletes_forgotten, 0U);
    shop.erase("q", "a");
    EXPECT_EQ(shop.counts().deletes_forgotten, 1U);
    shop.post("p1", "a", 0, "#mug");  // the oldest
    EXPECT_EQ(shop.events(), Events{"prompt a p1:mug"});
    shop.erase("p1", "a");
    for (const std::string_view id : {"p0", "p2", "p999", "q"}) {
      shop.post(id, "a", 0, "#mug");
    }
    EXPECT_EQ(shop.counts().deleted_before, 4U);
    EXPECT_EQ(shop.events(), Events{"cancelled a p1:mug intent_deleted"});
  }
}

// Those that have fallen out by time make room without being forgotten.
TEST(Decider, P6_2_OldOnesMakeRoom) {
  Shop shop;
  shop.clock_to(0);
  for (int i = 0; i < 1'000; ++i) {
    shop.erase("p" + std::to_string(i), "a");
  }
  shop.clock_to(kLateness + 1);
  for (int i = 0; i < 1'000; ++i) {
    shop.erase("q" + std::to_string(i), "a");
  }
  EXPECT_EQ(shop.counts().deletes_forgotten, 0U);
}

TEST(Decider, P6_3_ExpiredWhenTheClockIsPastDeadlineAndLateness) {
  Shop shop({offer("mug", ",\"stock\":1")});
  shop.post("1", "a", 0, "#mug");
  shop.clock_to(kWindow + kLateness);
  shop.post("2", "b", kWindow + kLateness, "#mug");
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "rejected b 2 mug sold_out"}));
  shop.clock_to(kWindow + kLateness + 1);
  EXPECT_EQ(shop.event_lines(),
            Events{R"({"type":"expired","purchase_id":"1:mug","offer_id":"mug","account":"acct-a",)"
                   R"("author_id":"a","intent_id":"1","intent_at":"2013-02-11T12:00:00.000Z",)"
                   R"("deadline":"2013-02-11T12:15:00.000Z"})"});
  EXPECT_EQ(shop.counts().open_windows, 0U);
  shop.post("3", "c", kWindow + kLateness + 1, "#mug");
  EXPECT_EQ(shop.events(), Events{"prompt c 3:mug"});
}

TEST(Decider, P6_3_ADeniedOneIsForgottenSilently) {
  Shop shop({offer("mug", ",\"stock\":0")});
  shop.post("1", "a", 0, "#mug");
  (void)shop.events();
  shop.clock_to(kWindow + kLateness + 1);
  EXPECT_EQ(shop.events(), Events{});
  EXPECT_EQ(shop.counts().expired, 0U);
  shop.post("2", "a", kWindow + kLateness + 1, tag("a", "1"));
  shop.clock_to(kWindow + 2 * kLateness + 2);
  EXPECT_EQ(shop.events(), Events{"rejected a 2 - unknown_code"});
}

// The stream ends; nothing more falls due.
TEST(Decider, P6_3_OpenWindowsStayOpenAtTheEnd) {
  Shop shop;
  shop.post("1", "a", 0, "#mug");
  shop.clock_to(kWindow);
  EXPECT_EQ(shop.events(), Events{"prompt a 1:mug"});
  EXPECT_EQ(shop.counts().open_windows, 1U);
}

}  // namespace
