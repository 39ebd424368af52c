// Decider::save and load: at any time, into any number of shards, nothing is lost, and
// nothing is held that was not there.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/decider.h"
#include "engine/errors.h"
#include "tests/product.h"
#include "tests/seeded.h"
#include "tests/shop.h"
#include "tests/state_facts.h"
#include "tests/stream_runs.h"

namespace {

constexpr std::array<std::uint32_t, 9> kShards = {1, 1, 2, 2, 4, 16, 16, 64, 512};

// Saves and goes on from what was loaded, now and then.
class Restarts : public product::Observer {
 public:
  Restarts(product::Product& product, std::uint64_t seed) : product_(product), random_(seed) {}

  void applied(const tagtill::CandidateBatch&, const tagtill::MemberTable&) override {
    if (random_.percent(10)) {
      restart();
    }
  }
  void replaced(const tagtill::OfferCatalogue&, const tagtill::MemberTable&) override {
    if (random_.percent(50)) {
      restart();
    }
  }

  // What was wrong first.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  void restart() {
    check();
    const std::string before = product_.save_and_load(random_.pick(kShards));
    check();
    const std::string after = product_.save_and_load(random_.pick(kShards));
    if (state_facts::of_state(before).all != state_facts::of_state(after).all) {
      problem_ = "the loaded state holds something else";
    }
  }

  void check() {
    for (const std::string& broken : product_.decider().broken_invariants()) {
      problem_ = broken;
    }
  }

  product::Product& product_;
  seeded::Random random_;
  std::string problem_;
};

void expect_restarts_do_not_matter(const streams::Stream& stream, std::uint64_t seed) {
  SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
  product::Options options = stream_runs::options_of(stream);
  options.block_bytes = 1;  // a block a line
  product::Product product(stream.offers, stream.members, stream.secret, options);
  Restarts restarts(product, seed);
  product.set_observer(&restarts);
  stream_runs::expect_as_the_reference(product, stream);
  EXPECT_EQ(restarts.problem(), "");
}

TEST(SavedState, RestartsDoNotMatterOnRandomStreams) {
  for (std::uint64_t i = 0; i < seeded::seeds() && !testing::Test::HasFailure(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    expect_restarts_do_not_matter(
        i % 3 == 0 ? streams::make(seed) : streams::make_with_replacements(seed), seed);
  }
}

TEST(SavedState, ManyOffersConfirmationsAndNotices) {
  // Those seeds of which the stream is made to fill what is bounded.
  std::uint64_t found = 0;
  for (std::uint64_t i = 0; found < 6 && !testing::Test::HasFailure(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    const streams::Stream stream = streams::make_with_replacements(seed);
    std::size_t bytes = 0;
    for (const std::string& file : stream.files) {
      bytes += file.size();
    }
    if (bytes > 60'000 && bytes < 500'000) {
      ++found;
      expect_restarts_do_not_matter(stream, seed);
    }
  }
}

// --- What one state holds -----------------------------------------------------------

using shop::kDay;
using shop::kMinute;
using shop::kSecond;
using shop::members;
using shop::offer;
using shop::Shop;
using shop::tag;

constexpr std::string_view kLongName = "somebody with a name of their own";
constexpr std::string_view kNumber = "1186275104123456789";

std::vector<std::string> offers() {
  return {offer("mug", ",\"stock\":5"), offer("cup", ",\"stock\":1"), offer("pot"),
          offer("pan", ",\"limit_per_member\":2")};
}

// Everything that there can be, of four people: one with a long name, one whose id is a
// number, and a and b.
Shop::Setting four_people() {
  return {.offers = offers(), .members = members({"a", "b", kLongName, kNumber})};
}
void fill(Shop& shop) {
  shop.erase("100", "a");
  shop.erase("101", kLongName);
  shop.post("1", "a", 0, "#mug #cup");
  shop.post("2", kLongName, 1, "#mug #cup #pan");
  shop.post("3", kLongName, 2, tag(kLongName, "2", "pan"));
  shop.post("4", kNumber, 3, "#mug #pot");
  shop.post("5", kNumber, 4, tag(kNumber, "9", "pan"));
  shop.post("6", kNumber, 4, "#Confirm00000000 #Confirm00000001");
  shop.erase("102", kNumber);
  shop.erase("4", "b");
  shop.post("7", "b", 5, "#mug");
  shop.erase("7", "b");
  shop.post("8", "a", 6, tag("a", "1", "mug"));
  // The account of one window changes, and the terms of all.
  shop.replace({offer("mug", ",\"stock\":4"), offer("cup", ",\"stock\":2"), offer("pot")},
               {post_lines::member_line("a"), post_lines::member_line("b", "DE"),
                R"({"author_id":"somebody with a name of their own","account":"another"})",
                post_lines::member_line(kNumber)});
  shop.post("far", kLongName, 5 * kDay, "#mug #Confirm00000002 #other");
}

TEST(SavedState, HoldsEverything) {
  Shop shop(four_people());
  fill(shop);
  const std::vector<std::string> facts = state_facts::of_state(shop.product().save_and_load(2)).all;
  const auto holds = [&](std::string_view begin, std::string_view what) {
    for (const std::string& fact : facts) {
      if (fact.starts_with(begin) && fact.find(what) != std::string::npos) {
        return true;
      }
    }
    return false;
  };
  const std::string name(kLongName);
  EXPECT_TRUE(holds("clock", " 1360584000006"));
  EXPECT_TRUE(holds("longest window", " 900000"));
  EXPECT_TRUE(holds("stock mug: ", "sold 1 of 6"));
  EXPECT_TRUE(holds("held mug: ", " 2"));
  EXPECT_TRUE(holds("stock pan: ", "sold 1 of 0"));
  EXPECT_TRUE(holds("of a: windows", "[state 1, intent 1 at 1360584000000, code "));
  EXPECT_TRUE(holds("of a: windows", "\"stock\":5}"));  // the terms of then
  EXPECT_TRUE(holds("of a: windows", "[state 0, intent 1"));
  EXPECT_TRUE(holds("of " + name + ": windows", "[state 4, intent 2"));  // denied
  EXPECT_TRUE(holds("of " + name + ": windows", "account acct-somebody"));
  EXPECT_TRUE(holds("of " + name + ": confirmed", " pan 1"));
  EXPECT_TRUE(holds("of b: windows", "[state 2, intent 7"));
  EXPECT_TRUE(holds("of b: notices", "[4 at 1360584000004]"));
  EXPECT_TRUE(holds("of a: notices", "[100 at 1360584000000]"));
  EXPECT_TRUE(holds("of 1186275104123456789: parked", "place 1]"));
  EXPECT_TRUE(holds("of 1186275104123456789: post", "6 at 1360584000004"));
  EXPECT_TRUE(holds("of " + name + ": set aside", "tags mug confirm00000002 other"));
}

TEST(SavedState, BeforeThereIsAClock) {
  Shop shop;
  shop.erase("2", "a");
  shop.erase("1", "a");
  shop.erase("1", "b");
  const std::string saved = shop.product().save_and_load(1);
  EXPECT_EQ(state_facts::of_state(saved).all.front(), "clock -1");
  EXPECT_EQ(state_facts::of_state(shop.product().save_and_load(64)).all,
            state_facts::of_state(saved).all);
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "a", shop::kSecond * 31, "#mug");
  EXPECT_EQ(shop.events(), shop::Events{"prompt a 2:mug"});  // 1 was deleted; 2 is not any more
}

// --- Without one author ----------------------------------------------------------------

TEST(SavedState, WithoutAnAuthorNothingOfThemIsLeft) {
  Shop shop(four_people());
  fill(shop);
  const std::string all = shop.product().snapshot();
  for (const std::string_view author : {kLongName, kNumber, std::string_view("a")}) {
    const std::string name(author);
    const std::string rest = shop.product().snapshot(author);
    const state_facts::Facts facts = state_facts::of_snapshot(rest);
    EXPECT_EQ(facts.all, state_facts::without(state_facts::of_snapshot(all), name).all);
    EXPECT_EQ(std::count(facts.people.begin(), facts.people.end(), name), 0);
    EXPECT_EQ(rest.find("acct-" + name), std::string::npos);
    EXPECT_NE(all.find("acct-" + name), std::string::npos);
  }
  EXPECT_NE(all.find(kLongName), std::string::npos);
  EXPECT_EQ(shop.product().snapshot(kLongName).find(kLongName), std::string::npos);
  EXPECT_EQ(shop.product().snapshot(kLongName).find("another"), std::string::npos);
  std::string number;  // as it stands in the bytes
  for (std::uint64_t left = std::stoull(std::string(kNumber)); left > 0; left /= 256) {
    number += static_cast<char>(left % 256);
  }
  EXPECT_NE(all.find(number), std::string::npos);
  EXPECT_EQ(shop.product().snapshot(kNumber).find(number), std::string::npos);
}

TEST(SavedState, WithoutAnAuthorTheirUnitsAreFree) {
  Shop shop({offer("cup", ",\"stock\":1")});
  shop.post("1", "a", 0, "#cup");
  shop.post("1", "b", 0, "#cup");
  (void)shop.events();
  shop.product().go_on_without("a");
  shop.post("2", "c", 1, "#cup");
  EXPECT_EQ(shop.events(), shop::Events{"prompt c 2:cup"});
  // What they have bought is sold all the same.
  shop.post("3", "c", 2, tag("c", "2", "cup"));
  shop.product().go_on_without("c");
  shop.post("4", "c", 3, "#cup");
  EXPECT_EQ(shop.events(), (shop::Events{"confirmed c 2:cup by 3", "rejected c 4 cup sold_out"}));
}

TEST(SavedState, WithoutAnAuthorOnRandomStreams) {
  for (std::uint64_t i = 0; i < seeded::seeds(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    const streams::Stream stream = streams::make_with_replacements(seed);
    product::Product product(stream.offers, stream.members, stream.secret,
                             stream_runs::options_of(stream));
    (void)stream_runs::run(product, stream);
    const state_facts::Facts all = state_facts::of_snapshot(product.snapshot());
    for (const std::string& author : std::set<std::string>(all.people.begin(), all.people.end())) {
      const state_facts::Facts rest = state_facts::of_snapshot(product.snapshot(author));
      ASSERT_EQ(rest.all, state_facts::without(all, author).all);
      product::Product other(stream.offers, stream.members, stream.secret,
                             stream_runs::options_of(stream));
      other.go_on_with(product.loaded_without(author));
      ASSERT_EQ(other.decider().broken_invariants(), std::vector<std::string>());
    }
  }
}

// --- Bounds ------------------------------------------------------------------------------

TEST(SavedState, IsWrittenInPieces) {
  Shop shop(Shop::Setting{.offers = {offer("mug")}, .members = members({"a"})});
  // A title of a million bytes is a record longer than a piece.
  std::string title(1'000'000, 'x');
  shop.replace({R"({"id":"mug","tag":"mug","title":")" + title +
                R"(","price_minor":1,"currency":"EUR","fulfilment":"ship",)"
                R"("starts_at":"2013-01-01T00:00:00Z","ends_at":"2014-01-01T00:00:00Z"})"},
               members({"a"}));
  shop.post("1", "a", 0, "#mug");
  std::size_t longest = 0;
  std::size_t bytes = 0;
  shop.product().decider().save([&](std::string_view piece) {
    EXPECT_FALSE(piece.empty());
    longest = std::max(longest, piece.size());
    bytes += piece.size();
  });
  EXPECT_EQ(longest, 256U * 1024);
  EXPECT_GT(bytes, title.size());
}

// Version 1 had a count less, and no control records at its end.
TEST(SavedState, AnEarlierVersionIsRead) {
  Shop shop;
  shop.post("1", "a", 0, "#mug");
  shop.post("2", "stranger", 1, "#mug");
  std::string saved;
  shop.product().decider().save([&](std::string_view piece) { saved += piece; });
  const auto skip_number = [&](std::size_t at) {
    while ((static_cast<unsigned char>(saved[at]) & 0x80) != 0) {
      ++at;
    }
    return at + 1;
  };
  ASSERT_EQ(saved[0], 2);
  saved[0] = 1;
  std::size_t at = skip_number(skip_number(1));  // over the clock and the longest window
  const int counts = saved[at];
  saved[at] = static_cast<char>(counts - 1);
  ++at;
  for (int i = 1; i < counts; ++i) {
    at = skip_number(at);
  }
  ASSERT_EQ(saved[at], 0);  // nobody was frozen
  saved.erase(at, 1);
  ASSERT_TRUE(saved.ends_with(std::string(3, '\0')));
  saved.resize(saved.size() - 3);

  Shop other;
  std::string_view bytes = saved;
  other.product().decider().load([&] { return std::exchange(bytes, {}); });
  other.post("3", "a", 2, tag("a", "1"));
  EXPECT_EQ(other.events(), shop::Events{"confirmed a 1:mug by 3"});
  EXPECT_EQ(other.counts().rejected.at("not_enrolled"), 1U);
  EXPECT_TRUE(other.product().decider().controls().is_empty());
}

TEST(SavedState, ALaterVersionIsRefusedWithItsNumber) {
  Shop shop;
  try {
    std::string_view bytes = "\x03";
    shop.product().decider().load([&] { return std::exchange(bytes, {}); });
    FAIL() << "nothing was thrown";
  } catch (const tagtill::DamagedState& error) {
    EXPECT_EQ(std::string(error.what()),
              "The saved state has version 3, and this program reads up to version 2: use the "
              "version of tagtill that wrote it, or a later one.");
  }
}

}  // namespace
