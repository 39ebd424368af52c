// What an operator sees of a running tier at a glance, and its form as JSON.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/event.h"
#include "engine/offer_catalogue.h"
#include "engine/time.h"

namespace tagtill {

inline constexpr std::size_t kMinutesShown = 60;
inline constexpr std::size_t kOffersShown = 50;

struct OfferFigures {
  std::string id;
  std::string title;
  std::string price;  // with its currency, for a person
  std::uint64_t prompts = 0;
  std::uint64_t confirmed = 0;
  std::uint64_t open = 0;
  std::optional<std::int64_t> stock_left;  // nothing: unlimited
};

struct AmountFigures {
  std::array<char, 3> currency{};
  std::int64_t minor = 0;
};

struct LatencyFigures {
  std::string name;  // as `decide to commit`
  double median_seconds = 0;
  double p99_seconds = 0;
  double p999_seconds = 0;
  std::uint64_t count = 0;  // 0: nothing was measured lately
};

struct SinkFigures {
  std::string name;
  std::string state;  // as `up`, `waiting`
  std::uint64_t behind_events = 0;
  double behind_seconds = 0;
};

struct SourceFigures {
  std::string name;
  std::uint64_t connections = 0;
  double bytes_per_second = 0;
};

enum class TierState : std::uint8_t { kStarting, kRunning, kDraining, kFailed };
[[nodiscard]] std::string_view name_of(TierState state);

// Counts are since the program was started. No account, author or post is in it, and none must
// ever be: whoever can load the page sees all of it.
struct Figures {
  std::string version;
  TierState state = TierState::kStarting;
  std::string problem;  // what the operator should know, as a sentence; usually empty
  Millis at = 0;        // since 1970
  double uptime_seconds = 0;

  std::uint64_t bytes = 0;
  double bytes_per_second = 0;
  double posts_per_second = 0;

  // From lines to purchases.
  std::uint64_t lines = 0;
  std::uint64_t posts = 0;
  std::uint64_t candidates = 0;
  std::uint64_t intents = 0;
  std::uint64_t prompts = 0;
  std::uint64_t confirmed = 0;
  std::uint64_t expired = 0;
  std::uint64_t cancelled = 0;
  std::array<std::uint64_t, kRejectReasons> rejected{};

  std::uint64_t open_windows = 0;
  std::optional<double> oldest_window_seconds;  // its age by the stream's clock; nothing: none
  std::optional<double> clock_lag_seconds;      // nothing: there is no clock yet

  // The last one is the minute that runs.
  std::array<std::uint32_t, kMinutesShown> purchases_by_minute{};
  std::vector<AmountFigures> amounts;  // of purchases, by currency
  std::uint64_t reach = 0;             // followers of those who bought, summed up

  std::vector<OfferFigures> offers;  // at most kOffersShown, by purchases
  std::size_t offers_total = 0;
  std::vector<LatencyFigures> latencies;
  std::vector<SinkFigures> sinks;
  std::vector<SourceFigures> sources;
};

// One JSON object on one line, without a line end. Amounts are text with the decimals of their
// currency.
[[nodiscard]] std::string figures_json(const Figures& figures);

// Something that grows, as growth a second over the last seconds. Used by one thread.
class Rate {
 public:
  static constexpr Millis kOverMs = 5'000;

  // `total` at the time `now_ms` of a clock that never goes back. Returns the rate.
  double update(std::uint64_t total, Millis now_ms);

 private:
  std::deque<std::pair<Millis, std::uint64_t>> seen_;  // of the last seconds, oldest first
};

// Counts decided events, in all and by offer. One thread adds, others look.
//
// Bounds: an entry of some 200 bytes for each offer of the catalogue, and for each that is gone
// from it but had a window open then. Cost of add(): one short lock a batch, one look-up
// and some plain stores an event: 18 ns with 5,000 offers, 28 with 100,000. fill() and
// JSON: 0.05 and 0.9 ms (`tagtill_bench --benchmark_filter=observing`).
//
// What it does not see: a window that P5.4 cancels because of the limit leaves no event of
// its own, so an offer's open windows can be too many by such ones, until the next start.
class EventTally {
 public:
  explicit EventTally(const std::shared_ptr<const OfferCatalogue>& catalogue);
  EventTally(const EventTally&) = delete;
  EventTally& operator=(const EventTally&) = delete;

  // What a state remembers of an offer: windows open and units sold. Before the first add().
  // An offer that is not in the catalogue is passed over.
  void restore(std::string_view offer_id, std::uint64_t open, std::uint64_t sold);

  // The thread that adds. `now_ms` since 1970.
  void add(const EventBatch& batch, Millis now_ms);

  // Any thread, one at a time, beside add(), which never waits for it. Counts stay. What is added
  // meanwhile to an offer that is gone may be missing in its row.
  void set_catalogue(const std::shared_ptr<const OfferCatalogue>& catalogue);

  // Any thread. Sets what is counted here: events, reasons, minutes, amounts, reach, offers.
  void fill(Figures& figures, Millis now_ms) const;

 private:
  using Count = std::atomic<std::uint64_t>;

  struct OfferCounts {
    Count prompts{0};
    Count confirmed{0};
    Count ended{0};  // windows that expired or were cancelled
    std::uint64_t open_before = 0;
    std::uint64_t sold_before = 0;
    [[nodiscard]] std::uint64_t open() const;
  };
  struct Row;
  struct Table;
  // Three letters as a number, and what was paid; 0 letters: not used yet.
  struct Amount {
    std::atomic<std::uint32_t> currency{0};
    std::atomic<std::int64_t> minor{0};
  };
  static constexpr std::size_t kCurrenciesMax = 200;  // there are some 180

  [[nodiscard]] std::shared_ptr<const Table> table() const;
  void add_purchase(const Event& event, Millis now_ms);
  void fill_offers(Figures& figures) const;

  mutable std::mutex mutex_;
  std::shared_ptr<const Table> table_;

  std::array<Count, kEventTypes> by_type_{};
  std::array<Count, kRejectReasons> rejected_{};
  Count reach_{0};
  // A ring; the upper half of a number is the minute since 1970, the lower one its purchases.
  std::array<Count, kMinutesShown> minutes_{};
  std::array<Amount, kCurrenciesMax> amounts_{};
};

}  // namespace tagtill
