// P8: events as JSON Lines, byte for byte.
#include "engine/event.h"

#include <gtest/gtest.h>

#include <string>

namespace tagtill {
namespace {

// 2013-02-11T12:00:00.000Z
constexpr Millis kNoon = 1'360'584'000'000;

std::string line_of(const Event& event) {
  std::string out;
  append_json_line(out, event);
  return out;
}

std::string string_of(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

Event window_event(EventType type) {
  Event event;
  event.type = type;
  event.offer_id = "kindle-hd";
  event.author_id = "1186275104";
  event.account = "acct-1";
  event.intent_id = "505874924095815681";
  event.currency = {'U', 'S', 'D'};
  event.intent_at = kNoon;
  event.deadline = kNoon + 900'000;
  event.price_minor = 19'900;
  return event;
}

TEST(P8Prompt, MembersInOrder) {
  Event event = window_event(EventType::kPrompt);
  event.title = "Kindle Fire HD";
  event.tag_prefix = "Confirm";
  event.code = 0xD55176DFEF;
  EXPECT_EQ(line_of(event),
            R"({"type":"prompt","purchase_id":"505874924095815681:kindle-hd",)"
            R"("offer_id":"kindle-hd","author_id":"1186275104",)"
            R"("intent_id":"505874924095815681","intent_at":"2013-02-11T12:00:00.000Z",)"
            R"("deadline":"2013-02-11T12:15:00.000Z","tag":"#ConfirmTN8QDQZF",)"
            R"("title":"Kindle Fire HD","price_minor":19900,"currency":"USD"})"
            "\n");
}

TEST(P8Prompt, ThePrefixStandsAsConfigured) {
  Event event = window_event(EventType::kPrompt);
  event.tag_prefix = "bUY";
  event.code = 0;
  EXPECT_NE(line_of(event).find(R"("tag":"#bUY00000000")"), std::string::npos);
}

TEST(P8Confirmed, MembersInOrderForPickup) {
  Event event = window_event(EventType::kConfirmed);
  event.fulfilment = Fulfilment::kPickup;
  event.post_id = "505874999999999999";
  event.at = kNoon + 61'007;
  event.commission_minor = 995;
  event.code = 0x0123456789;
  event.reach = 1'234;
  EXPECT_EQ(line_of(event), R"({"type":"confirmed","purchase_id":"505874924095815681:kindle-hd",)"
                            R"("offer_id":"kindle-hd","account":"acct-1","author_id":"1186275104",)"
                            R"("intent_id":"505874924095815681","confirm_id":"505874999999999999",)"
                            R"("intent_at":"2013-02-11T12:00:00.000Z",)"
                            R"("confirmed_at":"2013-02-11T12:01:01.007Z","price_minor":19900,)"
                            R"("currency":"USD","commission_minor":995,"fulfilment":"pickup",)"
                            R"("claim_code":"04HMASW9","reach":1234})"
                            "\n");
}

TEST(P8Confirmed, NoClaimCodeForShip) {
  Event event = window_event(EventType::kConfirmed);
  event.at = kNoon;
  const std::string line = line_of(event);
  EXPECT_NE(line.find(R"("fulfilment":"ship","claim_code":null,"reach":0})"), std::string::npos);
}

TEST(P8Expired, MembersInOrder) {
  EXPECT_EQ(line_of(window_event(EventType::kExpired)),
            R"({"type":"expired","purchase_id":"505874924095815681:kindle-hd",)"
            R"("offer_id":"kindle-hd","account":"acct-1","author_id":"1186275104",)"
            R"("intent_id":"505874924095815681","intent_at":"2013-02-11T12:00:00.000Z",)"
            R"("deadline":"2013-02-11T12:15:00.000Z"})"
            "\n");
}

TEST(P8Cancelled, MembersInOrder) {
  Event event = window_event(EventType::kCancelled);
  EXPECT_EQ(line_of(event),
            R"({"type":"cancelled","purchase_id":"505874924095815681:kindle-hd",)"
            R"("offer_id":"kindle-hd","account":"acct-1","author_id":"1186275104",)"
            R"("intent_id":"505874924095815681","intent_at":"2013-02-11T12:00:00.000Z",)"
            R"("reason":"intent_deleted"})"
            "\n");
  event.cancel_reason = CancelReason::kUnenrolled;
  EXPECT_NE(line_of(event).find(R"("reason":"unenrolled"})"), std::string::npos);
}

TEST(P8Rejected, MembersInOrder) {
  Event event;
  event.type = EventType::kRejected;
  event.reject_reason = RejectReason::kSoldOut;
  event.post_id = "7";
  event.author_id = "8";
  event.offer_id = "mug";
  event.at = kNoon + 1;
  EXPECT_EQ(line_of(event),
            R"({"type":"rejected","reason":"sold_out","post_id":"7","author_id":"8",)"
            R"("offer_id":"mug","at":"2013-02-11T12:00:00.001Z"})"
            "\n");
}

TEST(P8Rejected, NoOfferIsNull) {
  Event event;
  event.type = EventType::kRejected;
  event.reject_reason = RejectReason::kLate;
  event.post_id = "7";
  event.author_id = "8";
  event.at = 0;
  EXPECT_EQ(line_of(event), R"({"type":"rejected","reason":"late","post_id":"7","author_id":"8",)"
                            R"("offer_id":null,"at":"1970-01-01T00:00:00.000Z"})"
                            "\n");
}

TEST(P8Rejected, EveryReasonHasItsName) {
  const char* const names[] = {
      "already_confirmed", "cancelled",    "expired",      "future",         "late",
      "limit_reached",     "not_eligible", "not_enrolled", "offer_not_live", "protected",
      "sold_out",          "too_many",     "unknown_code", "frozen"};
  ASSERT_EQ(std::size(names), kRejectReasons);
  for (std::size_t i = 0; i < kRejectReasons; ++i) {
    EXPECT_EQ(name_of(static_cast<RejectReason>(i)), names[i]);
  }
}

TEST(P8Strings, OnlyQuoteBackslashAndControlsAreEscaped) {
  EXPECT_EQ(string_of(""), R"("")");
  EXPECT_EQ(string_of("a/b<c>&'"), R"("a/b<c>&'")");
  EXPECT_EQ(string_of("say \"hi\" \\o/"), R"("say \"hi\" \\o/")");
  EXPECT_EQ(string_of("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(string_of("\x7F"), "\"\x7F\"");
  EXPECT_EQ(string_of("é 日本 \U0001F600 \u2028\u0085"), "\"é 日本 \U0001F600 \u2028\u0085\"");
}

TEST(P8Strings, EveryControlCharacter) {
  EXPECT_EQ(string_of(std::string_view("\0", 1)), R"("\u0000")");
  EXPECT_EQ(string_of("\x01\x0B\x0E\x1A\x1F"), R"("\u0001\u000b\u000e\u001a\u001f")");
}

TEST(P8Strings, EscapesAtBothEndsAndInARow) {
  EXPECT_EQ(string_of("\"a\""), R"("\"a\"")");
  EXPECT_EQ(string_of("\n\n"), R"("\n\n")");
}

TEST(P8Events, IdsThatNeedEscapes) {
  Event event = window_event(EventType::kExpired);
  event.intent_id = "a\"b";
  EXPECT_NE(line_of(event).find(R"("purchase_id":"a\"b:kindle-hd")"), std::string::npos);
  std::string id;
  append_purchase_id(id, event);
  EXPECT_EQ(id, "a\"b:kindle-hd");
}

TEST(P5Code, EightCharactersMostSignificantBitsFirst) {
  const auto text = [](Code code) {
    const auto characters = code_characters(code);
    return std::string(characters.data(), characters.size());
  };
  EXPECT_EQ(text(0), "00000000");
  EXPECT_EQ(text(31), "0000000Z");
  EXPECT_EQ(text(Code{31} << 35), "Z0000000");
  EXPECT_EQ(text((Code{1} << 40) - 1), "ZZZZZZZZ");
  // Crockford's digits have no I, L, O and U.
  Code all = 0;
  for (Code digit = 16; digit < 24; ++digit) {
    all = all << 5 | digit;
  }
  EXPECT_EQ(text(all), "GHJKMNPQ");
  all = 0;
  for (Code digit = 24; digit < 32; ++digit) {
    all = all << 5 | digit;
  }
  EXPECT_EQ(text(all), "RSTVWXYZ");
}

}  // namespace
}  // namespace tagtill
