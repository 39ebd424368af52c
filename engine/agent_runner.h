// Threads, on processor cores, for agents.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/agent.h"
#include "engine/doorbell.h"

namespace tagtill {

// What one thread does.
struct AgentThread {
  std::string name;            // at most 15 bytes: as `top` shows it
  std::vector<Agent*> agents;  // the first one with work goes first: put the last step of a
                               // flow first, then what was begun is finished before more is
  std::vector<int> cores;      // where it may run; empty: anywhere
  std::shared_ptr<Doorbell> bell = std::make_shared<Doorbell>();
};

// Runs agents to their ends. A thread without work waits at its doorbell: whoever hands
// something to one of its agents must ring it (Handover::ring_at). In case what an agent
// waits for rings no bell, as time does not, it looks for work every 100 ms.
//
// Used by one thread, which must outlive the threads that it starts.
class AgentRunner {
 public:
  // The agents must outlive run().
  explicit AgentRunner(std::vector<AgentThread> threads) : plans_(std::move(threads)) {}
  AgentRunner(const AgentRunner&) = delete;
  AgentRunner& operator=(const AgentRunner&) = delete;

  // Starts the threads, and returns when all agents are done. Meanwhile calls `watch` on
  // the calling thread, every `watch_every` and once at the end.
  //
  // When an agent or `watch` throws, `on_failure` is called (any thread, once), every
  // thread stops behind the piece of work it is doing, and the first error is thrown.
  void run(const std::function<void()>& watch, std::chrono::milliseconds watch_every,
           const std::function<void()>& on_failure);

 private:
  void run_thread(const AgentThread& plan);
  void run_agents(const AgentThread& plan);
  static bool do_round(const std::vector<Agent*>& agents);
  void fail(std::exception_ptr error);

  std::vector<AgentThread> plans_;
  std::function<void()> on_failure_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable thread_ended_;
  std::size_t running_ = 0;
  std::exception_ptr first_error_;
};

}  // namespace tagtill
