// Asking for memory before it is needed.
#pragma once

#include <array>
#include <cstddef>

namespace tagtill {

// Asks for the cache line of `at`, to be written.
inline void prefetch_line(const void* at) {
  __builtin_prefetch(at, 1);
  // g++ takes a function that only prefetches for one without effect, and leaves out
  // the calls of it.
  asm volatile("");
}

// Lines that are asked for together, as soon as they are many, or by ask(). A processor
// does not finish an instruction that prefetches before it has found the address in the
// page tables, which takes as long as the memory where those are large, too: such
// look-ups overlap if they follow on each other, and not if each stands among the work
// that is to go on meanwhile.
class PrefetchList {
 public:
  void add(const void* at) {
    if (size_ == lines_.size()) {
      ask();
    }
    lines_[size_++] = at;
  }

  void ask() {
    for (std::size_t i = 0; i < size_; ++i) {
      prefetch_line(lines_[i]);
    }
    size_ = 0;
  }

 private:
  std::array<const void*, 64> lines_;
  std::size_t size_ = 0;
};

}  // namespace tagtill
