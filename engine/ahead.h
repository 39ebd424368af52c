// Going through things whose memory is asked for ahead.
#pragma once

#include <algorithm>
#include <cstddef>

#include "engine/prefetch.h"

namespace tagtill {

// Calls places(i, list), then records(i, list), then apply(i) for each i below `count`,
// each in order: the first two some time before the next, a group at a time, and what
// they add to the list is asked for when the group is through.
template <typename Places, typename Records, typename Apply>
void for_each_ahead(std::size_t count, Places places, Records records, Apply apply) {
  constexpr std::size_t kGroup = 16;
  PrefetchList list;
  const auto for_group = [count](std::size_t begin, auto f) {
    const std::size_t end = std::min(begin + kGroup, count);
    for (std::size_t i = begin; i < end; ++i) {
      f(i);
    }
  };
  const auto ask_for_group = [&](std::size_t begin, auto& f) {
    for_group(begin, [&](std::size_t i) { f(i, list); });
    list.ask();
  };
  ask_for_group(0, places);
  ask_for_group(kGroup, places);
  ask_for_group(0, records);
  for (std::size_t begin = 0; begin < count; begin += kGroup) {
    ask_for_group(begin + 2 * kGroup, places);
    ask_for_group(begin + kGroup, records);
    for_group(begin, [&](std::size_t i) { apply(i); });
  }
}

}  // namespace tagtill
