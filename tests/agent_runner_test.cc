// Threads for agents.
#include "engine/agent_runner.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <vector>

#include "engine/handover.h"

namespace tagtill {
namespace {

using Numbers = Handover<int>;

// Hands on `count` numbers, in order.
class Source : public Agent {
 public:
  Source(Numbers& free, Numbers& to, int count) : free_(free), to_(to), count_(count) {}
  bool do_work() override {
    int* number = free_.take();
    if (number == nullptr) {
      return false;
    }
    *number = next_++;
    to_.give(number);
    return true;
  }
  [[nodiscard]] bool is_done() const override { return next_ == count_; }

 private:
  Numbers& free_;
  Numbers& to_;
  int count_;
  int next_ = 0;
};

class Drain : public Agent {
 public:
  Drain(Numbers& from, Numbers& free, int count) : from_(from), free_(free), count_(count) {}
  bool do_work() override {
    int* number = from_.take();
    if (number == nullptr) {
      return false;
    }
    in_order_ = in_order_ && *number == seen_;
    ++seen_;
    free_.give(number);
    return true;
  }
  [[nodiscard]] bool is_done() const override { return seen_ == count_; }
  [[nodiscard]] bool in_order() const { return in_order_; }

 private:
  Numbers& from_;
  Numbers& free_;
  int count_;
  int seen_ = 0;
  bool in_order_ = true;
};

// Both wait for each other again and again: a ring that is missed costs 100 ms, and a
// thousand of them the test its time.
TEST(AgentRunner, HandsOnInOrderAndMissesNoBell) {
  constexpr int kCount = 20'000;
  std::vector<int> numbers(3);
  Numbers free(numbers.size());
  Numbers full(numbers.size());
  Source source(free, full, kCount);
  Drain drain(full, free, kCount);
  std::vector<AgentThread> threads(2);
  threads[0].name = "source";
  threads[0].agents = {&source};
  threads[1].name = "drain";
  threads[1].agents = {&drain};
  free.ring_at({threads[0].bell});
  full.ring_at({threads[1].bell});
  for (int& number : numbers) {
    free.give(&number);
  }
  const auto start = std::chrono::steady_clock::now();
  int looks = 0;
  AgentRunner(std::move(threads))
      .run([&] { ++looks; }, std::chrono::milliseconds(10), [] { FAIL(); });
  EXPECT_TRUE(drain.in_order());
  EXPECT_GE(looks, 1);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

TEST(AgentRunner, OneThreadHasAllAgents) {
  std::vector<int> numbers(2);
  Numbers free(numbers.size());
  Numbers full(numbers.size());
  Source source(free, full, 1'000);
  Drain drain(full, free, 1'000);
  for (int& number : numbers) {
    free.give(&number);
  }
  std::vector<AgentThread> threads(1);
  threads[0].agents = {&drain, &source};
  AgentRunner(std::move(threads)).run([] {}, std::chrono::milliseconds(10), [] { FAIL(); });
  EXPECT_TRUE(drain.in_order());
}

// Never done, and without work unless told to fail.
class Waiter : public Agent {
 public:
  explicit Waiter(bool fails) : fails_(fails) {}
  bool do_work() override {
    if (fails_) {
      throw std::runtime_error("an agent failed");
    }
    return false;
  }
  [[nodiscard]] bool is_done() const override { return false; }

 private:
  bool fails_;
};

TEST(AgentRunner, WhenOneFailsAllEndAndTheErrorComesOut) {
  Waiter waiting(false);
  Waiter failing(true);
  std::vector<AgentThread> threads(3);
  threads[0].agents = {&waiting};
  threads[1].agents = {&failing};
  threads[2].agents = {&waiting};
  std::atomic<int> told = 0;
  try {
    AgentRunner(std::move(threads)).run([] {}, std::chrono::hours(1), [&] { ++told; });
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "an agent failed");
  }
  EXPECT_EQ(told, 1);
}

TEST(AgentRunner, AWatchThatFailsEndsTheRun) {
  Waiter waiting(false);
  std::vector<AgentThread> threads(1);
  threads[0].agents = {&waiting};
  EXPECT_THROW(
      AgentRunner(std::move(threads))
          .run([] { throw std::runtime_error("no"); }, std::chrono::milliseconds(1), [] {}),
      std::runtime_error);
}

}  // namespace
}  // namespace tagtill
