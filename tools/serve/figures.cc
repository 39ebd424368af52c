#include "tools/serve/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "engine/hash_bytes.h"
#include "engine/index_table.h"
#include "tools/report/money.h"
#include "tools/shown_text.h"

namespace tagtill {
namespace {

constexpr Millis kMinuteMs = 60'000;

// --- JSON --------------------------------------------------------------------------------

// Members of an object, or elements of an array, with commas between.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& name(std::string_view name) {
    comma();
    append_json_string(out_, name);
    out_ += ':';
    first_ = true;
    return *this;
  }
  void text(std::string_view text) {
    comma();
    append_json_string(out_, shown_text(text));
  }
  void number(double number) {
    comma();
    out_ += std::isfinite(number) ? fmt::format("{:.6g}", number) : "null";
  }
  void number(std::optional<double> number_or_none) {
    number(number_or_none.value_or(std::numeric_limits<double>::quiet_NaN()));
  }
  void integer(std::uint64_t number) {
    comma();
    out_ += fmt::format("{}", number);
  }
  void integer(std::int64_t number) {
    comma();
    out_ += fmt::format("{}", number);
  }
  void null() {
    comma();
    out_ += "null";
  }
  void begin(char bracket) {
    comma();
    out_ += bracket;
    first_ = true;
  }
  void end(char bracket) {
    out_ += bracket;
    first_ = false;
  }

 private:
  void comma() {
    if (!std::exchange(first_, false)) {
      out_ += ',';
    }
  }

  std::string& out_;
  bool first_ = true;
};

void write_offers(JsonWriter& json, const Figures& figures) {
  json.name("offers").begin('[');
  for (const OfferFigures& offer : figures.offers) {
    json.begin('{');
    json.name("id").text(offer.id);
    json.name("title").text(offer.title);
    json.name("price").text(offer.price);
    json.name("prompts").integer(offer.prompts);
    json.name("confirmed").integer(offer.confirmed);
    json.name("open").integer(offer.open);
    json.name("stock_left");
    if (offer.stock_left) {
      json.integer(*offer.stock_left);
    } else {
      json.null();
    }
    json.end('}');
  }
  json.end(']');
  json.name("offers_total").integer(std::uint64_t{figures.offers_total});
}

void write_latencies(JsonWriter& json, const Figures& figures) {
  json.name("latencies").begin('[');
  for (const LatencyFigures& latency : figures.latencies) {
    json.begin('{');
    json.name("name").text(latency.name);
    json.name("median_seconds").number(latency.median_seconds);
    json.name("p99_seconds").number(latency.p99_seconds);
    json.name("p999_seconds").number(latency.p999_seconds);
    json.name("count").integer(latency.count);
    json.end('}');
  }
  json.end(']');
}

void write_ends(JsonWriter& json, const Figures& figures) {
  json.name("sinks").begin('[');
  for (const SinkFigures& sink : figures.sinks) {
    json.begin('{');
    json.name("name").text(sink.name);
    json.name("state").text(sink.state);
    json.name("behind_events").integer(sink.behind_events);
    json.name("behind_seconds").number(sink.behind_seconds);
    json.end('}');
  }
  json.end(']');
  json.name("sources").begin('[');
  for (const SourceFigures& source : figures.sources) {
    json.begin('{');
    json.name("name").text(source.name);
    json.name("connections").integer(source.connections);
    json.name("bytes_per_second").number(source.bytes_per_second);
    json.end('}');
  }
  json.end(']');
}

void write_funnel(JsonWriter& json, const Figures& figures) {
  json.name("lines").integer(figures.lines);
  json.name("posts").integer(figures.posts);
  json.name("candidates").integer(figures.candidates);
  json.name("intents").integer(figures.intents);
  json.name("prompts").integer(figures.prompts);
  json.name("confirmed").integer(figures.confirmed);
  json.name("expired").integer(figures.expired);
  json.name("cancelled").integer(figures.cancelled);
  json.name("rejected").begin('{');
  for (std::size_t i = 0; i < kRejectReasons; ++i) {
    if (figures.rejected[i] > 0) {
      json.name(name_of(static_cast<RejectReason>(i))).integer(figures.rejected[i]);
    }
  }
  json.end('}');
}

void write_purchases(JsonWriter& json, const Figures& figures) {
  json.name("purchases_by_minute").begin('[');
  for (const std::uint32_t purchases : figures.purchases_by_minute) {
    json.integer(std::uint64_t{purchases});
  }
  json.end(']');
  json.name("amounts").begin('[');
  for (const AmountFigures& amount : figures.amounts) {
    const std::string_view currency(amount.currency.data(), amount.currency.size());
    json.begin('{');
    json.name("currency").text(currency);
    json.name("amount").text(money(amount.minor, currency));
    json.end('}');
  }
  json.end(']');
  json.name("reach").integer(figures.reach);
}

// --- Counting ----------------------------------------------------------------------------

// One thread alone writes: a plain load and a plain store.
void count(std::atomic<std::uint64_t>& counter, std::uint64_t more = 1) {
  counter.store(counter.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
}

std::uint64_t read(const std::atomic<std::uint64_t>& counter) {
  return counter.load(std::memory_order_relaxed);
}

std::uint32_t packed(const std::array<char, 3>& currency) {
  std::uint32_t letters = 0;
  for (const char c : currency) {
    letters = letters << 8 | static_cast<unsigned char>(c);
  }
  return letters;
}

std::array<char, 3> unpacked(std::uint32_t letters) {
  return {static_cast<char>(letters >> 16 & 0xFF), static_cast<char>(letters >> 8 & 0xFF),
          static_cast<char>(letters & 0xFF)};
}

}  // namespace

std::string_view name_of(TierState state) {
  constexpr std::array<std::string_view, 4> kNames = {"starting", "running", "draining", "failed"};
  return kNames[static_cast<std::size_t>(state)];
}

std::string figures_json(const Figures& figures) {
  std::string out;
  JsonWriter json(out);
  json.begin('{');
  json.name("version").text(figures.version);
  json.name("state").text(name_of(figures.state));
  json.name("problem").text(figures.problem);
  json.name("at_ms").integer(figures.at);
  json.name("uptime_seconds").number(std::floor(figures.uptime_seconds));
  json.name("bytes").integer(figures.bytes);
  json.name("bytes_per_second").number(figures.bytes_per_second);
  json.name("posts_per_second").number(figures.posts_per_second);
  write_funnel(json, figures);
  json.name("open_windows").integer(figures.open_windows);
  json.name("oldest_window_seconds").number(figures.oldest_window_seconds);
  json.name("clock_lag_seconds").number(figures.clock_lag_seconds);
  write_purchases(json, figures);
  write_offers(json, figures);
  write_latencies(json, figures);
  write_ends(json, figures);
  json.end('}');
  return out;
}

double Rate::update(std::uint64_t total, Millis now_ms) {
  seen_.emplace_back(now_ms, total);
  while (seen_.size() > 2 && seen_[1].first <= now_ms - kOverMs) {
    seen_.pop_front();
  }
  const auto [first_ms, first_total] = seen_.front();
  return now_ms > first_ms ? static_cast<double>(total - first_total) * 1'000 /
                                 static_cast<double>(now_ms - first_ms)
                           : 0;
}

std::uint64_t EventTally::OfferCounts::open() const {
  // Read one after the other while they grow: the ends first, so that they are not too many.
  const std::uint64_t ends = read(confirmed) + read(ended);
  const std::uint64_t begun = open_before + read(prompts);
  return begun > ends ? begun - ends : 0;
}

struct EventTally::Row {
  std::string id;
  std::string title;
  std::int64_t price_minor = 0;
  std::array<char, 3> currency{};
  std::optional<std::int64_t> stock;
  std::shared_ptr<OfferCounts> counts;
};

// Const once it is in use, but for the counts.
struct EventTally::Table {
  explicit Table(std::size_t rows_max) : by_id(rows_max) { rows.reserve(rows_max); }

  std::vector<Row> rows;
  IndexTable by_id;

  [[nodiscard]] const Row* find(std::string_view id) const {
    const std::uint32_t index =
        by_id.find(hash_bytes(id), [&](std::uint32_t i) { return rows[i].id == id; });
    return index == IndexTable::kNone ? nullptr : &rows[index];
  }
  // There is no row with its id yet.
  void add(Row row) {
    by_id.find_or_put(hash_bytes(row.id), static_cast<std::uint32_t>(rows.size()),
                      [](std::uint32_t) { return false; });
    rows.push_back(std::move(row));
  }
};

EventTally::EventTally(const std::shared_ptr<const OfferCatalogue>& catalogue)
    : table_(std::make_shared<Table>(0)) {
  set_catalogue(catalogue);
}

std::shared_ptr<const EventTally::Table> EventTally::table() const {
  const std::lock_guard lock(mutex_);
  return table_;
}

void EventTally::set_catalogue(const std::shared_ptr<const OfferCatalogue>& catalogue) {
  const std::shared_ptr<const Table> before = table();
  const auto offers = catalogue->offers();
  auto next = std::make_shared<Table>(offers.size() + before->rows.size());
  for (const Offer& offer : offers) {
    const Row* const old = before->find(offer.id);
    next->add({offer.id, offer.title, offer.price_minor, offer.currency, offer.stock,
               old != nullptr ? old->counts : std::make_shared<OfferCounts>()});
  }
  for (const Row& old : before->rows) {
    if (old.counts->open() > 0 && next->find(old.id) == nullptr) {
      next->add(old);
    }
  }
  const std::lock_guard lock(mutex_);
  table_ = std::move(next);
}

void EventTally::restore(std::string_view offer_id, std::uint64_t open, std::uint64_t sold) {
  if (const Row* const row = table()->find(offer_id)) {
    row->counts->open_before = open;
    row->counts->sold_before = sold;
  }
}

void EventTally::add(const EventBatch& batch, Millis now_ms) {
  const std::shared_ptr<const Table> rows = table();
  for (const Event& event : batch.events) {
    count(by_type_[static_cast<std::size_t>(event.type)]);
    if (event.type == EventType::kRejected) {
      count(rejected_[static_cast<std::size_t>(event.reject_reason)]);
      continue;
    }
    if (event.type == EventType::kConfirmed) {
      add_purchase(event, now_ms);
    }
    if (const Row* const row = rows->find(event.offer_id)) {
      OfferCounts& counts = *row->counts;
      count(event.type == EventType::kPrompt      ? counts.prompts
            : event.type == EventType::kConfirmed ? counts.confirmed
                                                  : counts.ended);
    }
  }
}

void EventTally::add_purchase(const Event& event, Millis now_ms) {
  count(reach_, event.reach > 0 ? static_cast<std::uint64_t>(event.reach) : 0);
  const auto minute = static_cast<std::uint64_t>(std::max<Millis>(now_ms, 0) / kMinuteMs);
  Count& of_minute = minutes_[minute % kMinutesShown];
  if (read(of_minute) >> 32 != minute) {
    of_minute.store(minute << 32, std::memory_order_relaxed);
  }
  count(of_minute);
  const std::uint32_t currency = packed(event.currency);
  for (Amount& amount : amounts_) {
    const std::uint32_t letters = amount.currency.load(std::memory_order_relaxed);
    if (letters != currency && letters != 0) {
      continue;
    }
    std::int64_t sum = 0;
    if (__builtin_add_overflow(amount.minor.load(std::memory_order_relaxed), event.price_minor,
                               &sum)) {
      sum = std::numeric_limits<std::int64_t>::max();
    }
    amount.minor.store(sum, std::memory_order_relaxed);
    amount.currency.store(currency, std::memory_order_relaxed);
    break;
  }
}

void EventTally::fill(Figures& figures, Millis now_ms) const {
  const auto of_type = [&](EventType type) {
    return read(by_type_[static_cast<std::size_t>(type)]);
  };
  figures.prompts = of_type(EventType::kPrompt);
  figures.confirmed = of_type(EventType::kConfirmed);
  figures.expired = of_type(EventType::kExpired);
  figures.cancelled = of_type(EventType::kCancelled);
  for (std::size_t i = 0; i < kRejectReasons; ++i) {
    figures.rejected[i] = read(rejected_[i]);
  }
  figures.reach = read(reach_);
  const auto minute = static_cast<std::uint64_t>(std::max<Millis>(now_ms, 0) / kMinuteMs);
  for (std::uint64_t ago = 0; ago < kMinutesShown; ++ago) {
    const std::uint64_t value = read(minutes_[(minute + kMinutesShown - ago) % kMinutesShown]);
    figures.purchases_by_minute[kMinutesShown - 1 - ago] =
        minute >= ago && value >> 32 == minute - ago ? static_cast<std::uint32_t>(value) : 0;
  }
  figures.amounts.clear();
  for (const Amount& amount : amounts_) {
    const std::uint32_t letters = amount.currency.load(std::memory_order_relaxed);
    if (letters == 0) {
      break;
    }
    figures.amounts.push_back({unpacked(letters), amount.minor.load(std::memory_order_relaxed)});
  }
  fill_offers(figures);
}

void EventTally::fill_offers(Figures& figures) const {
  const std::shared_ptr<const Table> rows = table();
  struct Place {
    std::uint64_t confirmed;
    std::uint64_t prompts;
    std::size_t row;
  };
  std::vector<Place> places;
  places.reserve(rows->rows.size());
  for (std::size_t i = 0; i < rows->rows.size(); ++i) {
    const OfferCounts& counts = *rows->rows[i].counts;
    places.push_back({read(counts.confirmed), read(counts.prompts), i});
  }
  const std::size_t shown = std::min(places.size(), kOffersShown);
  std::partial_sort(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(shown),
                    places.end(), [](const Place& a, const Place& b) {
                      return a.confirmed != b.confirmed ? a.confirmed > b.confirmed
                             : a.prompts != b.prompts   ? a.prompts > b.prompts
                                                        : a.row < b.row;
                    });
  figures.offers.clear();
  figures.offers_total = places.size();
  for (std::size_t i = 0; i < shown; ++i) {
    const Row& row = rows->rows[places[i].row];
    OfferFigures offer;
    offer.id = row.id;
    offer.title = row.title;
    offer.price = money_with_currency(row.price_minor, {row.currency.data(), row.currency.size()});
    offer.prompts = places[i].prompts;
    offer.confirmed = places[i].confirmed;
    offer.open = row.counts->open();
    if (row.stock) {
      const std::uint64_t taken = offer.open + offer.confirmed + row.counts->sold_before;
      offer.stock_left = std::max<std::int64_t>(*row.stock - static_cast<std::int64_t>(taken), 0);
    }
    figures.offers.push_back(std::move(offer));
  }
}

}  // namespace tagtill
