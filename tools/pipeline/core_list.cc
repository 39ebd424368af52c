#include "tools/pipeline/core_list.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <system_error>

#include "engine/errors.h"

namespace tagtill {
namespace {

[[noreturn]] void refuse(std::string_view list, std::string_view why) {
  throw Error(
      ExitCode::kUsage,
      fmt::format("--pin {}: {}. Give auto, none, or a list of cores as 0,2 or 0-3.", list, why));
}

int read_core(std::string_view list, std::string_view text) {
  int core = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), core);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || core < 0) {
    refuse(list, fmt::format("\"{}\" is no core", text));
  }
  return core;
}

std::vector<int> read_list(std::string_view list, std::span<const int> allowed) {
  std::vector<int> cores;
  std::string_view rest = list;
  for (bool more = true; more;) {
    const std::size_t comma = rest.find(',');
    const std::string_view item = rest.substr(0, comma);
    more = comma != std::string_view::npos;
    rest.remove_prefix(more ? comma + 1 : rest.size());
    const std::size_t dash = item.find('-');
    const int first = read_core(list, item.substr(0, dash));
    const int last =
        dash == std::string_view::npos ? first : read_core(list, item.substr(dash + 1));
    if (last < first) {
      refuse(list, fmt::format("\"{}\" runs backwards", item));
    }
    for (int core = first; core <= last; ++core) {
      if (std::find(allowed.begin(), allowed.end(), core) == allowed.end()) {
        std::vector<int> sorted(allowed.begin(), allowed.end());
        std::sort(sorted.begin(), sorted.end());
        refuse(list, fmt::format("core {} is not one that this process may use ({})", core,
                                 fmt::join(sorted, ",")));
      }
      if (std::find(cores.begin(), cores.end(), core) != cores.end()) {
        refuse(list, fmt::format("core {} stands in it twice", core));
      }
      cores.push_back(core);
    }
  }
  return cores;
}

}  // namespace

CorePlan plan_cores(std::string_view pin, std::span<const int> allowed) {
  if (pin == "auto" || pin == "none") {
    return {{allowed.begin(), allowed.end()}, pin == "auto"};
  }
  return {read_list(pin, allowed), true};
}

}  // namespace tagtill
