#include "tools/version.h"

#include <fmt/core.h>

#include <fstream>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "engine/confirmation_code.h"
#include "engine/fold.h"
#include "engine/json_walk.h"
#include "engine/mark_finder.h"
#include "engine/tag_matcher.h"
#include "ingest/archive_reader.h"
#include "sinks/sqlite_database.h"
#include "tools/allocator.h"
#include "tools/command_line.h"
#include "tools/messages.h"
#include "tools/validate/skeleton.h"

namespace tagtill {
namespace {

// As the kernel names it; not every architecture does.
std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  std::string line;
  while (std::getline(info, line)) {
    if (line.starts_with("model name") || line.starts_with("Model")) {
      const std::size_t colon = line.find(": ");
      return colon == std::string::npos ? line : line.substr(colon + 2);
    }
  }
  return "unknown";
}

std::string processor_features() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  std::string features;
  const auto add = [&features](std::string_view name, int there) {
    if (there != 0) {
      features += features.empty() ? "" : " ";
      features += name;
    }
  };
  add("sse4.2", __builtin_cpu_supports("sse4.2"));
  add("avx2", __builtin_cpu_supports("avx2"));
  add("bmi2", __builtin_cpu_supports("bmi2"));
  add("avx512f", __builtin_cpu_supports("avx512f"));
  add("avx512bw", __builtin_cpu_supports("avx512bw"));
  add("avx512vbmi", __builtin_cpu_supports("avx512vbmi"));
  return features;
#elif defined(__aarch64__)
  return "neon";
#else
  return "unknown";
#endif
}

ExitCode print_version() {
#if defined(__clang__)
  const std::string compiler = "clang " __clang_version__;
#else
  const std::string compiler = "g++ " __VERSION__;
#endif
  const std::vector<std::pair<std::string_view, std::string>> rows = {
      {"compiler", compiler},
      {"hyperscan", hyperscan_version()},
      {"simdjson", fmt::format("{}, {}", simdjson_version(), simdjson_implementation())},
      {"unicode", unicode_version()},
      {"highway", fmt::format("{}, {}", highway_version(), highway_target())},
      {"openssl", openssl_version()},
      {"icu", icu_version()},
      {"sqlite", sqlite_version()},
      {"archives", archive_library_versions()},
      {"jemalloc", allocator_version()},
      {"fmt",
       fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
      {"cli11", cli11_version()},
      {"processor", fmt::format("{}: {}; {} threads", processor_name(), processor_features(),
                                std::thread::hardware_concurrency())},
  };
  std::string text = version_line() + '\n';
  for (const auto& [name, value] : rows) {
    text += fmt::format("  {:<10} {}\n", name, value);
  }
  print_out(text);
  return ExitCode::kOk;
}

}  // namespace

std::string version_number() { return TAGTILL_VERSION; }
std::string version_line() { return "tagtill " + version_number(); }

void add_version_command(Command& root) {
  root.command("version", "Show the versions of program and libraries, and the processor",
               print_version);
}

}  // namespace tagtill
