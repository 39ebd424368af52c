#include "engine/member_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/temp_folder.h"

namespace tagtill {
namespace {

std::uint64_t seed_count() {
  const char* text = std::getenv("TAGTILL_SEEDS");
  return text == nullptr ? 1 : std::strtoull(text, nullptr, 10) / 10 + 1;
}

std::shared_ptr<const MemberTable> parse(std::string_view lines) {
  FileErrors errors;
  std::shared_ptr<const MemberTable> table = MemberTable::parse(lines, "members", errors);
  for (const std::string& error : errors.shown()) {
    ADD_FAILURE() << error;
  }
  return table;
}

std::vector<std::string> errors_of(std::string_view lines) {
  FileErrors errors;
  EXPECT_EQ(MemberTable::parse(lines, "m", errors), nullptr) << lines;
  EXPECT_EQ(errors.count(), errors.shown().size());
  return errors.shown();
}

std::string error_of(std::string_view lines) {
  const std::vector<std::string> errors = errors_of(lines);
  EXPECT_EQ(errors.size(), 1U) << lines;
  return errors.empty() ? std::string() : errors[0];
}

std::string member_line(std::string_view author_id, std::string_view account) {
  std::string line = "{\"author_id\":\"";
  return line.append(author_id).append("\",\"account\":\"").append(account).append("\"}\n");
}

std::string region_of(const Member& member) { return {member.region.begin(), member.region.end()}; }

TEST(MemberTable, P7_2_FindsMembersByTheirWholeId) {
  const auto table = parse(
      "{\"author_id\":\"123\",\"account\":\"tok-1\",\"region\":\"US\"}\n"
      "\n"
      " {\"region\":null,\"account\" : \"~ token 2\",\t\"author_id\":\"not a number\"} \r\n"
      "{\"author_id\":\"0\",\"account\":\"3\"}\n"
      "{\"author_id\":\"00\",\"account\":\"4\"}\n"
      "{\"author_id\":\"18446744073709551615\",\"account\":\"5\"}\n"
      "{\"author_id\":\"18446744073709551616\",\"account\":\"6\"}\n"
      "{\"author_id\":\"-1\",\"account\":\"7\"}\n"
      "{\"author_id\":\"\\u00e4\\ud83d\\ude00\\\"\",\"account\":\"\\u0038\"}");
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(table->size(), 8U);
  const std::vector<std::string> ids = {"123",
                                        "not a number",
                                        "0",
                                        "00",
                                        "18446744073709551615",
                                        "18446744073709551616",
                                        "-1",
                                        "\xC3\xA4\xF0\x9F\x98\x80\""};
  const std::vector<std::string> accounts = {"tok-1", "~ token 2", "3", "4", "5", "6", "7", "8"};
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const MemberIndex index = table->find(ids[i]);
    ASSERT_EQ(index, i) << ids[i];
    EXPECT_EQ(table->member(index).account, accounts[i]);
    EXPECT_EQ(region_of(table->member(index)), i == 0 ? "US" : std::string(2, '\0'));
  }
  for (const char* id : {"", "1", "12", "1234", "0123", " 123", "123 ", "+123", "000",
                         "Not a number", "18446744073709551614", "18446744073709551617",
                         "36893488147419103231", "-0", "1a3", "12:", "12/"}) {
    EXPECT_EQ(table->find(id), kNotAMember) << id;
  }
  EXPECT_EQ(table->find(std::string_view("123\0", 4)), kNotAMember);
  EXPECT_EQ(table->find(std::string(100'000, '1')), kNotAMember);
}

TEST(MemberTable, NoMembersAreFine) {
  for (const char* lines : {"", "\n", " \t\r\n\n", "\xEF\xBB\xBF"}) {
    const auto table = parse(lines);
    ASSERT_NE(table, nullptr);
    EXPECT_EQ(table->size(), 0U);
    EXPECT_EQ(table->find("1"), kNotAMember);
  }
}

TEST(MemberTable, P7_2_AByteOrderMarkIsSkipped) {
  EXPECT_EQ(parse("\xEF\xBB\xBF" + member_line("1", "a"))->find("1"), 0U);
}

TEST(MemberTable, P7_2_AuthorIdsHave1To128BytesWithoutControlCharacters) {
  EXPECT_NE(parse(member_line(std::string(128, 'x'), "a"))->find(std::string(128, 'x')),
            kNotAMember);
  EXPECT_NE(parse(member_line("\xC2\xA0", "a"))->find("\xC2\xA0"), kNotAMember);
  EXPECT_EQ(error_of(member_line("", "a")),
            "m:1: \"author_id\" must be 1 to 128 bytes long, but is \"\"");
  EXPECT_EQ(
      error_of(member_line(std::string(129, 'x'), "a")),
      "m:1: \"author_id\" must be 1 to 128 bytes long, but is \"" + std::string(60, 'x') + "…\"");
  for (const char* id :
       {"a\\u0000", "\\n", "a\\u001fb", "\\u007f", "\x7F", "\xC2\x80", "\\u009f"}) {
    EXPECT_TRUE(error_of(member_line(id, "a"))
                    .starts_with("m:1: \"author_id\" must not hold control characters, but is "))
        << id;
  }
  EXPECT_EQ(error_of("{\"author_id\":1,\"account\":\"a\"}"),
            "m:1: \"author_id\" must be a string, but is 1");
}

TEST(MemberTable, P7_2_AccountsAre1To64PrintableAsciiCharacters) {
  const std::string longest(64, '~');
  EXPECT_EQ(parse(member_line("1", longest))->member(0).account, longest);
  EXPECT_EQ(error_of(member_line("1", "")), "m:1: \"account\" must be 1 to 64 characters long");
  EXPECT_EQ(error_of(member_line("1", longest + "x")),
            "m:1: \"account\" must be 1 to 64 characters long");
  for (const char* account :
       {"\\u001f", "\\u007f", "\xC3\xA4", "abcdefgh\xC3\xA4", "abcdefgh\\tijk"}) {
    EXPECT_EQ(error_of(member_line("1", account)),
              "m:1: \"account\" must be of printable ASCII characters")
        << account;
  }
  EXPECT_EQ(error_of("{\"author_id\":\"1\",\"account\":42}"), "m:1: \"account\" must be a string");
}

TEST(MemberTable, P7_2_CardNumbersAreRefusedAndNeverShown) {
  for (const char* account :
       {"4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "4.1.1.1111111111111",
        "card:4111111111111111;x", "378282246310005", "4222222222222", "6304000000000000000",
        "-4111111111111111-", "99x4111111111111111", "0000000000000"}) {
    const std::vector<std::string> errors = errors_of(member_line("1", account));
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors[0],
              "m:1: \"account\" looks like a card number (13 to 19 digits that pass the Luhn "
              "check): use an opaque token, card numbers have no place here");
  }
  for (const char* account :
       {"4111111111111112", "411111111111", "41111111111111110000", "04111111111111112x1",
        "4111_1111_1111_1111", "00000000000000000000", "000000000000", "acct00000001"}) {
    EXPECT_NE(parse(member_line("1", account)), nullptr) << account;
  }
}

TEST(MemberTable, P7_2_RegionsAreTwoCapitalLetters) {
  for (const char* region : {"\"us\"", "\"U\"", "\"USA\"", "\"\"", "\"U1\"", "1", "[\"US\"]"}) {
    const std::string line =
        std::string("{\"author_id\":\"1\",\"account\":\"a\",\"region\":") + region + "}";
    const std::string shown = region[0] == '[' ? "a list" : region;
    EXPECT_EQ(error_of(line),
              "m:1: \"region\" must be two capital letters, as \"US\", but is " + shown);
  }
}

TEST(MemberTable, P7_3_EveryErrorOfAFileIsNamedWithItsLine) {
  const std::vector<std::string> expected = {
      "m:2: the field \"account\" is missing",
      "m:3: unknown field \"acount\"",
      "m:3: \"region\" must be two capital letters, as \"US\", but is true",
      "m:3: the field \"author_id\" is missing",
      "m:3: the field \"account\" is missing",
      "m:5: the line is not a JSON object: write one object a line, as {\"id\":\"…\"}",
      "m:6: the line is not JSON from byte 32 on",
      "m:7: the field \"account\" stands twice in the line",
      "m:8: the author \"1\" stands in line 1 already",
      "m:9: the account stands in line 1 already: one account belongs to one author",
      "m:10: \"region\" must be two capital letters, as \"US\", but is \"xx\"",
      "m:10: the author \"x\" stands in line 9 already",
      "m:11: the author \"1\" stands in line 1 already",
      "m:12: the name of a field is written with an escape: write it plainly",
      "m:12: the field \"author_id\" is missing",
      "m:13: something follows the object: write one object a line",
      "m:14: the line is not UTF-8",
      "m:15: a string holds half of a surrogate pair, which is no character",
      "m:16: the line is not JSON: a string lacks its closing quote",
      "m:17: the line is not JSON: a control character stands in a string without an escape",
      "m:18: the line is not JSON: a string holds an unknown escape",
  };
  EXPECT_EQ(errors_of("{\"author_id\":\"1\",\"account\":\"same\"}\n"
                      "{\"author_id\":\"2\",\"account\":null}\n"
                      "{\"author_id\":null,\"acount\":\"b\",\"region\":true}\n"
                      "  \t\r\n"
                      "[1]\n"
                      "{\"author_id\":\"3\",\"account\":\"c\",}\n"
                      "{\"author_id\":\"4\",\"account\":\"d\",\"account\":\"e\"}\n"
                      "{\"author_id\":\"1\",\"account\":\"f\"}\n"
                      "{\"author_id\":\"x\",\"account\":\"same\"}\n"
                      "{\"author_id\":\"x\",\"account\":\"g\",\"region\":\"xx\"}\n"
                      "{\"author_id\":\"1\",\"account\":\"same\"}\n"
                      "{\"author\\u005fid\":\"5\",\"account\":\"h\"}\n"
                      "{\"author_id\":\"6\",\"account\":\"i\"} {}\n"
                      "{\"author_id\":\"7\xFF\",\"account\":\"j\"}\n"
                      "{\"author_id\":\"\\udc00\",\"account\":\"k\"}\n"
                      "{\"author_id\":\"8\n"
                      "{\"author_id\":\"\t\",\"account\":\"l\"}\n"
                      "{\"author_id\":\"\\x\",\"account\":\"m\"}"),
            expected);
}

TEST(MemberTable, P7_3_TheFirstHundredErrorsAreShownAndTheOthersCounted) {
  std::string lines;
  for (int i = 1; i <= 300; ++i) {
    // Bad regions in every second line, the account of the line before in every
    // third: errors of two passes, which must come out in line order.
    lines += "{\"author_id\":\"" + std::to_string(i) + "\",\"account\":\"" +
             std::to_string(i % 3 == 0 ? i - 1 : i) + "\"" +
             (i % 2 == 0 ? ",\"region\":\"\"}\n" : "}\n");
  }
  FileErrors errors;
  EXPECT_EQ(MemberTable::parse(lines, "m", errors), nullptr);
  EXPECT_EQ(errors.count(), 250U);
  ASSERT_EQ(errors.shown().size(), FileErrors::kShown);
  std::vector<int> shown;
  for (const std::string& error : errors.shown()) {
    shown.push_back(std::stoi(error.substr(2)));
  }
  EXPECT_TRUE(std::is_sorted(shown.begin(), shown.end()));
  EXPECT_EQ(shown.front(), 2);
  EXPECT_EQ(shown.back(), 120);
}

TEST(MemberTable, LoadsAFileAndSaysWhyItCannot) {
  const TempFolder folder;
  const std::string path = folder.write("members", member_line("1", "a"));
  FileErrors errors;
  const auto table = MemberTable::load(path, errors);
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(table->find("1"), 0U);
  EXPECT_EQ(MemberTable::load(folder.path("none"), errors), nullptr);
  EXPECT_EQ(MemberTable::load(folder.path(""), errors), nullptr);
  ASSERT_EQ(errors.count(), 2U);
  EXPECT_EQ(errors.shown()[0],
            folder.path("none") + ": cannot be opened: No such file or directory");
  EXPECT_EQ(errors.shown()[1], folder.path("") + ": cannot be read: Is a directory");
}

TEST(MemberTable, LinesMayBeLongButNotEndless) {
  const std::string padding(1 << 20, ' ');
  const std::string fine = member_line("1", "a");
  EXPECT_EQ(parse(fine.substr(0, fine.size() - 1) + padding.substr(fine.size() - 1) + "\r\n" +
                  member_line("2", "b"))
                ->size(),
            2U);
  EXPECT_EQ(errors_of(fine.substr(0, fine.size() - 1) + padding + "\n" + "{}"),
            (std::vector<std::string>{"m:1: the line is longer than 1048576 bytes",
                                      "m:2: the field \"author_id\" is missing",
                                      "m:2: the field \"account\" is missing"}));
  EXPECT_EQ(error_of("{" + padding + padding + padding),
            "m:1: the line is longer than 1048576 bytes");
}

std::string random_id(std::mt19937_64& random) {
  switch (random() % 6) {
    case 0:
      return std::to_string(random() % 100'000);  // many neighbours
    case 1:
      return "0" + std::to_string(random() % 100'000);
    case 2:
      return std::to_string(random() % 10) + std::to_string(random());  // up to 21 digits
    case 3: {
      std::string id(1 + random() % 128, 'a');
      for (char& c : id) {
        c = static_cast<char>('a' + random() % 3);
      }
      return id;
    }
    default:
      return std::to_string(random());
  }
}

TEST(MemberTable, RandomMembersAreFoundAsAMapFindsThem) {
  for (std::uint64_t seed = 1; seed <= seed_count(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::map<std::string, std::size_t> expected;
    std::string lines;
    while (expected.size() < 100'000) {
      const std::string id = random_id(random);
      if (expected.emplace(id, expected.size()).second) {
        lines += member_line(id, "a" + std::to_string(expected.size() - 1));
      }
    }
    const auto table = parse(lines);
    ASSERT_NE(table, nullptr);
    ASSERT_EQ(table->size(), expected.size());
    for (const auto& [id, index] : expected) {
      ASSERT_EQ(table->find(id), index) << id;
      ASSERT_EQ(table->member(static_cast<MemberIndex>(index)).account,
                "a" + std::to_string(index));
    }
    for (int i = 0; i < 100'000; ++i) {
      const std::string id = random_id(random);
      const auto at = expected.find(id);
      ASSERT_EQ(table->find(id), at == expected.end() ? kNotAMember : at->second) << id;
    }
  }
}

TEST(MemberTable, AMemberTakesAtMostForty) {
  for (const int members : {700, 1'000, 65'535, 65'537, 100'000, 131'071}) {
    std::mt19937_64 random(1);
    std::string lines;
    for (int i = 0; i < members; ++i) {
      lines += member_line(std::to_string(1'000'000'000'000'000'000 + random() % 1'000'000'000'000),
                           "acct" + std::to_string(10'000'000 + i));
    }
    const auto table = parse(lines);
    ASSERT_NE(table, nullptr);
    EXPECT_LE(table->memory_bytes(), 40 * static_cast<std::size_t>(members) + 1024);
  }
}

}  // namespace
}  // namespace tagtill
