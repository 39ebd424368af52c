// Copies of recorded lines, against a plain comparison of what is parsed.
#include "corpus/line_shift.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/timeline.h"
#include "corpus/wire_text.h"
#include "tests/reference/json.h"
#include "tests/reference/post.h"
#include "tests/seeded.h"
#include "tests/woven.h"

namespace tagtill::corpus {
namespace {

// The slow twin of line_places and line_shift: two parsed lines, member by member.
class Twin {
 public:
  explicit Twin(std::int64_t later_ms) : later_ms_(later_ms) {}

  void compare(const reference::Value& a, const reference::Value& b, const std::string& path) {
    SCOPED_TRACE(path);
    ASSERT_EQ(a.kind, b.kind);
    if (a.is_object()) {
      ASSERT_EQ(a.members.size(), b.members.size());
      for (std::size_t i = 0; i < a.members.size(); ++i) {
        ASSERT_EQ(a.members[i].name, b.members[i].name);
        compare(a.members[i].value, b.members[i].value, path + '/' + a.members[i].name);
      }
      return;
    }
    if (a.is_array()) {
      ASSERT_EQ(a.items.size(), b.items.size());
      for (std::size_t i = 0; i < a.items.size(); ++i) {
        compare(a.items[i], b.items[i], path);
      }
      return;
    }
    compare_scalar(a.text, b.text, path);
  }

  std::size_t moved() const { return moved_; }

 private:
  static bool ends(const std::string& path, std::initializer_list<std::string_view> names) {
    return std::any_of(names.begin(), names.end(), [&](auto name) { return path.ends_with(name); });
  }

  void compare_scalar(const std::string& a, const std::string& b, const std::string& path) {
    const bool of_user =
        ends(path, {"/user/id", "/user/id_str", "/user_mentions/id", "/user_mentions/id_str",
                    "/user_id", "/user_id_str", "_user_id", "_user_id_str"});
    const bool of_post = !of_user &&
                         ends(path, {"/id", "/id_str", "_status_id", "_status_id_str"}) &&
                         path.find("/place/") == std::string::npos;
    if (a.empty() || a.find_first_not_of("0123456789") != std::string::npos) {
      compare_words(a, b, path);
    } else if (of_user) {
      EXPECT_EQ(a.size(), b.size());
      EXPECT_TRUE(a != b || a.size() < 3) << a;
      ++moved_;
    } else if (of_post && std::stoll(a) >= std::int64_t{1} << 35U) {
      EXPECT_EQ(std::stoll(a) + later_ms_ * 4'194'304, std::stoll(b));
      ++moved_;
    } else if (ends(path, {"/timestamp_ms"})) {
      EXPECT_EQ(std::stoll(a) + later_ms_, std::stoll(b));
      ++moved_;
    } else if (ends(path, {"screen_name"})) {
      compare_words(a, b, path);
    } else if (!ends(path, {"/name"})) {
      EXPECT_EQ(a, b);
    }
  }

  void compare_words(const std::string& a, const std::string& b, const std::string& path) {
    if (ends(path, {"/created_at"}) && !ends(path, {"/user/created_at"})) {
      EXPECT_EQ(*reference::read_created_at(a) + later_ms_, *reference::read_created_at(b));
      EXPECT_EQ(a.size(), b.size());
      ++moved_;
    } else if (ends(path, {"screen_name"})) {
      EXPECT_EQ(a.size(), b.size());
      EXPECT_TRUE(a != b || a.empty()) << a;
    } else if (ends(path, {"/text", "/full_text"}) && path.find("hashtags") == std::string::npos) {
      compare_text(a, b);
    } else if (!ends(path, {"/user/name", "/user_mentions/name"})) {
      EXPECT_EQ(a, b);
    }
  }

  // But for the words behind `@`, nothing changes.
  static void compare_text(const std::string& a, const std::string& b) {
    ASSERT_EQ(a.size(), b.size());
    bool in_mention = false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      const bool word = std::isalnum(static_cast<unsigned char>(a[i])) != 0 || a[i] == '_';
      in_mention = a[i] == '@' || (in_mention && word);
      EXPECT_TRUE(a[i] == b[i] || (in_mention && word)) << a << '\n' << b;
    }
  }

  std::int64_t later_ms_;
  std::size_t moved_ = 0;
};

void expect_shifted_copies(const std::vector<std::string>& files, std::uint64_t copies) {
  WeaveOptions options;
  options.candidates = 0;
  options.copies = copies;
  const std::string stream = weave_files(files, options).posts;
  std::string all;
  for (const std::string& file : files) {
    all += file;
  }
  const std::vector<std::string_view> lines = lines_of(stream);
  const std::size_t count = lines_of(all).size();
  ASSERT_EQ(lines.size(), count * copies);
  ASSERT_EQ(stream.substr(0, all.size()), all);
  std::vector<std::set<std::string>> names(copies);
  std::int64_t last_ms = 0;
  std::size_t moved = 0;
  for (std::uint64_t copy = 0; copy < copies; ++copy) {
    const std::int64_t before_ms = last_ms;
    std::int64_t later_ms = 0;
    for (std::size_t number = 0; number < count; ++number) {
      const std::string_view line = without_end(lines[copy * count + number]);
      const reference::Line was = reference::read_line(without_end(lines[number]), 1 << 20);
      const reference::Line is = reference::read_line(line, 1 << 20);
      ASSERT_EQ(was.kind, is.kind) << was.cause << is.cause;
      EXPECT_EQ(line.size(), without_end(lines[number]).size());
      if (is.kind == reference::Line::Kind::kPost) {
        last_ms = std::max(last_ms, is.post.time_ms);
        names[copy].insert(is.post.author);
        EXPECT_EQ(was.post.followers, is.post.followers);
        EXPECT_TRUE(copy == 0 || is.post.time_ms > before_ms - 10'000);
      }
      if (copy == 0 || is.kind == reference::Line::Kind::kMalformed) {
        continue;
      }
      if (is.kind == reference::Line::Kind::kPost) {
        later_ms = is.post.time_ms - was.post.time_ms;
      } else if (std::stoll(was.delete_notice.id) >= std::int64_t{1} << 35U) {
        later_ms = (std::stoll(is.delete_notice.id) - std::stoll(was.delete_notice.id)) >> 22U;
      }
      Twin twin(later_ms);
      twin.compare(*reference::parse_json(without_end(lines[number])).value,
                   *reference::parse_json(line).value, "");
      moved += twin.moved();
      if (testing::Test::HasFailure()) {
        FAIL() << "line " << number + 1 << " of copy " << copy;
      }
    }
  }
  EXPECT_GT(moved, 3 * count);
  for (std::size_t copy = 1; copy < copies; ++copy) {
    EXPECT_NE(names[copy], names[copy - 1]);
  }
}

TEST(LineShift, CopiesAreShiftedConsistently) {
  for (const WireForm form : {WireForm::k2013, WireForm::k2017}) {
    expect_shifted_copies({generated(form, 6, 800)}, 3);
  }
}

TEST(LineShift, CopiesOfRealRecordingsAreShiftedConsistently) {
  const std::vector<std::string> files = texts_of(recordings::all());
  if (files.empty()) {
    GTEST_SKIP() << "skipped: no ../shared/data";
  }
  for (const std::string& file : files) {
    expect_shifted_copies({file}, 2);
  }
}

TEST(LineShift, UserIdsOfOneUserDiffer) {
  for (const std::int64_t id : {100LL, 999LL, 12'345'678LL, 4'294'967'295LL,
                                1'234'567'890'123'456LL, 700'000'000'000'000'007LL}) {
    std::set<std::int64_t> ids;
    const std::uint64_t copies = id < 1'000 ? 900 : 5'000;
    for (std::uint64_t copy = 0; copy < copies; ++copy) {
      const std::int64_t shifted = shifted_user_id(id, copy);
      EXPECT_EQ(std::to_string(shifted).size(), std::to_string(id).size());
      ids.insert(shifted);
    }
    EXPECT_EQ(ids.size(), copies) << id;
    EXPECT_EQ(shifted_user_id(id, 0), id);
  }
}

TEST(LineShift, UserIdsOfOneCopyStayApart) {
  std::set<std::int64_t> ids;
  for (std::int64_t id = 0; id < 10'000; ++id) {
    ids.insert(shifted_user_id(id, 77));
  }
  EXPECT_EQ(ids.size(), 10'000U);
  EXPECT_EQ(*ids.rbegin(), 9'999);
}

std::string shifted(std::string_view line, const Shift& shift) {
  std::vector<Place> places;
  LineFacts facts;
  EXPECT_TRUE(find_places(line, places, facts));
  std::string out;
  append_shifted(out, line, places, shift);
  return out;
}

TEST(LineShift, NamesTurnAsAnOdometerDoes) {
  EXPECT_EQ(shifted(R"({"user":{"screen_name":"zZ_9a","name":"\u00e9a\\z&amp;"}})", Shift{1, 0}),
            R"({"user":{"screen_name":"aZ_9a","name":"\u00e9b\\z&amp;"}})");
  EXPECT_EQ(shifted(R"({"text":"@zZ_9a: #zz @ a@b"})", Shift{27, 0}),
            R"({"text":"@aA_9a: #zz @ a@c"})");
}

// What is broken must not be made whole.
TEST(LineShift, BrokenEscapesStay) {
  EXPECT_EQ(shifted(R"({"user":{"name":"\u00g1a\q"}})", Shift{1, 0}),
            R"({"user":{"name":"\u00g1b\q"}})");
}

TEST(LineShift, TimesMoveTogether) {
  EXPECT_EQ(shifted(R"({"created_at":"Tue Feb 28 23:59:59 +0000 2012","id":174637100000000000,)"
                    R"("id_str":"174637100000000000","timestamp_ms":"1330473599000","user":)"
                    R"({"id":0,"created_at":"Tue Feb 28 23:59:59 +0000 2012"}})",
                    Shift{1, 1'000}),
            R"({"created_at":"Wed Feb 29 00:00:00 +0000 2012","id":174637104194304000,)"
            R"("id_str":"174637104194304000","timestamp_ms":"1330473600000","user":)"
            R"({"id":0,"created_at":"Tue Feb 28 23:59:59 +0000 2012"}})");
}

TEST(LinePlaces, WhatIsNoObjectHasNone) {
  for (const std::string_view line :
       {"", "[]", "{", "{}}", R"({"id")", R"({"id":})", R"({"id":5,})", R"({"a":"b)", "5"}) {
    std::vector<Place> places;
    LineFacts facts;
    EXPECT_FALSE(find_places(line, places, facts)) << line;
    EXPECT_TRUE(places.empty());
  }
  const std::string deep = R"({"a":)" + std::string(2'000, '[') + std::string(2'000, ']') + '}';
  std::vector<Place> places;
  LineFacts facts;
  EXPECT_FALSE(find_places(deep, places, facts));
}

TEST(WireText, CreatedAtIsReadBack) {
  seeded::Random random(seeded::first_seed());
  for (int i = 0; i < 20'000; ++i) {
    const std::int64_t ms = random.between(0, 253'402'300'799) * 1'000;
    std::string text;
    append_created_at(text, ms);
    ASSERT_EQ(read_created_at(text), ms) << text;
    ASSERT_EQ(reference::read_created_at(text), ms) << text;
    // A wrong byte anywhere: read by both alike.
    text[random.below(text.size())] = static_cast<char>(random.between(' ', 'z'));
    const auto wanted = reference::read_created_at(text);
    const bool too_early = wanted && *wanted < 0;  // malformed in any case (P1.5)
    ASSERT_EQ(read_created_at(text), too_early ? std::nullopt : wanted) << text;
  }
}

TEST(Timeline, CopiesCloseGapsAndNeverGoBack) {
  const std::vector<Stretch> stretches{{1'400'000'000'000, 1'400'000'060'500},
                                       {1'500'000'000'000, 1'500'000'010'000},
                                       {1'300'000'000'000, 1'300'000'020'000}};
  const Timeline timeline(stretches);
  EXPECT_EQ(timeline.begin_ms(), 1'400'000'000'000);
  EXPECT_EQ(timeline.later_ms(0, 2), 0);
  std::int64_t last_ms = 0;
  for (std::uint64_t copy = 0; copy < 5; ++copy) {
    for (std::uint32_t i = 0; i < stretches.size(); ++i) {
      EXPECT_GE(timeline.story_ms(copy, i, stretches[i].begin_ms), last_ms);
      last_ms = timeline.story_ms(copy, i, stretches[i].end_ms);
      EXPECT_GE(timeline.later_ms(copy, i), 0);
      EXPECT_EQ(timeline.later_ms(copy, i) % 1'000, 0);
    }
  }
  EXPECT_LE(last_ms, timeline.end_ms(5));
  EXPECT_LT(last_ms, 1'500'000'010'000 + 5 * 100'000);
}

}  // namespace
}  // namespace tagtill::corpus
