// The trace of decisions: it changes nothing, and each event of a run is the one that
// the decision before it announced.
#include "engine/decision_trace.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/product.h"
#include "tests/seeded.h"
#include "tests/streams.h"

namespace tagtill {
namespace {

// Of each decision: the event that must follow it before the next one.
class Announced final : public DecisionTrace {
 public:
  void on_candidate(const Candidate&) override { next({}); }

  void on_post(const PostDecision& decision) override {
    using What = PostDecision::What;
    const bool member = decision.post.member != kNotAMember;
    next(!member                                ? ""
         : decision.what == What::kLate         ? "late"
         : decision.what == What::kContradicted ? "future"
                                                : "");
    if (decision.what == What::kLate) {
      EXPECT_LT(decision.post.at, decision.bound);
    }
    if (decision.what == What::kApplied) {
      EXPECT_GE(decision.post.at, decision.bound);
      EXPECT_TRUE(decision.clock.has_value());
    }
  }

  void on_clock(const ClockMove& move) override {
    next({});
    EXPECT_GE(move.after, move.post.at);
    EXPECT_GE(move.after, move.before.value_or(move.after));
    bound_ = move.bound;
  }

  void on_intent(const IntentDecision& decision) override {
    using What = IntentDecision::What;
    const auto name = [&]() -> std::string_view {
      switch (decision.what) {
        case What::kNotEnrolled:
          return "not_enrolled";
        case What::kProtected:
          return "protected";
        case What::kFrozen:
          return "frozen";
        case What::kOfferNotLive:
          return "offer_not_live";
        case What::kNotEligible:
          return "not_eligible";
        case What::kRepeated:
          return "";
        case What::kLimitReached:
          return "limit_reached";
        case What::kTooMany:
          return "too_many";
        case What::kOpens:
          break;
      }
      return "the stock decides";
    };
    next(name());
    EXPECT_EQ(decision.tag.folded, decision.offer.folded_tag);
    EXPECT_EQ(decision.live, decision.offer.starts_at <= decision.post.at &&
                                 decision.post.at < decision.offer.ends_at);
    if (decision.what == What::kRepeated) {
      EXPECT_LE(decision.post.at, decision.window->deadline);
      EXPECT_EQ(decision.window->offer_id, decision.offer.id);
    }
    if (decision.what == What::kOpens) {
      EXPECT_LT(decision.confirmed_windows, decision.offer.limit_per_member);
      EXPECT_LT(decision.remembered_windows, 32U);
    }
  }

  void on_confirmation(const ConfirmationDecision& decision) override {
    using What = ConfirmationDecision::What;
    const auto name = [&]() -> std::string_view {
      switch (decision.what) {
        case What::kIgnored:
        case What::kParked:
          return "";
        case What::kProtected:
          return "protected";
        case What::kExpired:
          return "expired by confirmation";
        case What::kLimitReached:
          return "limit_reached";
        case What::kAlreadyConfirmed:
          return "already_confirmed";
        case What::kCancelled:
          return "cancelled by confirmation";
        case What::kTooMany:
          return "too_many";
        case What::kCloses:
          break;
      }
      return "the stock decides";
    };
    next(name());
    if (decision.window) {
      EXPECT_EQ(decision.window->code, decision.code);
      EXPECT_EQ(decision.what == What::kExpired, decision.what != What::kAlreadyConfirmed &&
                                                     decision.what != What::kCancelled &&
                                                     decision.at > decision.window->deadline);
    }
  }

  void on_stock(const StockDecision& decision) override {
    using What = StockDecision::What;
    const bool left = !decision.stock || decision.held + decision.sold < *decision.stock;
    switch (decision.what) {
      case What::kHeld:
      case What::kDenied:
        EXPECT_EQ(left, decision.what == What::kHeld);
        EXPECT_EQ(wanted_, "the stock decides");
        wanted_ = left ? "prompt" : "sold_out";
        break;
      case What::kSold:
      case What::kNotSold:
        EXPECT_EQ(decision.window.denied, decision.what == What::kNotSold);
        EXPECT_EQ(wanted_, "the stock decides");
        wanted_ = decision.window.denied ? "sold_out" : "confirmed";
        break;
      case What::kFree:
        EXPECT_FALSE(decision.window.denied);
        EXPECT_GT(decision.held, 0);
        break;
    }
  }

  void on_window_end(const WindowEnd& end) override {
    using What = WindowEnd::What;
    const bool due = end.what == What::kExpired || end.what == What::kForgotten;
    next(end.what == What::kForgotten || end.window.denied ? "" : due ? "expired" : "cancelled");
    if (due) {
      EXPECT_GT(bound_, end.window.deadline);
    }
  }

  void on_parked_end(const ParkedEnd& end) override {
    next(end.what == ParkedEnd::What::kUnknownCode ? "unknown_code" : "");
  }

  void on_notice(const NoticeDecision&) override { next({}); }

  void on_event(const Event& event) override {
    ++events_;
    std::string name(event.type == EventType::kRejected ? name_of(event.reject_reason)
                                                        : name_of(event.type));
    if (event.type == EventType::kRejected && (name == "expired" || name == "cancelled")) {
      name += " by confirmation";
    }
    EXPECT_EQ(name, wanted_);
    wanted_.clear();
    append_json_line(lines_, event);
  }

  void next(std::string_view wanted) {
    EXPECT_EQ(wanted_, "") << "and no such event came";
    wanted_ = wanted;
  }

  [[nodiscard]] std::size_t events() const { return events_; }
  [[nodiscard]] const std::string& lines() const { return lines_; }

 private:
  std::string wanted_;
  std::string lines_;
  std::size_t events_ = 0;
  Millis bound_ = 0;
};

std::string run(const streams::Stream& stream, DecisionTrace* trace) {
  product::Options options;
  options.lateness_ms = stream.lateness_ms;
  options.max_jump_ms = stream.max_jump_ms;
  options.prefix = stream.prefix;
  product::Product product(stream.offers, stream.members, stream.secret, options);
  product.set_trace(trace);
  auto replacement = stream.replacements.begin();
  for (std::size_t file = 0; file < stream.files.size(); ++file) {
    for (; replacement != stream.replacements.end() && replacement->before_file == file;
         ++replacement) {
      product.replace(replacement->offers, replacement->members, replacement->secret);
    }
    product.feed(stream.files[file]);
  }
  return product.take_events();
}

TEST(DecisionTrace, ChangesNothingAndAnnouncesEveryEvent) {
  std::size_t events = 0;
  for (std::uint64_t i = 0; i < seeded::seeds(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    const streams::Stream stream =
        i % 2 == 0 ? streams::make(seed) : streams::make_with_replacements(seed);
    Announced trace;
    const std::string with = run(stream, &trace);
    trace.next({});
    ASSERT_EQ(with, run(stream, nullptr)) << "TAGTILL_SEED=" << seed;
    ASSERT_EQ(with, trace.lines()) << "TAGTILL_SEED=" << seed;
    ASSERT_FALSE(HasFailure()) << "TAGTILL_SEED=" << seed;
    events += trace.events();
  }
  EXPECT_GT(events, 100U);
}

}  // namespace
}  // namespace tagtill
