// P3.9: one bad time must not end every window.
#include <gtest/gtest.h>

#include <string>

#include "tests/shop.h"

namespace {

using shop::Events;
using shop::kDay;
using shop::kMinute;
using shop::kSecond;
using shop::offer;
using shop::Shop;
using shop::tag;

constexpr std::int64_t kFar = kDay + 1;  // beyond a clock at noon

// With a window of `a` open since noon.
class Jump : public testing::Test {
 protected:
  void SetUp() override {
    shop_.post("1", "a", 0, "#mug");
    ASSERT_EQ(shop_.events(), Events{"prompt a 1:mug"});
  }
  Shop shop_;
};

TEST_F(Jump, P3_9_ExactlyTheJumpIsNotFarAhead) {
  shop_.post("2", "b", kDay, "#mug");
  EXPECT_EQ(shop_.events(), (Events{"expired a 1:mug", "prompt b 2:mug"}));
  EXPECT_EQ(shop_.counts().set_aside, 0U);
}

TEST_F(Jump, P3_9_BeyondItIsSetAside) {
  shop_.post("2", "b", kFar, "#mug");
  EXPECT_EQ(shop_.events(), Events{});
  EXPECT_EQ(shop_.counts().set_aside, 1U);
  EXPECT_EQ(shop_.counts().candidates, 2U);
}

TEST_F(Jump, P3_9_TheFirstPostOfAStreamIsNeverFarAhead) {
  Shop fresh;
  fresh.erase("5", "a");
  fresh.post("1", "a", 10 * kDay, "#mug");
  EXPECT_EQ(fresh.events(), Events{"prompt a 1:mug"});
}

TEST_F(Jump, P3_9_TwoAgree) {
  shop_.post("2", "b", kFar, "#mug");
  shop_.post("3", "c", kFar + 5, "#mug");
  EXPECT_EQ(shop_.events(), (Events{"expired a 1:mug", "prompt b 2:mug", "prompt c 3:mug"}));
  EXPECT_EQ(shop_.counts().set_aside, 0U);
}

// The second is looked at anew, by the clock that the first one moved.
TEST_F(Jump, P3_9_TheSecondMayBeFarAheadOfTheFirst) {
  shop_.post("2", "b", kFar, "#mug");
  shop_.post("3", "c", kFar + kDay + 1, "#mug");
  EXPECT_EQ(shop_.events(), (Events{"expired a 1:mug", "prompt b 2:mug"}));
  EXPECT_EQ(shop_.counts().set_aside, 1U);
  shop_.post("4", "a", kFar + 1, "#mug");
  EXPECT_EQ(shop_.events(), (Events{"rejected c 3 - future", "prompt a 4:mug"}));
}

TEST_F(Jump, P3_9_TheSecondMayBeLateByTheFirst) {
  shop_.post("2", "b", 3 * kDay, "#mug");
  shop_.post("3", "c", 2 * kDay, "#mug");
  EXPECT_EQ(shop_.events(), (Events{"expired a 1:mug", "prompt b 2:mug", "rejected c 3 - late"}));
}

TEST_F(Jump, P3_9_ItsOwnDuplicateIsNoSecondOpinion) {
  shop_.post("2", "b", kFar, "#mug");
  shop_.post("2", "b", kFar, "#mug");
  shop_.post("2", "b", 5, "#mug");  // whatever its time
  EXPECT_EQ(shop_.events(), Events{});
  EXPECT_EQ(shop_.counts().duplicates, 2U);
  EXPECT_EQ(shop_.counts().set_aside, 1U);
  shop_.post("2", "c", kFar, "#mug");  // another author's is another post
  EXPECT_EQ(shop_.events(), (Events{"expired a 1:mug", "prompt b 2:mug", "prompt c 2:mug"}));
}

TEST_F(Jump, P3_9_APostOfNowContradictsIt) {
  shop_.post("2", "b", kFar, "#mug");
  shop_.post("3", "c", 1, "#mug");
  EXPECT_EQ(shop_.events(), (Events{"rejected b 2 - future", "prompt c 3:mug"}));
  EXPECT_EQ(shop_.counts().set_aside, 0U);
  EXPECT_EQ(shop_.counts().rejected.at("future"), 1U);
}

// By the clock as it stands, before the new post moves it.
TEST_F(Jump, P3_9_TheContradictionComesFirst) {
  shop_.post("2", "b", kFar, "#mug");
  shop_.post("3", "c", kDay, "#mug");
  EXPECT_EQ(shop_.events(), (Events{"rejected b 2 - future", "expired a 1:mug", "prompt c 3:mug"}));
}

TEST_F(Jump, P3_9_StrangersContradictToo) {
  shop_.post("2", "b", kFar, "#mug");
  shop_.clock_to(1);
  EXPECT_EQ(shop_.events(), Events{"rejected b 2 - future"});
}

TEST_F(Jump, P3_9_DuplicatesAndLatePostsDoNotContradict) {
  shop_.clock_to(kMinute);
  shop_.post("2", "b", kMinute + kFar, "#mug");
  shop_.post("1", "a", 0, "#mug");
  shop_.post("3", "c", 0, "#mug");
  EXPECT_EQ(shop_.events(), Events{"rejected c 3 - late"});
  EXPECT_EQ(shop_.counts().set_aside, 1U);
  // At exactly clock - L a post is not late.
  shop_.post("4", "c", kMinute - 30 * kSecond, "#mug");
  EXPECT_EQ(shop_.events(), (Events{"rejected b 2 - future", "prompt c 4:mug"}));
}

TEST_F(Jump, P3_9_OneOfAStrangerIsCountedOnly) {
  shop_.post("2", "z", kFar, "#mug");
  EXPECT_EQ(shop_.counts().set_aside, 1U);
  shop_.post("3", "c", 1, "#mug");
  EXPECT_EQ(shop_.events(), Events{"prompt c 3:mug"});
  EXPECT_EQ(shop_.counts().set_aside, 0U);
  // And it agrees like any other.
  shop_.post("4", "z", kFar + kMinute, "#mug");
  shop_.post("5", "b", kFar + kMinute, "#mug");
  EXPECT_EQ(shop_.events(), (Events{"expired a 1:mug", "expired c 3:mug",
                                    "rejected z 4 mug not_enrolled", "prompt b 5:mug"}));
}

TEST_F(Jump, P3_9_AContradictedPostIsNotRemembered) {
  shop_.post("2", "b", kFar, "#mug");
  shop_.clock_to(1);
  shop_.post("2", "b", 2, "#mug");
  EXPECT_EQ(shop_.events(), (Events{"rejected b 2 - future", "prompt b 2:mug"}));
}

TEST_F(Jump, P3_9_ADeleteNoticeEndsIt) {
  shop_.post("2", "b", kFar, "#mug");
  shop_.erase("2", "a");  // not its author
  EXPECT_EQ(shop_.counts().set_aside, 1U);
  shop_.erase("2", "b");
  EXPECT_EQ(shop_.counts().set_aside, 0U);
  EXPECT_EQ(shop_.counts().deleted_before, 1U);
  // The post was not yet come, so the notice is remembered (P6.2).
  shop_.post("2", "b", 1, "#mug");
  EXPECT_EQ(shop_.counts().deleted_before, 2U);
  EXPECT_EQ(shop_.events(), Events{});
}

TEST_F(Jump, P3_9_AConfirmationCanBeSetAside) {
  shop_.post("2", "a", kFar, tag("a", "1"));
  shop_.post("3", "b", 5, "#mug");
  EXPECT_EQ(shop_.events(), (Events{"rejected a 2 - future", "prompt b 3:mug"}));
  shop_.post("4", "a", 6, tag("a", "1"));
  EXPECT_EQ(shop_.events(), Events{"confirmed a 1:mug by 4"});
}

TEST_F(Jump, P3_9_AppliedWithAllItsTags) {
  shop_.post("2", "b", kFar, "#Confirm00000000 #mug");
  shop_.post("3", "c", kFar, "#mug");
  EXPECT_EQ(shop_.events(), (Events{"expired a 1:mug", "prompt b 2:mug", "prompt c 3:mug"}));
  shop_.clock_to(kFar + 30 * kSecond + 1);
  EXPECT_EQ(shop_.events(), Events{"rejected b 2 - unknown_code"});
}

TEST_F(Jump, P3_9_AtTheEndItStaysSetAside) {
  shop_.post("2", "b", kFar, "#mug");
  EXPECT_EQ(shop_.counts().set_aside, 1U);
  EXPECT_EQ(shop_.counts().open_windows, 1U);
}

TEST(Decider, P3_9_ZeroIsNever) {
  Shop shop(Shop::Setting{.options = {.max_jump_ms = 0}});
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "b", 17 * kDay, "#mug");
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "expired a 1:mug", "prompt b 2:mug"}));
}

TEST(Decider, P3_9_ASmallJump) {
  Shop shop(Shop::Setting{.options = {.max_jump_ms = 1}});
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "b", 1, "#mug");
  shop.post("3", "c", 3, "#mug");
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "prompt b 2:mug"}));
  EXPECT_EQ(shop.counts().set_aside, 1U);
}

}  // namespace
