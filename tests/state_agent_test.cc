// What the state hands to outputs, and in which order: worked by hand on one thread.
#include "tools/pipeline/state_agent.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/file_errors.h"
#include "tests/seeded.h"
#include "tests/sink_events.h"
#include "tests/state_model.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

// Notes what was on offer when each event was written.
class OffersSink final : public Sink {
 public:
  using Log = std::vector<std::string>;  // of each event

  OffersSink(Log& log, std::string& now) : log_(log), now_(now) {}
  SinkPosition open(const SinkStart& start) override { return position_ = start.at; }
  void write(const EventBatch& batch, std::uint64_t through) override {
    log_.insert(log_.end(), batch.events.size(), now_);
    position_.events = through;
  }
  SinkPosition flush() override { return position_; }
  void close() override {}
  void set_offers(const std::shared_ptr<const OfferCatalogue>& offers) override {
    now_ = offers->offers().front().title;
  }

 private:
  Log& log_;
  std::string& now_;
  SinkPosition position_;
};

std::shared_ptr<const OfferCatalogue> offers_called(const std::string& title) {
  FileErrors errors;
  auto offers = OfferCatalogue::parse(
      R"({"id":"mug","tag":"mug","price_minor":1299,"currency":"EUR","fulfilment":"ship",)"
      R"("starts_at":"1969-01-01T00:00:00Z","ends_at":"9999-12-31T23:59:59Z","title":")" +
          title + "\"}",
      "offers", "Confirm", errors);
  EXPECT_TRUE(errors.empty());
  return offers;
}

// An output that works when it likes, and so is behind now and then.
class StateAgentOffers : public ::testing::Test {
 protected:
  static constexpr std::size_t kParcels = 200;

  // Parcels with events and, in `configurations` places, new offers, at random.
  void run(std::uint64_t seed, std::size_t configurations) {
    seeded::Random random(seed);
    const TempFolder folder;
    const auto store = StateStore::open(folder.path("state"), quick_options());
    (void)store->add_cursor("out", false);
    log_.clear();
    wanted_.clear();
    now_ = "0";
    std::vector<std::unique_ptr<OutputAgent>> outputs;
    OutputAgent::Options how;
    how.name = "out";
    how.parcels = 2 * kParcels;
    outputs.push_back(std::make_unique<OutputAgent>(
        std::make_unique<EventOutput>(std::make_unique<OffersSink>(log_, now_), all_event_types()),
        std::move(how), Clock::real()));
    (void)outputs[0]->open({});
    StateAgent agent(StateAgent::Ways{*store, outputs, nullptr, nullptr, nullptr},
                     StateAgent::OutboxLimit{StateAgent::kOutboxMax, {}}, {}, 2 * kParcels,
                     Clock::real());
    agent.start();
    Handover<Parcel> home(2 * kParcels);
    std::vector<std::unique_ptr<Parcel>> parcels;
    std::string in_force = "0";
    std::uint64_t next = 0;
    for (std::size_t i = 0; i < kParcels; ++i) {
      Parcel& parcel = *parcels.emplace_back(std::make_unique<Parcel>());
      parcel.home = &home;
      parcel.first_event = next;
      parcel.journal = "entry";
      const bool is_configuration = random.below(kParcels - i) <
                                    configurations - static_cast<std::size_t>(std::stoi(in_force));
      if (is_configuration) {
        in_force = std::to_string(std::stoi(in_force) + 1);
        parcel.offers = offers_called(in_force);
        parcel.journal_kind = JournalKind::kConfiguration;
      }
      // A configuration, too, may bring events: it cancels windows of whoever is no member any
      // more.
      for (std::size_t n = random.below(is_configuration ? 2 : 4); n > 0; --n) {
        parcel.events.events.push_back(purchase(parcel.events, std::to_string(next++)));
        wanted_.push_back(in_force);
      }
      agent.give(&parcel);
      if (random.percent(50)) {
        (void)agent.do_work();
      }
      if (random.percent(10)) {
        (void)outputs[0]->do_work();
      }
    }
    last_ = in_force;
    agent.end();
    while (!agent.is_done()) {
      const bool worked = agent.do_work();
      const bool wrote = !outputs[0]->is_done() && outputs[0]->do_work();
      ASSERT_TRUE(worked || wrote || agent.is_done());
    }
  }

  OffersSink::Log log_;
  OffersSink::Log wanted_;
  std::string now_;
  std::string last_;
};

TEST_F(StateAgentOffers, P6_4_ReachAnOutputInTheirPlaceAlsoOneThatIsBehind) {
  for (std::uint64_t n = 0; n < 1 + seeded::seeds() / 10; ++n) {
    const std::uint64_t seed = seeded::first_seed() + n;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    run(seed, StateAgent::kOffers);
    ASSERT_EQ(last_, std::to_string(StateAgent::kOffers));
    ASSERT_EQ(log_, wanted_);
    ASSERT_EQ(now_, last_);
  }
}

// Too many to be kept: never those of later, and at the end the newest.
TEST_F(StateAgentOffers, OfVeryManyTheNewestComeInAnyCase) {
  std::size_t misplaced = 0;
  for (std::uint64_t n = 0; n < 1 + seeded::seeds() / 10; ++n) {
    const std::uint64_t seed = seeded::first_seed() + n;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    run(seed, 100);
    ASSERT_EQ(last_, "100");
    ASSERT_EQ(now_, last_);
    ASSERT_EQ(log_.size(), wanted_.size());
    for (std::size_t i = 0; i < log_.size(); ++i) {
      ASSERT_LE(std::stoi(log_[i]), std::stoi(wanted_[i])) << i;
      misplaced += log_[i] == wanted_[i] ? 0 : 1;
    }
  }
  EXPECT_GT(misplaced, 0U);  // the limit was met
}

}  // namespace
}  // namespace tagtill
