// The option --pin: on which processor cores the threads run.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace tagtill {

// Where the threads may run, in the order in which they should take the cores.
struct CorePlan {
  std::vector<int> cores;
  bool pinned = true;  // each thread to one of them
};

// `pin` is `auto` (all that are allowed, pinned), `none` (all that are allowed, free) or a
// list as `0,2` or `0-3,6`. Throws tagtill::Error (kUsage) that says what is wrong with
// it: neither, a core twice, one that is not among `allowed`.
[[nodiscard]] CorePlan plan_cores(std::string_view pin, std::span<const int> allowed);

}  // namespace tagtill
