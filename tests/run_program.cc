#include "tests/run_program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <thread>
#include <utility>

#include "tests/temp_folder.h"

namespace tagtill {
namespace {

constexpr unsigned kNobody = 65534;

// In the child: only calls that are safe after fork.
void connect_to(const char* path, int flags, int descriptor) {
  const int opened = ::open(path, flags, 0600);
  if (opened < 0 || ::dup2(opened, descriptor) < 0) {
    ::_exit(126);
  }
}

// Unless it ends before.
void kill_after(pid_t child, std::int64_t how_long_ms) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(how_long_ms);
  while (std::chrono::steady_clock::now() < end) {
    siginfo_t ended{};
    if (::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        ended.si_pid == child) {
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  ::kill(child, SIGKILL);
}

}  // namespace

std::string program_path() { return TAGTILL_PROGRAM; }

// Through files, not pipes: nothing can fill up and wait.
ProgramResult run_program(const std::vector<std::string>& arguments, const ProgramInput& input) {
  const TempFolder folder;
  const std::string in = folder.write("in", input.standard_input);
  const std::string out =
      input.standard_output.empty() ? folder.path("out") : input.standard_output;
  const std::string err = folder.path("err");
  std::string program = input.program.empty() ? program_path() : input.program;
  std::vector<std::string> copies = arguments;
  std::vector<char*> pointers = {program.data()};
  for (std::string& copy : copies) {
    pointers.push_back(copy.data());
  }
  pointers.push_back(nullptr);

  const pid_t child = ::fork();
  if (child == 0) {
    connect_to(in.c_str(), O_RDONLY, STDIN_FILENO);
    connect_to(out.c_str(), O_WRONLY | O_CREAT, STDOUT_FILENO);
    connect_to(err.c_str(), O_WRONLY | O_CREAT, STDERR_FILENO);
    if (!input.folder.empty() && ::chdir(input.folder.c_str()) != 0) {
      ::_exit(126);
    }
    if (input.as_nobody && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) {
      ::_exit(126);
    }
    ::execvp(program.c_str(), pointers.data());
    ::_exit(127);
  }
  if (child > 0 && input.kill_after_ms > 0) {
    kill_after(child, input.kill_after_ms);
  }
  ProgramResult result;
  int status = 0;
  rusage used{};
  if (child > 0 && ::wait4(child, &status, 0, &used) == child && WIFEXITED(status)) {
    result.exit_code = WEXITSTATUS(status);
    result.peak_bytes = static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
  }
  if (input.standard_output.empty()) {
    result.out = read_file(out);
  }
  result.err = read_file(err);
  return result;
}

RunningProgram::RunningProgram(const std::vector<std::string>& arguments, const std::string& folder,
                               const How& how) {
  std::string program = how.program.empty() ? program_path() : how.program;
  std::vector<std::string> copies = arguments;
  std::vector<char*> pointers = {program.data()};
  for (std::string& copy : copies) {
    pointers.push_back(copy.data());
  }
  pointers.push_back(nullptr);
  std::vector<std::string> more = how.environment;
  std::vector<char*> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    variables.push_back(*variable);
  }
  for (std::string& variable : more) {
    variables.push_back(variable.data());
  }
  variables.push_back(nullptr);
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  child_ = ::fork();
  if (child_ == 0) {
    (void)::dup2(ends[0], STDIN_FILENO);
    connect_to("/dev/null", O_WRONLY, STDOUT_FILENO);
    connect_to("/dev/null", O_WRONLY, STDERR_FILENO);
    if (::chdir(folder.c_str()) != 0) {
      ::_exit(126);
    }
    ::execve(program.c_str(), pointers.data(), variables.data());
    ::_exit(127);
  }
  ::close(ends[0]);
  input_ = ends[1];
}

RunningProgram::~RunningProgram() { kill(); }

void RunningProgram::write(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t written = ::write(input_, bytes.data(), bytes.size());
    ASSERT_GT(written, 0);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void RunningProgram::kill() {
  if (child_ > 0) {
    ::kill(child_, SIGKILL);
    (void)end();
  }
}

void RunningProgram::signal(int signal) const { ::kill(child_, signal); }

int RunningProgram::stop(int signal) {
  this->signal(signal);
  int status = 0;
  const int child = std::exchange(child_, -1);
  ::close(std::exchange(input_, -1));
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int RunningProgram::end() {
  ::close(std::exchange(input_, -1));
  int status = 0;
  const int child = std::exchange(child_, -1);
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace tagtill
