// The reference itself, rule by rule. Few cases, each with its events spelled
// out or counted: what the differential tests lean on must stand by itself.
#include "reference/reference.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "reference/code.h"
#include "reference/json.h"
#include "reference/text.h"

namespace {

using reference::Counts;
using reference::Options;
using reference::Reference;

constexpr std::string_view kSecret = "0123456789abcdef0123456789abcdef";
constexpr int64_t kNoon = 1360584000000;  // 2013-02-11T12:00:00Z

std::string offer(const std::string& id, const std::string& tag, const std::string& more = "") {
  return R"({"id":")" + id + R"(","tag":")" + tag +
         R"(","title":"A \"title\"","price_minor":19999,"currency":"USD","fulfilment":"pickup",)"
         R"("commission_bps":250,"starts_at":"2013-02-01T00:00:00Z","ends_at":"2013-03-01T00:00:00Z")" +
         more + "}\n";
}

std::string member(const std::string& author, const std::string& more = "") {
  return R"({"author_id":")" + author + R"(","account":"tok-)" + author + R"(")" + more + "}\n";
}

std::string post(const std::string& author, const std::string& id, int64_t time_ms,
                 const std::string& text, const std::string& more = "") {
  return R"({"id_str":")" + id + R"(","timestamp_ms":")" + std::to_string(time_ms) +
         R"(","text":")" + text + R"(","user":{"id_str":")" + author + R"("})" + more + "}\n";
}

std::string deletion(const std::string& author, const std::string& id) {
  return R"({"delete":{"status":{"id_str":")" + id + R"(","user_id_str":")" + author + "\"}}}\n";
}

std::string code_tag(const std::string& author, const std::string& purchase) {
  return "#Confirm" + reference::make_code(kSecret, "code", author, purchase);
}

// One offer `kindle` and members 1 and 2, unless told otherwise.
class Story {
 public:
  explicit Story(std::string offers = offer("k", "kindle"), Options options = {})
      : reference_(offers, member("1") + member("2"), kSecret, options) {}

  Story& feed(const std::string& lines) {
    reference_.feed(lines);
    return *this;
  }

  // The types of the events since the last call; of rejected ones the reason.
  std::string told() {
    std::string told;
    const std::string events = reference_.take_events();
    for (size_t at = 0; at < events.size(); at = events.find('\n', at) + 1) {
      const std::string line = events.substr(at, events.find('\n', at) - at);
      const std::string begin = line.find(R"("type":"rejected")") == 1
                                    ? R"({"type":"rejected","reason":")"
                                    : R"({"type":")";
      told += (told.empty() ? "" : " ") +
              line.substr(begin.size(), line.find('"', begin.size()) - begin.size());
    }
    return told;
  }

  Reference& reference() { return reference_; }
  const Counts& counts() { return reference_.counts(); }

 private:
  Reference reference_;
};

Options quick(int64_t lateness_ms, int64_t max_jump_ms = 86400000) {
  Options options;
  options.lateness_ms = lateness_ms;
  options.max_jump_ms = max_jump_ms;
  return options;
}

std::string kind_of(const std::string& line) {
  switch (reference::read_line(line, 1 << 20).kind) {
    case reference::Line::Kind::kPost:
      return "post";
    case reference::Line::Kind::kDeleteNotice:
      return "delete";
    case reference::Line::Kind::kOther:
      return "other";
    case reference::Line::Kind::kMalformed:
      return "malformed";
  }
  return "";
}

// --- P1 -----------------------------------------------------------------------

TEST(Reference, P1_1_LinesKeepAlivesAndByteOrderMarks) {
  Story story;
  story.feed("\xEF\xBB\xBF{}\r\n \t\r\n\n[]\n17").feed("\xEF\xBB\xBF").feed("{}\n\xEF\xBB\xBF{}\n");
  EXPECT_EQ(story.counts().lines, 5U);
  EXPECT_EQ(story.counts().keep_alives, 2U);
  EXPECT_EQ(story.counts().others, 4U);
  EXPECT_EQ(story.counts().malformed, 1U);
}

TEST(Reference, P1_2_LimitOfALineAndOfDepth) {
  const std::string deep = std::string(1024, '[') + std::string(1024, ']');
  EXPECT_EQ(kind_of(deep), "other");
  EXPECT_EQ(kind_of("[" + deep + "]"), "malformed");
  EXPECT_EQ(kind_of("\"" + std::string((1 << 20) - 2, 'x') + "\""), "other");
  EXPECT_EQ(kind_of("\"" + std::string((1 << 20) - 1, 'x') + "\""), "malformed");
  EXPECT_EQ(kind_of("\"\xC0\xAF\""), "malformed");
  EXPECT_EQ(kind_of(R"(["\ud800",1e999999,123456789012345678901234567890])"), "other");
}

TEST(Reference, P1_2_GrammarIsStrict) {
  for (const char* line : {"01",          "1.",
                           ".5",          "+1",
                           "[1,]",        "{\"a\":1,}",
                           "{a:1}",       "'a'",
                           "\"\t\"",      "nul",
                           "[1] 2",       "\"\\x\"",
                           "\"\\u12g4\"", "-",
                           "1e",          "{\"a\"}",
                           "\"a",         "tru",
                           "[",           "\"\\\"",
                           "NaN",         "{\"a\":1 \"b\":2}"}) {
    EXPECT_EQ(kind_of(line), "malformed") << line;
  }
  for (const char* line : {"0", "-0.5E+3", "[]", "{}", " [ 1 , 2 ] ", R"("\u0041\/\b")", "true"}) {
    EXPECT_EQ(kind_of(line), "other") << line;
  }
}

TEST(Reference, P1_3_Ids) {
  const auto with_id = [](const std::string& id) {
    return kind_of(R"({"id_str":")" + id + R"(","timestamp_ms":1,"text":"","user":{"id":1}})");
  };
  EXPECT_EQ(with_id(std::string(128, 'x')), "post");
  EXPECT_EQ(with_id(std::string(129, 'x')), "malformed");
  EXPECT_EQ(with_id(""), "malformed");
  EXPECT_EQ(with_id("\\u009f"), "malformed");
  EXPECT_EQ(with_id("\\u00a0 \xC3\xA9"), "post");
  EXPECT_EQ(with_id("\\ud800"), "malformed");
}

TEST(Reference, P1_4_WhatIsAPostAndWhatADeleteNotice) {
  EXPECT_EQ(kind_of(R"({"id":1,"timestamp_ms":1,"text":"","user":{"id":1}})"), "post");
  EXPECT_EQ(kind_of(R"({"id":1,"timestamp_ms":1,"text":"","user":5})"), "other");
  EXPECT_EQ(kind_of(R"({"id":1,"timestamp_ms":1,"text":null,"user":{"id":1}})"), "other");
  EXPECT_EQ(kind_of(R"({"id":1,"timestamp_ms":1,"extended_tweet":{},"user":{"id":1}})"),
            "malformed");
  EXPECT_EQ(kind_of(R"({"delete":null,"id":1,"timestamp_ms":1,"text":"","user":{"id":1}})"),
            "post");
  EXPECT_EQ(kind_of(R"({"delete":5,"id":1,"timestamp_ms":1,"text":"","user":{"id":1}})"), "other");
  EXPECT_EQ(kind_of(R"({"delete":{"status":{"id":1,"user_id":18446744073709551615}}})"), "delete");
  EXPECT_EQ(kind_of(R"({"delete":{"status":{"id":1,"user_id":18446744073709551616}}})"),
            "malformed");
  EXPECT_EQ(kind_of(R"({"delete":{"status":{"id":-0,"user_id":1}}})"), "malformed");
  EXPECT_EQ(kind_of(R"({"x":0,"delete":{"status":{"id":1,"user_id":1}}})"), "other");
}

TEST(Reference, P1_4_FieldsAndTheirOrder) {
  const reference::Line line = reference::read_line(
      R"({"id_str":"a","id":-1,"timestamp_ms":1,"text":5,"full_text":"&amp;lt; &gt;","user":)"
      R"({"id":7,"id_str":null,"protected":true,"followers_count":-3},"retweeted_status":0})",
      1 << 20);
  ASSERT_EQ(line.kind, reference::Line::Kind::kPost);
  EXPECT_EQ(line.post.id, "a");
  EXPECT_EQ(line.post.author, "7");
  EXPECT_EQ(line.post.text, "&lt; >");
  EXPECT_TRUE(line.post.is_protected);
  EXPECT_TRUE(line.post.is_repost);
  EXPECT_EQ(line.post.followers, 0);
}

TEST(Reference, P1_5_TimesAndTheirWitnesses) {
  const auto with = [](const std::string& id, const std::string& times) {
    const reference::Line line = reference::read_line(
        R"({"id_str":")" + id + "\"," + times + R"("text":"","user":{"id":1}})", 1 << 20);
    return line.kind == reference::Line::Kind::kPost ? line.post.time_ms : -1;
  };
  EXPECT_EQ(with("505874924095815681", ""), 1409444955263);
  EXPECT_EQ(with("34359738367", ""), -1);
  EXPECT_EQ(with("34359738368", ""), 1288834974657 + 8192);
  EXPECT_EQ(with("505874924095815681", R"("timestamp_ms":"1409445015263",)"), 1409445015263);
  EXPECT_EQ(with("505874924095815681", R"("timestamp_ms":"1409445015264",)"), -1);
  EXPECT_EQ(with("x", R"("created_at":"Thu Jan 26 16:00:00 +0000 2017",)"), 1485446400000);
  EXPECT_EQ(with("x", R"("created_at":"Mon Feb 29 16:00:00 +0000 2017",)"), -1);
  EXPECT_EQ(with("x", R"("timestamp_ms":"253402300799999",)"), 253402300799999);
  EXPECT_EQ(with("x", R"("timestamp_ms":253402300800000,)"), -1);
  EXPECT_EQ(with("x", R"("timestamp_ms":5,"created_at":"x",)"), -1);
}

TEST(Reference, P1_6_TheFirstMemberCountsAndEscapedNamesAreUnknown) {
  const reference::Line line = reference::read_line(
      R"({"te\u0078t":"a","text":"b","text":"c","id":1,"timestamp_ms":1,"user":{"id":1}})",
      1 << 20);
  EXPECT_EQ(line.post.text, "b");
}

// --- P2 -----------------------------------------------------------------------

TEST(Reference, P2_1_WhereHashtagsStand) {
  using Tags = std::vector<std::string>;
  EXPECT_EQ(reference::post_tags("#a \uff03b (#c) a#d &#e #f# #g:// #1 #1h"),
            (Tags{"a", "b", "c", "1h"}));
  EXPECT_EQ(reference::post_tags("http://x.com/#a x.com/#b x.com #c"), (Tags{"c"}));
  EXPECT_EQ(reference::post_tags("#\ufe0f\u20e3 \u6771#a \u3002#\u6771"), (Tags{"\u6771"}));
  // Parentheses end a path only where they stand alone.
  EXPECT_EQ(reference::post_tags("http://x.com/(a)?#tag"), (Tags{}));
  EXPECT_EQ(reference::post_tags("http://x.com/~(a)?#tag"), (Tags{"tag"}));
}

TEST(Reference, P2_2_Folding) {
  EXPECT_EQ(reference::fold("STRA\u00dfE"), "strasse");
  EXPECT_EQ(reference::fold("e\u0301"), "\u00e9");
  EXPECT_EQ(reference::fold("\u0130"), "i\u0307");
  EXPECT_NE(reference::fold("\uff4b"), "k");
}

TEST(Reference, P2_3_WordsOfOthersAndP2_4_Once) {
  using Tags = std::vector<std::string>;
  EXPECT_EQ(reference::post_tags("#a #A RT @x: #b"), (Tags{"a"}));
  EXPECT_EQ(reference::post_tags("xRT @y #a \u00e9RT @x #b"), (Tags{"a"}));
  EXPECT_EQ(reference::post_tags("RT @x #a"), (Tags{}));
}

// --- P3 -----------------------------------------------------------------------

TEST(Reference, P3_1_OnlyCandidatesMoveTheClock) {
  Story story;
  story.feed(post("1", "i", kNoon, "#kindle"))
      .feed(post("1", "x", kNoon + 3600000, "#other"))
      .feed(post("1", "y", kNoon + 3600000, "#kindle", R"(,"retweeted_status":{})"))
      .feed(deletion("9", "i"));
  EXPECT_EQ(story.told(), "prompt");
  EXPECT_EQ(story.counts().candidates, 1U);
  EXPECT_EQ(story.counts().delete_notices, 1U);
}

TEST(Reference, P3_4_DuplicatesAreRememberedForLAndW) {
  Story story(offer("k", "kindle", R"(,"window_seconds":10)"), quick(1000));
  story.feed(post("1", "i", kNoon, "#kindle") + post("2", "x", kNoon + 11000, "#kindle") +
             post("1", "i", kNoon + 11000, "#kindle"));
  EXPECT_EQ(story.counts().duplicates, 1U);
  story.feed(post("2", "y", kNoon + 11001, "#kindle") + post("1", "i", kNoon + 11001, "#kindle"));
  EXPECT_EQ(story.counts().duplicates, 1U);
  EXPECT_EQ(story.told(), "prompt prompt expired prompt");
  EXPECT_EQ(story.counts().repeated, 1U);
}

TEST(Reference, P3_5_LateByOneMillisecond) {
  Story story;
  story.feed(post("1", "i", kNoon, "#kindle") + post("2", "j", kNoon - 30000, "#kindle") +
             post("2", "k", kNoon - 30001, "#kindle") + post("9", "l", kNoon - 30001, "#kindle"));
  EXPECT_EQ(story.told(), "prompt prompt late");
  EXPECT_EQ(story.counts().late, 2U);
}

TEST(Reference, P3_6_DueInOrderOfTimeThenWindowsThenConfirmations) {
  Story story(
      offer("b", "bee", R"(,"window_seconds":1)") + offer("a", "ant", R"(,"window_seconds":1)"),
      quick(0));
  story.feed(post("1", "z", kNoon, "#bee #ant") + post("2", "y", kNoon, "#bee") +
             post("1", "c", kNoon + 1000, "#Confirm00000000 #Confirm00000001") +
             post("9", "x", kNoon + 1001, "#bee"));
  const std::string events = story.reference().take_events();
  const size_t first = events.find(R"("expired","purchase_id":"y:b")");
  const size_t second = events.find(R"("expired","purchase_id":"z:a")");
  const size_t third = events.find(R"("expired","purchase_id":"z:b")");
  const size_t fourth = events.find("unknown_code");
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  EXPECT_LT(third, fourth);
  EXPECT_NE(fourth, std::string::npos);
  EXPECT_EQ(story.counts().rejected.at("unknown_code"), 2U);
}

TEST(Reference, P3_9_TwoFarAheadAgree) {
  Story story(offer("k", "kindle"), quick(30000, 60000));
  story.feed(post("1", "i", kNoon, "#kindle") + post("2", "f", kNoon + 960001, "#kindle"));
  EXPECT_EQ(story.told(), "prompt");
  EXPECT_EQ(story.counts().set_aside, 1U);
  story.feed(post("2", "f", kNoon + 960001, "#kindle"));
  EXPECT_EQ(story.counts().duplicates, 1U);
  story.feed(post("9", "g", kNoon + 960002, "#kindle"));
  EXPECT_EQ(story.told(), "expired prompt not_enrolled");
  EXPECT_EQ(story.counts().set_aside, 0U);
}

TEST(Reference, P3_9_ContradictedOrDeleted) {
  Story story(offer("k", "kindle"), quick(30000, 60000));
  story.feed(post("1", "i", kNoon, "#kindle") + post("2", "f", kNoon + 60001, "#kindle") +
             post("1", "i", kNoon, "#kindle") + post("1", "l", kNoon - 30001, "#kindle"));
  EXPECT_EQ(story.told(), "prompt late");
  story.feed(post("2", "j", kNoon + 60000, "#kindle"));
  EXPECT_EQ(story.told(), "future prompt");
  story.feed(post("1", "g", kNoon + 120001, "#kindle") + deletion("1", "g") +
             post("1", "g", kNoon + 60000, "#kindle"));
  EXPECT_EQ(story.told(), "");
  EXPECT_EQ(story.counts().deleted_before, 2U);
}

// --- P4 -----------------------------------------------------------------------

TEST(Reference, P4_TheOfferIsTheLiveOneOrTheNearest) {
  const auto at = [](const std::string& id, const std::string& from, const std::string& to) {
    return R"({"id":")" + id + R"(","tag":"kindle","title":"t","price_minor":1,"currency":"USD",)" +
           R"("fulfilment":"ship","starts_at":")" + from + R"(","ends_at":")" + to + "\"}\n";
  };
  Story story(at("b", "2013-02-11T12:00:02Z", "2013-02-11T12:00:03Z") +
                  at("a", "2013-02-11T12:00:00Z", "2013-02-11T13:00:01+01:00"),
              quick(30000));
  for (const int64_t offset : {-1, 0, 999, 1500, 1501, 1999, 2000, 3000}) {
    story.feed(post("1", "i" + std::to_string(offset + 1), kNoon + offset, "#kindle"));
  }
  const std::string events = story.reference().take_events();
  std::string offers;
  for (size_t found = events.find("\"offer_id\":\""); found != std::string::npos;
       found = events.find("\"offer_id\":\"", found + 1)) {
    offers += events[found + 12];
  }
  EXPECT_EQ(offers, "aaabbbb");  // at 999 repeated, at 1500 as near: the earlier
  EXPECT_EQ(story.counts().repeated, 1U);
}

TEST(Reference, P4_1_WhoMayNot) {
  Story story(offer("k", "kindle", R"(,"regions":["DE"])"));
  story.feed(post("9", "a", kNoon, "#kindle") + post("1", "b", kNoon, "#kindle"));
  EXPECT_EQ(story.told(), "not_enrolled not_eligible");
  story.reference().replace(offer("k", "kindle", R"(,"regions":["DE"])"),
                            member("1", R"(,"region":"DE")"), kSecret);
  story.feed(post("1", "c", kNoon, "#kindle"));
  EXPECT_EQ(story.told(), "prompt");
}

TEST(Reference, P4_4_ThirtyTwoWindows) {
  std::string offers;
  std::string text;
  for (int i = 0; i < 33; ++i) {
    offers += offer("o" + std::to_string(i), "deal" + std::to_string(i));
    text += "#deal" + std::to_string(i) + " ";
  }
  Story story(offers);
  story.feed(post("1", "i", kNoon, text));
  EXPECT_EQ(story.counts().prompts, 32U);
  EXPECT_EQ(story.counts().rejected.at("too_many"), 1U);
}

TEST(Reference, P4_5_SoldOutOpensADeniedWindow) {
  Story story(offer("k", "kindle", R"(,"stock":1)"));
  story.feed(post("1", "i", kNoon, "#kindle") + post("2", "j", kNoon, "#kindle") +
             post("2", "c", kNoon + 1, code_tag("2", "j:k")) + post("2", "n", kNoon, "#kindle"));
  EXPECT_EQ(story.told(), "prompt sold_out sold_out limit_reached");
  story.feed(post("1", "c", kNoon + 1, code_tag("1", "i:k")));
  EXPECT_EQ(story.told(), "confirmed");
}

// --- P5 -----------------------------------------------------------------------

TEST(Reference, P5_1_LiteralCodes) {
  const auto code = [](const char* kind, const char* author, const char* purchase) {
    return reference::make_code(kSecret, kind, author, purchase);
  };
  EXPECT_EQ(code("code", "1186275104", "505874924095815681:kindle-hd"), "TN8QDQZF");
  EXPECT_EQ(code("claim", "1186275104", "505874924095815681:kindle-hd"), "8HDHADTX");
  EXPECT_EQ(code("code", "1", "2:a"), "TBPDPBG0");
  EXPECT_EQ(code("claim", "1", "2:a"), "FYQK0TYT");
}

TEST(Reference, P5_2_FormOfAConfirmationTag) {
  const auto code = [](const char* tag) {
    return reference::code_in_tag(reference::fold(tag), "Confirm").value_or("none");
  };
  EXPECT_EQ(code("CONFIRMtbpdpbgo"), "TBPDPBG0");
  EXPECT_EQ(code("confirmiIlLoO0z"), "1111000Z");
  EXPECT_EQ(code("confirmTBPDPBGU"), "none");
  EXPECT_EQ(code("confirmTBPDPBG"), "none");
  EXPECT_EQ(code("confirmTBPDPBG00"), "none");
  EXPECT_EQ(code("confirm0000000\u212a"), "0000000K");
}

TEST(Reference, P5_4_BothEndsBelongToTheWindow) {
  for (const int64_t offset : {0, 900000, 900001}) {
    Story story;
    story.feed(post("1", "i", kNoon, "#kindle") +
               post("1", "c", kNoon + offset, code_tag("1", "i:k")));
    EXPECT_EQ(story.told(), offset > 900000 ? "prompt expired" : "prompt confirmed") << offset;
    EXPECT_EQ(story.counts().open_windows, offset > 900000 ? 1U : 0U);
  }
}

TEST(Reference, P5_4_LimitReachedCancelsAndFreesTheUnit) {
  Story story(offer("k", "kindle", R"(,"stock":2,"window_seconds":1)"));
  // The second window opens after the first one's deadline, before it falls due.
  story.feed(post("1", "i", kNoon, "#kindle") + post("1", "j", kNoon + 1001, "#kindle") +
             post("1", "c", kNoon + 1000, code_tag("1", "i:k")) +
             post("1", "d", kNoon + 1002, code_tag("1", "j:k")) +
             post("1", "e", kNoon + 1002, code_tag("1", "j:k")) +
             post("2", "k", kNoon + 1002, "#kindle"));
  EXPECT_EQ(story.told(), "prompt prompt confirmed limit_reached cancelled prompt");
}

TEST(Reference, P5_5_AlreadyConfirmed) {
  Story story;
  story.feed(post("1", "i", kNoon, "#kindle") + post("1", "c", kNoon, code_tag("1", "i:k")) +
             post("1", "d", kNoon, code_tag("1", "i:k")) +
             post("2", "e", kNoon, code_tag("1", "i:k")) +
             post("9", "f", kNoon, code_tag("1", "i:k")));
  EXPECT_EQ(story.told(), "prompt confirmed already_confirmed");
  EXPECT_EQ(story.counts().ignored_confirmations, 1U);
}

TEST(Reference, P5_6_ParkedUntilItsIntentComes) {
  Story story;
  story.feed(post("1", "c", kNoon + 5, code_tag("1", "i:k")) +
             post("1", "d", kNoon + 6, code_tag("1", "i:k")));
  EXPECT_EQ(story.told(), "");
  story.feed(post("1", "i", kNoon + 5, "#kindle"));
  EXPECT_EQ(story.told(), "prompt confirmed already_confirmed");
}

TEST(Reference, P5_6_NotByItsOwnPostNorBeforeTheIntent) {
  Story story;
  story.feed(post("1", "c", kNoon, code_tag("1", "i:k")) +
             post("1", "i", kNoon + 1, "#kindle " + code_tag("1", "i:k")) +
             post("2", "x", kNoon + 30002, "#kindle"));
  EXPECT_EQ(story.told(), "prompt unknown_code unknown_code prompt");
}

TEST(Reference, P5_6_ThirtyTwoParked) {
  Story story;
  std::string text;
  for (char sign = 'A'; sign <= 'H'; ++sign) {
    text += std::string(" #Confirm0000000") + sign;
  }
  for (int i = 0; i < 5; ++i) {
    story.feed(post("1", "c" + std::to_string(i), kNoon, text));
  }
  EXPECT_EQ(story.counts().rejected.at("too_many"), 8U);
  story.feed(deletion("1", "c0"));
  EXPECT_EQ(story.counts().parked_deleted, 8U);
}

// --- P6 -----------------------------------------------------------------------

TEST(Reference, P6_1_DeletedIntentsInTheOrderInWhichTheyOpened) {
  Story story(offer("b", "bee") + offer("a", "ant"));
  story.feed(post("1", "i", kNoon, "#bee #ant") + deletion("1", "i"));
  const std::string events = story.reference().take_events();
  EXPECT_LT(events.find(R"("cancelled","purchase_id":"i:b")"),
            events.find(R"("cancelled","purchase_id":"i:a")"));
  EXPECT_EQ(story.counts().cancelled, 2U);
  story.feed(post("1", "c", kNoon, code_tag("1", "i:a")));
  EXPECT_EQ(story.told(), "cancelled");
}

TEST(Reference, P6_2_DeletedBeforeItCame) {
  Story story;
  story.feed(deletion("1", "i") + post("2", "x", kNoon, "#kindle") +
             post("2", "y", kNoon + 30000, "#kindle") + post("1", "i", kNoon, "#kindle") +
             post("1", "i", kNoon, "#kindle"));
  EXPECT_EQ(story.told(), "prompt");
  EXPECT_EQ(story.counts().deleted_before, 1U);
  EXPECT_EQ(story.counts().duplicates, 1U);
  story.feed(deletion("1", "j") + post("2", "z", kNoon + 60001, "#kindle") +
             post("1", "j", kNoon + 60000, "#kindle"));
  EXPECT_EQ(story.told(), "prompt");
}

TEST(Reference, P6_2_AThousandOfThem) {
  Story story;
  std::string notices;
  for (int i = 0; i < 1000; ++i) {
    notices += deletion("1", "d" + std::to_string(i));
  }
  // The first is told again and becomes the newest: the second is forgotten.
  story.feed(notices + deletion("1", "d0") + deletion("1", "new"));
  EXPECT_EQ(story.counts().deletes_forgotten, 1U);
  story.feed(post("1", "d0", kNoon, "#kindle") + post("1", "d1", kNoon, "#kindle"));
  EXPECT_EQ(story.told(), "prompt");
  EXPECT_EQ(story.counts().deleted_before, 1U);
}

TEST(Reference, P6_3_ExpiredWhenTheClockHasPassedTheDeadlineByL) {
  Story story;
  story.feed(post("1", "i", kNoon, "#kindle") + post("9", "x", kNoon + 930000, "#kindle"));
  EXPECT_EQ(story.told(), "prompt not_enrolled");
  story.feed(post("9", "y", kNoon + 930001, "#kindle"));
  EXPECT_EQ(story.told(), "expired not_enrolled");
}

TEST(Reference, P6_4_UnenrolledInOrderOfPurchase) {
  Story story(offer("k", "kindle", R"(,"stock":2)"));
  story.feed(post("2", "j", kNoon, "#kindle") + post("1", "i", kNoon, "#kindle"));
  story.told();
  story.reference().replace(offer("k", "kindle", R"(,"stock":1)"), member("3"), kSecret);
  const std::string events = story.reference().take_events();
  EXPECT_LT(events.find(R"("purchase_id":"i:k")"), events.find(R"("purchase_id":"j:k")"));
  EXPECT_NE(events.find(R"("reason":"unenrolled")"), std::string::npos);
  story.feed(post("3", "l", kNoon, "#kindle"));
  EXPECT_EQ(story.told(), "prompt");
}

TEST(Reference, P6_4_AWindowRunsToItsEndOnItsTerms) {
  Story story;
  story.feed(post("1", "i", kNoon, "#kindle"));
  story.reference().replace("", member("1", R"(,"region":"DE")"),
                            "another secret, quite as long as it has to be");
  story.feed(post("1", "c", kNoon + 900000, code_tag("1", "i:k")));
  EXPECT_EQ(story.told(), "prompt confirmed");
}

// --- P8 -----------------------------------------------------------------------

TEST(Reference, P8_EventsAsTheyAreWritten) {
  Reference reference(offer("kindle-hd", "kindle"), member("1186275104"), kSecret, {});
  const std::string author = R"("user":{"id":1186275104,"followers_count":12}})";
  reference.feed(R"({"id_str":"a\"b","timestamp_ms":1360584000000,"text":"#kindle",)" + author +
                 "\n");
  const std::string code = reference::make_code(kSecret, "code", "1186275104", "a\"b:kindle-hd");
  const std::string claim = reference::make_code(kSecret, "claim", "1186275104", "a\"b:kindle-hd");
  reference.feed(R"({"id_str":"c","timestamp_ms":1360584000001,"text":"#confirm)" + code + "\"," +
                 author + "\n");
  reference.feed(R"({"id_str":"d\u00e9/","timestamp_ms":1360583000000,"text":"#confirm)" + code +
                 "\"," + author + "\n");
  EXPECT_EQ(
      reference.take_events(),
      R"({"type":"prompt","purchase_id":"a\"b:kindle-hd","offer_id":"kindle-hd",)"
      R"("author_id":"1186275104","intent_id":"a\"b","intent_at":"2013-02-11T12:00:00.000Z",)"
      R"("deadline":"2013-02-11T12:15:00.000Z","tag":"#Confirm)" +
          code +
          R"(","title":"A \"title\"","price_minor":19999,"currency":"USD"})"
          "\n"
          R"({"type":"confirmed","purchase_id":"a\"b:kindle-hd","offer_id":"kindle-hd",)"
          R"("account":"tok-1186275104","author_id":"1186275104","intent_id":"a\"b","confirm_id":"c",)"
          R"("intent_at":"2013-02-11T12:00:00.000Z","confirmed_at":"2013-02-11T12:00:00.001Z",)"
          R"("price_minor":19999,"currency":"USD","commission_minor":499,"fulfilment":"pickup",)"
          R"("claim_code":")" +
          claim +
          R"(","reach":12})"
          "\n"
          R"({"type":"rejected","reason":"late","post_id":"dé/","author_id":"1186275104",)"
          R"("offer_id":null,"at":"2013-02-11T11:43:20.000Z"})"
          "\n");
}

}  // namespace
