// The figures of the live page: counting against plain maps, and their JSON by another parser.
#include "tools/serve/figures.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/seeded.h"

namespace tagtill {
namespace {

constexpr Millis kNoon = 1'360'584'000'000;  // 2013-02-11T12:00:00Z
constexpr Millis kMinute = 60'000;

std::string offer_line(std::size_t number, const std::string& title, const std::string& more) {
  const std::string id = "offer-" + std::to_string(number);
  return R"({"id":")" + id + R"(","tag":"tag)" + std::to_string(number) + R"(","title":")" + title +
         R"(","price_minor":1250,"currency":"USD","fulfilment":"ship",)" +
         R"("starts_at":"2013-01-01T00:00:00Z","ends_at":"2014-01-01T00:00:00Z")" + more + "}\n";
}

std::shared_ptr<const OfferCatalogue> catalogue(const std::string& lines) {
  FileErrors errors;
  auto offers = OfferCatalogue::parse(lines, "offers", "Confirm", errors);
  EXPECT_TRUE(errors.empty());
  return offers;
}

Event event(EventType type, std::string_view offer) {
  Event one;
  one.type = type;
  one.offer_id = offer;
  one.account = "secret-account";
  one.author_id = "1186275104";
  one.currency = {'U', 'S', 'D'};
  one.price_minor = 1'250;
  one.reach = 100;
  return one;
}

EventBatch batch_of(std::vector<Event> events) {
  EventBatch batch;
  batch.events = std::move(events);
  return batch;
}

TEST(EventTally, CountsByTypeOfferReasonMinuteAndCurrency) {
  EventTally tally(catalogue(offer_line(1, "Mug", R"(,"stock":10)") + offer_line(2, "Tea", "")));
  tally.restore("offer-1", 2, 3);
  tally.restore("unknown", 2, 3);
  Event yen = event(EventType::kConfirmed, "offer-2");
  yen.currency = {'J', 'P', 'Y'};
  Event rejected = event(EventType::kRejected, "");
  rejected.reject_reason = RejectReason::kSoldOut;
  tally.add(batch_of({event(EventType::kPrompt, "offer-1"), event(EventType::kPrompt, "offer-1"),
                      event(EventType::kConfirmed, "offer-1"), rejected}),
            kNoon - 59 * kMinute);
  tally.add(batch_of({event(EventType::kExpired, "offer-1"), yen,
                      event(EventType::kCancelled, "offer-2"), event(EventType::kPrompt, "gone")}),
            kNoon + 1);
  Figures figures;
  tally.fill(figures, kNoon + 59'999);
  EXPECT_EQ(figures.prompts, 3U);
  EXPECT_EQ(figures.confirmed, 2U);
  EXPECT_EQ(figures.expired, 1U);
  EXPECT_EQ(figures.cancelled, 1U);
  EXPECT_EQ(figures.rejected[static_cast<std::size_t>(RejectReason::kSoldOut)], 1U);
  EXPECT_EQ(figures.reach, 200U);
  EXPECT_EQ(figures.purchases_by_minute.front(), 1U);
  EXPECT_EQ(figures.purchases_by_minute.back(), 1U);
  ASSERT_EQ(figures.amounts.size(), 2U);
  EXPECT_EQ(figures.amounts[1].currency, (std::array<char, 3>{'J', 'P', 'Y'}));
  EXPECT_EQ(figures.amounts[0].minor, 1'250);
  ASSERT_EQ(figures.offers.size(), 2U);
  EXPECT_EQ(figures.offers_total, 2U);
  const OfferFigures& mug = figures.offers[0];
  EXPECT_EQ(mug.id, "offer-1");
  EXPECT_EQ(mug.price, "12.50 USD");
  EXPECT_EQ(mug.prompts, 2U);
  EXPECT_EQ(mug.confirmed, 1U);
  EXPECT_EQ(mug.open, 2U);                // two from before, two more, two ended
  EXPECT_EQ(mug.stock_left, 4);           // of ten: three sold before, one now, two held
  EXPECT_EQ(figures.offers[1].open, 0U);  // never fewer than none
  EXPECT_EQ(figures.offers[1].stock_left, std::nullopt);
  tally.fill(figures, kNoon + kMinute);
  EXPECT_EQ(figures.purchases_by_minute.front(), 0U);
  EXPECT_EQ(figures.purchases_by_minute[58], 1U);
}

TEST(EventTally, AReloadKeepsCountsAndOffersWithOpenWindows) {
  EventTally tally(
      catalogue(offer_line(1, "One", "") + offer_line(2, "Two", "") + offer_line(3, "Three", "")));
  tally.add(
      batch_of({event(EventType::kPrompt, "offer-1"), event(EventType::kPrompt, "offer-2"),
                event(EventType::kPrompt, "offer-3"), event(EventType::kConfirmed, "offer-3")}),
      kNoon);
  tally.set_catalogue(catalogue(offer_line(1, "Uno", "") + offer_line(4, "Four", "")));
  Figures figures;
  tally.fill(figures, kNoon);
  std::map<std::string, std::pair<std::string, std::uint64_t>> shown;
  for (const OfferFigures& offer : figures.offers) {
    shown[offer.id] = {offer.title, offer.prompts};
  }
  EXPECT_EQ(shown,
            (std::map<std::string, std::pair<std::string, std::uint64_t>>{
                {"offer-1", {"Uno", 1}}, {"offer-2", {"Two", 1}}, {"offer-4", {"Four", 0}}}));
  tally.add(batch_of({event(EventType::kConfirmed, "offer-2")}), kNoon);
  tally.set_catalogue(catalogue(offer_line(4, "Four", "")));
  tally.fill(figures, kNoon);
  EXPECT_EQ(figures.offers_total, 2U);  // four, and one, which is still open
  EXPECT_EQ(figures.confirmed, 2U);
}

// Random events, reloads and times, against maps.
TEST(EventTally, CountsAsMapsDo) {
  for (std::uint64_t i = 0; i < seeded::seeds(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    seeded::Random random(seed);
    const std::size_t offers = 1 + random.below(80);
    std::string lines;
    for (std::size_t o = 0; o < offers; ++o) {
      lines += offer_line(o, "x", "");
    }
    EventTally tally(catalogue(lines));
    std::map<EventType, std::uint64_t> types;
    std::map<std::size_t, std::uint64_t> prompts;
    std::map<std::size_t, std::uint64_t> confirmed;
    std::map<Millis, std::uint32_t> minutes;
    std::map<std::string, std::int64_t> amounts;
    Millis now = kNoon;
    for (std::size_t batches = random.below(40); batches > 0; --batches) {
      now += static_cast<Millis>(random.below(3 * kMinute));
      EventBatch batch;
      for (std::size_t events = random.below(20); events > 0; --events) {
        const std::size_t offer = random.below(offers + 2);
        Event one = event(static_cast<EventType>(random.below(kEventTypes)),
                          batch.bytes.keep("offer-" + std::to_string(offer)));
        one.price_minor = random.percent(1) ? std::numeric_limits<std::int64_t>::max() / 2
                                            : random.between(0, 10'000);
        one.currency[2] = static_cast<char>('A' + random.below(4));
        batch.events.push_back(one);
        ++types[one.type];
        if (one.type == EventType::kPrompt) {
          ++prompts[offer];
        } else if (one.type == EventType::kConfirmed) {
          ++confirmed[offer];
          ++minutes[now / kMinute];
          std::int64_t& amount = amounts[std::string(one.currency.begin(), one.currency.end())];
          const std::int64_t room = std::numeric_limits<std::int64_t>::max() - amount;
          amount += std::min(room, one.price_minor);
        }
      }
      tally.add(batch, now);
      if (random.percent(20)) {
        tally.set_catalogue(catalogue(lines));
      }
    }
    now += static_cast<Millis>(random.below(10 * kMinute));
    Figures figures;
    tally.fill(figures, now);
    ASSERT_EQ(figures.prompts, types[EventType::kPrompt]);
    ASSERT_EQ(figures.confirmed, types[EventType::kConfirmed]);
    ASSERT_EQ(figures.expired, types[EventType::kExpired]);
    ASSERT_EQ(figures.cancelled, types[EventType::kCancelled]);
    for (Millis ago = 0; ago < 60; ++ago) {
      ASSERT_EQ(figures.purchases_by_minute[static_cast<std::size_t>(59 - ago)],
                minutes[now / kMinute - ago]);
    }
    std::map<std::string, std::int64_t> counted;
    for (const AmountFigures& amount : figures.amounts) {
      counted[std::string(amount.currency.begin(), amount.currency.end())] = amount.minor;
    }
    ASSERT_EQ(counted, amounts);
    // The first rows of all of them, sorted.
    std::vector<std::tuple<std::int64_t, std::int64_t, std::size_t>> wanted;
    for (std::size_t o = 0; o < offers; ++o) {
      wanted.emplace_back(-static_cast<std::int64_t>(confirmed[o]),
                          -static_cast<std::int64_t>(prompts[o]), o);
    }
    std::sort(wanted.begin(), wanted.end());
    wanted.resize(std::min<std::size_t>(wanted.size(), 50));
    ASSERT_EQ(figures.offers.size(), wanted.size());
    for (std::size_t row = 0; row < wanted.size(); ++row) {
      ASSERT_EQ(figures.offers[row].id, "offer-" + std::to_string(std::get<2>(wanted[row])));
    }
  }
}

TEST(EventTally, OneThreadAddsAndOthersLook) {
  const std::string lines = offer_line(1, "One", "") + offer_line(2, "Two", "");
  EventTally tally(catalogue(lines));
  std::atomic<bool> done{false};
  std::thread looks([&] {
    std::uint64_t before = 0;
    while (!done) {
      Figures figures;
      tally.fill(figures, kNoon);
      EXPECT_GE(figures.confirmed, before);
      before = figures.confirmed;
      tally.set_catalogue(catalogue(lines));
    }
  });
  for (int i = 0; i < 2'000; ++i) {
    tally.add(
        batch_of({event(EventType::kPrompt, "offer-1"), event(EventType::kConfirmed, "offer-1")}),
        kNoon);
  }
  done = true;
  looks.join();
  Figures figures;
  tally.fill(figures, kNoon);
  EXPECT_EQ(figures.offers[0].confirmed, 2'000U);
}

TEST(Figures, RatesAreOverTheLastSeconds) {
  Rate rate;
  EXPECT_EQ(rate.update(1'000, 10'000), 0);
  EXPECT_EQ(rate.update(1'500, 11'000), 500);
  EXPECT_EQ(rate.update(1'500, 11'000), 500);
  EXPECT_EQ(rate.update(2'000, 15'000), 200);
  EXPECT_EQ(rate.update(2'000, 30'000), 0);
  EXPECT_EQ(rate.update(12'000, 30'500), 10'000 / 15.5);
}

TEST(Figures, AreJsonWithoutAccountsOrAuthors) {
  EventTally tally(
      catalogue(offer_line(1, R"(<script>alert(\"1\")</script>\u202e)", R"(,"stock":1)")));
  tally.add(
      batch_of({event(EventType::kPrompt, "offer-1"), event(EventType::kConfirmed, "offer-1")}),
      kNoon);
  Figures figures;
  tally.fill(figures, kNoon);
  figures.version = "0.1.0";
  figures.state = TierState::kRunning;
  figures.problem = "The sink \"a\" waits.\n";
  figures.bytes = std::uint64_t{1} << 52;
  figures.bytes_per_second = 1.5e9;
  figures.posts_per_second = std::nan("");
  figures.oldest_window_seconds = 12.5;
  figures.latencies = {{"decide to commit", 0.001, 0.002, 0.005, 17}};
  figures.sinks = {{"sqlite:a.db", "waiting", 5, 0.5}};
  figures.sources = {{"tcp:1", 3, 1e6}};
  const std::string text = figures_json(figures);
  EXPECT_EQ(text.find("secret-account"), std::string::npos);
  EXPECT_EQ(text.find("1186275104"), std::string::npos);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  simdjson::dom::parser parser;
  simdjson::dom::element json;
  ASSERT_EQ(parser.parse(text).get(json), simdjson::SUCCESS) << text;
  EXPECT_EQ(std::string_view(json["state"]), "running");
  EXPECT_EQ(std::string_view(json["problem"]), "The sink \"a\" waits.\uFFFD");
  EXPECT_EQ(std::uint64_t(json["bytes"]), std::uint64_t{1} << 52);
  EXPECT_EQ(double(json["bytes_per_second"]), 1.5e9);
  EXPECT_TRUE(json["posts_per_second"].is_null());
  EXPECT_EQ(double(json["oldest_window_seconds"]), 12.5);
  EXPECT_TRUE(json["clock_lag_seconds"].is_null());
  EXPECT_EQ(json["purchases_by_minute"].get_array().size(), 60U);
  EXPECT_EQ(json["rejected"].get_object().size(), 0U);
  const simdjson::dom::element offer = json["offers"].at(0);
  EXPECT_EQ(std::string_view(offer["title"]), "<script>alert(\"1\")</script>\uFFFD");
  EXPECT_EQ(std::string_view(offer["price"]), "12.50 USD");
  EXPECT_EQ(std::int64_t(offer["stock_left"]), 0);
  EXPECT_EQ(std::string_view(json["amounts"].at(0)["amount"]), "12.50");
  EXPECT_EQ(std::uint64_t(json["latencies"].at(0)["count"]), 17U);
  EXPECT_EQ(std::string_view(json["sinks"].at(0)["state"]), "waiting");
  EXPECT_EQ(std::uint64_t(json["sources"].at(0)["connections"]), 3U);
}

}  // namespace
}  // namespace tagtill
