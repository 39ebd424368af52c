// The processor cores that a process may use.
#pragma once

#include <span>
#include <vector>

namespace tagtill {

// The cores on which this process may run (taskset and control groups can make them
// fewer than the machine has), in the order in which threads should take them: one of
// each physical core first, then their hyper-threads. At least one. Linux.
[[nodiscard]] std::vector<int> allowed_cores();

// From now on the calling thread runs on these cores alone; empty: where it did. Throws
// tagtill::Error (kFailed) if the system refuses.
void run_on_cores(std::span<const int> cores);

}  // namespace tagtill
