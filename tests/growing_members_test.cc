#include "engine/growing_members.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/seeded.h"

namespace tagtill {
namespace {

struct Known {
  MemberIndex index;
  std::string account;
  RegionCode region;
};

TEST(GrowingMembers, FindsAllThatWereEnrolledAsTheyWereLast) {
  for (std::uint64_t i = 0; i < seeded::seeds() / 10 + 1; ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    seeded::Random random(seed);
    GrowingMembers members;
    std::map<std::string, Known> twin;
    std::vector<Known> all;  // whoever they belong to now
    for (int step = 0; step < 1000; ++step) {
      const std::uint64_t number = random.below(800) * (random.percent(50) ? 1 : 1'000'000'007);
      std::string author = std::to_string(number);
      author = random.percent(50) ? author : "an author " + author;
      const auto known = twin.find(author);
      ASSERT_EQ(members.table()->find(author),
                known == twin.end() ? kNotAMember : known->second.index);
      if (random.percent(10)) {
        members.forget(author);
        twin.erase(author);
        continue;
      }
      const std::string account = "acct-" + author + (random.percent(20) ? "x" : "");
      const RegionCode region = random.percent(20) ? RegionCode{} : RegionCode{'D', 'E'};
      const MemberIndex index = members.enrol(author, {account, region});
      if (known != twin.end() && known->second.account == account &&
          known->second.region == region) {
        ASSERT_EQ(index, known->second.index);
      } else {
        ASSERT_EQ(index, all.size());
        all.push_back({index, account, region});
        twin[author] = all.back();
      }
    }
    ASSERT_EQ(members.table()->size(), all.size());
    for (const auto& [author, known] : twin) {
      ASSERT_EQ(members.table()->find(author), known.index);
    }
    for (const Known& known : all) {
      ASSERT_EQ(members.table()->member(known.index).account, known.account);
      ASSERT_EQ(members.table()->member(known.index).region, known.region);
    }
  }
}

}  // namespace
}  // namespace tagtill
