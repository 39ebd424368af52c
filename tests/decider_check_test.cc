// Decider::broken_invariants: what does not hold is said. (That everything holds where it
// should is asked all over.)
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/decider_state.h"
#include "engine/emitter.h"
#include "engine/file_errors.h"
#include "tests/post_lines.h"
#include "tests/shop.h"

namespace tagtill {
namespace {

using Sentences = std::vector<std::string>;
using post_lines::kNoon;

// The parts of a decider, to be put together wrongly.
class Parts {
 public:
  Parts() {
    FileErrors errors;
    offers_ =
        OfferCatalogue::parse(shop::offer("mug", ",\"stock\":1"), "offers", "Confirm", errors);
    members_ = MemberTable::parse(shop::lines(shop::members({"a", "b"})), "members", errors);
    terms_.set_catalogue(*offers_);
    ledger_.set_catalogue(*offers_);
    emitter_.set_members(*members_);
    emitter_.set_batch(events_);
    clock_ = kNoon;
  }

  WindowRef add_window(std::string_view author, WindowIndex last = Shard::kNoWindow) {
    Shard& shard = shards_[0];
    Window window{};
    window.author = shard.ids().acquire(Id(author));
    window.intent = 5;
    window.intent_at = kNoon & Window::kTimeMask;
    window.next = Shard::kNoWindow;
    window.account = members_->find(author);
    const WindowRef added{&shard, shard.add_window(window, last)};
    shard.ids().release(window.author);
    return added;
  }

  [[nodiscard]] Sentences broken() {
    return broken_invariants({options_, *offers_, *members_, counts_, terms_, ledger_, shards_,
                              clock_, set_aside_, controls_});
  }

  Ledger& ledger() { return ledger_; }
  Shard& shard() { return shards_[0]; }
  std::optional<Millis>& clock() { return clock_; }

 private:
  ProtocolOptions options_;
  std::shared_ptr<const OfferCatalogue> offers_;
  std::shared_ptr<const MemberTable> members_;
  DecisionCounts counts_;
  EventBatch events_;
  TermsTable terms_;
  Emitter emitter_{options_, counts_};
  Ledger ledger_{emitter_, terms_};
  ShardSet shards_{terms_, 1};
  std::optional<Millis> clock_;
  std::unique_ptr<KeptPost> set_aside_;
  StandingControls controls_;
};

TEST(DeciderCheck, AllHolds) {
  Parts parts;
  EXPECT_EQ(parts.broken(), Sentences());
  parts.ledger().open(parts.add_window("a"));
  EXPECT_EQ(parts.broken(), Sentences());
  parts.ledger().open(parts.add_window("b"));  // denied
  EXPECT_EQ(parts.broken(), Sentences());
}

TEST(DeciderCheck, AWindowThatTheLedgerDoesNotKnow) {
  Parts parts;
  parts.add_window("a");
  EXPECT_EQ(parts.broken(), (Sentences{"The offer \"mug\" holds 0 units, but has 1 open windows.",
                                       "All offers hold 0 units, but have 1 open windows.",
                                       "Terms of the offer \"mug\" count 0 windows, but have 1."}));
}

TEST(DeciderCheck, AWindowThatTheLedgerHoldsThoughItIsClosed) {
  Parts parts;
  const WindowRef window = parts.add_window("a");
  parts.ledger().open(window);
  window->state = Window::State::kCancelled;
  EXPECT_EQ(parts.broken(), (Sentences{"The offer \"mug\" holds 1 units, but has 0 open windows.",
                                       "All offers hold 1 units, but have 0 open windows."}));
}

TEST(DeciderCheck, MoreUnitsThanThereEverWere) {
  Parts parts;
  parts.ledger().restore(0, 3, 2);
  EXPECT_EQ(parts.broken(), Sentences{"The offer \"mug\" holds 0 units and has sold 3, but there "
                                      "were never more than 2."});
  parts.ledger().restore(0, -1, 2);
  EXPECT_EQ(parts.broken(), Sentences{"The offer \"mug\" has sold -1 units."});
}

TEST(DeciderCheck, AnOpenWindowOfSomebodyElse) {
  Parts parts;
  parts.ledger().open(parts.add_window("stranger"));
  EXPECT_EQ(parts.broken(),
            Sentences{"The author \"stranger\" has an open window, and is no member."});
  Parts others;
  const WindowRef window = others.add_window("a");
  others.ledger().open(window);
  window->account = 1;
  EXPECT_EQ(others.broken(),
            Sentences{"The author \"a\" has an open window with the account of somebody else."});
}

TEST(DeciderCheck, AWindowPastItsDeadline) {
  Parts parts;
  parts.ledger().open(parts.add_window("a"));
  const std::string said =
      "The author \"a\" has a window that is before its intent or past its deadline.";
  parts.clock() = kNoon + 930'000;
  EXPECT_EQ(parts.broken(), Sentences());
  parts.clock() = kNoon + 930'001;
  EXPECT_EQ(parts.broken(), Sentences{said});
  parts.clock() = kNoon - 1;
  EXPECT_EQ(parts.broken(), Sentences{said});
}

TEST(DeciderCheck, WindowsThatCannotBeReached) {
  Parts parts;
  const WindowRef first = parts.add_window("a");
  const WindowRef second = parts.add_window("a", first.index);
  parts.ledger().open(first);
  parts.ledger().open(second);
  EXPECT_EQ(parts.broken(), Sentences());
  first->next = Shard::kNoWindow;
  EXPECT_EQ(parts.broken(),
            Sentences{"The author \"a\" has a window that the index does not lead to."});
  first->next = first.index;
  EXPECT_FALSE(parts.broken().empty());
}

TEST(DeciderCheck, AnIdThatNobodyHolds) {
  Parts parts;
  (void)parts.shard().ids().acquire(Id("nobody"));
  EXPECT_EQ(parts.broken(), Sentences{"A shard counts 1 holders of ids, but has 0."});
}

TEST(DeciderCheck, ParkedConfirmationsPastTheirTime) {
  Parts parts;
  parts.shard().parked().park(7, {1, "8", kNoon - 30'000, 0, 0});
  EXPECT_EQ(parts.broken(), Sentences());
  parts.clock() = kNoon + 1;
  EXPECT_EQ(parts.broken(), Sentences{"The author \"7\" has a parked confirmation that is past its "
                                      "time, or somebody else's."});
}

TEST(DeciderCheck, ANoticeOfTheFuture) {
  Parts parts;
  (void)parts.shard().notices().remember(Id("1"), Id("2"), kNoon, 0);
  EXPECT_EQ(parts.broken(), Sentences());
  (void)parts.shard().notices().remember(Id("1"), Id("3"), kNoon + 1, 0);
  EXPECT_EQ(parts.broken(), Sentences{"The author \"1\" has delete notices that are not in order, "
                                      "or too many."});
}

// A thousand wrong things are a hundred sentences.
TEST(DeciderCheck, SaysAHundredThingsAtMost) {
  Parts parts;
  for (int i = 0; i < 1000; ++i) {
    parts.ledger().open(parts.add_window(std::to_string(i)));
  }
  EXPECT_EQ(parts.broken().size(), 100U);
}

}  // namespace
}  // namespace tagtill
