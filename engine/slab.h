// Records of one kind by number, in chunks.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/errors.h"
#include "engine/give_back.h"

namespace tagtill {

// Owned by one thread. A record is plain bytes: what refers to it does so by its
// number, which stays until it is removed, and which may then be used again. A
// reference to a record lives until the next add() or remove().
//
// Chunks of 256 records are allocated when all others are full, so nothing ever
// moves and no step is long; a chunk is given back when its last record goes (one
// is kept for the next). New records go into the holes that were made last: what is
// added at about the same time, and so ends at about the same time, stands together.
//
// Memory: the record and a quarter of a byte; holes of chunks that are in use.
// Bound: kRecordsMax; beyond it add() throws an Error (exit code 2: more shards are
// the answer, for each has slabs of its own).
template <typename Record>
class Slab {
  static_assert(std::is_trivially_copyable_v<Record> && std::is_trivially_destructible_v<Record>);

 public:
  using Index = std::uint32_t;
  static constexpr Index kNone = std::numeric_limits<Index>::max();
  static constexpr std::size_t kChunkRecords = 256;
  static constexpr std::size_t kRecordsMax = std::size_t{1} << 25;

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  [[nodiscard]] Record& operator[](Index index) {
    return records_[index / kChunkRecords].get()[index % kChunkRecords];
  }
  [[nodiscard]] const Record& operator[](Index index) const {
    return records_[index / kChunkRecords].get()[index % kChunkRecords];
  }

  Index add(const Record& record) {
    if (open_ == kNone) {
      open_chunk();
    }
    Chunk& chunk = chunks_[open_];
    std::size_t word = 0;
    while (chunk.used[word] == kFull) {
      ++word;
    }
    const auto bit = static_cast<std::size_t>(std::countr_one(chunk.used[word]));
    chunk.used[word] |= std::uint64_t{1} << bit;
    const auto index = static_cast<Index>(open_ * kChunkRecords + word * 64 + bit);
    new (&(*this)[index]) Record(record);
    ++size_;
    if (++chunk.live == kChunkRecords) {
      unlink(open_);
    }
    return index;
  }

  void remove(Index index) {
    const auto at = static_cast<Index>(index / kChunkRecords);
    Chunk& chunk = chunks_[at];
    chunk.used[index % kChunkRecords / 64] &= ~(std::uint64_t{1} << (index % 64));
    --size_;
    if (chunk.live-- == kChunkRecords) {
      link(at);
    }
    if (chunk.live == 0) {
      unlink(at);
      close_chunk(at);
    }
  }

  // Calls f(index) for each record, in the order of their numbers. f may change it, but
  // neither add nor remove any.
  template <typename F>
  void for_each(F&& f) {
    for (std::size_t at = 0; at < chunks_.size(); ++at) {
      for (std::size_t word = 0; word < kWords; ++word) {
        for (std::uint64_t rest = chunks_[at].used[word]; rest != 0; rest &= rest - 1) {
          f(static_cast<Index>(at * kChunkRecords + word * 64 +
                               static_cast<std::size_t>(std::countr_zero(rest))));
        }
      }
    }
  }

  // What the slab holds in memory.
  [[nodiscard]] std::size_t memory_bytes() const {
    std::size_t chunks = spare_ ? 1 : 0;
    for (const auto& records : records_) {
      chunks += records ? 1 : 0;
    }
    return chunks * kChunkRecords * sizeof(Record) + chunks_.capacity() * sizeof(Chunk) +
           records_.capacity() * sizeof(records_[0]) + closed_.capacity() * sizeof(Index);
  }

 private:
  static constexpr std::size_t kWords = kChunkRecords / 64;
  static constexpr std::uint64_t kFull = ~std::uint64_t{0};

  struct Free {
    void operator()(Record* records) const {
      ::operator delete (records, std::align_val_t{alignof(Record)});
    }
  };
  using Records = std::unique_ptr<Record, Free>;

  struct Chunk {
    std::array<std::uint64_t, kWords> used{};  // which records are
    std::uint32_t live = 0;
    Index before = kNone;  // among those that have holes
    Index behind = kNone;
  };

  void open_chunk() {
    Index at = kNone;
    if (!closed_.empty()) {
      at = closed_.back();
      closed_.pop_back();
    } else {
      at = static_cast<Index>(chunks_.size());
      if ((std::size_t{at} + 1) * kChunkRecords > kRecordsMax) {
        throw Error(ExitCode::kUsage,
                    "one shard holds 33 million records of one kind and can hold no more: run "
                    "it with more shards");
      }
      chunks_.emplace_back();
      records_.emplace_back();
    }
    records_[at] = spare_
                       ? std::move(spare_)
                       : Records(static_cast<Record*>(::operator new (
                             kChunkRecords * sizeof(Record), std::align_val_t{alignof(Record)})));
    link(at);
  }

  void close_chunk(Index at) {
    spare_ = std::move(records_[at]);
    records_[at].reset();
    closed_.push_back(at);
    if (size_ == 0) {  // and nothing refers to any number
      give_back(chunks_);
      give_back(records_);
      give_back(closed_);
    }
  }

  void link(Index at) {
    chunks_[at].before = kNone;
    chunks_[at].behind = open_;
    if (open_ != kNone) {
      chunks_[open_].before = at;
    }
    open_ = at;
  }

  void unlink(Index at) {
    Chunk& chunk = chunks_[at];
    (chunk.before == kNone ? open_ : chunks_[chunk.before].behind) = chunk.behind;
    if (chunk.behind != kNone) {
      chunks_[chunk.behind].before = chunk.before;
    }
  }

  std::vector<Records> records_;  // of each chunk
  std::vector<Chunk> chunks_;
  std::vector<Index> closed_;  // chunks without memory
  Records spare_;
  Index open_ = kNone;  // the first chunk that has holes
  std::size_t size_ = 0;
};

}  // namespace tagtill
