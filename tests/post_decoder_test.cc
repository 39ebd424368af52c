// P1.2 to P1.6 clause by clause.
#include "engine/post_decoder.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/reference/post.h"
#include "tests/seeded.h"

namespace tagtill {
namespace {

// What a line says, with strings of its own.
struct Decoded {
  LineKind kind = LineKind::kOther;
  std::string field = {};
  std::string post_id = {};
  std::string author_id = {};
  std::string text = {};
  Millis at = 0;
  std::int64_t followers = 0;
  bool is_repost = false;
  bool author_protected = false;
};

Decoded decode(std::string_view line) {
  static PostDecoder decoder;
  // Just so long: sanitizers see a read behind the end.
  const std::vector<char> exact(line.begin(), line.end());
  const DecodedLine& decoded = decoder.decode({exact.data(), exact.size()});
  return {decoded.kind,
          std::string(decoded.field),
          std::string(decoded.post_id),
          std::string(decoded.author_id),
          std::string(decoded.text),
          decoded.at,
          decoded.followers,
          decoded.is_repost,
          decoded.author_protected};
}

// An object from its members, in order; a member without a value is left out.
using Members = std::vector<std::pair<std::string, std::string>>;

std::string object(const Members& members) {
  std::string out = "{";
  for (const auto& [name, value] : members) {
    if (!value.empty()) {
      out += out.size() > 1 ? ",\"" : "\"";
      out.append(name).append("\":").append(value);
    }
  }
  return out + "}";
}

// A good post but for what a test changes.
struct PostWith {
  std::string id_str = R"("100")";
  std::string id = {};
  std::string text = R"("hello")";
  std::string full_text = {};
  std::string extended_tweet = {};
  std::string timestamp_ms = R"("1360584000000")";
  std::string created_at = {};
  std::string user_id_str = R"("7")";
  std::string user_id = {};
  std::string is_protected = {};
  std::string followers = {};
  std::string retweeted_status = {};

  [[nodiscard]] std::string line() const {
    const std::string user = object({{"id_str", user_id_str},
                                     {"id", user_id},
                                     {"protected", is_protected},
                                     {"followers_count", followers}});
    return object({{"created_at", created_at},
                   {"id_str", id_str},
                   {"id", id},
                   {"text", text},
                   {"full_text", full_text},
                   {"extended_tweet", extended_tweet},
                   {"user", user},
                   {"retweeted_status", retweeted_status},
                   {"timestamp_ms", timestamp_ms}});
  }
};

Decoded decode(const PostWith& post) { return decode(post.line()); }

testing::AssertionResult is_post(const Decoded& decoded) {
  return decoded.kind == LineKind::kPost
             ? testing::AssertionSuccess()
             : testing::AssertionFailure() << "no post; field " << decoded.field;
}

testing::AssertionResult is_malformed_by(const Decoded& decoded, std::string_view field) {
  return decoded.kind == LineKind::kMalformed && decoded.field == field
             ? testing::AssertionSuccess()
             : testing::AssertionFailure()
                   << "kind " << static_cast<int>(decoded.kind) << ", field " << decoded.field;
}

TEST(PostDecoder, P1_4_APost) {
  const Decoded decoded =
      decode(R"( {"id":100,"user":{"id":7,"id_str":"seven","protected":true,"followers_count":42},)"
             R"("text":"hello #kindle","timestamp_ms":"1360584000123"} )");
  ASSERT_TRUE(is_post(decoded));
  EXPECT_EQ(decoded.post_id, "100");
  EXPECT_EQ(decoded.author_id, "seven");
  EXPECT_EQ(decoded.text, "hello #kindle");
  EXPECT_EQ(decoded.at, 1'360'584'000'123);
  EXPECT_EQ(decoded.followers, 42);
  EXPECT_TRUE(decoded.author_protected);
  EXPECT_FALSE(decoded.is_repost);
}

TEST(PostDecoder, P1_2_OtherValuesAndNotices) {
  for (const std::string_view line : {"1",
                                      "null",
                                      "\"text\"",
                                      "[]",
                                      "[{\"text\":\"a\",\"user\":{}}]",
                                      "{}",
                                      "{\"limit\":{\"track\":5}}",
                                      R"({"text":"a"})",
                                      R"({"user":{}})",
                                      R"({"text":"a","user":null})",
                                      R"({"text":"a","user":"7"})",
                                      R"({"text":"a","user":[{}]})",
                                      R"({"text":null,"user":{}})",
                                      R"({"user":{"text":"a"}})",
                                      R"({"\u0074ext":"a","user":{}})",
                                      R"({"text":"a","\u0075ser":{}})",
                                      R"({"Text":"a","user":{}})",
                                      R"({"text":null,"text":"a","user":{}})",
                                      R"({"text":"a","user":null,"user":{}})",
                                      R"({"text":"a","user":1,"user":{}})"}) {
    EXPECT_EQ(decode(line).kind, LineKind::kOther) << line;
  }
  // One of the three texts, of whatever type, makes a post of it, if a bad one.
  for (const std::string_view line :
       {R"({"text":1,"user":{}})", R"({"full_text":[],"user":{}})",
        R"({"extended_tweet":{},"user":{}})", R"({"extended_tweet":1,"user":{}})"}) {
    EXPECT_EQ(decode(line).kind, LineKind::kMalformed) << line;
  }
}

TEST(PostDecoder, P1_2_WhatDoesNotParse) {
  PostDecoder decoder;
  const std::string good = PostWith{}.line();
  EXPECT_EQ(decoder.decode(good.substr(0, good.size() - 1)).cause, MalformedCause::kNotJson);
  EXPECT_EQ(decoder.decode(good + "x").kind, LineKind::kMalformed);
  EXPECT_EQ(decoder.decode(good + good).kind, LineKind::kMalformed);
  EXPECT_EQ(decoder.decode(PostWith{.text = "\"\xFF\""}.line()).cause, MalformedCause::kNotUtf8);
  const std::string deep = std::string(1'025, '[') + std::string(1'025, ']');
  EXPECT_EQ(decoder.decode(deep).cause, MalformedCause::kTooDeep);
  EXPECT_EQ(decoder.decode(good).kind, LineKind::kPost);
}

TEST(PostDecoder, P1_2_HugeNumbersAndLoneSurrogatesElsewhere) {
  const std::string good = PostWith{}.line();
  const std::string open = good.substr(0, good.size() - 1);
  EXPECT_TRUE(is_post(decode(open + ",\"n\":1e9999,\"m\":" + std::string(5'000, '9') + "}")));
  EXPECT_TRUE(is_post(decode(open + R"(,"place":{"name":"\ud800"},"\udc00":[]})")));
  EXPECT_TRUE(
      is_post(decode(open + R"(,"retweeted_status":null,"quoted_status":{"text":"\ud800"}})")));
  // A number in a field for strings, unless the field is not used.
  EXPECT_TRUE(is_post(decode(PostWith{.id = "1e9999"})));
  EXPECT_TRUE(is_post(decode(PostWith{.text = R"("\ud800")", .full_text = R"("b")"})));
}

TEST(PostDecoder, P1_3_IdsAreOpaque) {
  const std::string longest(128, 'x');
  for (const std::string& id :
       {std::string("1"), std::string("-1"), std::string("007"), std::string("a b"),
        std::string("😀"), std::string("\u00A0"), std::string("18446744073709551616"), longest}) {
    EXPECT_EQ(decode(PostWith{.id_str = "\"" + id + "\""}).post_id, id);
    EXPECT_EQ(decode(PostWith{.user_id_str = "\"" + id + "\""}).author_id, id);
  }
  EXPECT_EQ(decode(PostWith{.id_str = R"("\u0061\n")"}).kind, LineKind::kMalformed);
  EXPECT_EQ(decode(PostWith{.id_str = R"("\u0061\/\ud83d\ude00")"}).post_id, "a/😀");
}

TEST(PostDecoder, P1_3_BytesAndControlCharactersOfIds) {
  const std::vector<std::string> bad = {"", std::string(129, 'x'), R"(\u0000)", R"(a\u001f)",
                                        R"(\t)", R"(\u007f)", R"(\u0080)", R"(\u009fb)", "\x7F",
                                        "\xC2\x80", "\xC2\x9F", R"(\ud800)",
                                        // 127 bytes and one character of two
                                        std::string(127, 'x') + "é"};
  for (const std::string& id : bad) {
    EXPECT_TRUE(is_malformed_by(decode(PostWith{.id_str = "\"" + id + "\""}), "id_str")) << id;
    EXPECT_TRUE(is_malformed_by(decode(PostWith{.user_id_str = "\"" + id + "\""}), "user.id_str"))
        << id;
  }
  EXPECT_EQ(decode(PostWith{.id_str = "\"" + std::string(126, 'x') + "é\""}).kind, LineKind::kPost);
  EXPECT_TRUE(is_valid_id("\xC2\xA0"));
  EXPECT_TRUE(is_valid_id(" "));
  EXPECT_FALSE(is_valid_id(std::string_view("\0", 1)));
}

TEST(PostDecoder, P1_4_NumericIds) {
  for (const std::string_view id : {"0", "7", "18446744073709551615", "9223372036854775808"}) {
    EXPECT_EQ(decode(PostWith{.id_str = {}, .id = std::string(id)}).post_id, id);
    EXPECT_EQ(decode(PostWith{.id_str = "null", .id = std::string(id)}).post_id, id);
    EXPECT_EQ(decode(PostWith{.user_id_str = {}, .user_id = std::string(id)}).author_id, id);
  }
  for (const std::string_view id :
       {"18446744073709551616", "-1", "-0", "1.0", "1e3", "\"7\"", "true", "{}", "[]"}) {
    EXPECT_TRUE(is_malformed_by(decode(PostWith{.id_str = {}, .id = std::string(id)}), "id")) << id;
    EXPECT_TRUE(
        is_malformed_by(decode(PostWith{.user_id_str = {}, .user_id = std::string(id)}), "user.id"))
        << id;
    // Not used, so not needed.
    EXPECT_TRUE(is_post(decode(PostWith{.id = std::string(id), .user_id = std::string(id)}))) << id;
  }
  EXPECT_TRUE(is_malformed_by(decode(PostWith{.id_str = {}}), "id_str"));
  EXPECT_TRUE(is_malformed_by(decode(PostWith{.id_str = "null", .id = "null"}), "id_str"));
  EXPECT_TRUE(is_malformed_by(decode(PostWith{.user_id_str = {}}), "user.id_str"));
  // A bad string is not made good by the number.
  for (const std::string_view id : {"7", "true", "{}", "\"\""}) {
    EXPECT_TRUE(is_malformed_by(decode(PostWith{.id_str = std::string(id), .id = "7"}), "id_str"));
  }
}

TEST(PostDecoder, P1_4_Protected) {
  EXPECT_TRUE(decode(PostWith{.is_protected = "true"}).author_protected);
  for (const std::string_view no : {"", "null", "false"}) {
    const Decoded decoded = decode(PostWith{.is_protected = std::string(no)});
    EXPECT_TRUE(is_post(decoded));
    EXPECT_FALSE(decoded.author_protected);
  }
  for (const std::string_view bad : {"0", "1", "\"true\"", "{}", "[]"}) {
    EXPECT_TRUE(
        is_malformed_by(decode(PostWith{.is_protected = std::string(bad)}), "user.protected"));
  }
}

TEST(PostDecoder, P1_4_Followers) {
  const std::map<std::string, std::int64_t> good = {
      {"", 0},
      {"null", 0},
      {"0", 0},
      {"1", 1},
      {"-1", 0},
      {"-0", 0},
      {"9223372036854775807", std::numeric_limits<std::int64_t>::max()},
      {"-9223372036854775808", 0}};
  for (const auto& [written, count] : good) {
    const Decoded decoded = decode(PostWith{.followers = written});
    EXPECT_TRUE(is_post(decoded)) << written;
    EXPECT_EQ(decoded.followers, count) << written;
  }
  for (const std::string_view bad :
       {"9223372036854775808", "-9223372036854775809", "1.0", "1e2", "\"1\"", "true", "{}", "[]"}) {
    EXPECT_TRUE(
        is_malformed_by(decode(PostWith{.followers = std::string(bad)}), "user.followers_count"))
        << bad;
  }
}

TEST(PostDecoder, P1_4_WhichText) {
  EXPECT_EQ(decode(PostWith{.full_text = R"("b")"}).text, "b");
  EXPECT_EQ(decode(PostWith{.full_text = R"("b")", .extended_tweet = R"({"full_text":"c"})"}).text,
            "c");
  EXPECT_EQ(decode(PostWith{.full_text = "null", .extended_tweet = "null"}).text, "hello");
  EXPECT_EQ(decode(PostWith{.full_text = R"("b")", .extended_tweet = "{}"}).text, "b");
  EXPECT_EQ(decode(PostWith{.extended_tweet = R"({"full_text":null})"}).text, "hello");
  EXPECT_EQ(decode(PostWith{.extended_tweet = R"({"text":"c"})"}).text, "hello");
  EXPECT_EQ(decode(PostWith{.text = {}, .full_text = R"("")"}).text, "");
  // What is not used may be anything; what is used may not.
  EXPECT_EQ(decode(PostWith{.text = "1", .full_text = R"("b")"}).text, "b");
  EXPECT_TRUE(is_malformed_by(decode(PostWith{.full_text = "1"}), "full_text"));
  EXPECT_TRUE(is_malformed_by(decode(PostWith{.text = R"("\udc00")"}), "text"));
  EXPECT_TRUE(is_malformed_by(decode(PostWith{.extended_tweet = R"({"full_text":1})"}),
                              "extended_tweet.full_text"));
  for (const std::string_view bad : {"1", "\"\"", "[]", "true", "false"}) {
    EXPECT_TRUE(
        is_malformed_by(decode(PostWith{.extended_tweet = std::string(bad)}), "extended_tweet"));
  }
}

TEST(PostDecoder, P1_4_NestedPostsContributeNothing) {
  const Decoded decoded = decode(
      R"({"retweeted_status":null,"quoted_status":{"id_str":"9","text":"#no","user":{"id_str":"8"},)"
      R"("timestamp_ms":"1","extended_tweet":{"full_text":"#no"}},"id_str":"100","text":"#yes",)"
      R"("user":{"id_str":"7","status":{"text":"#no"}},"timestamp_ms":1360584000000,)"
      R"("a":[{"text":"#no"}]})");
  ASSERT_TRUE(is_post(decoded));
  EXPECT_EQ(decoded.text, "#yes");
  EXPECT_EQ(decoded.author_id, "7");
  EXPECT_EQ(decoded.post_id, "100");
  EXPECT_FALSE(decoded.is_repost);
}

TEST(PostDecoder, P1_4_Reposts) {
  for (const std::string_view present : {"{}", "{\"text\":\"a\"}", "false", "0", "\"\"", "[]"}) {
    EXPECT_TRUE(decode(PostWith{.retweeted_status = std::string(present)}).is_repost) << present;
  }
  EXPECT_FALSE(decode(PostWith{.retweeted_status = "null"}).is_repost);
}

TEST(PostDecoder, P1_4_EntitiesOnce) {
  const std::map<std::string, std::string> texts = {{"a &amp; b", "a & b"},
                                                    {"&lt;3 &gt;", "<3 >"},
                                                    {"&amp;lt;", "&lt;"},
                                                    {"&amp;amp;amp;", "&amp;amp;"},
                                                    {"&quot;&#39;&nbsp;", "&quot;&#39;&nbsp;"},
                                                    {"&AMP;", "&AMP;"},
                                                    {"&amp", "&amp"},
                                                    {"&", "&"},
                                                    {"&&lt;;", "&<;"},
                                                    {"&lt", "&lt"},
                                                    {"&amp;&amp;", "&&"},
                                                    {"&l&gt;t;", "&l>t;"}};
  for (const auto& [written, text] : texts) {
    EXPECT_EQ(decode(PostWith{.text = "\"" + written + "\""}).text, text);
  }
  EXPECT_EQ(decode(PostWith{.text = R"("\u0026amp;#a &\u0061mp;")"}).text, "&#a &");
}

TEST(PostDecoder, P1_4_DeleteNotices) {
  const auto status = [](const std::string& members) {
    return decode(R"({"delete":{"status":{)" + members + "}}}");
  };
  const Decoded notice = status(R"("id":1,"id_str":"5","user_id":2,"user_id_str":"6")");
  EXPECT_EQ(notice.kind, LineKind::kDeleteNotice);
  EXPECT_EQ(notice.post_id, "5");
  EXPECT_EQ(notice.author_id, "6");
  const Decoded numeric = status(R"("id":18446744073709551615,"user_id":0,"id_str":null)");
  EXPECT_EQ(numeric.kind, LineKind::kDeleteNotice);
  EXPECT_EQ(numeric.post_id, "18446744073709551615");
  EXPECT_EQ(numeric.author_id, "0");
  EXPECT_TRUE(is_malformed_by(status(R"("user_id":2)"), "delete.status.id_str"));
  EXPECT_TRUE(is_malformed_by(status(R"("id":"1","user_id":2)"), "delete.status.id"));
  EXPECT_TRUE(is_malformed_by(status(R"("id":1,"user_id":1.5)"), "delete.status.user_id"));
  EXPECT_TRUE(
      is_malformed_by(status(R"("id_str":"1","user_id_str":"")"), "delete.status.user_id_str"));
  EXPECT_TRUE(is_malformed_by(status(R"("id_str":"1")"), "delete.status.user_id_str"));
  EXPECT_EQ(
      decode(R"( { "delete" : {"x":1, "status" : {"id_str":"1","user_id_str":"2"}}, "text":"a"} )")
          .kind,
      LineKind::kDeleteNotice);
}

TEST(PostDecoder, P1_4_WhatIsNoDeleteNotice) {
  for (const std::string_view line :
       {R"({"delete":{"user":{"id":1}}})", R"({"delete":{}})", R"({"delete":1})",
        R"({"delete":[]})", R"({"delete":{"status":null}})", R"({"delete":{"status":[]}})",
        R"({"delete":{"direct_message":{"id":1,"user_id":2}}})",
        R"({"delete":{"status":null,"status":{"id":1,"user_id":2}}})",
        R"({"a":1,"delete":{"status":{"id":1,"user_id":2}}})",
        R"({"d\u0065lete":{"status":{"id":1,"user_id":2}}})",
        R"({"delete":null,"delete":{"status":{"id":1,"user_id":2}}})"}) {
    EXPECT_EQ(decode(line).kind, LineKind::kOther) << line;
  }
  // First, it makes no post; null or not first, it does not count.
  const std::string good = PostWith{}.line();
  EXPECT_EQ(decode(R"({"delete":{},)" + good.substr(1)).kind, LineKind::kOther);
  EXPECT_EQ(decode(R"({"delete":null,)" + good.substr(1)).kind, LineKind::kPost);
  EXPECT_EQ(decode(good.substr(0, good.size() - 1) + R"(,"delete":{"status":{}}})").kind,
            LineKind::kPost);
}

TEST(PostDecoder, P1_6_TheFirstOfTheSameNameCounts) {
  const Decoded decoded = decode(
      R"({"text":"a","text":"b","id_str":"1","id_str":"2","user":{"id_str":"3","id_str":"4"},)"
      R"("user":{"id_str":"5"},"timestamp_ms":"1","timestamp_ms":"2"})");
  ASSERT_TRUE(is_post(decoded));
  EXPECT_EQ(decoded.text, "a");
  EXPECT_EQ(decoded.post_id, "1");
  EXPECT_EQ(decoded.author_id, "3");
  EXPECT_EQ(decoded.at, 1);
  // Also when the first is null, or the second an object.
  EXPECT_EQ(
      decode(R"({"id_str":null,"id_str":"2","id":1,"text":"a","user":{"id":3},"timestamp_ms":1})")
          .post_id,
      "1");
  EXPECT_EQ(decode(R"({"extended_tweet":null,"extended_tweet":{"full_text":"b"},"id":1,"text":"a",)"
                   R"("user":{"id":3},"timestamp_ms":1})")
                .text,
            "a");
  EXPECT_EQ(decode(R"({"extended_tweet":{},"extended_tweet":{"full_text":"b"},"id":1,"text":"a",)"
                   R"("user":{"id":3},"timestamp_ms":1})")
                .text,
            "a");
}

TEST(PostDecoder, P1_6_EscapedNamesAreUnknown) {
  EXPECT_EQ(
      decode(R"({"t\u0065xt":"b","text":"a","id_\u0073tr":"2","id":1,"user":{"\u0069d":9,"id":3},)"
             R"("timestamp_ms":5,"\u0072etweeted_status":{}})")
          .text,
      "a");
  EXPECT_EQ(
      decode(
          R"({"id_\u0073tr":"2","id":1,"text":"a","user":{"\u0069d":9,"id":3},"timestamp_ms":5})")
          .author_id,
      "3");
  EXPECT_FALSE(
      decode(R"({"\u0072etweeted_status":{},"id":1,"text":"a","user":{"id":3},"timestamp_ms":5})")
          .is_repost);
}

}  // namespace
}  // namespace tagtill
