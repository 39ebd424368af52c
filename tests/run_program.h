// Runs the program `tagtill`, or another one, as a person would.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tagtill {

struct ProgramResult {
  int exit_code = -1;  // -1: ended by a signal
  std::string out;
  std::string err;
  std::uint64_t peak_bytes = 0;  // of memory, all told (the greatest resident set)
};

struct ProgramInput {
  std::string_view standard_input = {};
  std::string folder = {};           // the working folder; empty: the test's
  std::string standard_output = {};  // a path instead of ProgramResult::out
  std::string program = {};          // looked for where the shell does; empty: tagtill
  bool as_nobody = false;            // gives up the rights of root before it begins
  std::int64_t kill_after_ms = 0;    // kill -9; 0: it may take as long as it likes
};

// `arguments` without the program's name.
[[nodiscard]] ProgramResult run_program(const std::vector<std::string>& arguments,
                                        const ProgramInput& input = {});

}  // namespace tagtill
