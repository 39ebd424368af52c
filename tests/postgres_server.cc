#include "tests/postgres_server.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace tagtill {
namespace {

constexpr uid_t kNobody = 65534;
constexpr std::chrono::seconds kStartWithin{60};

std::string read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// In the child: only calls that are safe after fork.
void become_child(const char* output, bool gives_up_root) {
  const int opened = ::open(output, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (opened < 0 || ::dup2(opened, STDOUT_FILENO) < 0 || ::dup2(opened, STDERR_FILENO) < 0) {
    ::_exit(126);
  }
  if (gives_up_root && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) {
    ::_exit(126);
  }
  // Behind the change of user, which would undo it.
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
}

}  // namespace

std::string PostgresServer::programs() {
  std::vector<std::string> found;
  std::error_code ignored;
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored)) {
    const std::string folder = (version.path() / "bin").string();
    if (::access((folder + "/postgres").c_str(), X_OK) == 0 &&
        ::access((folder + "/initdb").c_str(), X_OK) == 0) {
      found.push_back(folder);
    }
  }
  return found.empty() ? "" : *std::ranges::max_element(found);
}

PostgresServer::PostgresServer(std::string folder, std::vector<std::string> settings)
    : folder_(std::move(folder)), settings_(std::move(settings)) {
  if (::geteuid() == 0 && ::chown(folder_.c_str(), kNobody, kNobody) != 0) {
    problem_ = "the folder cannot be given to nobody";
    return;
  }
  if (run("initdb",
          {"-D", folder_ + "/data", "-U", "tester", "--auth=trust", "--no-sync", "-E", "UTF8",
           "--locale=C"},
          folder_ + "/initdb.log") != 0) {
    problem_ = "initdb failed:\n" + read_all(folder_ + "/initdb.log");
  }
}

PostgresServer::~PostgresServer() { stop(Stop::kImmediate); }

pid_t PostgresServer::spawn(const std::string& program, const std::vector<std::string>& arguments,
                            const std::string& output) const {
  std::string path = programs() + "/" + program;
  std::vector<std::string> copies = arguments;
  std::vector<char*> pointers = {path.data()};
  for (std::string& copy : copies) {
    pointers.push_back(copy.data());
  }
  pointers.push_back(nullptr);
  const bool gives_up_root = ::geteuid() == 0;
  const pid_t child = ::fork();
  if (child == 0) {
    become_child(output.c_str(), gives_up_root);
    if (::chdir("/") == 0) {
      ::execv(path.c_str(), pointers.data());
    }
    ::_exit(127);
  }
  return child;
}

int PostgresServer::run(const std::string& program, const std::vector<std::string>& arguments,
                        const std::string& output) const {
  int status = 0;
  const pid_t child = spawn(program, arguments, output);
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status)
             ? WEXITSTATUS(status)
             : -1;
}

void PostgresServer::start() {
  std::vector<std::string> arguments = {"-D", folder_ + "/data",  "-k", folder_,
                                        "-c", "listen_addresses="};
  for (const std::string& setting : settings_) {
    arguments.insert(arguments.end(), {"-c", setting});
  }
  // After kill -9 what it left behind may still be ending: the next start is refused meanwhile.
  const auto end = std::chrono::steady_clock::now() + kStartWithin;
  do {
    server_ = spawn("postgres", arguments, folder_ + "/server.log");
    while (server_ > 0 && std::chrono::steady_clock::now() < end) {
      if (run("pg_isready", {"-q", "-h", folder_}, "/dev/null") == 0) {
        return;
      }
      if (::waitpid(server_, nullptr, WNOHANG) == server_) {
        server_ = -1;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  } while (std::chrono::steady_clock::now() < end);
  problem_ = "the server does not start:\n" + read_all(folder_ + "/server.log");
}

void PostgresServer::stop(Stop how) {
  if (server_ <= 0) {
    return;
  }
  ::kill(server_, how == Stop::kFast ? SIGINT : how == Stop::kImmediate ? SIGQUIT : SIGKILL);
  ::waitpid(server_, nullptr, 0);
  server_ = -1;
}

std::string PostgresServer::where() const {
  return "host=" + folder_ + " user=tester dbname=postgres";
}

std::string PostgresServer::ask(const std::string& sql, const std::string& database) {
  const std::string output = folder_ + "/answer";
  ::unlink(output.c_str());
  const int code = run("psql",
                       {"-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", folder_, "-U", "tester",
                        "-d", database, "-c", sql},
                       output);
  const std::string answer = read_all(output);
  return code == 0 ? answer : "psql failed: " + answer;
}

}  // namespace tagtill
