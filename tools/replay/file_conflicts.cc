#include "tools/replay/file_conflicts.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <optional>
#include <system_error>

#include "engine/errors.h"

namespace tagtill {
namespace {

// Equal for two paths of the same file; none for what may be shared.
std::optional<std::string> identity_of(const std::string& path, int standard_descriptor) {
  struct stat status {};
  const int result =
      path == "-" ? ::fstat(standard_descriptor, &status) : ::stat(path.c_str(), &status);
  if (result == 0) {
    if (S_ISREG(status.st_mode)) {
      return fmt::format("{}:{}", status.st_dev, status.st_ino);
    }
    // Two outputs mixed in one pipe would be of use to nobody.
    return path == "-" && standard_descriptor == STDOUT_FILENO ? std::optional<std::string>("-")
                                                               : std::nullopt;
  }
  std::error_code ignored;
  const auto canonical =
      std::filesystem::weakly_canonical(std::filesystem::absolute(path, ignored), ignored);
  return ignored ? path : canonical.string();
}

}  // namespace

void refuse_file_conflicts(const std::vector<FileRole>& outputs,
                           const std::vector<FileRole>& inputs) {
  std::map<std::string, const FileRole*> seen;
  for (const FileRole& output : outputs) {
    const auto identity = identity_of(output.path, STDOUT_FILENO);
    if (!identity) {
      continue;
    }
    const auto [other, is_new] = seen.emplace(*identity, &output);
    if (!is_new) {
      throw Error(ExitCode::kUsage,
                  fmt::format("{} and {} would both write {}. Give each a file of its own.",
                              other->second->role, output.role,
                              output.path == "-" ? "standard output" : output.path));
    }
  }
  if (seen.empty()) {
    return;
  }
  for (const FileRole& input : inputs) {
    const auto identity = identity_of(input.path, STDIN_FILENO);
    const auto output = identity ? seen.find(*identity) : seen.end();
    if (output != seen.end()) {
      throw Error(ExitCode::kUsage, fmt::format("{} would write over {} {}. Give it another path.",
                                                output->second->role, input.role, input.path));
    }
  }
}

}  // namespace tagtill
