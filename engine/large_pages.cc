#include "engine/large_pages.h"

#include <new>
#include <utility>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace tagtill {
namespace {

std::align_val_t alignment_of(std::size_t bytes) {
  constexpr std::size_t kCacheLine = 64;
  return std::align_val_t{bytes < LargePages::kPage ? kCacheLine : LargePages::kPage};
}

}  // namespace

LargePages::LargePages(std::size_t bytes)
    : data_(::operator new(bytes, alignment_of(bytes))), size_(bytes) {
#ifdef MADV_HUGEPAGE
  if (bytes >= kPage) {
    madvise(data_, bytes, MADV_HUGEPAGE);  // an advice: it may be refused
  }
#endif
}

LargePages::LargePages(LargePages&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

LargePages::~LargePages() {
  if (data_ != nullptr) {
    ::operator delete(data_, alignment_of(size_));
  }
}

}  // namespace tagtill
