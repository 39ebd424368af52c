// `tagtill serve` on a machine whose clock is set while it runs, by an hour forward and back: the
// wall clock decides nothing. The clock is libfaketime's; the monotonic one goes on, as it does
// when a real clock is set.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/plain_http.h"
#include "tests/run_program.h"
#include "tests/seeded.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kStepEvery{50};
constexpr double kHour = 3600;

class ClockSteps : public ::testing::Test {
 protected:
  void SetUp() override {
    if (TAGTILL_SANITIZED != 0) {
      GTEST_SKIP() << "A sanitizer wants to be loaded before libfaketime.";
    }
    if (!std::filesystem::exists(TAGTILL_FAKETIME)) {
      GTEST_SKIP() << "libfaketime is missing: tools/setup.sh --test installs it.";
    }
    const std::string seed = std::to_string(seeded::first_seed());
    SCOPED_TRACE("TAGTILL_SEED=" + seed);
    ASSERT_EQ(run({"corpus", "generate", "--out", "corpus", "--posts", "20000", "--candidates",
                   "0.1", "--posts-per-second", "10", "--seed", seed})
                  .exit_code,
              0);
    RecordProperty("seed", seed);
    http_port_ = free_port();
    source_port_ = free_port();
    folder_.write("tagtill.toml", R"([offers]
file = "corpus/offers.jsonl"
[members]
file = "corpus/members.jsonl"
[secret]
file = "corpus/secret"
[state]
path = "state"
journal = "all"
[events]
file = "events.jsonl"
[[sink]]
url = "jsonl:purchases.jsonl"
[[sink]]
url = "sqlite:purchases.db?events=all"
[http]
listen = "127.0.0.1:)" + std::to_string(http_port_) +
                                      R"("
[[source]]
kind = "tcp"
listen = "127.0.0.1:)" + std::to_string(source_port_) +
                                      R"("
idle_timeout = "2s"
)");
    set_clock(0);
  }

  [[nodiscard]] ProgramResult run(const std::vector<std::string>& arguments) const {
    return run_program(arguments, {.folder = folder_.path(".")});
  }
  [[nodiscard]] std::string file(const std::string& name) const {
    return read_file(folder_.path(name));
  }

  // A window ends at a tick, which stands elsewhere in each live run, or at the next candidate: so
  // the order of events may differ between runs of one stream (P3.8), and nothing else.
  [[nodiscard]] std::vector<std::string> sorted_lines(const std::string& name) const {
    std::istringstream text(file(name));
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) {
      lines.push_back(line);
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  // By so many seconds from what it is. As one change: who reads has the old one or the new one.
  void set_clock(double seconds) const {
    folder_.write("clock.new", (seconds < 0 ? "" : "+") + std::to_string(seconds) + "\n");
    std::filesystem::rename(folder_.path("clock.new"), folder_.path("clock"));
  }

  [[nodiscard]] RunningProgram::How with_clock() const {
    return {
        .program = TAGTILL_OWN_CLOCK,
        .environment = {std::string("LD_PRELOAD=") + TAGTILL_FAKETIME,
                        "FAKETIME_TIMESTAMP_FILE=" + folder_.path("clock"), "FAKETIME_NO_CACHE=1",
                        "FAKETIME_DONT_FAKE_MONOTONIC=1", "NO_FAKE_STAT=1"}};
  }

  // A step of an hour, forward or back, again and again until `is_done` says so. Returns how many.
  int step_until(const std::function<bool()>& is_done) const {
    constexpr std::array<double, 4> kClocks = {kHour, 0, -kHour, 0};
    int steps = 0;
    while (!is_done()) {
      set_clock(kClocks[static_cast<std::size_t>(steps++) % kClocks.size()]);
      std::this_thread::sleep_for(kStepEvery);
    }
    set_clock(0);
    return steps;
  }

  [[nodiscard]] double metric(const std::string& name) const {
    const std::string text = get(http_port_, "/metrics").body;
    const std::size_t at = text.find("\n" + name + " ");
    return at == std::string::npos ? std::nan("")
                                   : std::strtod(text.c_str() + at + name.size() + 2, nullptr);
  }
  [[nodiscard]] bool is_ready() const {
    const auto end = steady_clock::now() + std::chrono::minutes(1);
    while (steady_clock::now() < end) {
      if (PlainConnection(http_port_).connected() && get(http_port_, "/readyz").status == 200) {
        return true;
      }
      std::this_thread::sleep_for(milliseconds(10));
    }
    return false;
  }

  TempFolder folder_;
  std::uint16_t http_port_ = 0;
  std::uint16_t source_port_ = 0;
  const std::vector<std::string> serve_ = {"serve", "--config", "tagtill.toml"};
};

TEST_F(ClockSteps, NoDecisionChangesAndEverythingIsAcknowledged) {
  RunningProgram tier(serve_, folder_.path("."), with_clock());
  ASSERT_TRUE(is_ready());
  std::atomic<bool> sent = false;
  ProgramResult sending;
  std::thread sender([&] {
    sending = run({"send", "--to", "tcp:127.0.0.1:" + std::to_string(source_port_), "--stream",
                   "steps", "--speed", "5000/s", "--give-up-after", "60s", "--summary", "none",
                   "--progress", "off", "corpus/posts.json"});
    sent = true;
  });
  const int steps = step_until([&] { return sent.load(); });
  sender.join();
  EXPECT_EQ(sending.exit_code, 0) << sending.err;
  EXPECT_GE(steps, 20);
  // That the tier has seen them: its clock is what the stream's is compared with.
  const double lag = metric("tagtill_clock_lag_seconds");
  set_clock(kHour);
  EXPECT_NEAR(metric("tagtill_clock_lag_seconds") - lag, kHour, 60);
  set_clock(-kHour);
  EXPECT_NEAR(metric("tagtill_clock_lag_seconds") - lag, -kHour, 60);
  EXPECT_EQ(tier.stop(SIGTERM), 0);

  EXPECT_GT(file("corpus/purchases.jsonl").size(), 0U);
  EXPECT_EQ(file("purchases.jsonl"), file("corpus/purchases.jsonl"));
  const std::vector<std::string> replay = {"replay",
                                           "--offers",
                                           "corpus/offers.jsonl",
                                           "--members",
                                           "corpus/members.jsonl",
                                           "--secret-file",
                                           "corpus/secret",
                                           "--events",
                                           "replayed.jsonl",
                                           "--sink",
                                           "null:",
                                           "--summary",
                                           "none",
                                           "--progress",
                                           "off",
                                           "corpus/posts.json"};
  ASSERT_EQ(run(replay).exit_code, 0);
  EXPECT_TRUE(file("events.jsonl").find(R"("type":"expired")") != std::string::npos);
  EXPECT_TRUE(sorted_lines("events.jsonl") == sorted_lines("replayed.jsonl"));
  ASSERT_EQ(run({"replay", "--events", "again.jsonl", "--sink", "null:", "--summary", "none",
                 "--progress", "off", "journal:state"})
                .exit_code,
            0);
  EXPECT_TRUE(file("events.jsonl") == file("again.jsonl"));
}

TEST_F(ClockSteps, WhoIsSilentIsEndedByTheTimeThatPassedAndNobodyElse) {
  RunningProgram tier(serve_, folder_.path("."), with_clock());
  ASSERT_TRUE(is_ready());
  const auto begun = steady_clock::now();
  PlainConnection silent(source_port_);
  PlainConnection other(source_port_);
  ASSERT_TRUE(silent.send("\n") && other.send("\n"));
  std::atomic<bool> ended = false;
  steady_clock::duration after{};
  std::thread waiting([&] {
    (void)silent.read_to_end();
    after = steady_clock::now() - begun;
    ended = true;
  });
  // The other one brings a line with each step, and three seconds more.
  const auto until = begun + milliseconds(5'000);
  const int steps = step_until([&] {
    EXPECT_TRUE(other.send("\n"));
    return ended && steady_clock::now() > until;
  });
  waiting.join();
  EXPECT_GE(steps, 20);
  EXPECT_TRUE(silent.ended());
  EXPECT_GE(after, milliseconds(2'000));
  EXPECT_LT(after, milliseconds(20'000));
  EXPECT_EQ(metric("tagtill_connections"), 1);
  EXPECT_EQ(metric("tagtill_connections_ended_total{cause=\"idle\"}"), 1);
  EXPECT_EQ(tier.stop(SIGTERM), 0);
}

}  // namespace
}  // namespace tagtill
