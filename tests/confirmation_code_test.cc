// P5.1 and P5.2: codes, and the tags that carry them.
#include "engine/confirmation_code.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "engine/fold.h"
#include "tests/post_lines.h"
#include "tests/reference/code.h"
#include "tests/seeded.h"

namespace tagtill {
namespace {

std::string written(Code code) {
  const std::array<char, 8> characters = code_characters(code);
  return {characters.begin(), characters.end()};
}

Code read(std::string_view tag, std::string_view prefix = "Confirm") {
  return read_confirmation_tag(folded(tag), folded(prefix));
}

TEST(ConfirmationCode, P5_1_TheCodesOfTheProtocol) {
  CodeMaker codes(post_lines::kSecret);
  EXPECT_EQ(written(codes.confirmation("1186275104", "505874924095815681", "kindle-hd")),
            "TN8QDQZF");
  EXPECT_EQ(written(codes.claim("1186275104", "505874924095815681", "kindle-hd")), "8HDHADTX");
  EXPECT_EQ(written(codes.confirmation("1", "2", "a")), "TBPDPBG0");
  EXPECT_EQ(written(codes.claim("1", "2", "a")), "FYQK0TYT");
  // Any order, any number of times: nothing stays from the last one.
  EXPECT_EQ(written(codes.confirmation("1", "2", "a")), "TBPDPBG0");
}

TEST(ConfirmationCode, P5_1_AMovedMakerKeepsTheSecret) {
  CodeMaker first(post_lines::kSecret);
  CodeMaker second(std::move(first));
  EXPECT_EQ(written(second.confirmation("1", "2", "a")), "TBPDPBG0");
  CodeMaker third(std::string(32, 'x'));
  third = std::move(second);
  EXPECT_EQ(written(third.confirmation("1", "2", "a")), "TBPDPBG0");
}

TEST(ConfirmationCode, P5_1_RandomCodesAgreeWithTheReference) {
  for (std::uint64_t i = 0; i < seeded::seeds(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    seeded::Random random(seed);
    const auto bytes = [&](std::size_t least, std::size_t most) {
      std::string out(least + random.below(most - least + 1), ' ');
      for (char& c : out) {
        c = static_cast<char>(random.below(256));
      }
      return out;
    };
    const std::string secret = bytes(32, 200);  // longer than HMAC's block as well
    const std::string author = bytes(1, 128);
    const std::string intent = bytes(1, 128);
    const std::string offer = bytes(1, 64);
    std::string purchase = intent;
    purchase.append(":").append(offer);
    CodeMaker codes(secret);
    ASSERT_EQ(written(codes.confirmation(author, intent, offer)),
              reference::make_code(secret, "code", author, purchase))
        << "TAGTILL_SEED=" << seed;
    ASSERT_EQ(written(codes.claim(author, intent, offer)),
              reference::make_code(secret, "claim", author, purchase))
        << "TAGTILL_SEED=" << seed;
  }
}

TEST(ConfirmationCode, P5_1_MostSignificantBitsFirst) {
  EXPECT_EQ(written(0), "00000000");
  EXPECT_EQ(written(1), "00000001");
  EXPECT_EQ(written(Code{31} << 35), "Z0000000");
  EXPECT_EQ(written((Code{1} << 40) - 1), "ZZZZZZZZ");
  EXPECT_EQ(written(0x0123456789), "04HMASW9");
}

TEST(ConfirmationCode, P5_2_EitherCaseAndLookAlikes) {
  const Code code = read("ConfirmTN8QDQZF");
  EXPECT_EQ(written(code), "TN8QDQZF");
  EXPECT_EQ(read("confirmtn8qdqzf"), code);
  EXPECT_EQ(read("CONFIRMtN8qDqZf"), code);
  EXPECT_EQ(read("ConfirmoOiIlL01"), read("Confirm00111101"));
  EXPECT_EQ(written(read("ConfirmoOiIlL01")), "00111101");
  EXPECT_EQ(read("Confirmzzzzzzzz"), (Code{1} << 40) - 1);
}

TEST(ConfirmationCode, P5_2_EveryCharacter) {
  for (int value = 1; value < 256; ++value) {
    const char c = static_cast<char>(value);
    const std::string tag = std::string("confirm0000000") + c;
    const bool lower_or_digit = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (lower_or_digit && c != 'u') {
      EXPECT_NE(read_confirmation_tag(tag, "confirm"), kNoCode) << c;
    } else if (!(c >= 'A' && c <= 'Z')) {  // a fold has no capitals
      EXPECT_EQ(read_confirmation_tag(tag, "confirm"), kNoCode) << value;
    }
  }
}

TEST(ConfirmationCode, P5_2_WhatHasNotTheForm) {
  for (const std::string_view tag :
       {"", "Confirm", "ConfirmTN8QDQZ", "ConfirmTN8QDQZF0", "ConfirmTN8QDQZU", "ConfirmuN8QDQZF",
        "ConfirmTN8QD_ZF", "TN8QDQZF", "Konfirm00000000", "xConfirm00000000", "Confir00000000",
        "Confirm0000000é", "Confirm０0000000", "Confirm0000000ａ", "Ϲonfirm00000000"}) {
    EXPECT_EQ(read(tag), kNoCode) << tag;
  }
}

// Full case folding makes ASCII of a few other letters (P2.2), so they count.
TEST(ConfirmationCode, P5_2_TheFoldHasTheForm) {
  EXPECT_EQ(read("Confirm0000000\u212A"), read("Confirm0000000K"));  // kelvin sign
  EXPECT_EQ(read("Confirm0000000\u017F"), read("Confirm0000000S"));  // long s
  EXPECT_EQ(read("Conﬁrm00000000"), read("Confirm00000000"));        // ligature fi
  EXPECT_EQ(read("Confirm000000ß"), read("Confirm000000SS"));
  EXPECT_EQ(read("Confirm000000ﬀ"), read("Confirm000000FF"));
}

TEST(ConfirmationCode, P5_2_AnyPrefix) {
  EXPECT_NE(read("b00000000", "B"), kNoCode);
  EXPECT_NE(read("BUYNOW00000000", "buyNow"), kNoCode);
  EXPECT_NE(read(std::string(32, 'a') + "00000000", std::string(32, 'A')), kNoCode);
  EXPECT_EQ(read("Confirm00000000", "buy"), kNoCode);
}

TEST(ConfirmationCode, P5_2_RoundTrip) {
  seeded::Random random(seeded::first_seed());
  for (int i = 0; i < 10'000; ++i) {
    const Code code = random.next() & ((Code{1} << 40) - 1);
    std::string tag = "Confirm" + written(code);
    ASSERT_EQ(read(tag), code) << tag;
    for (char& c : tag) {
      if (random.percent(50) && c >= 'A' && c <= 'Z') {
        c = static_cast<char>(c | 0x20);
      } else if (c == '0' && random.percent(50)) {
        c = random.percent(50) ? 'o' : 'O';
      } else if (c == '1' && random.percent(50)) {
        c = random.pick(std::string_view("iIlL"));
      }
    }
    ASSERT_EQ(read(tag), code) << tag;
  }
}

}  // namespace
}  // namespace tagtill
