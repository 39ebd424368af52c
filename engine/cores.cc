#include "engine/cores.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <sched.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <utility>

#include "engine/errors.h"

namespace tagtill {
namespace {

// Linux: which core of which package a processor number is (cpu.rst, "topology").
std::string physical_core(int core) {
  std::string place;
  for (const char* name : {"physical_package_id", "core_id"}) {
    std::ifstream file(fmt::format("/sys/devices/system/cpu/cpu{}/topology/{}", core, name));
    std::string number;
    if (!(file >> number)) {
      return fmt::format("cpu{}", core);  // not told: one of its own
    }
    place += number + "/";
  }
  return place;
}

}  // namespace

std::vector<int> allowed_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cores;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) {
    for (int core = 0; core < CPU_SETSIZE; ++core) {
      if (CPU_ISSET(static_cast<std::size_t>(core), &set)) {
        cores.push_back(core);
      }
    }
  }
  if (cores.empty()) {
    return {0};
  }
  std::set<std::string> met;
  std::stable_partition(cores.begin(), cores.end(),
                        [&](int core) { return met.insert(physical_core(core)).second; });
  return cores;
}

void run_on_cores(std::span<const int> cores) {
  if (cores.empty()) {
    return;
  }
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int core : cores) {
    CPU_SET(static_cast<std::size_t>(core), &set);
  }
  if (::sched_setaffinity(0, sizeof set, &set) != 0) {  // 0: this thread
    throw Error(ExitCode::kFailed, fmt::format("The system does not let a thread run on core {}.",
                                               fmt::join(cores, ",")));
  }
}

}  // namespace tagtill
