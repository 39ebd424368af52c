// What looks like a card number, and how it is masked: against trying every piece of a text.
#include "engine/card_number.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tests/seeded.h"

namespace tagtill {
namespace {

// As the check is told to children: double every second digit from the right, add the digits of
// all, and look whether the sum ends in 0.
bool plainly_a_card(const std::string& digits) {
  if (digits.size() < 13 || digits.size() > 19) {
    return false;
  }
  std::size_t sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const std::size_t from_right = digits.size() - i;
    const std::string value =
        std::to_string(static_cast<std::size_t>(digits[i] - '0') * (from_right % 2 == 0 ? 2 : 1));
    for (const char c : value) {
      sum += static_cast<std::size_t>(c - '0');
    }
  }
  return sum % 10 == 0;
}

bool digit(char c) { return std::string_view("0123456789").find(c) != std::string_view::npos; }
bool belongs(char c) { return std::string_view("0123456789 -.").find(c) != std::string_view::npos; }

// Every piece of the text that begins and ends where digits do, and holds nothing else.
std::string plainly_masked(const std::string& text, bool& whole_run) {
  std::string masked = text;
  whole_run = false;
  for (std::size_t begin = 0; begin < text.size(); ++begin) {
    if (!digit(text[begin]) || (begin > 0 && digit(text[begin - 1]))) {
      continue;
    }
    std::vector<std::size_t> places;
    std::string digits;
    for (std::size_t i = begin; i < text.size() && belongs(text[i]); ++i) {
      if (!digit(text[i])) {
        continue;
      }
      places.push_back(i);
      digits += text[i];
      const bool ends = i + 1 == text.size() || !digit(text[i + 1]);
      if (!ends || !plainly_a_card(digits)) {
        continue;
      }
      for (std::size_t d = 0; d + 4 < places.size(); ++d) {
        masked[places[d]] = '*';
      }
      std::size_t before = begin;
      while (before > 0 && belongs(text[before - 1]) && !digit(text[before - 1])) {
        --before;
      }
      const std::size_t behind = text.find_first_not_of(" -.", i + 1);
      whole_run = whole_run || ((before == 0 || !belongs(text[before - 1])) &&
                                (behind == std::string::npos || !digit(text[behind])));
    }
  }
  return masked;
}

TEST(CardNumber, AllButTheLastFourDigitsAreMasked) {
  for (const auto& [text, masked] : std::vector<std::pair<std::string, std::string>>{
           {"4111111111111111", "************1111"},
           {"card 4111-1111 1111.1111, thanks", "card ****-**** ****.1111, thanks"},
           {"took 12 4111111111111111", "took 12 ************1111"},
           {"4111111111111111 7", "************1111 7"},
           {"4111111111111112", "4111111111111112"},
           {"378282246310005", "***********0005"},
           {"4222222222222", "*********2222"},
           {"x4111111111111111x", "x************1111x"},
           {"", ""}}) {
    EXPECT_EQ(without_card_numbers(text), masked);
  }
}

TEST(CardNumber, WhatIsRefusedIsAWholeRun) {
  EXPECT_TRUE(holds_card_number("4111 1111-1111.1111"));
  EXPECT_TRUE(holds_card_number("a:4111111111111111 b"));
  EXPECT_FALSE(holds_card_number("12 4111111111111111"));
  EXPECT_FALSE(holds_card_number("4111111111111112"));
  EXPECT_FALSE(holds_card_number(std::string(200, '0')));
  EXPECT_FALSE(holds_card_number(""));
}

// A number that passes, with anything in between.
std::string some_card(seeded::Random& random) {
  std::string digits;
  while (digits.size() < 12 + random.below(7)) {
    digits += static_cast<char>('0' + random.below(10));
  }
  for (char last = '0'; last <= '9'; ++last) {
    if (plainly_a_card(digits + last)) {
      digits += last;
      break;
    }
  }
  std::string spread;
  for (const char c : digits) {
    spread += c;
    if (random.percent(15)) {
      spread += " -."[random.below(3)];
    }
  }
  return spread;
}

TEST(CardNumber, RandomTextsAreMaskedAsTryingEveryPieceDoes) {
  std::size_t masked_texts = 0;
  std::size_t refused_texts = 0;
  for (std::uint64_t i = 0; i < 20 * seeded::seeds(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    seeded::Random random(seed);
    std::string text;
    for (std::size_t pieces = random.below(6); pieces > 0; --pieces) {
      if (random.percent(40)) {
        text += some_card(random);
      } else {
        for (std::size_t length = random.below(12); length > 0; --length) {
          text += "0123456789   --..ax\"\\\xC3\x00"[random.below(23)];
        }
      }
    }
    bool whole_run = false;
    const std::string expected = plainly_masked(text, whole_run);
    ASSERT_EQ(without_card_numbers(text), expected) << text;
    ASSERT_EQ(holds_card_number(text), whole_run) << text;
    masked_texts += expected == text ? 0 : 1;
    refused_texts += whole_run ? 1 : 0;
  }
  EXPECT_GT(masked_texts, seeded::seeds());
  EXPECT_GT(refused_texts, seeded::seeds());
}

}  // namespace
}  // namespace tagtill
