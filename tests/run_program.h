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

// Of the program `tagtill`.
[[nodiscard]] std::string program_path();

// `arguments` without the program's name.
[[nodiscard]] ProgramResult run_program(const std::vector<std::string>& arguments,
                                        const ProgramInput& input = {});

// A program that runs beside the test, which writes to its standard input. One that still runs
// at the end is killed.
class RunningProgram {
 public:
  struct How {
    std::string program = {};                   // a path; empty: tagtill
    std::vector<std::string> environment = {};  // `NAME=value`, beside the test's
  };

  RunningProgram(const std::vector<std::string>& arguments, const std::string& folder)
      : RunningProgram(arguments, folder, How{}) {}
  RunningProgram(const std::vector<std::string>& arguments, const std::string& folder,
                 const How& how);
  ~RunningProgram();
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  void write(std::string_view bytes) const;
  [[nodiscard]] int process() const { return child_; }
  // kill -9.
  void kill();
  void signal(int signal) const;
  // Sends the signal and waits; the exit code.
  int stop(int signal);
  // Ends its standard input and waits; the exit code.
  int end();

 private:
  int child_ = -1;
  int input_ = -1;
};

}  // namespace tagtill
