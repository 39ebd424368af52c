// Counters, gauges and histograms, written to by any thread and shown in the text exposition
// format of Prometheus, version 0.0.4.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tagtill {

// Everything here can be written by any thread and read by any other, without locks; values of
// different metrics need not fit together to the last.
//
// A metric has a cache line of its own, so that threads that count do not slow each other.
class alignas(64) Counter {
 public:
  void add(std::uint64_t more = 1) { value_.fetch_add(more, std::memory_order_relaxed); }
  // For a counter that one thread alone writes: a plain load and a plain store.
  void add_alone(std::uint64_t more = 1) { set(value() + more); }
  // For what is counted elsewhere already. Must never get smaller.
  void set(std::uint64_t total) { value_.store(total, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class alignas(64) Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  void add(double more) {
    double before = value();
    while (!value_.compare_exchange_weak(before, before + more, std::memory_order_relaxed)) {
    }
  }
  [[nodiscard]] double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// The buckets of all histograms: whole numbers by their first two digits, 1 to 100 and 90 more a
// decade above, so none is wider than a tenth of what is in it. A bucket holds
// its upper end and not its lower one, as Prometheus has it.
struct HistogramBuckets {
  static constexpr std::size_t kDecades = 12;                           // up to 10^12
  static constexpr std::size_t kCount = 100 + 90 * (kDecades - 2) + 1;  // the last: beyond

  [[nodiscard]] static std::size_t of(std::uint64_t value);
  // The greatest value in the bucket; that of the last one is that of the one before it.
  [[nodiscard]] static std::uint64_t upper(std::size_t bucket);
};

// What a histogram held at one time.
struct HistogramSnapshot {
  std::array<std::uint64_t, HistogramBuckets::kCount> buckets{};
  std::uint64_t sum = 0;

  [[nodiscard]] std::uint64_t count() const;
  // What came after `before`, which must be an earlier snapshot of the same histogram.
  [[nodiscard]] HistogramSnapshot since(const HistogramSnapshot& before) const;
  // The value below or at which `share` (0 … 1) of all are, right to a tenth; 0 if there are none.
  [[nodiscard]] std::uint64_t quantile(double share) const;
};

// Memory: 8 KB. Cost of record(): two atomic additions and a division.
class alignas(64) Histogram {
 public:
  // `value`: nanoseconds of a duration, else what is counted; `times`: as if recorded so often.
  void record(std::uint64_t value, std::uint64_t times = 1);
  [[nodiscard]] HistogramSnapshot snapshot() const;

 private:
  std::array<std::atomic<std::uint64_t>, HistogramBuckets::kCount> buckets_{};
  std::atomic<std::uint64_t> sum_{0};
};

// What a histogram is made of, and from where to where its buckets are shown: at 1, 2 and 5 of
// each decade.
enum class HistogramUnit : std::uint8_t {
  kSeconds,  // recorded as nanoseconds; shown from 10 µs to 100 s
  kCount,    // shown from 1 to 1,000,000
};

// All that metrics can be told apart by. Authors, posts and tags are not among them, and
// must not be: who reads metrics has no business with persons, and there are too many of them.
enum class LabelName : std::uint8_t {
  kCause,
  kQueue,
  kReason,
  kResult,
  kSink,
  kSource,
  kStage,
  kType,
  kVersion,
};
[[nodiscard]] std::string_view name_of(LabelName name);

struct Label {
  LabelName name;
  std::string value;  // known from the program or its configuration; UTF-8
};
using Labels = std::vector<Label>;

// Owns the metrics. They are registered at the start, by one thread, and live as long as the
// registry; render() and the metrics themselves: any thread.
//
// Bounds: kSeriesMax metrics, told apart by labels. Nothing can be registered once it is sealed:
// so what comes with the stream can never become a label.
//
// Registering throws tagtill::Error (ExitCode::kFailed) for what would be wrong in every run:
// a name not of the form tagtill_[a-z0-9_]+, a counter not called _total (or another metric so
// called), a name or a set of labels given twice.
class MetricRegistry {
 public:
  static constexpr std::size_t kSeriesMax = 2'000;
  static constexpr std::size_t kLabelBytesMax = 128;

  MetricRegistry() = default;
  MetricRegistry(const MetricRegistry&) = delete;
  MetricRegistry& operator=(const MetricRegistry&) = delete;

  // `help`: a sentence. Metrics of one name differ in the values of their labels alone.
  [[nodiscard]] Counter& counter(std::string_view name, std::string_view help,
                                 const Labels& labels = {});
  [[nodiscard]] Gauge& gauge(std::string_view name, std::string_view help,
                             const Labels& labels = {});
  [[nodiscard]] Histogram& histogram(std::string_view name, std::string_view help,
                                     HistogramUnit unit, const Labels& labels = {});

  void seal() { sealed_ = true; }

  // All metrics, in the order of their names. The Content-Type is kContentType.
  [[nodiscard]] std::string render() const;
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

  // Of each name: what it is (`counter`, `gauge`, `histogram`) and its help.
  struct Description {
    std::string name;
    std::string_view type;
    std::string help;
    std::vector<LabelName> labels;
  };
  [[nodiscard]] std::vector<Description> descriptions() const;

 private:
  enum class Kind : std::uint8_t { kCounter, kGauge, kHistogram };
  struct Series {
    std::string labels;  // as they are rendered, without braces
    const void* metric = nullptr;
  };
  struct Family {
    Kind kind = Kind::kCounter;
    HistogramUnit unit = HistogramUnit::kCount;
    std::string help;
    std::vector<LabelName> labels;
    std::vector<Series> series;
  };

  void add(std::string_view name, std::string_view help, Kind kind, HistogramUnit unit,
           const Labels& labels, const void* metric);

  bool sealed_ = false;
  std::size_t series_count_ = 0;
  std::map<std::string, Family, std::less<>> families_;
  // Deques: what is in them never moves.
  std::deque<Counter> counters_;
  std::deque<Gauge> gauges_;
  std::deque<Histogram> histograms_;
};

// A histogram over the last turns alone. Used by one thread.
//
// Memory: 8 KB a turn.
class RecentHistogram {
 public:
  explicit RecentHistogram(const Histogram& histogram, std::size_t turns = 60)
      : histogram_(histogram), before_(turns, histogram.snapshot()) {}

  // To be called once a turn, as every second. What was recorded in the last turns.
  [[nodiscard]] HistogramSnapshot turn();

 private:
  const Histogram& histogram_;
  std::vector<HistogramSnapshot> before_;  // a ring
  std::size_t next_ = 0;
};

}  // namespace tagtill
