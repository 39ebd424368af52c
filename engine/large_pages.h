// Memory in pages of 2 MiB, where the system has them.
#pragma once

#include <cstddef>

namespace tagtill {

// Uninitialised memory of the given size, which it owns; moves, and does not copy.
// From 2 MiB on it begins at a multiple of that, and the system is asked for large
// pages (Linux: MADV_HUGEPAGE, which /sys/kernel/mm/transparent_hugepage/enabled must
// allow; it is `madvise` or `always` by default). Without them it is memory as any other.
//
// The system clears a large page when it is first written to, in one step: 7 ms on the
// virtual machine on which this was measured. Throws std::bad_alloc.
class LargePages {
 public:
  static constexpr std::size_t kPage = std::size_t{2} << 20;

  explicit LargePages(std::size_t bytes);
  LargePages(LargePages&& other) noexcept;
  LargePages& operator=(LargePages&&) = delete;
  ~LargePages();

  [[nodiscard]] void* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  void* data_;
  std::size_t size_;
};

}  // namespace tagtill
