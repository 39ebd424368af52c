#include "engine/ahead.h"

#include <gtest/gtest.h>

#include <cstddef>

namespace tagtill {
namespace {

TEST(Ahead, EachStepOfEachInOrderAndAhead) {
  for (const std::size_t count : {0U, 1U, 15U, 16U, 17U, 32U, 33U, 100U}) {
    std::size_t places = 0;
    std::size_t records = 0;
    std::size_t applied = 0;
    for_each_ahead(
        count,
        [&](std::size_t i, PrefetchList& list) {
          EXPECT_EQ(i, places++);
          for (int line = 0; line < 70; ++line) {  // more than the list holds
            list.add(&places);
          }
        },
        [&](std::size_t i, PrefetchList& list) {
          EXPECT_EQ(i, records++);
          EXPECT_GT(places, i);
          list.add(&records);
        },
        [&](std::size_t i) {
          EXPECT_EQ(i, applied++);
          EXPECT_GT(records, i);
        });
    EXPECT_EQ(places, count);
    EXPECT_EQ(records, count);
    EXPECT_EQ(applied, count);
  }
}

}  // namespace
}  // namespace tagtill
