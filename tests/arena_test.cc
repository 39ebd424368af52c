#include "engine/arena.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/seeded.h"

namespace tagtill {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{64} * 1024;

TEST(Arena, KeepsACopy) {
  Arena arena;
  std::string text = "post";
  const std::string_view kept = arena.keep(text);
  text = "gone";
  EXPECT_EQ(kept, "post");
  EXPECT_TRUE(arena.keep("").empty());
}

TEST(Arena, PiecesOfEverySizeStayWholeAlsoWhenItIsMoved) {
  for (std::uint64_t seed = seeded::first_seed(); seed < seeded::first_seed() + 20; ++seed) {
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    seeded::Random random(seed);
    Arena arena;
    std::vector<std::pair<std::string, std::string_view>> pieces;
    for (int i = 0; i < 200; ++i) {
      const std::size_t around = random.pick(std::vector<std::size_t>{1, 100, 5'000, kChunkBytes});
      std::string piece(around + random.below(3) - (around > 1 ? 1 : 0),
                        static_cast<char>('a' + i % 26));
      const std::string_view kept = arena.keep(piece);
      pieces.emplace_back(std::move(piece), kept);
    }
    const Arena moved = std::move(arena);
    for (const auto& [wanted, kept] : pieces) {
      ASSERT_EQ(wanted, kept);
    }
  }
}

TEST(Arena, AClearedOneGivesTheSameBytesAgain) {
  Arena arena;
  const char* first = arena.allocate(10);
  const char* in_second_chunk = arena.allocate(kChunkBytes);
  arena.clear();
  EXPECT_EQ(arena.allocate(10), first);
  EXPECT_EQ(arena.allocate(kChunkBytes), in_second_chunk);
}

TEST(Arena, AMovedOneCanBeClearedAndUsed) {
  Arena arena;
  const std::string_view kept = arena.keep(std::string(100'000, 'a'));
  const std::string_view small = arena.keep("b");
  Arena other = std::move(arena);
  arena.clear();  // NOLINT: what this test is about
  EXPECT_EQ(arena.keep("c"), "c");
  EXPECT_EQ(small, "b");
  EXPECT_EQ(kept.size(), 100'000U);
  EXPECT_EQ(other.keep("d"), "d");
}

TEST(Arena, ArraysAreAlignedAndInitialised) {
  struct Wide {
    std::uint64_t value = 7;
    std::uint8_t more = 1;
  };
  Arena arena;
  for (std::size_t i = 0; i < 100; ++i) {
    (void)arena.allocate(i % 9);
    Wide* array = arena.allocate_array<Wide>(i);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(array) % alignof(Wide), 0U);
    for (std::size_t k = 0; k < i; ++k) {
      ASSERT_EQ(array[k].value, 7U);
    }
  }
}

}  // namespace
}  // namespace tagtill
