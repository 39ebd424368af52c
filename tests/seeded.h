// Random input for tests, from a seed that a failure prints.
//
// TAGTILL_SEEDS        how much of it (300)
// TAGTILL_SEED         the first seed
// TAGTILL_SHARED_DATA  the folder of recordings and test suites (../shared/data)
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace seeded {

inline std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? std::strtoull(value, nullptr, 10) : otherwise;
}

inline std::uint64_t seeds() { return from_environment("TAGTILL_SEEDS", 300); }
inline std::uint64_t first_seed() { return from_environment("TAGTILL_SEED", 20130211); }

inline std::filesystem::path shared_data() {
  const char* value = std::getenv("TAGTILL_SHARED_DATA");
  return value != nullptr && *value != '\0' ? value : "../shared/data";
}

// splitmix64: the same numbers everywhere, which <random>'s distributions are not.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U) {}

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31);
  }

  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }
  std::int64_t between(std::int64_t first, std::int64_t last) {
    return first +
           static_cast<std::int64_t>(next() % (static_cast<std::uint64_t>(last - first) + 1));
  }
  bool percent(std::size_t share) { return below(100) < share; }

  template <typename Items>
  const auto& pick(const Items& items) {
    return *(std::begin(items) + static_cast<std::ptrdiff_t>(below(std::size(items))));
  }

 private:
  std::uint64_t state_;
};

}  // namespace seeded
