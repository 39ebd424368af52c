#include "tools/serve/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/errors.h"

namespace tagtill {
namespace {

constexpr std::array<std::uint64_t, HistogramBuckets::kDecades + 1> kPowersOfTen = [] {
  std::array<std::uint64_t, HistogramBuckets::kDecades + 1> powers{};
  std::uint64_t power = 1;
  for (std::uint64_t& p : powers) {
    p = power;
    power *= 10;
  }
  return powers;
}();

// What is shown of a unit's buckets.
struct ShownRange {
  std::size_t first_decade;  // 10^that
  std::size_t last_decade;
  double one;  // what is shown as 1
};

constexpr ShownRange range_of(HistogramUnit unit) {
  return unit == HistogramUnit::kSeconds ? ShownRange{4, 11, 1e9} : ShownRange{0, 6, 1.0};
}

[[noreturn]] void refuse(std::string_view name, std::string_view reason) {
  throw Error(ExitCode::kFailed,
              fmt::format("The metric {} cannot be registered: {}. This is a mistake in tagtill: "
                          "please report it.",
                          name, reason));
}

bool is_good_name(std::string_view name) {
  return name.starts_with("tagtill_") && name.size() > 8 && name.back() != '_' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

// What other lines of the format end in.
bool has_reserved_ending(std::string_view name) {
  return name.ends_with("_sum") || name.ends_with("_count") || name.ends_with("_bucket");
}

void append_escaped(std::string& out, std::string_view text, bool in_quotes) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && in_quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

std::string number(double value) {
  if (std::isnan(value)) {
    return "NaN";
  }
  if (std::isinf(value)) {
    return value > 0 ? "+Inf" : "-Inf";
  }
  return fmt::format("{}", value);
}

void append_line(std::string& out, std::string_view name, std::string_view labels,
                 std::string_view value) {
  out += name;
  if (!labels.empty()) {
    out += fmt::format("{{{}}}", labels);
  }
  out += ' ';
  out += value;
  out += '\n';
}

void append_histogram(std::string& out, const std::string& name, const std::string& labels,
                      HistogramUnit unit, const HistogramSnapshot& snapshot) {
  const ShownRange range = range_of(unit);
  const std::string comma = labels.empty() ? "" : ",";
  std::uint64_t so_far = 0;
  std::size_t next = 0;
  const auto append_bucket = [&](std::uint64_t bound) {
    for (const std::size_t end = HistogramBuckets::of(bound) + 1; next < end; ++next) {
      so_far += snapshot.buckets[next];
    }
    append_line(
        out, name + "_bucket",
        fmt::format("{}{}le=\"{}\"", labels, comma, number(static_cast<double>(bound) / range.one)),
        fmt::format("{}", so_far));
  };
  for (std::size_t decade = range.first_decade; decade < range.last_decade; ++decade) {
    for (const std::uint64_t step : {1U, 2U, 5U}) {
      append_bucket(step * kPowersOfTen[decade]);
    }
  }
  append_bucket(kPowersOfTen[range.last_decade]);
  const std::string count = fmt::format("{}", snapshot.count());
  append_line(out, name + "_bucket", fmt::format("{}{}le=\"+Inf\"", labels, comma), count);
  append_line(out, name + "_sum", labels, number(static_cast<double>(snapshot.sum) / range.one));
  append_line(out, name + "_count", labels, count);
}

}  // namespace

std::size_t HistogramBuckets::of(std::uint64_t value) {
  if (value <= 100) {
    return value == 0 ? 0 : static_cast<std::size_t>(value) - 1;
  }
  // A bucket ends with its bound: what is one less belongs to the numbers with its first digits.
  const std::uint64_t below = value - 1;
  std::size_t decade = 2;
  while (decade < kDecades && below >= kPowersOfTen[decade + 1]) {
    ++decade;
  }
  if (decade >= kDecades) {
    return kCount - 1;
  }
  return 100 + 90 * (decade - 2) + static_cast<std::size_t>(below / kPowersOfTen[decade - 1]) - 10;
}

std::uint64_t HistogramBuckets::upper(std::size_t bucket) {
  if (bucket < 100) {
    return bucket + 1;
  }
  const std::size_t place = std::min(bucket, kCount - 2) - 100;
  return (place % 90 + 11) * kPowersOfTen[place / 90 + 1];
}

std::uint64_t HistogramSnapshot::count() const {
  std::uint64_t sum_of_buckets = 0;
  for (const std::uint64_t bucket : buckets) {
    sum_of_buckets += bucket;
  }
  return sum_of_buckets;
}

HistogramSnapshot HistogramSnapshot::since(const HistogramSnapshot& before) const {
  HistogramSnapshot difference;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    difference.buckets[i] = buckets[i] - before.buckets[i];
  }
  difference.sum = sum - before.sum;
  return difference;
}

std::uint64_t HistogramSnapshot::quantile(double share) const {
  const double wanted = std::ceil(share * static_cast<double>(count()));
  const std::uint64_t rank = wanted < 1 ? 1 : static_cast<std::uint64_t>(wanted);
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    so_far += buckets[i];
    if (so_far >= rank) {
      return HistogramBuckets::upper(i);
    }
  }
  return 0;
}

void Histogram::record(std::uint64_t value, std::uint64_t times) {
  buckets_[HistogramBuckets::of(value)].fetch_add(times, std::memory_order_relaxed);
  sum_.fetch_add(value * times, std::memory_order_relaxed);
}

HistogramSnapshot Histogram::snapshot() const {
  HistogramSnapshot snapshot;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    snapshot.buckets[i] = buckets_[i].load(std::memory_order_relaxed);
  }
  snapshot.sum = sum_.load(std::memory_order_relaxed);
  return snapshot;
}

std::string_view name_of(LabelName name) {
  constexpr std::array<std::string_view, 9> kNames = {"cause",  "queue", "reason", "result", "sink",
                                                      "source", "stage", "type",   "version"};
  return kNames[static_cast<std::size_t>(name)];
}

void MetricRegistry::add(std::string_view name, std::string_view help, Kind kind,
                         HistogramUnit unit, const Labels& labels, const void* metric) {
  if (sealed_) {
    refuse(name, "the registry is sealed");
  }
  if (series_count_ == kSeriesMax) {
    refuse(name, fmt::format("there are {} already", kSeriesMax));
  }
  if (!is_good_name(name) || has_reserved_ending(name) ||
      name.ends_with("_total") != (kind == Kind::kCounter)) {
    refuse(name, "it may not be called so");
  }
  std::string rendered;
  std::vector<LabelName> label_names;
  for (const Label& label : labels) {
    if (label.value.empty() || label.value.size() > kLabelBytesMax ||
        std::find(label_names.begin(), label_names.end(), label.name) != label_names.end()) {
      refuse(name,
             fmt::format("the label {} is empty, too long, or there twice", name_of(label.name)));
    }
    label_names.push_back(label.name);
    rendered += fmt::format("{}{}=\"", rendered.empty() ? "" : ",", name_of(label.name));
    append_escaped(rendered, label.value, true);
    rendered += '"';
  }
  const auto [place, is_new] = families_.try_emplace(std::string(name));
  Family& family = place->second;
  if (is_new) {
    family = {kind, unit, std::string(help), std::move(label_names), {}};
  } else if (family.kind != kind || family.unit != unit || family.help != help ||
             family.labels != label_names) {
    refuse(name, "it was something else before");
  }
  for (const Series& other : family.series) {
    if (other.labels == rendered) {
      refuse(name, fmt::format("it is there already, with the labels {{{}}}", rendered));
    }
  }
  family.series.push_back({std::move(rendered), metric});
  ++series_count_;
}

Counter& MetricRegistry::counter(std::string_view name, std::string_view help,
                                 const Labels& labels) {
  Counter& metric = counters_.emplace_back();
  add(name, help, Kind::kCounter, HistogramUnit::kCount, labels, &metric);
  return metric;
}

Gauge& MetricRegistry::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  Gauge& metric = gauges_.emplace_back();
  add(name, help, Kind::kGauge, HistogramUnit::kCount, labels, &metric);
  return metric;
}

Histogram& MetricRegistry::histogram(std::string_view name, std::string_view help,
                                     HistogramUnit unit, const Labels& labels) {
  Histogram& metric = histograms_.emplace_back();
  add(name, help, Kind::kHistogram, unit, labels, &metric);
  return metric;
}

std::string MetricRegistry::render() const {
  std::string out;
  for (const Description& family : descriptions()) {
    out += fmt::format("# HELP {} ", family.name);
    append_escaped(out, family.help, false);
    out += fmt::format("\n# TYPE {} {}\n", family.name, family.type);
    const Family& of_name = families_.find(family.name)->second;
    for (const Series& series : of_name.series) {
      switch (of_name.kind) {
        case Kind::kCounter:
          append_line(out, family.name, series.labels,
                      fmt::format("{}", static_cast<const Counter*>(series.metric)->value()));
          break;
        case Kind::kGauge:
          append_line(out, family.name, series.labels,
                      number(static_cast<const Gauge*>(series.metric)->value()));
          break;
        case Kind::kHistogram:
          append_histogram(out, family.name, series.labels, of_name.unit,
                           static_cast<const Histogram*>(series.metric)->snapshot());
          break;
      }
    }
  }
  return out;
}

std::vector<MetricRegistry::Description> MetricRegistry::descriptions() const {
  std::vector<Description> all;
  for (const auto& [name, family] : families_) {
    constexpr std::array<std::string_view, 3> kTypes = {"counter", "gauge", "histogram"};
    all.push_back(
        {name, kTypes[static_cast<std::size_t>(family.kind)], family.help, family.labels});
  }
  return all;
}

HistogramSnapshot RecentHistogram::turn() {
  const HistogramSnapshot now = histogram_.snapshot();
  const HistogramSnapshot recent = now.since(before_[next_]);
  before_[next_] = now;
  next_ = (next_ + 1) % before_.size();
  return recent;
}

}  // namespace tagtill
