// `tagtill explain`: each outcome of P1 to P6 with the number of its rule; and that
// what it tells are the events of the run, all of them and no others.
#include "tools/explain/explain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/file_errors.h"
#include "tests/memory_blocks.h"
#include "tests/post_lines.h"
#include "tests/product.h"
#include "tests/run_program.h"
#include "tests/seeded.h"
#include "tests/shop.h"
#include "tests/streams.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

using post_lines::kNoon;
using post_lines::Post;
using shop::kDay;
using shop::kMinute;
using shop::kSecond;
using shop::offer;
using shop::tag;

constexpr std::int64_t kLateness = 30 * kSecond;
constexpr std::int64_t kWindow = 15 * kMinute;

struct Story {
  std::string offers = offer("mug") + "\n";
  std::string members = shop::lines(shop::members({"a", "b", "c"}));
  std::string secret = std::string(post_lines::kSecret);
  ProtocolOptions options = {};
  std::vector<std::string> files;
  std::size_t block_bytes = 4096;
};

Configuration configuration_of(const Story& run) {
  Configuration loaded;
  FileErrors errors;
  loaded.offers = OfferCatalogue::parse(run.offers, "offers", run.options.confirm_prefix, errors);
  loaded.members = MemberTable::parse(run.members, "members", errors);
  loaded.secret = run.secret;
  EXPECT_TRUE(errors.empty()) << errors.shown().front();
  return loaded;
}

struct Explanation {
  std::string text;
  bool found = false;
};

Explanation explain(const Story& run, const Configuration& configuration, Subject subject) {
  Explanation result;
  Explainer explainer(configuration, run.options, std::move(subject), result.text);
  Block block;
  for (std::size_t file = 0; file < run.files.size(); ++file) {
    block.source = static_cast<std::uint32_t>(file);
    product::for_each_memory_block(run.files[file], run.block_bytes, block, [&] {
      explainer.do_block(block, "posts" + std::to_string(file));
    });
  }
  explainer.end();
  result.found = explainer.found();
  return result;
}

std::string post(std::string_view id, std::string_view author, std::int64_t at,
                 std::string_view text) {
  return post_lines::line_of(Post{.id = std::string(id),
                                  .author = std::string(author),
                                  .at = kNoon + at,
                                  .text = std::string(text)});
}

// Moves the clock: a stranger's confirmation.
std::string clock_to(std::int64_t at) {
  return post("clock" + std::to_string(at), "nobody", at, "#Confirm00000000");
}

// What is told of a post, or of a purchase with an offer, in a stream of these lines.
std::string told(const std::vector<std::string>& lines, std::string_view post_id,
                 std::string_view offer_id = {}, Story run = {}) {
  run.files = {shop::lines(lines)};
  const Explanation result =
      explain(run, configuration_of(run), {std::string(post_id), std::string(offer_id), {}});
  EXPECT_TRUE(result.found);
  return result.text;
}

Story with_offers(const std::vector<std::string>& offers) {
  Story run;
  run.offers = shop::lines(offers);
  return run;
}

testing::AssertionResult tells(const std::string& text, const std::vector<std::string>& parts) {
  std::size_t at = 0;
  for (const std::string& part : parts) {
    at = text.find(part, at);
    if (at == std::string::npos) {
      return testing::AssertionFailure() << "not told, or not in this order: " << part << "\n"
                                         << text;
    }
    at += part.size();
  }
  return testing::AssertionSuccess();
}

// --- how a line was read --------------------------------------------------------

TEST(Explain, P1_P2_HowAPostWasRead) {
  const std::string text = told(
      {clock_to(0), post("7", "a", kSecond, "#Mug #mug #cup #Confirm00000000 RT @b #mug")}, "7");
  EXPECT_TRUE(tells(
      text, {"posts0, line 2 (byte ", "): post 7\n", "  P1.4   a post of author a (a member), 0",
             "  P1.5   event time 2013-02-11T12:00:01.000Z, from timestamp_ms\n",
             "  P2.2   #Mug: folds to #mug, the tag of offer mug\n",
             "  P2.4   #mug: stood before in the text\n", "  P2.2   #cup: no offer's tag\n",
             "  P2.2   #Confirm00000000: folds to #confirm00000000, has the form of a conf",
             "  P2.3   #mug: behind RT @", "  P3.1   a candidate\n"}));
}

TEST(Explain, P1_5_WhereTheTimeIsFrom) {
  const std::string user = R"("text":"#mug","user":{"id_str":"a"}})";
  EXPECT_TRUE(tells(told({R"({"id_str":"505874924095815681",)" + user}, "505874924095815681"),
                    {"P1.5   event time 2014-08-31T00:29:15.263Z, from the id (a snowflake)"}));
  EXPECT_TRUE(
      tells(told({R"({"id_str":"5","created_at":"Mon Feb 11 12:00:00 +0000 2013",)" + user}, "5"),
            {"P1.5   event time 2013-02-11T12:00:00.000Z, from created_at"}));
}

TEST(Explain, P1_2_MalformedLines) {
  EXPECT_TRUE(tells(told({R"({"id_str":"77","text":"#mug","user":{"id_str":"a"}})"}, "77"),
                    {"a line that holds the id", "P1.2   malformed: the field created_at"}));
  EXPECT_TRUE(tells(told({R"({"id_str":"77","text":"#mug)"}, "77"), {"P1.2   malformed: not_"}));
  const std::string long_line =
      R"({"id_str":"77","text":")" + std::string(kLineBytesMax, 'x') + R"("})";
  EXPECT_TRUE(tells(told({long_line}, "77"), {"P1.2   malformed: too_long"}));
}

TEST(Explain, P3_1_WhyItIsNoCandidate) {
  EXPECT_TRUE(tells(told({post("7", "a", 0, "a mug")}, "7"),
                    {"P2.1   no hashtag", "P3.1   no candidate: none of its hashtags"}));
  EXPECT_TRUE(tells(told({post("7", "a", 0, "#cup")}, "7"),
                    {"P2.2   #cup: no offer's tag", "P3.1   no candidate: none of its hashtags"}));
  EXPECT_TRUE(tells(
      told({post_lines::line_of(
               Post{.id = "7", .author = "a", .text = "#mug", .more = ",\"retweeted_status\":{}"})},
           "7"),
      {"P1.4   a repost of author a", "P3.1   no candidate: a repost"}));
  EXPECT_TRUE(tells(told({post_lines::delete_line("7", "nobody")}, "7"),
                    {"P1.4   a delete notice of author nobody (not a member) for post 7",
                     "P3.1   no candidate: a delete notice whose author is not a member"}));
}

TEST(Explain, WhatOnlyMentionsTheIdIsPassedOver) {
  const std::string text = told({post("8", "a", 0, "77"), post("77", "a", 0, "#mug"),
                                 R"({"limit":{"track":77}})", post("9", "77", 0, "#mug")},
                                "77");
  EXPECT_TRUE(tells(text, {"posts0, line 2 ", "P4.6"}));
  EXPECT_EQ(text.find("line 1"), std::string::npos) << text;
  EXPECT_EQ(text.find("line 3"), std::string::npos) << text;
  EXPECT_EQ(text.find("line 4"), std::string::npos) << text;
}

TEST(Explain, LinesAndBytesOfEachFile) {
  Story run;
  run.block_bytes = 100;  // a line a block
  const std::string before = "\xEF\xBB\xBF" + clock_to(0) + "\n\n";
  run.files = {before + post("7", "a", 0, "#mug"), "\n" + post("7", "a", 1, "#mug") + "\r\n"};
  const std::string text = explain(run, configuration_of(run), {"7", {}, {}}).text;
  EXPECT_TRUE(tells(text, {"posts0, line 3 (byte " + std::to_string(before.size()) + "): post 7\n",
                           "posts1, line 2 (byte 1): post 7\n", "P3.4"}));
}

TEST(Explain, IdsThatJsonEscapes) {
  const std::string id = "a\"b";
  EXPECT_TRUE(tells(told({post(id, "a", 0, "nothing")}, id), {"P3.1   no candidate"}));
  EXPECT_TRUE(tells(told({post(id, "a", 0, "#mug")}, id, "mug"), {"P4.6"}));
}

TEST(Explain, OneAuthorOfTwo) {
  Story run;
  run.files = {shop::lines({post("7", "a", 0, "#mug"), post("7", "b", 0, "#mug")})};
  const std::string text = explain(run, configuration_of(run), {"7", {}, "b"}).text;
  EXPECT_TRUE(tells(text, {"line 2", "author b", "P4.6"}));
  EXPECT_EQ(text.find("author a ("), std::string::npos) << text;
  EXPECT_FALSE(explain(run, configuration_of(run), {"7", {}, "c"}).found);
}

// --- clock and order ------------------------------------------------------------

TEST(Explain, P3_3_TheClock) {
  EXPECT_TRUE(tells(told({post("7", "a", 0, "#mug")}, "7"),
                    {"P3.3   the first candidate post sets the clock: 2013-02-11T12:00:00.000Z"}));
  EXPECT_TRUE(tells(told({clock_to(0), post("7", "a", kSecond, "#mug")}, "7"),
                    {"P3.3   post 7 moves the clock from 2013-02-11T12:00:00.000Z to "
                     "2013-02-11T12:00:01.000Z"}));
  EXPECT_TRUE(tells(told({clock_to(kSecond), post("7", "a", 0, "#mug")}, "7"),
                    {"P3.3   the clock stays at 2013-02-11T12:00:01.000Z"}));
}

TEST(Explain, P3_4_P3_5_DuplicatesAndLatePosts) {
  const std::string intent = post("7", "a", 0, "#mug");
  EXPECT_TRUE(tells(told({intent, intent}, "7"), {"P4.6", "line 2", "P3.4   post 7"}));
  EXPECT_TRUE(
      tells(told({clock_to(kLateness + 1), intent}, "7"),
            {"P3.5   post 7 is late: its event time 2013-02-11T12:00:00.000Z is before clock"
             " - L = 2013-02-11T12:00:00.001Z: rejected, late",
             "event  {\"type\":\"rejected\",\"reason\":\"late\""}));
  EXPECT_TRUE(tells(told({clock_to(kLateness + 1), post("7", "nobody", 0, "#mug")}, "7"),
                    {"P3.5", "counted only"}));
}

TEST(Explain, P3_6_3_WhatFellDueByThePost) {
  std::vector<std::string> lines;
  for (int i = 0; i < 7; ++i) {
    lines.push_back(post("i" + std::to_string(i), "a", i, "#o" + std::to_string(i)));
  }
  lines.push_back(post("late", "b", kDay / 2, "#o1"));
  std::vector<std::string> offers;
  for (int i = 0; i < 7; ++i) {
    offers.push_back(offer("o" + std::to_string(i)));
  }
  EXPECT_TRUE(
      tells(told(lines, "late", {}, with_offers(offers)),
            {"P3.3   post late moves the clock", "P6.3   the window i0:o0 of author a is exp",
             "P6.3   the window i4:o4", "… and 2 more", "P3.6.4"}));
}

TEST(Explain, P3_9_SetAside) {
  const std::string ahead = post("7", "a", 2 * kDay, "#mug");
  EXPECT_TRUE(tells(told({clock_to(0), ahead}, "7"),
                    {"P3.9   post 7 is far ahead: its event time 2013-02-13T12:00:00.000Z is more "
                     "than 86400 s beyond the clock, 2013-02-11T12:00:00.000Z; it is set aside",
                     "At the end of the stream:\n  P3.9   the post is still set aside"}));
  EXPECT_TRUE(tells(told({clock_to(0), ahead, ahead}, "7"), {"set aside", "P3.6.1 post 7"}));
  EXPECT_TRUE(tells(told({clock_to(0), ahead, post("8", "b", 2 * kDay, "#mug")}, "7"),
                    {"set aside", "line 3", "by post 8 of author b", "P3.9   a second post", "P3.3",
                     "P4.6", "\"type\":\"prompt\""}));
  EXPECT_TRUE(tells(
      told({clock_to(0), ahead, post("8", "b", 1, "#mug")}, "7"),
      {"set aside", "line 3", "P3.9   a post that is not far ahead", "\"reason\":\"future\""}));
  const std::string deleted = told({clock_to(0), ahead, post_lines::delete_line("7", "a")}, "7");
  EXPECT_TRUE(tells(deleted, {"set aside", "line 3", "P3.9   post 7 was set aside, and is deleted",
                              "P6.2   post 7 is not among the remembered ones"}));
  EXPECT_EQ(deleted.find("At the end"), std::string::npos) << deleted;
}

// --- intents --------------------------------------------------------------------

TEST(Explain, P4_1_RefusedOutright) {
  EXPECT_TRUE(tells(told({post("7", "nobody", 0, "#mug")}, "7"),
                    {"P4     #mug: offer mug, live",
                     "P4.1   the author is not a member: rejected, "
                     "not_enrolled",
                     "event  "}));
  EXPECT_TRUE(tells(
      told({post_lines::line_of(Post{
               .id = "7", .author = "a", .text = "#mug #Confirm00000000", .is_protected = true})},
           "7"),
      {", protected", "P5.3   #Confirm00000000: the author is protected",
       "P4.1   the author is protected: rejected, protected"}));
  EXPECT_TRUE(tells(told({post("7", "a", 100 * kDay, "#mug")}, "7"),
                    {"P4     #mug: offer mug, not live",
                     "P4.1   the offer is not live: rejected, "
                     "offer_not_live"}));
  Story run = with_offers({offer("mug", ",\"regions\":[\"US\",\"CA\"]")});
  EXPECT_TRUE(
      tells(told({post("7", "a", 0, "#mug")}, "7", {}, run),
            {"P4.1   the offer is for CA, US, and the member's region is unknown: rejected, "
             "not_eligible"}));
  run.members = post_lines::member_line("a", "US");
  EXPECT_TRUE(tells(told({post("7", "a", 0, "#mug")}, "7", {}, run),
                    {"P4.1   a member; the offer is for CA, US, and their region is US", "P4.6"}));
}

TEST(Explain, P4_2_P4_3_P4_4_WhatTheAuthorHas) {
  const std::string first = post("1", "a", 0, "#mug");
  EXPECT_TRUE(tells(told({first, post("7", "a", 1, "#mug")}, "7"),
                    {"P4.2   the window 1:mug lasts until 2013-02-11T12:15:00.000Z"}));
  EXPECT_TRUE(tells(told({first, post("7", "a", 1, "#mug")}, "1", "mug"),
                    {"P4.6", "line 2", "by post 7 of author a", "P4.2   the window 1:mug"}));
  EXPECT_TRUE(
      tells(told({first, post("2", "a", 1, tag("a", "1")), post("7", "a", 2, "#mug")}, "7"),
            {"P4.3   1 of at most 1 windows of this offer closed by confirmation: rejected, "
             "limit_reached"}));
  std::vector<std::string> offers;
  std::string all;
  for (int i = 0; i < 33; ++i) {
    offers.push_back(offer("o" + std::to_string(i)));
    all += " #o" + std::to_string(i);
  }
  EXPECT_TRUE(tells(told({post("7", "a", 0, all)}, "7", {}, with_offers(offers)),
                    {"P4.4   31 of at most 32 windows of the author are remembered\n",
                     "P4.4   32 of at most 32 windows of the author are remembered: rejected, "
                     "too_many"}));
}

TEST(Explain, P4_5_P4_6_TheStock) {
  const Story run = with_offers({offer("mug", ",\"stock\":2,\"window_seconds\":60")});
  const std::vector<std::string> lines = {
      post("1", "a", 0, "#mug"), post("2", "a", 1, tag("a", "1")), post("3", "b", 2, "#mug"),
      post("4", "c", 3, "#mug"), post("5", "c", 4, tag("c", "4")), post("6", "b", 5, "#mug")};
  EXPECT_TRUE(tells(told(lines, "3", "mug", run),
                    {"P5.1   a window opens: purchase 3:mug, code ",
                     ", deadline "
                     "2013-02-11T12:01:00.002Z (60 s after the intent)",
                     "P4.6   stock 2, held 0, sold 1: one unit is held: prompt", "\"prompt\"",
                     "P6.3   the window 3:mug has not ended (deadline 2013-02-11T12:01:00.002Z)"}));
  EXPECT_TRUE(tells(told(lines, "4", "mug", run),
                    {"P4.5   stock 2, held 1, sold 1: rejected, sold_out", "\"sold_out\"", "line 5",
                     "P5.4", "the denied window 4:mug",
                     "P5.4   the window is denied, there is no unit for it (stock 2, held 1, sold "
                     "1): rejected, sold_out"}));
  const std::string other = told(lines, "4", "cup", run);
  EXPECT_TRUE(tells(other, {"no window of this purchase was opened"}));
  EXPECT_EQ(other.find("P4"), std::string::npos) << other;
}

// --- confirmations --------------------------------------------------------------

TEST(Explain, P5_3_StrangersConfirmations) {
  EXPECT_TRUE(tells(told({post("7", "nobody", 0, "#Confirm00000000")}, "7"),
                    {"P5.3   #Confirm00000000: the author is not a member: ignored"}));
}

TEST(Explain, P5_4_ClosedExpiredAndAtTheLimit) {
  const std::string intent = post("1", "a", 0, "#mug");
  const std::string in_time = post("7", "a", kWindow, tag("a", "1"));
  EXPECT_TRUE(
      tells(told({intent, in_time}, "7"),
            {"P5.4   " + tag("a", "1") +
                 " is of the window 1:mug (2013-02-11T12:00:00.000Z "
                 "to 2013-02-11T12:15:00.000Z); the event time 2013-02-11T12:15:00.000Z lies in "
                 "it, and 0 of at most 1",
             "P5.4   stock unlimited, held 1, sold 0: the held unit is sold: confirmed",
             "\"type\":\"confirmed\""}));
  EXPECT_TRUE(tells(told({intent, in_time}, "1", "mug"),
                    {"P4.6", "line 2", "by post 7 of author a, event time", "P5.4", "confirmed"}));
  EXPECT_TRUE(tells(told({intent, post("7", "a", kWindow + 1, tag("a", "1"))}, "7"),
                    {"P5.4", "is after its deadline: rejected, expired; the window stays"}));
  const std::vector<std::string> at_the_limit = {intent, post("2", "a", kWindow + 1, "#mug"),
                                                 post("3", "a", kWindow - 1, tag("a", "1")),
                                                 post("7", "a", kWindow + 2, tag("a", "2"))};
  EXPECT_TRUE(tells(told(at_the_limit, "7"),
                    {"P5.4",
                     "1 of at most 1 windows of this offer closed by confirmation: rejected, "
                     "limit_reached; the window is cancelled",
                     "P5.4   stock unlimited, held 1, sold 1: the held unit is free again",
                     "\"limit_reached\""}));
}

TEST(Explain, P5_5_WindowsThatEnded) {
  const std::string intent = post("1", "a", 0, "#mug");
  EXPECT_TRUE(
      tells(told({intent, post("2", "a", 1, tag("a", "1")), post("7", "a", 2, tag("a", "1"))}, "7"),
            {"P5.5", "closed by confirmation: rejected, already_confirmed"}));
  EXPECT_TRUE(tells(
      told({intent, post_lines::delete_line("1", "a"), post("7", "a", 2, tag("a", "1"))}, "7"),
      {"P5.5", "cancelled: rejected, cancelled"}));
  EXPECT_TRUE(tells(
      told({intent, post("2", "a", 1, tag("a", "1")), clock_to(kWindow + kLateness + 1)}, "1"),
      {"line 3",
       "P5.5   the window 1:mug of author a, which ended before, is "
       "forgotten: clock - L = 2013-02-11T12:15:00.001Z is after its deadline "
       "2013-02-11T12:15:00.000Z"}));
}

TEST(Explain, P5_6_Parked) {
  const std::string early = post("7", "a", 1, tag("a", "1"));
  EXPECT_TRUE(tells(told({early}, "7"),
                    {"P5.6   " + tag("a", "1") + ": the author has no window with this code yet",
                     "parked, behind 0 of at most 32", "At the end of the stream:\n  P5.6   "}));
  const std::vector<std::string> applied = {early, post("1", "a", 0, "#mug")};
  EXPECT_TRUE(tells(told(applied, "7"), {"P5.6", "line 2", "by post 1 of author a",
                                         "P5.6   post 7 waited with", "P5.4", "confirmed"}));
  EXPECT_TRUE(tells(told(applied, "1", "mug"), {"P4.6", "prompt", "P5.6   post 7 waited", "P5.4"}));
  EXPECT_TRUE(tells(told({early, clock_to(kLateness + 2)}, "7"),
                    {"line 2", "P5.6   the parked confirmation in post 7 of author a",
                     "is dropped: "
                     "clock - L",
                     "rejected, unknown_code", "\"unknown_code\""}));
  EXPECT_TRUE(tells(told({early, post_lines::delete_line("7", "a")}, "7"),
                    {"line 2", "P6.1   the parked confirmation in post 7", "its post is deleted"}));
  std::string codes;
  for (int i = 0; i < 33; ++i) {
    codes += " " + tag("a", "none" + std::to_string(i));
  }
  EXPECT_TRUE(
      tells(told({post("7", "a", 0, codes)}, "7"), {"behind 31 of at most 32",
                                                    "32 of at most 32 confirmations are parked: "
                                                    "rejected, too_many"}));
}

// --- endings ----------------------------------------------------------------------

TEST(Explain, P6_1_P6_2_DeleteNotices) {
  const std::string intent = post("7", "a", 0, "#mug");
  const std::string notice = post_lines::delete_line("7", "a");
  EXPECT_TRUE(tells(told({intent, notice}, "7", "mug"),
                    {"line 2", "): delete notice for 7", "P3.1   a candidate",
                     "P6.1   the window 7:mug of author a is cancelled, intent_deleted",
                     "P6.1   stock unlimited, held 1, sold 0: the held unit is free again",
                     "\"type\":\"cancelled\"", "P6.2   post 7 came before"}));
  EXPECT_TRUE(
      tells(told({notice, intent}, "7"),
            {"P6.2   post 7 is not among the remembered ones: the notice is remembered, with "
             "the clock at not set",
             "line 2", "P6.2   post 7 was deleted before it came: ignored"}));
  EXPECT_TRUE(tells(told({intent, notice}, "7", {}, with_offers({offer("mug", ",\"stock\":0")})),
                    {"P6.1   the denied window 7:mug of author a is cancelled, intent_deleted, "
                     "without an event"}));
}

TEST(Explain, P6_3_Expired) {
  const std::vector<std::string> lines = {post("7", "a", 0, "#mug"),
                                          clock_to(kWindow + kLateness + 1)};
  EXPECT_TRUE(tells(told(lines, "7", "mug"),
                    {"line 2", "by post clock930001 of author nobody",
                     "P6.3   the window 7:mug of author a is expired: clock - L = "
                     "2013-02-11T12:15:00.001Z is after its deadline 2013-02-11T12:15:00.000Z",
                     "P6.3   stock unlimited, held 1, sold 0: the held unit is free again",
                     "\"type\":\"expired\""}));
  EXPECT_TRUE(tells(told(lines, "7", "mug", with_offers({offer("mug", ",\"stock\":0")})),
                    {"P4.5", "P6.3   the denied window 7:mug of author a is forgotten"}));
}

// --- against the run --------------------------------------------------------------

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

std::multiset<std::string> events_in(const std::string& explanation) {
  constexpr std::string_view kEvent = "  event  ";
  std::multiset<std::string> events;
  for (const std::string& line : lines_of(explanation)) {
    if (line.starts_with(kEvent)) {
      events.insert(line.substr(kEvent.size()));
    }
  }
  return events;
}

// The value of a member of an event as JSON reads it (the ids of these streams hold
// nothing else that is escaped); empty for null or none.
std::string id_in(const std::string& event, std::string_view name) {
  const std::string begin = "\"" + std::string(name) + "\":\"";
  std::size_t at = event.find(begin);
  std::string value;
  if (at == std::string::npos) {
    return value;
  }
  for (at += begin.size(); event[at] != '"'; ++at) {
    at += event[at] == '\\' ? 1 : 0;
    value += event[at];
  }
  return value;
}

// Every event is told by whoever asks for the post or the purchase that it is of, and
// nothing else is told that is not an event of the run.
TEST(Explain, TellsTheEventsOfTheRun) {
  std::size_t asked = 0;
  for (std::uint64_t i = 0; i < std::max<std::uint64_t>(seeded::seeds() / 10, 5); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    const streams::Stream stream = streams::make(seed);
    product::Options options;
    options.lateness_ms = stream.lateness_ms;
    options.max_jump_ms = stream.max_jump_ms;
    options.prefix = stream.prefix;
    product::Product product(stream.offers, stream.members, stream.secret, options);
    for (const std::string& file : stream.files) {
      product.feed(file);
    }
    const std::vector<std::string> events = lines_of(product.take_events());
    const std::set<std::string> all(events.begin(), events.end());
    const Story run = {stream.offers, stream.members,
                       stream.secret, {stream.lateness_ms, stream.max_jump_ms, stream.prefix},
                       stream.files,  4096};
    const Configuration configuration = configuration_of(run);
    // Some of the events: an explanation is a run.
    seeded::Random random(seed);
    for (std::size_t n = 0; n < 8 && !events.empty(); ++n) {
      const std::string& event = random.pick(events);
      const std::string author = id_in(event, "author_id");
      const std::string offer_id = id_in(event, "offer_id");
      std::vector<Subject> subjects;
      for (const char* const name : {"post_id", "intent_id", "confirm_id"}) {
        if (const std::string id = id_in(event, name); !id.empty()) {
          subjects.push_back({id, {}, author});
        }
      }
      if (const std::string id = id_in(event, "intent_id"); !id.empty()) {
        subjects.push_back({id, offer_id, author});
      }
      for (const Subject& subject : subjects) {
        const Explanation result = explain(run, configuration, subject);
        const std::multiset<std::string> told_events = events_in(result.text);
        ++asked;
        ASSERT_TRUE(result.found) << "TAGTILL_SEED=" << seed << " " << event;
        ASSERT_TRUE(told_events.contains(event)) << "TAGTILL_SEED=" << seed << " " << event << "\n"
                                                 << result.text;
        for (const std::string& one : events) {
          const bool of_purchase =
              !subject.offer_id.empty() && id_in(one, "intent_id") == subject.post_id &&
              id_in(one, "offer_id") == subject.offer_id && id_in(one, "author_id") == author;
          ASSERT_TRUE(!of_purchase || told_events.contains(one))
              << "TAGTILL_SEED=" << seed << " " << one << "\n"
              << result.text;
        }
        for (const std::string& one : told_events) {
          ASSERT_TRUE(all.contains(one)) << "TAGTILL_SEED=" << seed << " " << one;
        }
      }
    }
  }
  EXPECT_GT(asked, 20U);
}

// --- the command ------------------------------------------------------------------

class ExplainCommand : public ::testing::Test {
 protected:
  ExplainCommand() {
    folder_.write("offers.jsonl", offer("mug") + "\n");
    folder_.write("members.jsonl", post_lines::member_line("a") + "\n");
    const std::string secret = folder_.write("secret", post_lines::kSecret);
    std::filesystem::permissions(secret, std::filesystem::perms::owner_read);
    folder_.write("dump.json", post("7", "a", 0, "#mug") + "\n");
  }

  [[nodiscard]] ProgramResult run(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {"explain",   "--offers",      "offers.jsonl",
                                          "--members", "members.jsonl", "--secret-file",
                                          "secret"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(arguments, {{}, folder_.path("."), {}});
  }

  TempFolder folder_;
};

TEST_F(ExplainCommand, APostOrAPurchaseAndNothingIsWritten) {
  for (const std::vector<std::string>& what : std::vector<std::vector<std::string>>{
           {"--post", "7"}, {"--purchase", "7:mug"}, {"--post", "7", "--author", "a"}}) {
    std::vector<std::string> arguments = what;
    arguments.emplace_back("dump.json");
    const ProgramResult result = run(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.err, "");
    EXPECT_TRUE(tells(result.out, {"dump.json, line 1 (byte 0): post 7\n", "P4.6"}));
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path(".")), {}), 4);
}

TEST_F(ExplainCommand, TheOptionsOfTheReplayCount) {
  EXPECT_TRUE(tells(run({"--post", "7", "--prefix", "Yes", "dump.json"}).out, {"\"tag\":\"#Yes"}));
}

TEST_F(ExplainCommand, APostThatDoesNotOccurEndsWith1) {
  const ProgramResult result = run({"--post", "8", "dump.json"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_TRUE(tells(result.err, {"tagtill: The post 8 does not occur"}));
}

TEST_F(ExplainCommand, WrongUsage) {
  for (const std::vector<std::string>& what :
       std::vector<std::vector<std::string>>{{"dump.json"},
                                             {"--post", "7", "--purchase", "7:mug", "dump.json"},
                                             {"--purchase", "7", "dump.json"},
                                             {"--purchase", ":mug", "dump.json"},
                                             {"--purchase", "7:", "dump.json"},
                                             {"--post", "7"}}) {
    const ProgramResult result = run(what);
    EXPECT_EQ(result.exit_code, 2) << what.front();
    EXPECT_EQ(result.out, "");
  }
}

TEST_F(ExplainCommand, BadConfigurationAndDumps) {
  EXPECT_EQ(run({"--post", "7", "dump.json", "missing.json"}).exit_code, 65);
  folder_.write("offers.jsonl", "{}\n");
  const ProgramResult result = run({"--post", "7", "dump.json"});
  EXPECT_EQ(result.exit_code, 78);
  EXPECT_TRUE(tells(result.err, {"offers.jsonl:1: ", "Nothing was explained"}));
}

}  // namespace
}  // namespace tagtill
