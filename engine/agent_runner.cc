#include "engine/agent_runner.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "engine/cores.h"

namespace tagtill {
namespace {

constexpr std::chrono::milliseconds kLongestWait{100};

}  // namespace

void AgentRunner::run(const std::function<void()>& watch, std::chrono::milliseconds watch_every,
                      const std::function<void()>& on_failure) {
  on_failure_ = on_failure;
  running_ = plans_.size();
  {
    std::vector<std::jthread> threads;
    threads.reserve(plans_.size());
    for (const AgentThread& plan : plans_) {
      threads.emplace_back([this, &plan] { run_thread(plan); });
    }
    try {
      std::unique_lock lock(mutex_);
      while (!thread_ended_.wait_for(lock, watch_every, [&] { return running_ == 0; })) {
        lock.unlock();
        watch();
        lock.lock();
      }
    } catch (...) {
      fail(std::current_exception());
    }
  }
  if (!first_error_) {
    watch();
  }
  if (first_error_) {
    std::rethrow_exception(first_error_);
  }
}

void AgentRunner::run_thread(const AgentThread& plan) {
  // A name is for people: without one the thread works as well.
  (void)::pthread_setname_np(::pthread_self(), plan.name.c_str());
  try {
    run_on_cores(plan.cores);
    run_agents(plan);
  } catch (...) {
    fail(std::current_exception());
  }
  {
    const std::lock_guard lock(mutex_);
    --running_;
  }
  thread_ended_.notify_one();
}

void AgentRunner::run_agents(const AgentThread& plan) {
  const auto all_done = [&] {
    return std::all_of(plan.agents.begin(), plan.agents.end(),
                       [](const Agent* agent) { return agent->is_done(); });
  };
  while (!stopping_) {
    if (do_round(plan.agents)) {
      continue;
    }
    if (all_done()) {
      return;
    }
    const Doorbell::Ticket ticket = plan.bell->announce();
    if (stopping_ || do_round(plan.agents) || all_done()) {
      plan.bell->withdraw();
      continue;
    }
    plan.bell->wait(ticket, kLongestWait);
  }
}

bool AgentRunner::do_round(const std::vector<Agent*>& agents) {
  return std::any_of(agents.begin(), agents.end(),
                     [](Agent* agent) { return !agent->is_done() && agent->do_work(); });
}

void AgentRunner::fail(std::exception_ptr error) {
  {
    const std::lock_guard lock(mutex_);
    if (first_error_) {
      return;
    }
    first_error_ = std::move(error);
  }
  stopping_ = true;
  on_failure_();
  for (const AgentThread& plan : plans_) {
    plan.bell->ring();
  }
}

}  // namespace tagtill
