#include "engine/handover.h"

#include <concurrentqueue/concurrentqueue.h>

#include <new>

namespace tagtill {

struct PointerQueue::Impl {
  explicit Impl(std::size_t capacity) : queue(capacity) {}
  moodycamel::ConcurrentQueue<void*> queue;
};

PointerQueue::PointerQueue(std::size_t capacity) : impl_(std::make_unique<Impl>(capacity)) {}
PointerQueue::~PointerQueue() = default;

void PointerQueue::push(void* item) {
  if (!impl_->queue.enqueue(item)) {
    throw std::bad_alloc();
  }
}

std::size_t PointerQueue::size() const { return impl_->queue.size_approx(); }

void* PointerQueue::pop() {
  void* item = nullptr;
  return impl_->queue.try_dequeue(item) ? item : nullptr;
}

}  // namespace tagtill
