// The vector loop against a loop over bytes.
#include "engine/mark_finder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/block.h"
#include "tests/seeded.h"

namespace tagtill {
namespace {

// One bit a byte.
using Marks = std::vector<std::uint64_t>;

// What the header promises, byte by byte. Reads up to 4 bytes behind the data.
Marks marks_by_byte(const char* data, std::size_t size) {
  Marks marks((size + 63) / 64);
  for (std::size_t i = 0; i < size; ++i) {
    const std::string_view here(data + i, 5);
    const bool mark = here[0] == '\n' || here[0] == '#' || here[0] == '\xEF' ||
                      (here[0] == 'u' && here[4] == '3');
    marks[i / 64] |= mark ? std::uint64_t{1} << (i % 64) : 0;
  }
  return marks;
}

Marks marks_by_vector(const char* data, std::size_t size) {
  Marks marks((size + 63) / 64);
  // What stood there before must not shine through.
  std::vector<MarkedWord> words((size + 63) / 64 + 1, {~std::uint64_t{0}, 1});
  const std::size_t count = find_marks(data, size, words.data());
  EXPECT_LT(count, words.size());
  for (std::size_t i = 0; i < count; ++i) {
    EXPECT_EQ(words[i].at % 64, 0U);
    EXPECT_LT(words[i].at, size);
    EXPECT_TRUE(i == 0 || words[i - 1].at < words[i].at);
    marks[words[i].at / 64] = words[i].marks;
  }
  return marks;
}

// Bytes in which signs, halves of signs and line feeds are common.
std::string random_bytes(seeded::Random& random, std::size_t size) {
  constexpr std::string_view kCommon = "#\nu0023ff03\xEF\xBC\x83\\aF ";
  std::string bytes(size, ' ');
  for (char& byte : bytes) {
    byte = random.percent(90) ? random.pick(kCommon) : static_cast<char>(random.below(256));
  }
  return bytes;
}

TEST(MarkFinder, EverySizeAndAlignment) {
  constexpr std::size_t kSizes = 301;
  seeded::Random random(seeded::first_seed());
  for (std::size_t alignment = 0; alignment < 64; ++alignment) {
    const std::string bytes = random_bytes(random, 64 + kSizes + kBlockPadding);
    for (std::size_t size = 0; size < kSizes; ++size) {
      const char* data = bytes.data() + alignment;
      ASSERT_EQ(marks_by_vector(data, size), marks_by_byte(data, size))
          << "TAGTILL_SEED=" << seeded::first_seed() << ", alignment " << alignment << ", size "
          << size;
    }
  }
}

TEST(MarkFinder, LongData) {
  for (std::uint64_t i = 0; i < 20; ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    seeded::Random random(seed);
    const std::size_t size = random.below(100'000);
    const std::string bytes = random_bytes(random, size + kBlockPadding);
    ASSERT_EQ(marks_by_vector(bytes.data(), size), marks_by_byte(bytes.data(), size))
        << "TAGTILL_SEED=" << seed;
  }
}

TEST(MarkFinder, EveryByteAlone) {
  for (int value = 0; value < 256; ++value) {
    std::string bytes(kBlockPadding + 64, ' ');
    bytes[17] = static_cast<char>(value);
    const Marks marks = marks_by_vector(bytes.data(), 64);
    const bool mark = value == '\n' || value == '#' || value == 0xEF;
    EXPECT_EQ(marks[0], mark ? std::uint64_t{1} << 17 : 0) << value;
  }
}

// Whatever stands around it, a sign is found in each of its written forms.
TEST(MarkFinder, EverySignAtEveryPlace) {
  struct Form {
    std::string_view written;
    std::size_t mark;  // the byte that is marked
  };
  const std::vector<Form> forms = {{"#", 0},       {"\xEF\xBC\x83", 0}, {"\\u0023", 1},
                                   {"\\uff03", 1}, {"\\uFF03", 1},      {"\\uFf03", 1},
                                   {"\\ufF03", 1}};
  for (const Form& form : forms) {
    for (std::size_t at = 0; at < 200; ++at) {
      std::string bytes(256 + kBlockPadding, 'x');
      std::copy(form.written.begin(), form.written.end(),
                bytes.begin() + static_cast<std::ptrdiff_t>(at));
      const Marks marks = marks_by_vector(bytes.data(), 256);
      const std::size_t mark = at + form.mark;
      ASSERT_NE(marks[mark / 64] >> (mark % 64) & 1, 0U) << form.written << " at " << at;
    }
  }
}

}  // namespace
}  // namespace tagtill
