#include "engine/time.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

namespace tagtill {
namespace {

std::string rfc3339(Millis time) {
  std::string out;
  append_rfc3339(out, time);
  return out;
}

std::uint64_t seed_count() {
  const char* text = std::getenv("TAGTILL_SEEDS");
  return text == nullptr ? 20 : std::strtoull(text, nullptr, 10);
}

template <typename... Arguments>
std::string format(const char* form, Arguments... arguments) {
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), form, arguments...);
  return {text.data(), static_cast<std::size_t>(length)};
}

TEST(Rfc3339, ReadsItsForms) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_rfc3339("2013-02-11T12:00:00Z"), 1'360'584'000'000);
  EXPECT_EQ(parse_rfc3339("2013-02-11T12:00:00.000Z"), 1'360'584'000'000);
  EXPECT_EQ(parse_rfc3339("2013-02-11t12:00:00z"), 1'360'584'000'000);
  EXPECT_EQ(parse_rfc3339("2013-02-11T12:00:00.5Z"), 1'360'584'000'500);
  EXPECT_EQ(parse_rfc3339("2013-02-11T12:00:00.05Z"), 1'360'584'000'050);
  EXPECT_EQ(parse_rfc3339("2013-02-11T12:00:00.007Z"), 1'360'584'000'007);
  EXPECT_EQ(parse_rfc3339("2013-02-11T12:00:00+01:00"), 1'360'580'400'000);
  EXPECT_EQ(parse_rfc3339("2013-02-11T12:00:00-05:30"), 1'360'603'800'000);
  EXPECT_EQ(parse_rfc3339("2013-02-11T12:00:00-00:00"), 1'360'584'000'000);
  EXPECT_EQ(parse_rfc3339("9999-12-31T23:59:59.999Z"), kLastMillisecond);
  EXPECT_EQ(parse_rfc3339("1969-12-31T23:59:59.999Z"), -1);
  EXPECT_EQ(parse_rfc3339("2000-02-29T00:00:00Z"), 951'782'400'000);
}

TEST(Rfc3339, RefusesEverythingElse) {
  for (const char* text : {"",
                           "2013-02-11",
                           "2013-02-11T12:00:00",
                           "2013-02-11 12:00:00Z",
                           "2013-02-11T12:00Z",
                           "2013-02-11T12:00:00.Z",
                           "2013-02-11T12:00:00.0000Z",
                           "2013-02-11T12:00:00,5Z",
                           "2013-02-11T12:00:00+0100",
                           "2013-02-11T12:00:00+24:00",
                           "2013-02-11T12:00:00+01:60",
                           "2013-02-11T12:00:00Z ",
                           " 2013-02-11T12:00:00Z",
                           "2013-02-29T12:00:00Z",
                           "1900-02-29T12:00:00Z",
                           "2013-04-31T12:00:00Z",
                           "2013-00-11T12:00:00Z",
                           "2013-13-11T12:00:00Z",
                           "2013-02-00T12:00:00Z",
                           "2013-02-11T24:00:00Z",
                           "2013-02-11T12:60:00Z",
                           "2016-12-31T23:59:60Z",
                           "+013-02-11T12:00:00Z",
                           "13-02-11T12:00:00Z",
                           "10000-01-01T00:00:00Z",
                           "2013-2-11T12:00:00Z",
                           "2013-02-11T12:00:00ZZ",
                           "2013-02-11T12:00:00 Z",
                           "2013-02-11T-1:00:00Z"}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  }
}

TEST(ClassicTime, P1_5_ReadsExactlyTheForm) {
  EXPECT_EQ(parse_classic_time("Thu Jan 26 16:00:00 +0000 2017"), 1'485'446'400'000);
  EXPECT_EQ(parse_classic_time("Thu Jan 01 00:00:00 +0000 1970"), 0);
  EXPECT_EQ(parse_classic_time("Fri Dec 31 23:59:59 +0000 9999"), kLastMillisecond - 999);
  // The weekday need not fit, but must be one.
  EXPECT_EQ(parse_classic_time("Sun Jan 26 16:00:00 +0000 2017"), 1'485'446'400'000);
  EXPECT_EQ(parse_classic_time("Mon Feb 29 00:00:00 +0000 2016"), 1'456'704'000'000);
}

TEST(ClassicTime, P1_5_RefusesEverythingElse) {
  for (const char* text : {"",
                           "Thu Jan 26 16:00:00 +0000 2017 ",
                           " Thu Jan 26 16:00:00 +0000 2017",
                           "Thu Jan 26 16:00:00 +0000 17",
                           "Thu Jan 26 16:00:00 +0000 02017",
                           "Thu Jan 26 16:00:00 +0100 2017",
                           "Thu Jan 26 16:00:00 -0000 2017",
                           "Thu Jan 26 16:00:00 UTC 2017",
                           "Thu Jan  6 16:00:00 +0000 2017",
                           "Thu Jan 6 16:00:00 +0000 2017",
                           "Thu  Jan 26 16:00:00 +0000 2017",
                           "thu Jan 26 16:00:00 +0000 2017",
                           "Thu jan 26 16:00:00 +0000 2017",
                           "Thx Jan 26 16:00:00 +0000 2017",
                           "huF Jan 26 16:00:00 +0000 2017",
                           "Thu anF 26 16:00:00 +0000 2017",
                           "Thursday Jan 26 16:00:00 +0000 2017",
                           "Thu Feb 29 16:00:00 +0000 2017",
                           "Thu Feb 31 16:00:00 +0000 2017",
                           "Thu Jan 00 16:00:00 +0000 2017",
                           "Thu Jan 32 16:00:00 +0000 2017",
                           "Thu Jan 26 24:00:00 +0000 2017",
                           "Thu Jan 26 16:60:00 +0000 2017",
                           "Thu Jan 26 16:00:60 +0000 2017",
                           "Thu Jan 26 16:00 +0000 2017",
                           "Wed Dec 31 23:59:59 +0000 1969",
                           "Thu Jan 26 16:00:00 +0000 -017",
                           "Thu Jan 26 6:00:00 +0000 2017",
                           "Thu, 26 Jan 2017 16:00:00 +0000"}) {
    EXPECT_EQ(parse_classic_time(text), std::nullopt) << text;
  }
}

TEST(AppendRfc3339, P8_WritesMilliseconds) {
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(rfc3339(1'360'584'000'000), "2013-02-11T12:00:00.000Z");
  EXPECT_EQ(rfc3339(1'360'584'000'009), "2013-02-11T12:00:00.009Z");
  EXPECT_EQ(rfc3339(kLastMillisecond), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(rfc3339(kLastMillisecond + 86'400'000), "10000-01-01T23:59:59.999Z");
  std::string out = "kept ";
  append_rfc3339(out, 0);
  EXPECT_EQ(out, "kept 1970-01-01T00:00:00.000Z");
}

// Days from 1970 to 9999, counted by hand: no calendar library on this side.
TEST(AppendRfc3339, DaysAgreeWithACountByHand) {
  int year = 1970;
  int month = 1;
  int day = 1;
  for (Millis time = 0; time <= kLastMillisecond; time += 86'400'000) {
    if (year < 2400 || year > 9980) {  // all are counted, and a whole cycle is looked at
      const std::string expected = format("%04d-%02d-%02dT00:00:00.000Z", year, month, day);
      ASSERT_EQ(rfc3339(time), expected);
      ASSERT_EQ(parse_rfc3339(expected), time);
    }
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    const std::array<int, 12> lengths = {31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
                                         31};
    if (++day > lengths.at(static_cast<std::size_t>(month - 1))) {
      day = 1;
      if (++month > 12) {
        month = 1;
        ++year;
      }
    }
  }
  EXPECT_EQ(year, 10'000);
}

TEST(Times, RandomTimesSurviveEveryForm) {
  using std::chrono::floor;
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                       "Thu", "Fri", "Sat"};
  for (std::uint64_t seed = 1; seed <= seed_count(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    for (int round = 0; round < 1000; ++round) {
      const Millis time = std::uniform_int_distribution<Millis>(0, kLastMillisecond)(random);
      const std::chrono::sys_time<std::chrono::milliseconds> point{std::chrono::milliseconds{time}};
      const auto midnight = floor<std::chrono::days>(point);
      const std::chrono::year_month_day date{midnight};
      const std::chrono::hh_mm_ss clock{point - midnight};
      const int year = static_cast<int>(date.year());
      const unsigned month = static_cast<unsigned>(date.month());
      const unsigned day = static_cast<unsigned>(date.day());
      const int hour = static_cast<int>(clock.hours().count());
      const int minute = static_cast<int>(clock.minutes().count());
      const int second = static_cast<int>(clock.seconds().count());
      const int millis = static_cast<int>(clock.subseconds().count());

      const std::string rfc = format("%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", year, month, day, hour,
                                     minute, second, millis);
      ASSERT_EQ(rfc3339(time), rfc);
      ASSERT_EQ(parse_rfc3339(rfc), time);
      const std::string classic = format("%s %s %02u %02d:%02d:%02d +0000 %04d",
                                         kDays.at(std::chrono::weekday{midnight}.c_encoding()),
                                         kMonths.at(month - 1), day, hour, minute, second, year);
      ASSERT_EQ(parse_classic_time(classic), time - millis) << classic;

      // One character less or changed is refused or means another time, but
      // never crashes.
      std::string broken = round % 2 == 0 ? rfc : classic;
      const std::size_t at = random() % broken.size();
      if (round % 3 == 0) {
        broken.erase(at, 1);
      } else {
        broken[at] = static_cast<char>(random() % 256);
      }
      (void)parse_rfc3339(broken);
      (void)parse_classic_time(broken);
    }
  }
}

TEST(Duration, ReadsWholeNumbersWithAUnit) {
  EXPECT_EQ(parse_duration("0"), 0);
  EXPECT_EQ(parse_duration("0s"), 0);
  EXPECT_EQ(parse_duration("1500ms"), 1'500);
  EXPECT_EQ(parse_duration("30s"), 30'000);
  EXPECT_EQ(parse_duration("15m"), 900'000);
  EXPECT_EQ(parse_duration("24h"), 86'400'000);
  EXPECT_EQ(parse_duration("2d"), 172'800'000);
  EXPECT_EQ(parse_duration("253402300799999ms"), kLastMillisecond);
}

TEST(Duration, RefusesEverythingElse) {
  for (const char* text : {"",
                           "s",
                           "ms",
                           "30",
                           "00",
                           "-1s",
                           "+1s",
                           "1.5s",
                           "1 s",
                           " 1s",
                           "1s ",
                           "1S",
                           "1min",
                           "1sec",
                           "0x1s",
                           "1s1s",
                           "253402300800000ms",
                           "99999999999999999999999s",
                           "2932897d",
                           "18446744073709551617ms"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace tagtill
