// The errors of one configuration file, put into line order (P7.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/config_lines.h"
#include "engine/file_errors.h"

namespace tagtill {

// Errors are found in several passes over a file: line by line, then duplicates,
// then overlaps. Each pass must add its own in line order; of each pass the first
// FileErrors::kShown are kept, so memory is bounded, and the first of all of them
// together are still the first of the file.
class ConfigErrors {
 public:
  explicit ConfigErrors(std::string_view file) : file_(file) {}

  void begin_pass() { in_pass_ = 0; }
  void add(std::uint64_t line, std::string message);
  // What concerns no line: the file cannot be read.
  void add_for_file(std::string_view message);

  [[nodiscard]] bool empty() const { return count_ == 0; }

  // Adds all of them to `errors` as `file:line: message`, and the count of those
  // that were not kept.
  void hand_on(FileErrors& errors);

 private:
  std::string file_;
  std::vector<std::pair<std::uint64_t, std::string>> kept_;  // line 0: the file as a whole
  std::size_t in_pass_ = 0;
  std::size_t count_ = 0;
};

// What a value is, for a message: `"abc"`, `1.5`, `true`, `a list`.
[[nodiscard]] std::string describe(const ConfigValue& value);

// What is wrong with it as an author's id (P1.3, P7.2), or nothing.
[[nodiscard]] std::string_view author_id_problem(const ConfigValue& value);

// What to say of a field that has no place in the line.
[[nodiscard]] std::string unknown_field_message(const ConfigField& field);

}  // namespace tagtill
