// P1.5, the event time; and random lines against the reference's reading.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/post_decoder.h"
#include "tests/reference/post.h"
#include "tests/seeded.h"

namespace tagtill {
namespace {

constexpr Millis kSnowflakeEpoch = 1'288'834'974'657;
constexpr std::size_t kLineLimit = std::size_t{1} << 20;

// The event time of a post with these times, or -1 if it is malformed.
Millis time_of(std::string_view id, std::string_view timestamp_ms, std::string_view created_at) {
  std::string line = R"({"id_str":")" + std::string(id) + R"(","text":"a","user":{"id":1})";
  if (!timestamp_ms.empty()) {
    line += ",\"timestamp_ms\":" + std::string(timestamp_ms);
  }
  if (!created_at.empty()) {
    line += ",\"created_at\":" + std::string(created_at);
  }
  PostDecoder decoder;
  const DecodedLine& decoded = decoder.decode(line + "}");
  EXPECT_TRUE(decoded.kind == LineKind::kPost || decoded.cause == MalformedCause::kBadField);
  return decoded.kind == LineKind::kPost ? decoded.at : -1;
}

std::string snowflake(Millis at) {
  return std::to_string(static_cast<std::uint64_t>(at - kSnowflakeEpoch) << 22);
}

TEST(PostDecoder, P1_5_TheFirstThatIsThere) {
  constexpr Millis kNoon = 1'360'584'000'000;
  constexpr std::string_view kCreated = R"("Mon Feb 11 12:00:00 +0000 2013")";
  EXPECT_EQ(time_of("1", "", kCreated), kNoon);
  EXPECT_EQ(time_of(snowflake(kNoon + 1), "", kCreated), kNoon + 1);
  EXPECT_EQ(time_of(snowflake(kNoon + 1), R"("1360584000002")", kCreated), kNoon + 2);
  EXPECT_EQ(time_of("1", "1360584000002", ""), kNoon + 2);
  EXPECT_EQ(time_of("1", "null", kCreated), kNoon);
  EXPECT_EQ(time_of(snowflake(kNoon), "null", "null"), kNoon);
  EXPECT_EQ(time_of("1", "", ""), -1);
  EXPECT_EQ(time_of("1", "null", "null"), -1);
}

TEST(PostDecoder, P1_5_Timestamps) {
  EXPECT_EQ(time_of("1", "\"0\"", ""), 0);
  EXPECT_EQ(time_of("1", "0", ""), 0);
  EXPECT_EQ(time_of("1", "\"007\"", ""), 7);
  EXPECT_EQ(time_of("1", "\"000000000000007\"", ""), 7);  // 15 digits
  EXPECT_EQ(time_of("1", "\"0000000000000007\"", ""), -1);
  EXPECT_EQ(time_of("1", "253402300799999", ""), 253'402'300'799'999);
  EXPECT_EQ(time_of("1", "253402300800000", ""), -1);  // the year 10000
  EXPECT_EQ(time_of("1", R"("\u0031\u0032")", ""), 12);
  for (const std::string_view bad :
       {"\"\"", "\"-1\"", "-1", "\"+1\"", "1.0", "1e3", "\" 1\"", "\"1 \"", "\"1.5\"", "true", "{}",
        "[]", "\"\\ud800\"", "\"１\"", "\"0x10\"", "9999999999999999"}) {
    EXPECT_EQ(time_of("1", bad, ""), -1) << bad;
    // What is present and cannot be read is not made good by another.
    EXPECT_EQ(time_of("1", bad, R"("Mon Feb 11 12:00:00 +0000 2013")"), -1) << bad;
  }
}

TEST(PostDecoder, P1_5_SnowflakeBounds) {
  EXPECT_EQ(time_of("34359738367", "", ""), -1);                       // 2^35 - 1
  EXPECT_EQ(time_of("34359738368", "", ""), kSnowflakeEpoch + 8'192);  // 2^35
  EXPECT_EQ(time_of("9223372036854775807", "", ""), kSnowflakeEpoch + 2'199'023'255'551);
  EXPECT_EQ(time_of("9223372036854775808", "", ""), -1);
  EXPECT_EQ(time_of("18446744073709551616", "", ""), -1);
  // At most 19 digits, and digits alone.
  EXPECT_EQ(time_of("0000000034359738368", "", ""), kSnowflakeEpoch + 8'192);
  EXPECT_EQ(time_of("00000000034359738368", "", ""), -1);
  EXPECT_EQ(time_of("34359738368a", "", ""), -1);
  EXPECT_EQ(time_of(" 34359738368", "", ""), -1);
  EXPECT_EQ(time_of("-34359738368", "", ""), -1);
  EXPECT_EQ(time_of("34359738367", "5", ""), 5);
  EXPECT_EQ(time_of("34359738368", "5", ""), -1);  // contradicts
  EXPECT_EQ(time_of("9223372036854775808", "5", ""), 5);
}

TEST(PostDecoder, P1_5_CreatedAt) {
  EXPECT_EQ(time_of("1", "", R"("Thu Jan 01 00:00:00 +0000 1970")"), 0);
  EXPECT_EQ(time_of("1", "", R"("Thu Jan 26 16:00:00 +0000 2017")"), 1'485'446'400'000);
  EXPECT_EQ(time_of("1", "", R"("Mon Jan 26 16:00:00 +0000 2017")"), 1'485'446'400'000);
  EXPECT_EQ(time_of("1", "", R"("Fri Dec 31 23:59:59 +0000 9999")"), 253'402'300'799'000);
  EXPECT_EQ(time_of("1", "", R"("Thu Feb 29 00:00:00 +0000 2024")"), 1'709'164'800'000);
  EXPECT_EQ(time_of("1", "", R"("\u0054hu Jan 26 16:00:00 \u002b0000 2017")"), 1'485'446'400'000);
  for (const std::string_view bad : {"Wed Dec 31 23:59:59 +0000 1969",
                                     "Thu Feb 29 00:00:00 +0000 2023",
                                     "Thu Jan 26 24:00:00 +0000 2017",
                                     "Thu Jan 26 16:60:00 +0000 2017",
                                     "Thu Jan 26 16:00:60 +0000 2017",
                                     "Thu Jan 00 16:00:00 +0000 2017",
                                     "Thu Jan 32 16:00:00 +0000 2017",
                                     "Thu Apr 31 16:00:00 +0000 2017",
                                     "Thu Jan 26 16:00:00 +0100 2017",
                                     "Thu Jan 26 16:00:00 -0000 2017",
                                     "thu Jan 26 16:00:00 +0000 2017",
                                     "Thu jan 26 16:00:00 +0000 2017",
                                     "Xxx Jan 26 16:00:00 +0000 2017",
                                     "huJ Jan 26 16:00:00 +0000 2017",
                                     "Thu Jan  6 16:00:00 +0000 2017",
                                     "Thu Jan 6 16:00:00 +0000 2017",
                                     "Thu  Jan 26 16:00:00 +0000 2017",
                                     " Thu Jan 26 16:00:00 +0000 2017",
                                     "Thu Jan 26 16:00:00 +0000 2017 ",
                                     "Thu Jan 26 16:00:00 +0000 02017",
                                     "2017-01-26T16:00:00Z",
                                     "",
                                     "1485446400000"}) {
    EXPECT_EQ(time_of("1", "", "\"" + std::string(bad) + "\""), -1) << bad;
    EXPECT_EQ(time_of("1", "1485446400000", "\"" + std::string(bad) + "\""), -1) << bad;
  }
  EXPECT_EQ(time_of("1", "", "1485446400000"), -1);
}

TEST(PostDecoder, P1_5_WitnessesAgreeWithinAMinute) {
  constexpr Millis kNoon = 1'360'584'000'000;
  constexpr std::string_view kCreated = R"("Mon Feb 11 12:00:00 +0000 2013")";
  const auto text = [](Millis at) { return "\"" + std::to_string(at) + "\""; };
  for (const Millis sign : {-1, 1}) {
    const Millis most = kNoon + sign * 60'000;
    const Millis more = kNoon + sign * 60'001;
    EXPECT_EQ(time_of("1", text(most), kCreated), most);
    EXPECT_EQ(time_of("1", text(more), kCreated), -1);
    EXPECT_EQ(time_of(snowflake(most), "", kCreated), most);
    EXPECT_EQ(time_of(snowflake(more), "", kCreated), -1);
    EXPECT_EQ(time_of(snowflake(kNoon), text(most), ""), most);
    EXPECT_EQ(time_of(snowflake(kNoon), text(more), ""), -1);
    // Any two of three.
    EXPECT_EQ(time_of(snowflake(kNoon + sign * 30'000), text(most), kCreated), most);
    EXPECT_EQ(time_of(snowflake(kNoon + sign * 30'001), text(kNoon - sign * 30'000), kCreated), -1);
  }
}

// --- Random lines --------------------------------------------------------------------

std::string random_value(seeded::Random& random, std::string_view name) {
  static const std::vector<std::string_view> anything = {
      "null",
      "true",
      "false",
      "0",
      "-1",
      "1.5",
      "1e3",
      "{}",
      "[]",
      "\"\"",
      "\"a\"",
      "\"\\ud800\"",
      "18446744073709551615",
      "18446744073709551616",
      "\"34359738368\"",
      "[{\"id\":1}]",
      "{\"id\":1,\"full_text\":\"x\",\"status\":{\"id\":1,\"user_id\":2}}",
      "\"\\u0080\""};
  static const std::vector<std::string_view> ids = {"\"1\"",
                                                    "2",
                                                    "\"1186275104\"",
                                                    "\"300054580199161856\"",
                                                    "300054580199161856",
                                                    "34359738368",
                                                    "34359738367",
                                                    "\"a\\u00e9\"",
                                                    "9223372036854775808",
                                                    "7",
                                                    "\"8\""};
  static const std::vector<std::string_view> texts = {
      "\"#a\"", "\"&amp;lt;\"", "\"\\u0023\\ud83d\\ude00\"", "\"é &gt;\"", "\"\""};
  static const std::vector<std::string_view> times = {
      "\"1360373561321\"",  "1360373561321", "\"1360373621322\"", "\"0\"", "5",
      "\"253402300799999\""};
  static const std::vector<std::string_view> created = {
      "\"Sat Feb 09 01:32:41 +0000 2013\"", "\"Sat Feb 09 01:33:41 +0000 2013\"",
      "\"Thu Jan 01 00:00:00 +0000 1970\"", "\"Sat Feb 30 01:32:41 +0000 2013\""};
  if (random.percent(8)) {
    return std::string(random.pick(anything));
  }
  if (name.starts_with("id") || name.starts_with("user_id")) {
    return std::string(random.pick(ids));
  }
  if (name == "timestamp_ms") {
    return std::string(random.pick(times));
  }
  if (name == "created_at") {
    return std::string(random.pick(created));
  }
  if (name == "text" || name == "full_text") {
    return std::string(random.pick(texts));
  }
  return std::string(random.pick(anything));
}

std::string random_object(seeded::Random& random, const std::vector<std::string_view>& names);

std::string random_member(seeded::Random& random, std::string_view name) {
  if (name == "user" && random.percent(95)) {
    return random_object(random, {"id", "id_str", "protected", "followers_count"});
  }
  if (name == "extended_tweet" && random.percent(60)) {
    return random_object(random, {"full_text", "text"});
  }
  if (name == "delete" && random.percent(90)) {
    return random_object(random, {"status"});
  }
  if (name == "status" && random.percent(90)) {
    return random_object(random, {"id", "id_str", "user_id", "user_id_str"});
  }
  if (name == "retweeted_status" || name == "quoted_status") {
    return random.percent(70) ? "null" : random_object(random, {"id", "text", "user"});
  }
  if (name == "protected" && random.percent(80)) {
    return random.percent(50) ? "true" : "false";
  }
  if (name == "followers_count" && random.percent(80)) {
    return std::to_string(random.between(-5, 1'000));
  }
  return random_value(random, name);
}

std::string random_object(seeded::Random& random, const std::vector<std::string_view>& names) {
  std::vector<std::string> members;
  for (const std::string_view name : names) {
    for (std::size_t times = random.percent(15)  ? 0
                             : random.percent(5) ? 2
                                                 : 1;
         times > 0; --times) {
      std::string written(name);
      if (random.percent(2)) {
        constexpr std::string_view kHex = "0123456789abcdef";
        const auto first = static_cast<unsigned char>(written[0]);
        written = std::string("\\u00") + kHex[first >> 4] + kHex[first & 15] + written.substr(1);
      }
      members.push_back("\"" + written + "\":" + random_member(random, name));
    }
  }
  for (std::size_t swaps = random.below(4); swaps > 0 && members.size() > 1; --swaps) {
    std::swap(members[random.below(members.size())], members[random.below(members.size())]);
  }
  std::string out = "{";
  for (const std::string& member : members) {
    out += (out.size() > 1 ? "," : "") + member + (random.percent(5) ? " " : "");
  }
  return out + "}";
}

testing::AssertionResult same(const DecodedLine& got, const reference::Line& wanted) {
  using Kind = reference::Line::Kind;
  const auto kind = got.kind == LineKind::kPost           ? Kind::kPost
                    : got.kind == LineKind::kDeleteNotice ? Kind::kDeleteNotice
                    : got.kind == LineKind::kOther        ? Kind::kOther
                                                          : Kind::kMalformed;
  bool equal = kind == wanted.kind;
  if (equal && kind == Kind::kPost) {
    equal = got.post_id == wanted.post.id && got.author_id == wanted.post.author &&
            got.text == wanted.post.text && got.at == wanted.post.time_ms &&
            got.followers == wanted.post.followers && got.is_repost == wanted.post.is_repost &&
            got.author_protected == wanted.post.is_protected;
  } else if (equal && kind == Kind::kDeleteNotice) {
    equal = got.post_id == wanted.delete_notice.id && got.author_id == wanted.delete_notice.author;
  }
  return equal ? testing::AssertionSuccess()
               : testing::AssertionFailure()
                     << "kind " << static_cast<int>(got.kind) << " (" << got.field
                     << "); reference " << static_cast<int>(wanted.kind) << " (" << wanted.cause
                     << ")";
}

TEST(PostDecoder, RandomLinesAgreeWithTheReference) {
  PostDecoder decoder;
  std::uint64_t posts = 0;
  const std::uint64_t count = seeded::seeds() * 200;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    seeded::Random random(seed);
    std::string line =
        random.percent(15)
            ? random_object(random, {"delete", "text"})
            : random_object(random,
                            {"created_at", "id", "id_str", "text", "full_text", "extended_tweet",
                             "user", "retweeted_status", "quoted_status", "timestamp_ms"});
    if (random.percent(10)) {
      line[random.below(line.size())] = random.pick(std::string_view("{}[]\":,\\0a \xC3"));
    }
    const DecodedLine& decoded = decoder.decode(line);
    ASSERT_TRUE(same(decoded, reference::read_line(line, kLineLimit)))
        << "TAGTILL_SEED=" << seed << "\n"
        << line;
    posts += decoded.kind == LineKind::kPost ? 1 : 0;
  }
  EXPECT_GT(posts, count / 100);
}

}  // namespace
}  // namespace tagtill
