// Queues between agents: moodycamel's ConcurrentQueue, which stays in handover.cc.
#pragma once

#include <cstddef>
#include <memory>

namespace tagtill {

// Of pointers; what Handover is made of.
class PointerQueue {
 public:
  explicit PointerQueue(std::size_t capacity);
  ~PointerQueue();
  PointerQueue(const PointerQueue&) = delete;
  PointerQueue& operator=(const PointerQueue&) = delete;

  void push(void* item);
  [[nodiscard]] void* pop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Hands blocks and batches from agent to agent. Any threads. What one thread gives comes
// out in its order; between what several threads give there is none.
//
// Never waits and has no bound of its own: it is bounded because the things that go round
// in it are. It owns nothing.
template <typename T>
class Handover {
 public:
  // How many things there will be at most.
  explicit Handover(std::size_t things) : queue_(things) {}

  void give(T* thing) { queue_.push(thing); }
  // Null if there is none now.
  [[nodiscard]] T* take() { return static_cast<T*>(queue_.pop()); }

 private:
  PointerQueue queue_;
};

}  // namespace tagtill
