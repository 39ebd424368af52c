// The search of many hashtags for the tags of all offers at once.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "bench/generated.h"
#include "engine/tag_matcher.h"
#include "tests/seeded.h"

namespace tagtill::bench {
namespace {

// As many windows as a block of recorded posts may have when every line has several.
constexpr std::size_t kWindows = 500;

std::string invented_tag(seeded::Random& random) {
  constexpr std::string_view kConsonants = "bcdfghjklmnprstvz";
  constexpr std::string_view kVowels = "aeiou";
  std::string tag;
  for (std::size_t syllables = 3 + random.below(5); syllables > 0; --syllables) {
    tag += random.pick(kConsonants);
    tag += random.pick(kVowels);
  }
  return tag;
}

// All different.
std::vector<std::string> invented_tags(std::size_t number) {
  seeded::Random random(20130211);
  std::unordered_set<std::string> seen;
  std::vector<std::string> tags;
  while (tags.size() < number) {
    std::string tag = invented_tag(random);
    if (seen.insert(tag).second) {
      tags.push_back(std::move(tag));
    }
  }
  return tags;
}

enum class Windows : std::uint8_t {
  kOrdinary,  // one in a hundred is a tag, the others are words like them
  kNear,      // all but one in a hundred differ from a tag in the first letter alone
};

std::vector<std::string> folds_for(const std::vector<std::string>& tags, Windows kind) {
  seeded::Random random(7);
  std::vector<std::string> folds;
  while (folds.size() < kWindows) {
    std::string fold = random.pick(tags);
    if (folds.size() % 100 != 0) {
      if (kind == Windows::kNear) {
        fold[0] = 'x';
      } else {
        fold = invented_tag(random);
      }
    }
    folds.push_back(std::move(fold));
  }
  return folds;
}

std::string check_matcher(const std::vector<std::string>& tags,
                          const std::vector<std::string>& folds,
                          const std::vector<std::uint32_t>& found) {
  const std::unordered_set<std::string> set(tags.begin(), tags.end());
  std::vector<std::uint32_t> by_set;
  for (std::size_t i = 0; i < folds.size(); ++i) {
    if (set.contains(folds[i])) {
      by_set.push_back(static_cast<std::uint32_t>(i));
    }
  }
  return found == by_set ? "" : "other windows were found than by a look into a set";
}

struct Compiled {
  explicit Compiled(std::size_t number)
      : tags(invented_tags(number)),
        catalogue(catalogue_of(tags)),
        database(std::make_shared<const TagDatabase>(*catalogue)) {}

  std::vector<std::string> tags;
  std::shared_ptr<const OfferCatalogue> catalogue;
  std::shared_ptr<const TagDatabase> database;
};

// Compiling takes longer than anything else here.
const Compiled& compiled(std::size_t number) {
  static std::map<std::size_t, Compiled> by_number;
  return by_number.try_emplace(number, number).first->second;
}

void match(benchmark::State& state, Windows kind) {
  const Compiled& offers = compiled(static_cast<std::size_t>(state.range(0)));
  const std::vector<std::string> folds = folds_for(offers.tags, kind);
  TagWindows windows;
  for (const std::string& fold : folds) {
    windows.begin();
    windows.bytes() += fold;
    windows.end();
  }
  TagMatcher matcher(offers.database);
  std::vector<std::uint32_t> found;
  matcher.match(windows, found);
  if (!is_right(state, check_matcher(offers.tags, folds, found))) {
    return;
  }
  for (auto _ : state) {
    matcher.match(windows, found);
    benchmark::DoNotOptimize(found.data());
  }
  count(state, windows.layout().size(), "windows", windows.count());
}
BENCHMARK_CAPTURE(match, ordinary, Windows::kOrdinary)->Arg(10)->Arg(5'000)->Arg(100'000);
BENCHMARK_CAPTURE(match, near, Windows::kNear)->Arg(10)->Arg(5'000)->Arg(100'000);

}  // namespace
}  // namespace tagtill::bench
