// An output that accepts nothing for a long time, at full input: the outbox, its limit, and the
// memory of the program.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/post_lines.h"
#include "tests/run_program.h"
#include "tests/temp_folder.h"
#include "tests/webhook_receiver.h"
#include "tools/pipeline/state_agent.h"

namespace tagtill {
namespace {

using Seconds = std::chrono::duration<double>;
using TimePoint = std::chrono::steady_clock::time_point;

TimePoint now() { return std::chrono::steady_clock::now(); }

// TAGTILL_STALL_SECONDS=300 for the long test.
double stall_seconds() {
  const char* const given = std::getenv("TAGTILL_STALL_SECONDS");
  return given == nullptr ? 3 : std::strtod(given, nullptr);
}

// `VmHWM` and the like of a process, in bytes.
std::uint64_t memory_of(int process, const std::string& field) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field + ":")) {
      return std::strtoull(line.c_str() + field.size() + 1, nullptr, 10) * 1'024;
    }
  }
  return 0;
}

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    lines.push_back(line);
  }
  return lines;
}

// `--events`, and a webhook that accepts nothing until it is told to; a stream that has no end
// until it is told to: posts of nobody, and in every thousand of them an intent.
class Outbox : public ::testing::Test {
 protected:
  static constexpr std::int64_t kBegin = 1'388'600'000'000;

  Outbox() : receiver_([this](const ReceivedRequest&, std::size_t) { return answer(); }) {
    folder_.write("offers",
                  R"({"id":"mug","tag":"mug","title":"Mug","price_minor":500,)"
                  R"("currency":"EUR","fulfilment":"ship",)"
                  R"("starts_at":"2014-01-01T00:00:00Z","ends_at":"2034-01-01T00:00:00Z",)"
                  R"("limit_per_member":1000000,"window_seconds":1})");
    std::string members;
    for (std::uint64_t i = 0; i < kMembers; ++i) {
      members += post_lines::member_line(std::to_string(i)) + "\n";
    }
    folder_.write("members", members);
    folder_.write("secret", "0123456789abcdef0123456789abcdef");
    folder_.write("webhook-secret", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
    for (int i = 0; i < 999; ++i) {
      filler_ += R"({"id_str":"1","timestamp_ms":"1388600000000","text":"nothing to see here, )" +
                 std::string(400, 'x') + R"(","user":{"id_str":"nobody"}})" + "\n";
    }
  }

  [[nodiscard]] std::vector<std::string> arguments(const std::string& name,
                                                   std::uint64_t outbox_max,
                                                   const std::string& sink_options) const {
    return {"replay",
            "--offers",
            "offers",
            "--members",
            "members",
            "--secret-file",
            "secret",
            "--summary",
            "none",
            "--progress",
            "off",
            "--durability",
            "process",
            "--state",
            name + ".state",
            "--events",
            name + ".jsonl",
            "--outbox-max",
            std::to_string(outbox_max),
            "--sink",
            "webhook:" + receiver_.url() +
                "?secret-file=webhook-secret&events=all&drop-late-prompts=no" + sink_options,
            "-"};
  }

  // Writes the stream on a thread of its own, since the program may make it wait.
  class Writer {
   public:
    Writer(const RunningProgram& program, const std::string& filler)
        : thread_([this, &program, &filler] {
            while (!ends_) {
              const std::uint64_t i = intents_;
              program.write(filler);
              program.write(post_lines::line_of({.id = std::to_string(i + 10),
                                                 .author = std::to_string(i % kMembers),
                                                 .at = kBegin + static_cast<std::int64_t>(i) * 10,
                                                 .text = "#mug"}) +
                            "\n");
              ++intents_;
            }
          }) {}
    ~Writer() { (void)end(); }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    [[nodiscard]] std::uint64_t intents() const { return intents_; }
    std::uint64_t end() {
      ends_ = true;
      if (thread_.joinable()) {
        thread_.join();
      }
      return intents_;
    }

   private:
    std::atomic<bool> ends_{false};
    std::atomic<std::uint64_t> intents_{0};
    std::thread thread_;
  };

  struct Outcome {
    std::uint64_t intents = 0;
    std::uint64_t intents_in_stall = 0;
    std::uint64_t events_in_stall = 0;  // that stood in the file at its end
    std::uint64_t peak_bytes = 0;
  };

  using IsOver = std::function<bool(Seconds since_start)>;
  static IsOver after(double seconds) {
    return [seconds](Seconds since_start) { return since_start.count() >= seconds; };
  }

  // The receiver accepts nothing until the stall is over, then everything; the stream goes on for
  // so many seconds.
  Outcome run(const std::string& name, std::uint64_t outbox_max, const std::string& sink_options,
              const IsOver& stall_is_over, double goes_on = 1) {
    accepts_ = false;
    Outcome outcome;
    RunningProgram program(arguments(name, outbox_max, sink_options), folder_.path("."));
    {
      Writer writer(program, filler_);
      const TimePoint start = now();
      while (!stall_is_over(now() - start)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
      outcome.intents_in_stall = writer.intents();
      outcome.events_in_stall = events_in(name);
      accepts_ = true;
      std::this_thread::sleep_for(Seconds(goes_on));
      outcome.peak_bytes = memory_of(program.process(), "VmHWM");
      outcome.intents = writer.end();
    }
    EXPECT_EQ(program.end(), 0);
    return outcome;
  }

  [[nodiscard]] std::uint64_t events_in(const std::string& name) const {
    return lines_of(folder_.path(name + ".jsonl")).size();
  }

  static void say(const Outcome& outcome) {
    std::cout << outcome.intents << " intents, " << outcome.intents_in_stall
              << " until the receiver accepted, " << outcome.events_in_stall
              << " events in the file by then; peak "
              << static_cast<double>(outcome.peak_bytes) / (1 << 20) << " MiB\n";
  }

  // What the file has, the receiver has, once it is counted once; every intent has its prompt.
  void expect_nothing_lost(const std::string& name, std::uint64_t intents) {
    const std::vector<std::string> lines = lines_of(folder_.path(name + ".jsonl"));
    const auto prompts = static_cast<std::uint64_t>(std::ranges::count_if(
        lines, [](const std::string& line) { return line.starts_with(R"({"type":"prompt")"); }));
    EXPECT_EQ(prompts, intents);
    std::set<std::string> received;
    for (const ReceivedRequest& request : receiver_.accepted()) {
      received.insert(request.body);
    }
    EXPECT_EQ(received, std::set<std::string>(lines.begin(), lines.end()));
    EXPECT_EQ(received.size(), lines.size());
  }

  static constexpr std::uint64_t kMembers = 20'000;

  TempFolder folder_;
  std::atomic<bool> accepts_{false};
  std::string filler_;
  WebhookReceiver receiver_;

 private:
  ReceiverReply answer() {
    ReceiverReply reply;
    if (!accepts_) {
      reply.status = 503;
      reply.headers = {"retry-after: 1"};
    }
    return reply;
  }
};

TEST_F(Outbox, WhenItIsFullTheRunWaitsAndNothingIsLost) {
  constexpr std::uint64_t kMost = 500;
  const Outcome outcome = run("full", kMost, "", [this](Seconds since_start) {
    return since_start.count() >= stall_seconds() &&
           (events_in("full") >= kMost || since_start.count() > 120);
  });
  say(outcome);
  // The other output has all that the outbox holds, and a parcel more; what was read beyond that
  // waits.
  EXPECT_GE(outcome.events_in_stall, kMost);
  EXPECT_LT(outcome.events_in_stall, kMost + outcome.intents_in_stall / 2);
  expect_nothing_lost("full", outcome.intents);
}

TEST_F(Outbox, UntilItIsFullNobodyWaitsAndMemoryDoesNotGrow) {
  const Outcome flowing = run("flowing", StateAgent::kOutboxMax, "", after(0), stall_seconds() + 1);
  expect_nothing_lost("flowing", flowing.intents);
  receiver_.forget_accepted();
  const Outcome stalled = run("stalled", StateAgent::kOutboxMax, "", after(stall_seconds()));
  say(flowing);
  say(stalled);
  EXPECT_GT(stalled.events_in_stall, stalled.intents_in_stall / 4);
  EXPECT_LT(static_cast<double>(stalled.peak_bytes),
            1.25 * static_cast<double>(flowing.peak_bytes));
  expect_nothing_lost("stalled", stalled.intents);
}

TEST_F(Outbox, GrowsForOneThatNobodyIsToWaitFor) {
  constexpr std::uint64_t kMost = 300;
  const Outcome outcome = run("exempt", kMost, "&full-outbox=grow", [this](Seconds since_start) {
    return events_in("exempt") > 4 * kMost || since_start.count() > 120;
  });
  say(outcome);
  EXPECT_GT(outcome.events_in_stall, 4 * kMost);
  expect_nothing_lost("exempt", outcome.intents);
}

}  // namespace
}  // namespace tagtill
