// Reloads of a running tier, one after the other; a part of tier_probe.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include "bench/tier/timing.h"

namespace tier_probe {

// One reload: from when its files were about to be written until the tier had counted it.
struct Reload {
  std::string kind;  // `good`, or what is wrong with the files
  Nanos begun = 0;
  Nanos done = 0;
};

// A stretch without reloads.
struct Rest {
  Nanos begun = 0;
  Nanos ended = 0;
};

// Rewrites offers and members, sends SIGHUP, and waits until the tier counts one reload more as
// done, or as refused, in /metrics; over and over, on a thread of its own. Every second one is
// bad, each time in another way. The `g`th good one changes the price of the offer `probe` to
// kFirstPrice + g, brings the offer `reload-g` (tag `ReloadG`) at that price, and the member
// kFirstMember + g. A price in a bad file is one that no good one has.
//
// After each kInARow reloads it rests for as long as they took, so that both can be compared.
class Reloads {
 public:
  static constexpr std::int64_t kFirstPrice = 100;
  static constexpr std::int64_t kFirstMember = 8'000'000'000;
  static constexpr int kInARow = 20;
  static constexpr int kFirstRestSeconds = 2;

  struct Options {
    int process = 0;              // of the tier
    std::uint16_t http_port = 0;  // of its /metrics
    std::string offers;           // with a line of the offer `probe`; written, and put back
    std::string members;
    std::int64_t count = 0;
  };

  explicit Reloads(Options options);
  ~Reloads();
  Reloads(const Reloads&) = delete;
  Reloads& operator=(const Reloads&) = delete;

  // The newest good one that the tier has counted; 0: none. Any thread.
  [[nodiscard]] std::int64_t newest_good() const { return newest_good_; }
  // Done with all, or failed. Any thread.
  [[nodiscard]] bool ended() const { return ended_; }
  // Waits for the end; throws what it failed with.
  void end();

  // After end():
  [[nodiscard]] const std::vector<Reload>& done() const { return done_; }
  [[nodiscard]] const std::vector<Rest>& rests() const { return rests_; }

 private:
  struct Counts {
    std::int64_t done = 0;
    std::int64_t refused = 0;
  };

  void run();
  void rest(Nanos how_long);
  void reload(std::int64_t number);
  [[nodiscard]] std::string offers_text(std::int64_t good, std::int64_t price) const;
  void write_good(std::int64_t good) const;
  // Returns what is wrong with them.
  std::string write_bad(std::int64_t number, std::int64_t good) const;
  void put_back(std::int64_t good) const;
  void wait_for_counts(Counts wanted) const;
  [[nodiscard]] Counts counts() const;

  const Options options_;
  std::string other_offers_;  // lines
  std::string probe_before_price_;
  std::string probe_after_price_;
  std::uint64_t members_bytes_ = 0;  // of the good ones
  std::atomic<std::int64_t> newest_good_{0};
  std::atomic<bool> ended_{false};
  std::atomic<bool> stopped_{false};
  std::vector<Reload> done_;
  std::vector<Rest> rests_;
  std::exception_ptr error_;
  std::thread thread_;
};

}  // namespace tier_probe
