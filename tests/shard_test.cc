// A shard against plain containers: random windows, posts, notices, parked
// confirmations and counts, compared after each step, and memory at the end.
#include "engine/shard.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/file_errors.h"
#include "engine/offer_catalogue.h"
#include "tests/seeded.h"

namespace tagtill {
namespace {

constexpr Millis kNoon = 1'360'584'000'000;

// Two offers, with windows of one second and of an hour.
std::shared_ptr<const OfferCatalogue> catalogue() {
  FileErrors errors;
  std::string lines;
  for (const auto& [id, seconds] : {std::pair("short", "1"), std::pair("long", "3600")}) {
    lines += std::string(R"({"id":")") + id + R"(","tag":")" + id +
             R"(","title":"T","price_minor":1,"currency":"EUR","fulfilment":"ship",)" +
             R"("starts_at":"2013-01-01T00:00:00Z","ends_at":"2014-01-01T00:00:00Z",)" +
             R"("window_seconds":)" + seconds + "}\n";
  }
  auto offers = OfferCatalogue::parse(lines, "offers", "Confirm", errors);
  EXPECT_TRUE(errors.empty());
  return offers;
}

using Key = std::pair<std::string, std::string>;  // author, post

// What a shard remembers, as the rules say it.
struct PlainShard {
  struct Window {
    std::string intent;
    Millis deadline = 0;
    std::uint32_t index = 0;
  };
  std::map<std::string, std::vector<Window>> windows;  // by author, as they opened
  std::map<Key, Millis> posts;                         // to their event times
  std::map<std::string, std::vector<std::pair<std::string, Millis>>> notices;  // oldest first
  std::map<std::pair<std::string, OfferNumber>, std::int64_t> counts;
  struct Parked {
    std::string post;
    Millis at = 0;
    bool waiting = true;
  };
  std::map<std::string, std::vector<Parked>> parked;
};

class ShardTwins {
 public:
  explicit ShardTwins(std::uint64_t seed) : random_(seed), offers_(catalogue()) {
    terms_.set_catalogue(*offers_);
    shard_.posts().set_longest_window(kLongest, bound_);
    // Numbers, what looks like one, and texts of all lengths: some that differ in
    // their last character only.
    for (const std::size_t length : {1U, 27U, 28U, 59U, 60U, 128U}) {
      for (const char last : {'a', 'b'}) {
        ids_.push_back(std::string(length - 1, 'x') + last);
      }
    }
    for (const char* id : {"0", "1", "10", "01", "505874924095815681", "9223372036854775807",
                           "9223372036854775808", "18446744073709551615", "18446744073709551616"}) {
      ids_.emplace_back(id);
    }
    for (std::uint64_t i = 0; i < random_.below(200); ++i) {
      ids_.push_back(std::to_string(1'000'000'000'000'000'000 + i * random_.below(1'000'000)));
    }
  }

  void step() {
    switch (random_.below(8)) {
      case 0:
      case 1:
        add_window();
        break;
      case 2:
        remember_post();
        break;
      case 3:
        remember_notice();
        break;
      case 4:
        park();
        break;
      case 5:
        unpark();
        break;
      case 6:
        count();
        break;
      default:
        advance(random_.percent(5) ? kLongest : random_.between(0, 3'000));
    }
  }

  void compare() {
    const std::string& author = random_.pick(ids_);
    const std::string& post = random_.pick(ids_);
    const IdKey key = shard_.ids().acquire(Id(author));
    std::vector<std::string> windows;
    for (WindowIndex at = shard_.first_window(key); at != Shard::kNoWindow;
         at = shard_.window(at).next) {
      const WindowText text(WindowRef{&shard_, at});
      EXPECT_EQ(text.author_id, author);
      windows.emplace_back(text.intent_id);
    }
    std::vector<std::string> wanted;
    for (const PlainShard::Window& window : plain_.windows[author]) {
      wanted.push_back(window.intent);
    }
    EXPECT_EQ(windows, wanted);
    const auto known = plain_.posts.find({author, post});
    EXPECT_EQ(shard_.posts().remembers(Id(author), Id(post), bound_),
              known != plain_.posts.end() && bound_ <= known->second + kLongest);
    const auto& notices = plain_.notices[author];
    EXPECT_EQ(shard_.notices().remembers(Id(author), Id(post), bound_),
              std::any_of(notices.begin(), notices.end(), [&](const auto& notice) {
                return notice.first == post && notice.second >= bound_;
              }));
    std::vector<std::string> parked;
    for (ParkedIndex at = shard_.parked().first(key); at != ParkedConfirmations::kNone;
         at = shard_.parked()[at].next) {
      IdDigits digits{};
      parked.emplace_back(shard_.ids().text(shard_.parked()[at].post, digits));
    }
    std::vector<std::string> waiting;
    for (const PlainShard::Parked& each : plain_.parked[author]) {
      if (each.waiting) {
        waiting.push_back(each.post);
      }
    }
    EXPECT_EQ(parked, waiting);
    EXPECT_EQ(shard_.parked().waiting(key), waiting.size());
    for (const OfferNumber offer : {0U, 1U}) {
      EXPECT_EQ(shard_.confirmed().count(key, offer), (plain_.counts[{author, offer}]));
    }
    shard_.ids().release(key);
  }

  // All falls due: nothing is left but the counts, and little memory.
  void end() {
    advance(10 * kLongest);
    EXPECT_EQ(shard_.windows(), 0U);
    EXPECT_EQ(shard_.posts().size(), 0U);
    EXPECT_EQ(shard_.notices().size(), 0U);
    EXPECT_EQ(shard_.notices().authors(), 0U);
    EXPECT_EQ(shard_.parked().size(), 0U);
    EXPECT_EQ(shard_.next_due(), TimingWheel::kNever);
    std::set<std::string> counted;  // ids that are texts, and held by counts
    for (const auto& [key, count] : plain_.counts) {
      if (count > 0 && Id(key.first).key == kNoId) {
        counted.insert(key.first);
      }
    }
    EXPECT_EQ(shard_.ids().size(), counted.size());
    EXPECT_LT(shard_.memory_bytes(), 400'000U);
  }

 private:
  static constexpr Millis kLongest = 3'600'000;

  void add_window() {
    const std::string& author = random_.pick(ids_);
    auto& windows = plain_.windows[author];
    if (windows.size() >= Shard::kWindowsMax) {
      return;
    }
    const std::string& intent = random_.pick(ids_);
    Window window{};
    window.author = shard_.ids().acquire(Id(author));
    window.intent = shard_.ids().acquire(Id(intent));
    window.intent_at = (bound_ + random_.between(0, 5'000)) & Window::kTimeMask;
    window.terms = random_.percent(50) ? 1 : 0;
    window.next = Shard::kNoWindow;
    const Millis deadline = shard_.deadline(window);
    WindowIndex last = shard_.first_window(window.author);
    while (last != Shard::kNoWindow && shard_.window(last).next != Shard::kNoWindow) {
      last = shard_.window(last).next;
    }
    const WindowIndex index = shard_.add_window(window, last);
    shard_.ids().release(window.author);
    shard_.ids().release(window.intent);
    if (random_.percent(10)) {
      const std::string account(random_.below(64) + 1, 'k');
      shard_.keep_account(shard_.window(index), account);
      EXPECT_EQ(shard_.kept_account(shard_.window(index)), account);
    }
    windows.push_back({intent, deadline, index});
  }

  void remember_post() {
    const Key key(random_.pick(ids_), random_.pick(ids_));
    const Millis at = bound_ + random_.between(0, 5'000);
    shard_.posts().remember(Id(key.first), Id(key.second), at);
    plain_.posts[key] = at;
  }

  void remember_notice() {
    const std::string& author = random_.pick(ids_);
    const std::string& post = random_.pick(ids_);
    const Millis clock = bound_ + 3'000;
    auto& notices = plain_.notices[author];
    std::erase_if(notices, [&](const auto& notice) {
      return notice.second < bound_ || notice.first == post;
    });
    notices.emplace_back(post, clock);
    EXPECT_EQ(shard_.notices().remember(Id(author), Id(post), clock, bound_), 0U);
  }

  void park() {
    const std::string& author = random_.pick(ids_);
    auto& parked = plain_.parked[author];
    const IdKey key = shard_.ids().acquire(Id(author));
    if (shard_.parked().waiting(key) < ParkedConfirmations::kMax) {
      parked.push_back({random_.pick(ids_), bound_ + random_.between(0, 5'000)});
      shard_.parked().park(key, {1, parked.back().post, parked.back().at, 0, 0});
    }
    shard_.ids().release(key);
  }

  void unpark() {
    const std::string& author = random_.pick(ids_);
    std::vector<PlainShard::Parked*> waiting;
    for (PlainShard::Parked& each : plain_.parked[author]) {
      if (each.waiting) {
        waiting.push_back(&each);
      }
    }
    if (waiting.empty()) {
      return;
    }
    const std::size_t place = random_.below(waiting.size());
    ParkedIndex at = shard_.parked().first(shard_.ids().find(Id(author)));
    for (std::size_t i = 0; i < place; ++i) {
      at = shard_.parked()[at].next;
    }
    shard_.parked().unpark(at);
    waiting[place]->waiting = false;
  }

  void count() {
    const std::string& author = random_.pick(ids_);
    const auto offer = static_cast<OfferNumber>(random_.below(2));
    const IdKey key = shard_.ids().acquire(Id(author));
    shard_.confirmed().add(key, offer);
    shard_.ids().release(key);
    ++plain_.counts[{author, offer}];
  }

  // What falls due: author, post, time and kind.
  using Fallen = std::tuple<Millis, std::string, std::string, DueKind>;

  void advance(Millis by) {
    bound_ += by;
    std::vector<Due> due;
    PrefetchList list;
    shard_.collect_due(bound_, due, list);
    list.ask();
    std::multiset<Fallen> fallen;
    for (const Due& each : due) {
      IdDigits author{};
      IdDigits post{};
      const bool is_window = each.kind == DueKind::kWindow;
      fallen.emplace(each.at,
                     shard_.ids().text(is_window ? shard_.window(each.index).author
                                                 : shard_.parked()[each.index].author,
                                       author),
                     shard_.ids().text(each.post, post), each.kind);
      if (is_window) {
        shard_.remove_window(each.index);
      } else {
        shard_.parked().fall_due(each.index);
      }
    }
    EXPECT_TRUE(std::is_sorted(due.begin(), due.end(),
                               [](const Due& a, const Due& b) { return a.at < b.at; }));
    EXPECT_EQ(fallen, take_plain());
  }

  std::multiset<Fallen> take_plain() {
    std::multiset<Fallen> fallen;
    for (auto& [author, windows] : plain_.windows) {
      for (const PlainShard::Window& window : windows) {
        if (window.deadline < bound_) {
          fallen.emplace(window.deadline, author, window.intent, DueKind::kWindow);
        }
      }
      std::erase_if(windows, [&](const auto& window) { return window.deadline < bound_; });
    }
    for (auto& [author, parked] : plain_.parked) {
      for (const PlainShard::Parked& each : parked) {
        if (each.at < bound_) {
          fallen.emplace(each.at, author, each.post, DueKind::kParked);
        }
      }
      std::erase_if(parked, [&](const auto& each) { return each.at < bound_; });
    }
    return fallen;
  }

  seeded::Random random_;
  std::shared_ptr<const OfferCatalogue> offers_;
  TermsTable terms_;
  Shard shard_{terms_};
  PlainShard plain_;
  std::vector<std::string> ids_;
  Millis bound_ = kNoon;
};

TEST(Shard, RandomSteps) {
  for (std::uint64_t i = 0; i < seeded::seeds() / 4 + 1; ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    ShardTwins twins(seed);
    for (int step = 0; step < 1'000; ++step) {
      twins.step();
      twins.compare();
      ASSERT_FALSE(testing::Test::HasFailure()) << "TAGTILL_SEED=" << seed << ", step " << step;
    }
    twins.end();
    ASSERT_FALSE(testing::Test::HasFailure()) << "TAGTILL_SEED=" << seed << ", at the end";
  }
}

TEST(HashIndex, RandomAgainstASet) {
  for (std::uint64_t i = 0; i < seeded::seeds() / 20 + 1; ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    seeded::Random random(seed);
    // Few hashes make long chains.
    const std::size_t hashes = random.pick(std::vector<std::size_t>{3, 100, 1'000'000});
    const auto hash_of = [&](std::uint32_t index) { return hash_number(index % hashes); };
    HashIndex index;
    std::set<std::uint32_t> plain;
    for (const std::size_t share : {80U, 50U, 20U, 0U}) {
      for (int step = 0; step < 3'000; ++step) {
        const auto number = static_cast<std::uint32_t>(random.below(2'000));
        const auto is_it = [&](std::uint32_t other) { return other == number; };
        const bool known = plain.contains(number);
        ASSERT_EQ(index.find(hash_of(number), is_it) == number, known) << "TAGTILL_SEED=" << seed;
        if (random.percent(share) && !known) {
          index.add(hash_of(number), number, hash_of);
          plain.insert(number);
        } else if (!random.percent(share) && known) {
          index.remove(hash_of(number), number);
          plain.erase(number);
        }
        ASSERT_EQ(index.size(), plain.size());
      }
    }
    for (const std::uint32_t number : plain) {
      index.remove(hash_of(number), number);
    }
    EXPECT_EQ(index.size(), 0U);
    EXPECT_LT(index.memory_bytes(), 30'000U) << "TAGTILL_SEED=" << seed;
  }
}

// So large that splits go by the bits in the slots, and beyond; in all sizes of pieces.
TEST(HashIndex, LargeTables) {
  constexpr std::uint32_t kMost = 1'000'000;
  const auto hash_of = [](std::uint32_t number) { return hash_number(number); };
  const auto holds = [&](const HashIndex& index, std::uint32_t number) {
    return index.find(hash_of(number), [&](std::uint32_t other) { return other == number; }) ==
           number;
  };
  HashIndex index;
  for (std::uint32_t number = 0; number < kMost; ++number) {
    index.add(hash_of(number), number, hash_of);
    ASSERT_TRUE(holds(index, number));
    ASSERT_TRUE(holds(index, number / 2));
  }
  EXPECT_LT(index.memory_bytes(), std::size_t{14} * kMost);
  for (std::uint32_t number = 0; number < kMost; ++number) {
    ASSERT_TRUE(index.remove(hash_of(number), number));
    ASSERT_FALSE(index.remove(hash_of(number), number));
    ASSERT_FALSE(holds(index, number));
    ASSERT_EQ(holds(index, number + (kMost - number) / 2), number + 1 < kMost);
  }
  EXPECT_EQ(index.size(), 0U);
  EXPECT_LT(index.memory_bytes(), 30'000U);  // a piece of chains that is kept
}

TEST(Slab, GivesMemoryBack) {
  Slab<std::uint64_t> slab;
  EXPECT_EQ(slab.memory_bytes(), 0U);
  std::vector<std::uint32_t> numbers;
  constexpr std::uint64_t kRecords = 100'000;
  for (std::uint64_t i = 0; i < kRecords; ++i) {
    numbers.push_back(slab.add(i));
  }
  EXPECT_LT(slab.memory_bytes(), kRecords * 9);
  for (std::uint64_t i = 0; i < kRecords; ++i) {
    ASSERT_EQ(slab[numbers[i]], i);
    if (i % 512 >= 256) {
      slab.remove(numbers[i]);
    }
  }
  EXPECT_LT(slab.memory_bytes(), kRecords * 5);
  std::uint64_t left = 0;
  slab.for_each([&](std::uint32_t number) { left += slab[number] % 512 < 256 ? 1 : 0; });
  EXPECT_EQ(left, slab.size());
  for (std::uint64_t i = 0; i < kRecords; ++i) {
    if (i % 512 < 256) {
      slab.remove(numbers[i]);
    }
  }
  EXPECT_TRUE(slab.empty());
  EXPECT_LT(slab.memory_bytes(), 4'000U);
}

}  // namespace
}  // namespace tagtill
