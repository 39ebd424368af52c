#include "engine/byte_codec.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "engine/errors.h"
#include "tests/seeded.h"

namespace tagtill {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

// In pieces of this length.
ByteReader::PieceReader in_pieces(std::string_view bytes, std::size_t length) {
  return [rest = bytes, length]() mutable {
    const std::string_view piece = rest.substr(0, length);
    rest.remove_prefix(piece.size());
    return piece;
  };
}

std::string why(std::string_view bytes, void (*read)(ByteReader&)) {
  ByteReader reader(bytes, "thing");
  try {
    read(reader);
  } catch (const DamagedState& error) {
    const std::string message = error.what();
    const std::string begin = "The thing is damaged: ";
    EXPECT_TRUE(message.starts_with(begin)) << message;
    return message.substr(begin.size(), message.find('.') - begin.size());
  }
  return "";
}

TEST(ByteCodec, Numbers) {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.varint(0);
  writer.varint(127);
  writer.varint(128);
  writer.varint(kMost);
  writer.zigzag(0);
  writer.zigzag(-1);
  writer.zigzag(1);
  writer.zigzag(std::numeric_limits<std::int64_t>::min());
  writer.zigzag(std::numeric_limits<std::int64_t>::max());
  writer.code((Code{1} << 40) - 2);
  using namespace std::string_view_literals;
  EXPECT_EQ(bytes,
            "\x00\x7F\x80\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"
            "\x00\x01\x02\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"
            "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01\xFE\xFF\xFF\xFF\xFF"sv);
  ByteReader reader(bytes, "thing");
  EXPECT_EQ(reader.varint(), 0U);
  EXPECT_EQ(reader.varint(), 127U);
  EXPECT_EQ(reader.varint(), 128U);
  EXPECT_EQ(reader.varint(), kMost);
  EXPECT_EQ(reader.zigzag(), 0);
  EXPECT_EQ(reader.zigzag(), -1);
  EXPECT_EQ(reader.zigzag(), 1);
  EXPECT_EQ(reader.zigzag(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(reader.zigzag(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(reader.code(), (Code{1} << 40) - 2);
  EXPECT_TRUE(reader.at_end());
}

TEST(ByteCodec, Ids) {
  const std::vector<std::string> ids = {"",
                                        "0",
                                        "255",
                                        "256",
                                        "1186275104123456789",
                                        "9223372036854775808",
                                        "18446744073709551615",
                                        "18446744073709551616",
                                        "007",
                                        "-1",
                                        "日本",
                                        std::string(128, 'x')};
  for (const std::string& id : ids) {
    std::string bytes;
    ByteWriter(bytes).id(id);
    EXPECT_LE(bytes.size(), 1 + std::min<std::size_t>(id.size(), 128));
    ByteReader reader(bytes, "thing");
    IdText room;
    EXPECT_EQ(reader.id_or_none(room), id);
    EXPECT_TRUE(reader.at_end());
  }
}

TEST(ByteCodec, WhatDoesNotFitIsSaid) {
  const auto text = [](ByteReader& reader) { (void)reader.text(3); };
  const auto id = [](ByteReader& reader) {
    IdText room;
    (void)reader.id(room);
  };
  EXPECT_EQ(why("", text), "it ends in the middle");
  EXPECT_EQ(why("\x03"
                "ab",
                text),
            "it ends in the middle");
  EXPECT_EQ(why("\x04"
                "abcd",
                text),
            "a text is too long");
  EXPECT_EQ(why("\x02\xC3\x28", text), "a text is not UTF-8");
  EXPECT_EQ(why("\x02\x01\x7F", text), "");
  EXPECT_EQ(why(std::string(10, '\xFF'), text), "a number has more than 64 bits");
  EXPECT_EQ(why(std::string(9, '\x80') + '\x02', text), "a number has more than 64 bits");
  EXPECT_EQ(why(std::string(1, '\0'), id), "an id is missing");
  EXPECT_EQ(why("\x01\xC3", id), "an id is not UTF-8");
  EXPECT_EQ(why("\x01\x1F", id), "an id holds control characters");
  EXPECT_EQ(why("\x02\xC2\x85", id), "an id holds control characters");
  EXPECT_EQ(why("\x8A", id), "an id has an unknown form");
  EXPECT_EQ(why("\xFF", id), "an id has an unknown form");
  EXPECT_EQ(why("\x89"
                "1234567",
                id),
            "it ends in the middle");
  EXPECT_EQ(why("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
                [](ByteReader& reader) { (void)reader.amount(); }),
            "an amount has more than 63 bits");
}

// Records of all lengths, written in pieces and read in pieces that are cut elsewhere.
TEST(ByteCodec, PiecesAreCutAnywhere) {
  for (std::uint64_t i = 0; i < seeded::seeds() / 20 + 1; ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    seeded::Random random(seed);
    std::vector<std::string> texts;
    for (int records = 0; records < 40; ++records) {
      texts.emplace_back(random.below(random.percent(10) ? 600'000 : 50), 'a' + records % 26);
    }
    std::string bytes;
    const ByteWriter::PieceWriter write = [&](std::string_view piece) {
      EXPECT_FALSE(piece.empty());
      EXPECT_LE(piece.size(), ByteWriter::kPieceBytes);
      bytes += piece;
    };
    ByteWriter writer(write);
    for (const std::string& text : texts) {
      writer.text(text);
      writer.end_record();
    }
    writer.finish();
    const ByteReader::PieceReader next = in_pieces(bytes, 1 + random.below(300'000));
    ByteReader reader(next, "thing");
    for (const std::string& text : texts) {
      ASSERT_FALSE(reader.at_end());
      ASSERT_TRUE(reader.text(600'000) == text);
    }
    EXPECT_TRUE(reader.at_end());
    EXPECT_TRUE(reader.at_end());
  }
}

TEST(ByteCodec, APieceAByte) {
  std::string bytes;
  ByteWriter writer(bytes);
  for (std::uint64_t number = 1; number < 1000; ++number) {
    writer.varint(number * number * number);
    writer.id("author " + std::to_string(number));
  }
  const ByteReader::PieceReader next = in_pieces(bytes, 1);
  ByteReader reader(next, "thing");
  IdText room;
  for (std::uint64_t number = 1; number < 1000; ++number) {
    ASSERT_EQ(reader.varint(), number * number * number);
    ASSERT_EQ(reader.id(room), "author " + std::to_string(number));
  }
  EXPECT_TRUE(reader.at_end());
}

}  // namespace
}  // namespace tagtill
