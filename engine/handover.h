// Queues between agents: moodycamel's ConcurrentQueue, which stays in handover.cc.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "engine/doorbell.h"

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
  [[nodiscard]] std::size_t size() const;  // about

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

  // The bells of the threads that may wait for a thing. Before any of them starts; the bells
  // must outlive the last give().
  void ring_at(std::vector<std::shared_ptr<Doorbell>> bells) { bells_ = std::move(bells); }

  void give(T* thing) {
    queue_.push(thing);
    ring();
  }
  // For those who may wait for something that came another way.
  void ring() const {
    for (const auto& bell : bells_) {
      bell->ring();
    }
  }
  // Null if there is none now.
  [[nodiscard]] T* take() { return static_cast<T*>(queue_.pop()); }
  // How many there are, about.
  [[nodiscard]] std::size_t waiting() const { return queue_.size(); }

 private:
  PointerQueue queue_;
  std::vector<std::shared_ptr<Doorbell>> bells_;
};

}  // namespace tagtill
