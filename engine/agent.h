// A part of the pipeline that does its work in small pieces, so that a thread can
// have one or several of them.
#pragma once

#include <cstddef>

namespace tagtill {

// Used by one thread at a time. What it makes must not depend on when its pieces are
// done, nor on which thread: an AgentRunner and a test may schedule them as they like.
class Agent {
 public:
  Agent() = default;
  virtual ~Agent() = default;
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // Does one piece of work, as a block. Returns false if there is none to do now: what it
  // needs has not come, or nobody has taken what it made. It does not wait for either.
  // May throw; then nothing of it is called again.
  [[nodiscard]] virtual bool do_work() = 0;

  // It will never have work again.
  [[nodiscard]] virtual bool is_done() const = 0;
};

}  // namespace tagtill
