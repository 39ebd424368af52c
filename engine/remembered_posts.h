// The posts by which duplicates are known (P3.4).
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/due.h"
#include "engine/hash_index.h"
#include "engine/id_table.h"
#include "engine/slab.h"
#include "engine/time.h"
#include "engine/timing_wheel.h"

namespace tagtill {

// Part of a Shard, whose ids and wheel it uses.
//
// Memory: 24 bytes a post, with wheel and index 42 (625,000 in one shard). A post is given
// back when clock − L has passed what it was last scheduled for.
class RememberedPosts {
 public:
  RememberedPosts(IdTable& ids, TimingWheel& wheel) : ids_(ids), wheel_(wheel) {}

  // W of P3.4, with the catalogue in force.
  void set_longest_window(Millis longest_window_ms, Millis bound);

  // Remembers the post until clock − L passes `at` + W. O(1).
  void remember(const Id& author, const Id& post, Millis at);
  [[nodiscard]] bool remembers(const Id& author, const Id& post, Millis bound) const;
  // In two steps.
  void prefetch(const Id& author, const Id& post, PrefetchList& list) const;
  void prefetch_record(const Id& author, const Id& post, PrefetchList& list) const;

  // Calls f(author, post, at) for each post that is not forgotten; f may change nothing.
  template <typename F>
  void for_each(Millis bound, F&& f) {
    posts_.for_each([&](std::uint32_t index) {
      if (const Post& post = posts_[index]; until(post) >= bound) {
        f(post.author, post.post, post.at);
      }
    });
  }

  // Calls f(key) for each id that is held here, as often as it is.
  template <typename F>
  void for_each_id(F&& f) {
    posts_.for_each([&](std::uint32_t index) {
      f(posts_[index].author);
      f(posts_[index].post);
    });
  }

  // For the wheel.
  [[nodiscard]] Millis due(std::uint32_t index) const { return until(posts_[index]); }
  void prefetch(std::uint32_t index, PrefetchList& list) const { list.add(&posts_[index]); }
  void expect(std::uint32_t index, PrefetchList& list) const {
    by_ids_.prefetch(hash_of(index), list);
  }
  // The entry has come back: gives the post up, or schedules it anew.
  void fall_due(std::uint32_t index, Millis bound);

  [[nodiscard]] std::size_t size() const { return posts_.size(); }
  [[nodiscard]] std::size_t memory_bytes() const {
    return posts_.memory_bytes() + by_ids_.memory_bytes();
  }

 private:
  struct Post {
    IdKey author;
    IdKey post;
    Millis at;
  };

  [[nodiscard]] Millis until(const Post& post) const { return post.at + longest_window_ms_; }
  [[nodiscard]] std::uint32_t find(IdKey author, IdKey post) const;
  [[nodiscard]] std::uint64_t hash_of(std::uint32_t index) const {
    return hash_keys(posts_[index].author, posts_[index].post);
  }

  IdTable& ids_;
  TimingWheel& wheel_;
  Slab<Post> posts_;
  HashIndex by_ids_;
  Millis longest_window_ms_ = 0;
};

}  // namespace tagtill
