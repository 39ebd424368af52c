// What the benchmarks of the decider's state share: ids, an offer, time and memory.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "engine/hash_bytes.h"
#include "engine/offer_catalogue.h"
#include "engine/time.h"

namespace shard_support {

using tagtill::Millis;

inline constexpr Millis kStart = 1'360'584'000'000;
inline constexpr Millis kWindow = 900'000;

// One offer, `mug`, with windows of 15 minutes.
inline std::shared_ptr<const tagtill::OfferCatalogue> catalogue() {
  tagtill::FileErrors errors;
  auto offers = tagtill::OfferCatalogue::parse(
      R"({"id":"mug","tag":"mug","title":"Mug","price_minor":1,"currency":"EUR",)"
      R"("fulfilment":"ship","starts_at":"2013-01-01T00:00:00Z","ends_at":"2014-01-01T00:00:00Z",)"
      R"("limit_per_member":1000000})",
      "offers", "Confirm", errors);
  if (offers == nullptr) {
    throw std::runtime_error(errors.shown().front());
  }
  return offers;
}

// Decimal ids of 19 digits: authors in no order, posts counting up as those of a
// stream do.
class LongId {
 public:
  explicit LongId(std::uint64_t number) {
    std::to_chars(text_, text_ + sizeof text_, kLeast + number % kLeast);
  }
  static LongId author(std::uint64_t number) { return LongId(tagtill::hash_number(number)); }
  static LongId post(std::uint64_t number) { return LongId(number * 4'194'304); }
  [[nodiscard]] std::string_view text() const { return {text_, sizeof text_}; }

 private:
  static constexpr std::uint64_t kLeast = 1'000'000'000'000'000'000;
  char text_[19];
};

// Bytes of the process that are in memory (Linux).
inline double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double total = 0;
  double resident = 0;
  statm >> total >> resident;
  constexpr double kPage = 4096;
  return resident * kPage;
}

// Processor time of this thread: other work on the machine does not count.
inline double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace shard_support
