// P1.2 and P1.6: what is JSON, and what its objects hold.
#include "engine/json_walk.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/json_text.h"
#include "tests/reference/json.h"
#include "tests/seeded.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

using reference::Value;

// A member as it was handed out.
struct Seen {
  JsonScope scope;
  bool first;
  std::string name;
  JsonType type;
  std::string raw;
  friend bool operator==(const Seen&, const Seen&) = default;
};

// Writes down every member of every wanted object. An object is wanted down to a
// depth; its scope is its depth.
class Recorder final : public JsonMembers {
 public:
  explicit Recorder(JsonScope depth_max = 3) : depth_max_(depth_max) {}

  JsonScope on_member(JsonScope scope, bool first, std::string_view name,
                      const JsonValue& value) override {
    seen.push_back({scope, first, std::string(name), value.type, std::string(value.raw)});
    return scope < depth_max_ ? static_cast<JsonScope>(scope + 1) : kNotWanted;
  }

  std::vector<Seen> seen;

 private:
  JsonScope depth_max_;
};

JsonWalk::Result walk(std::string_view text) {
  static JsonWalk walker;
  Recorder recorder;
  // Just so long: sanitizers see a read behind the end.
  const std::vector<char> exact(text.begin(), text.end());
  return walker.walk({exact.data(), exact.size()}, recorder);
}

bool is_valid(std::string_view text) { return walk(text).valid; }

std::string nested(std::size_t depth, std::string_view open, std::string_view inside,
                   std::string_view close) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) {
    text += open;
  }
  text += inside;
  for (std::size_t i = 0; i < depth; ++i) {
    text += close;
  }
  return text;
}

TEST(JsonWalk, ParsingTestSuite) {
  const std::filesystem::path folder = seeded::shared_data() / "json-test-suite" / "test_parsing";
  if (!std::filesystem::is_directory(folder)) {
    GTEST_SKIP() << "skipped: no ../shared/data";
  }
  std::map<char, int> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const std::string text = read_file(entry.path().string());
    const bool valid = is_valid(text);
    ++files[name[0]];
    if (name[0] == 'y') {
      EXPECT_TRUE(valid) << name;
    } else if (name[0] == 'n') {
      EXPECT_FALSE(valid) << name;
    }
    EXPECT_EQ(valid, reference::parse_json(text).value.has_value()) << name;
  }
  EXPECT_GT(files['y'], 90);
  EXPECT_GT(files['n'], 180);
  EXPECT_GT(files['i'], 30);
}

TEST(JsonWalk, P1_2_DepthIsAtMost1024) {
  EXPECT_TRUE(is_valid(nested(1024, "[", "", "]")));
  EXPECT_TRUE(is_valid(nested(1024, "[", "1", "]")));
  EXPECT_TRUE(is_valid(nested(1023, "[", "{\"a\":1}", "]")));
  EXPECT_TRUE(is_valid(nested(1023, "{\"a\":", "{}", "}")));
  EXPECT_TRUE(is_valid(nested(1024, "{\"a\":", "1", "}")));
  const std::vector<std::string> too_deep = {
      nested(1025, "[", "", "]"),          nested(1024, "[", "{}", "]"),
      nested(1025, "{\"a\":", "1", "}"),   nested(1024, "{\"a\":", "[]", "}"),
      nested(512, "[{\"a\":", "[]", "}]"), nested(100'000, "[", "", "]")};
  for (const std::string& text : too_deep) {
    const JsonWalk::Result result = walk(text);
    EXPECT_FALSE(result.valid) << text.size();
    EXPECT_EQ(result.cause, MalformedCause::kTooDeep) << text.size();
  }
  // Depth is what is open at once, not what was opened.
  std::string flat = "[";
  for (int i = 0; i < 5'000; ++i) {
    flat += "[{}],";
  }
  EXPECT_TRUE(is_valid(flat + "1]"));
}

TEST(JsonWalk, P1_2_HugeNumbersPass) {
  for (const std::string& number :
       {std::string("1e400"), std::string("-1E+99999999999999999999"), std::string(5'000, '9'),
        "0." + std::string(5'000, '1'), std::string("18446744073709551616"),
        std::string("-9223372036854775809")}) {
    EXPECT_TRUE(is_valid(number));
    std::string object = "{\"a\":";
    object.append(number).append(",\"b\":[").append(number).append(" , ").append(number);
    EXPECT_TRUE(is_valid(object + "]}"));
  }
}

TEST(JsonWalk, P1_2_LoneSurrogatesPass) {
  for (const std::string_view text :
       {R"("\ud800")", R"("\udc00")", R"("\ud800\ud800")", R"("\udc00\ud800")", R"("\ud800\n")",
        R"({"\ud83d":"\ude00x\ud83d"})"}) {
    EXPECT_TRUE(is_valid(text)) << text;
  }
  EXPECT_FALSE(is_valid("\"\xED\xA0\x80\""));  // but not as raw bytes, which are no UTF-8
}

TEST(JsonWalk, NumbersByTheGrammar) {
  for (const std::string_view good :
       {"0", "-0", "1", "-12", "0.5", "1.50", "1e1", "1E+1", "1e-01", "-0.0e0", "120e00", "0e0"}) {
    EXPECT_TRUE(is_valid(good)) << good;
    EXPECT_TRUE(is_valid("[" + std::string(good) + "]")) << good;
  }
  for (const std::string_view bad :
       {"",     "-",  "+1",    "01",    "-01",      "00",        "1.",  ".5",
        "1.e1", "1e", "1e+",   "1e1.0", "--1",      "1-",        "1 2", "0x1",
        "1_0",  "1a", "1e1e1", "NaN",   "Infinity", "-Infinity", "1,",  "\xEF\xBC\x91"}) {
    EXPECT_FALSE(is_valid(bad)) << bad;
    EXPECT_FALSE(is_valid("{\"a\":" + std::string(bad) + "}")) << bad;
  }
}

TEST(JsonWalk, StructureByTheGrammar) {
  for (const std::string_view good :
       {"{}", "[]", "null", "true", "false", "\"\"", " [ ] ", "\t{\r\n}\n", "[[],[{}]]",
        "{\"\":{\"\":[]}}", "[null,true,false]", "{\"a\":1,\"a\":2}",
        R"(["\"\\\/\b\f\n\r\t\u00E9"])"}) {
    EXPECT_TRUE(is_valid(good)) << good;
  }
  for (const std::string_view bad : {"",
                                     " ",
                                     "{",
                                     "}",
                                     "[",
                                     "]",
                                     "[}",
                                     "{]",
                                     "[1,]",
                                     "[,1]",
                                     "[1 1]",
                                     "{,}",
                                     "{\"a\"}",
                                     "{\"a\":}",
                                     "{\"a\":1,}",
                                     "{\"a\" 1}",
                                     "{1:2}",
                                     "{a:1}",
                                     "{\"a\"::1}",
                                     "{}{}",
                                     "[] []",
                                     "nul",
                                     "nulll",
                                     "null null",
                                     "True",
                                     "tru e",
                                     "'a'",
                                     "\"",
                                     "\"a",
                                     "\"\\\"",
                                     "\"\\a\"",
                                     "\"\\u12\"",
                                     "\"\\u12G4\"",
                                     "\"\\U0041\"",
                                     "\"\t\"",
                                     "[\"a\n\"]",
                                     "[\"a\"\"b\"]",
                                     "[\"a\"b]",
                                     "[1\"a\"]",
                                     "[true\"a\"]",
                                     "{\"a\"b:1}",
                                     "\x01",
                                     "[1]\xEF\xBB\xBF",
                                     "\xEF\xBB\xBF[1]",
                                     "\v[]",
                                     "/**/[]",
                                     "[1]//",
                                     "\\u005b]"}) {
    EXPECT_FALSE(is_valid(bad)) << bad;
  }
  EXPECT_FALSE(is_valid("[1]\xFF"));
  EXPECT_FALSE(is_valid(std::string_view("\0", 1)));
  EXPECT_FALSE(is_valid(std::string_view("[1]\0", 4)));
  EXPECT_FALSE(is_valid(std::string_view("\"a\0b\"", 5)));
}

TEST(JsonWalk, P1_2_WhatIsNoUtf8) {
  for (const std::string_view bad : {"\"\x80\"", "\"\xC0\x80\"", "\"\xE0\x80\x80\"",
                                     "\"\xF5\x80\x80\x80\"", "\"\xF4\x90\x80\x80\"", "\"\xC3\"",
                                     "\"\xE2\x82\"", "\"\xF0\x9F\x98\"", "\"\xED\xBF\xBF\""}) {
    const JsonWalk::Result result = walk(bad);
    EXPECT_FALSE(result.valid);
    EXPECT_EQ(result.cause, MalformedCause::kNotUtf8) << bad;
  }
}

TEST(JsonWalk, HandsOutMembersOfWantedObjects) {
  JsonWalk walker;
  Recorder recorder(1);
  ASSERT_TRUE(
      walker
          .walk(R"( {"a":1.50e1, "b" : "x\u0041" ,"c":{"d":null,"e":{"f":0}},"g":[{"h":1}],)"
                R"("\u0061":true,"a":false,"":{}} )",
                recorder)
          .valid);
  const std::vector<Seen> wanted = {{0, true, "a", JsonType::kNumber, "1.50e1"},
                                    {0, false, "b", JsonType::kString, R"(x\u0041)"},
                                    {0, false, "c", JsonType::kObject, ""},
                                    {1, true, "d", JsonType::kNull, ""},
                                    {1, false, "e", JsonType::kObject, ""},
                                    {0, false, "g", JsonType::kArray, ""},
                                    {0, false, R"(\u0061)", JsonType::kTrue, ""},
                                    {0, false, "a", JsonType::kFalse, ""},
                                    {0, false, "", JsonType::kObject, ""}};
  EXPECT_EQ(recorder.seen, wanted);
}

TEST(JsonWalk, AnObjectInAnArrayAtTheTopIsNotTheRoot) {
  JsonWalk walker;
  Recorder recorder;
  ASSERT_TRUE(walker.walk(R"([{"a":1},{"b":{"c":2}}])", recorder).valid);
  EXPECT_TRUE(recorder.seen.empty());
}

bool decoded(std::string_view raw, std::string& out) {
  out.clear();
  return unescape(raw, out) == Unescaped::kOk;
}

TEST(JsonText, DecodesStrings) {
  std::string out;
  ASSERT_TRUE(decoded(R"(a\"\\\/\b\f\n\r\t\u00e9\u20AC\ud83d\uDE00 ü\u0000z)", out));
  EXPECT_EQ(out, std::string("a\"\\/\b\f\n\r\té€😀 ü\0z", 23));
  ASSERT_TRUE(decoded("", out));
  EXPECT_EQ(out, "");
  for (const std::string_view lone :
       {R"(\ud800)", R"(\udc00)", R"(\ud800x)", R"(\ud800\n)", R"(\ud800\ud800)", R"(\udc00\ud800)",
        R"(\ud83d\u0041)", R"(\ud83d \ude00)"}) {
    EXPECT_FALSE(decoded(lone, out)) << lone;
  }
}

// --- Against the naive parser ------------------------------------------------------

JsonType type_of(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kNull:
      return JsonType::kNull;
    case Value::Kind::kFalse:
      return JsonType::kFalse;
    case Value::Kind::kTrue:
      return JsonType::kTrue;
    case Value::Kind::kNumber:
      return JsonType::kNumber;
    case Value::Kind::kString:
      return JsonType::kString;
    case Value::Kind::kArray:
      return JsonType::kArray;
    case Value::Kind::kObject:
      return JsonType::kObject;
  }
  return JsonType::kAbsent;
}

// What the recorder should have seen; strings decoded, lone surrogates as "?".
void members_of(const Value& value, JsonScope scope, std::vector<Seen>& out) {
  bool first = true;
  for (const reference::Member& member : value.members) {
    const bool text =
        member.value.is_number() || (member.value.is_string() && !member.value.lone_surrogate);
    out.push_back({scope, first, member.name_was_escaped ? "escaped" : member.name,
                   type_of(member.value), text ? member.value.text : "?"});
    first = false;
    if (member.value.is_object() && scope < 3) {
      members_of(member.value, static_cast<JsonScope>(scope + 1), out);
    }
  }
}

std::vector<Seen> decoded(std::vector<Seen> seen) {
  for (Seen& member : seen) {
    std::string text;
    if (member.name.find('\\') != std::string::npos) {
      member.name = "escaped";
    }
    if (member.type == JsonType::kString) {
      member.raw = decoded(member.raw, text) ? text : "?";
    } else if (member.type != JsonType::kNumber) {
      member.raw = "?";
    }
  }
  return seen;
}

std::string random_string(seeded::Random& random) {
  static const std::vector<std::string_view> parts = {"a",
                                                      "id",
                                                      "é",
                                                      "日",
                                                      "😀",
                                                      "\\n",
                                                      "\\\"",
                                                      "\\\\",
                                                      "\\/",
                                                      "\\u0041",
                                                      "\\ud83d\\ude00",
                                                      "\\ud83d",
                                                      "\\udE00",
                                                      " ",
                                                      "{",
                                                      "]",
                                                      ",",
                                                      ":",
                                                      "#",
                                                      "\\u00e9",
                                                      "'",
                                                      "\x7F"};
  std::string out = "\"";
  for (std::size_t left = random.below(6); left > 0; --left) {
    out += random.pick(parts);
  }
  return out + "\"";
}

std::string random_value(seeded::Random& random, std::size_t depth) {
  static const std::vector<std::string_view> scalars = {
      "null", "true", "false", "0", "-1", "1.5e10", "18446744073709551615", "1e999", "\"\""};
  static const std::vector<std::string_view> spaces = {"", "", "", " ", "\n", "\t ", "\r\n"};
  const auto space = [&] { return std::string(random.pick(spaces)); };
  const std::size_t kind = random.below(depth == 0 ? 2 : 4);
  if (kind == 0) {
    return std::string(random.pick(scalars));
  }
  if (kind == 1) {
    return random_string(random);
  }
  std::string out = kind == 2 ? "[" : "{";
  for (std::size_t left = random.below(6); left > 0; --left) {
    out += space();
    if (kind == 3) {
      out += random_string(random) + space() + ":" + space();
    }
    out += random_value(random, depth - 1) + space() + (left > 1 ? "," : "");
  }
  return out + space() + (kind == 2 ? "]" : "}");
}

void mutate(seeded::Random& random, std::string& text) {
  constexpr std::string_view kBytes = "{}[]\":,\\ue10-+. \n\t\x01\x80\xC3\xA9\xFF/ntf#x";
  for (std::size_t changes = 1 + random.below(3); changes > 0 && !text.empty(); --changes) {
    const std::size_t at = random.below(text.size());
    switch (random.below(4)) {
      case 0:
        text[at] = random.pick(kBytes);
        break;
      case 1:
        text.insert(at, 1, random.pick(kBytes));
        break;
      case 2:
        text.erase(at, 1 + random.below(3));
        break;
      default:
        text.resize(at);
        break;
    }
  }
}

TEST(JsonWalk, RandomTextsAndMutationsOfThem) {
  JsonWalk walker;
  std::uint64_t valid_ones = 0;
  const std::uint64_t count = seeded::seeds() * 200;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    seeded::Random random(seed);
    std::string text = random_value(random, 4);
    if (random.percent(70)) {
      mutate(random, text);
    }
    Recorder recorder;
    const JsonWalk::Result result = walker.walk(text, recorder);
    const reference::JsonResult wanted = reference::parse_json(text);
    ASSERT_EQ(result.valid, wanted.value.has_value()) << "TAGTILL_SEED=" << seed << "\n" << text;
    if (!result.valid) {
      // Of two causes either may be named. (simdjson without vectors steps over half a
      // character behind a backslash, and takes the other half for the fault.)
      ASSERT_TRUE(simdjson_implementation() == "fallback" ||
                  wanted.error == reference::JsonError::kNotUtf8 ||
                  result.cause == MalformedCause::kNotJson)
          << "TAGTILL_SEED=" << seed << "\n"
          << text;
      continue;
    }
    ++valid_ones;
    std::vector<Seen> members;
    if (wanted.value->is_object()) {
      members_of(*wanted.value, 0, members);
    }
    ASSERT_EQ(decoded(recorder.seen), members) << "TAGTILL_SEED=" << seed << "\n" << text;
  }
  EXPECT_GT(valid_ones, count / 5);
}

}  // namespace
}  // namespace tagtill
