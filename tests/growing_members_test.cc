#include "engine/growing_members.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>

#include "tests/seeded.h"

namespace tagtill {
namespace {

struct Known {
  MemberIndex index;
  std::string account;
  RegionCode region;
};

TEST(GrowingMembers, FindsAllThatWereEnrolled) {
  for (std::uint64_t i = 0; i < seeded::seeds() / 10 + 1; ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    seeded::Random random(seed);
    GrowingMembers members;
    std::map<std::string, Known> twin;
    for (int step = 0; step < 1000; ++step) {
      const std::uint64_t number = random.below(800) * (random.percent(50) ? 1 : 1'000'000'007);
      std::string author = std::to_string(number);
      author = random.percent(50) ? author : "an author " + author;
      const auto known = twin.find(author);
      ASSERT_EQ(members.table()->find(author),
                known == twin.end() ? kNotAMember : known->second.index);
      const std::string account = "acct-" + author;
      const RegionCode region = number % 3 == 0 ? RegionCode{} : RegionCode{'D', 'E'};
      const MemberIndex index = members.enrol(author, {account, region});
      ASSERT_NE(index, kNotAMember);
      ASSERT_EQ(members.enrol(author, {account + "x", region}), kNotAMember);
      ASSERT_EQ(members.enrol(author, {account, {'U', 'S'}}), kNotAMember);
      if (known == twin.end()) {
        ASSERT_EQ(index, twin.size());
        twin[author] = {index, account, region};
      } else {
        ASSERT_EQ(index, known->second.index);
      }
    }
    ASSERT_EQ(members.table()->size(), twin.size());
    for (const auto& [author, known] : twin) {
      ASSERT_EQ(members.table()->find(author), known.index);
      ASSERT_EQ(members.table()->member(known.index).account, known.account);
      ASSERT_EQ(members.table()->member(known.index).region, known.region);
    }
  }
}

}  // namespace
}  // namespace tagtill
