// Bytes that live as long as the batch they stand in.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace tagtill {

// Owned by one thread at a time. Views stay valid, also when the arena is
// moved, until clear(), which keeps the chunks for the next batch: a recycled
// batch allocates nothing. Chunks are 64 KiB; a longer piece gets one of its
// own, which clear() gives back.
class Arena {
 public:
  Arena() = default;
  Arena(Arena&& other) noexcept
      : chunks_(std::move(other.chunks_)),
        large_(std::move(other.large_)),
        chunk_(std::exchange(other.chunk_, 0)),
        used_(std::exchange(other.used_, 0)) {}
  Arena& operator=(Arena&& other) noexcept {
    chunks_ = std::move(other.chunks_);
    large_ = std::move(other.large_);
    chunk_ = std::exchange(other.chunk_, 0);
    used_ = std::exchange(other.used_, 0);
    return *this;
  }
  ~Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  [[nodiscard]] std::string_view keep(std::string_view bytes) {
    if (bytes.empty()) {
      return {};
    }
    char* at = allocate(bytes.size());
    std::memcpy(at, bytes.data(), bytes.size());
    return {at, bytes.size()};
  }

  [[nodiscard]] char* allocate(std::size_t bytes) {
    if (bytes > kChunkBytes) {
      large_.push_back(std::make_unique_for_overwrite<char[]>(bytes));
      return large_.back().get();
    }
    if (chunk_ == chunks_.size() || kChunkBytes - used_ < bytes) {
      if (chunk_ < chunks_.size()) {
        ++chunk_;
      }
      if (chunk_ == chunks_.size()) {
        chunks_.push_back(std::make_unique_for_overwrite<char[]>(kChunkBytes));
      }
      used_ = 0;
    }
    char* at = chunks_[chunk_].get() + used_;
    used_ += bytes;
    return at;
  }

  // Room for `count` objects of a type that needs no destructor, aligned.
  template <typename T>
  [[nodiscard]] T* allocate_array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    void* at = allocate(count * sizeof(T) + alignof(T));
    std::size_t space = count * sizeof(T) + alignof(T);
    return new (std::align(alignof(T), count * sizeof(T), at, space)) T[count];
  }

  void clear() {
    chunk_ = 0;
    used_ = 0;
    large_.clear();
  }

 private:
  static constexpr std::size_t kChunkBytes = std::size_t{64} * 1024;

  std::vector<std::unique_ptr<char[]>> chunks_;
  std::vector<std::unique_ptr<char[]>> large_;
  std::size_t chunk_ = 0;  // the chunk that is being filled
  std::size_t used_ = 0;   // of it
};

}  // namespace tagtill
