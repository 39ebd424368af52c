#include "tests/browser.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <simdjson.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>

#include "engine/event.h"
#include "tests/run_program.h"

namespace tagtill {
namespace {

constexpr std::chrono::minutes kPatience{1};

std::string as_json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

// A member's value: a string as it is, else as JSON; empty if there is none.
std::string member(std::string_view json, std::string_view pointer) {
  simdjson::dom::parser parser;
  simdjson::dom::element value;
  if (parser.parse(json.data(), json.size()).at_pointer(pointer).get(value) != simdjson::SUCCESS) {
    return "";
  }
  std::string_view text;
  return value.get(text) == simdjson::SUCCESS ? std::string(text) : simdjson::minify(value);
}

}  // namespace

bool Browser::is_there() {
  return run_program({"--version"}, {.program = "chromium"}).exit_code == 0;
}

Browser::Browser() {
  std::array<int, 2> commands{};
  std::array<int, 2> answers{};
  EXPECT_EQ(::pipe2(commands.data(), O_CLOEXEC), 0);
  EXPECT_EQ(::pipe2(answers.data(), O_CLOEXEC), 0);
  const std::string profile = "--user-data-dir=" + folder_.path("profile");
  std::array<const char*, 12> arguments = {"chromium",
                                           "--headless=new",
                                           "--no-sandbox",
                                           "--disable-gpu",
                                           "--disable-extensions",
                                           "--no-first-run",
                                           "--disable-background-networking",
                                           "--remote-debugging-pipe",
                                           "--host-resolver-rules=MAP * ~NOTFOUND, "
                                           "EXCLUDE 127.0.0.1",
                                           profile.c_str(),
                                           "about:blank",
                                           nullptr};
  child_ = ::fork();
  if (child_ == 0) {
    // It reads commands from 3 and writes answers to 4; both may be in the way of each other.
    (void)::setpgid(0, 0);
    const int from = ::fcntl(commands[0], F_DUPFD, 10);
    const int to = ::fcntl(answers[1], F_DUPFD, 10);
    (void)::dup2(from, 3);
    (void)::dup2(to, 4);
    ::close(from);
    ::close(to);
    const int nowhere = ::open("/dev/null", O_RDWR);
    (void)::dup2(nowhere, STDOUT_FILENO);
    (void)::dup2(nowhere, STDERR_FILENO);
    ::execvp("chromium", const_cast<char* const*>(arguments.data()));
    ::_exit(127);
  }
  ::close(commands[0]);
  ::close(answers[1]);
  to_ = commands[1];
  from_ = answers[0];
  const std::string target =
      member(call("Target.createTarget", R"({"url":"about:blank"})"), "/targetId");
  session_ = member(
      call("Target.attachToTarget", R"({"flatten":true,"targetId":)" + as_json(target) + "}"),
      "/sessionId");
  call("Runtime.enable", "{}");
  call("Log.enable", "{}");
  call("Page.enable", "{}");
}

Browser::~Browser() {
  ::close(to_);
  ::close(from_);
  ::kill(-child_, SIGKILL);
  int status = 0;
  (void)::waitpid(child_, &status, 0);
}

void Browser::open(const std::string& url) {
  call("Page.navigate", "{\"url\":" + as_json(url) + "}");
  EXPECT_TRUE(comes_true("location.href !== 'about:blank' && document.readyState === 'complete'"));
}

void Browser::set_size(int width, int height) {
  call("Emulation.setDeviceMetricsOverride", "{\"width\":" + std::to_string(width) +
                                                 ",\"height\":" + std::to_string(height) +
                                                 R"(,"deviceScaleFactor":1,"mobile":false})");
}

void Browser::prefer_dark() {
  call("Emulation.setEmulatedMedia",
       R"({"features":[{"name":"prefers-color-scheme","value":"dark"}]})");
}

std::string Browser::evaluate(const std::string& expression) {
  return member(call("Runtime.evaluate",
                     R"({"returnByValue":true,"expression":)" + as_json(expression) + "}"),
                "/result/value");
}

bool Browser::comes_true(const std::string& expression) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (evaluate(expression) != "true") {
    if (std::chrono::steady_clock::now() > end) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

std::string Browser::call(const std::string& method, const std::string& parameters) {
  const std::string id = std::to_string(++calls_);
  std::string command = "{\"id\":" + id + ",\"method\":" + as_json(method);
  if (!session_.empty()) {
    command += ",\"sessionId\":" + as_json(session_);
  }
  command += ",\"params\":" + parameters + "}";
  command.push_back('\0');
  for (std::string_view rest = command; !rest.empty();) {
    const ssize_t written = ::write(to_, rest.data(), rest.size());
    if (written <= 0) {
      ADD_FAILURE() << "the browser takes no commands";
      return "{}";
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  for (std::string message; read_message(message);) {
    if (member(message, "/id") == id) {
      EXPECT_EQ(member(message, "/error"), "") << method;
      return member(message, "/result");
    }
    take_notice(message);
  }
  ADD_FAILURE() << "the browser does not answer to " << method;
  return "{}";
}

bool Browser::read_message(std::string& message) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    const std::size_t length = read_.find('\0');
    if (length != std::string::npos) {
      message = read_.substr(0, length);
      read_.erase(0, length + 1);
      return true;
    }
    pollfd wanted{from_, POLLIN, 0};
    std::array<char, 65'536> bytes{};
    if (::poll(&wanted, 1, 100) == 1) {
      const ssize_t got = ::read(from_, bytes.data(), bytes.size());
      if (got <= 0) {
        return false;
      }
      read_.append(bytes.data(), static_cast<std::size_t>(got));
    } else if (std::chrono::steady_clock::now() > end) {
      return false;
    }
  }
}

void Browser::take_notice(std::string_view message) {
  const std::string method = member(message, "/method");
  const std::string level = method == "Log.entryAdded" ? member(message, "/params/entry/level")
                                                       : member(message, "/params/type");
  if (method == "Runtime.exceptionThrown" || level == "error" || level == "warning") {
    complaints_.emplace_back(message);
  }
}

}  // namespace tagtill
