// Asking for memory before it is needed.
#pragma once

namespace tagtill {

// Asks for the cache line of `at`, to be written.
inline void prefetch_line(const void* at) {
  __builtin_prefetch(at, 1);
  // g++ takes a function that only prefetches for one without effect, and leaves out
  // the calls of it.
  asm volatile("");
}

}  // namespace tagtill
