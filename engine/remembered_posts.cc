#include "engine/remembered_posts.h"

namespace tagtill {

std::uint32_t RememberedPosts::find(IdKey author, IdKey post) const {
  return by_ids_.find(hash_keys(author, post), [&](std::uint32_t index) {
    return posts_[index].post == post && posts_[index].author == author;
  });
}

void RememberedPosts::remember(const Id& author, const Id& post, Millis at) {
  const Post remembered{ids_.acquire(author), ids_.acquire(post), at};
  if (const std::uint32_t known = find(remembered.author, remembered.post);
      known != HashIndex::kNone) {
    posts_[known].at = at;  // its wheel entry finds the new time
    ids_.release(remembered.author);
    ids_.release(remembered.post);
    return;
  }
  const std::uint32_t index = posts_.add(remembered);
  by_ids_.add(hash_of(index), index, [this](std::uint32_t other) { return hash_of(other); });
  wheel_.schedule(until(remembered), wheel_entry(DueKind::kPost, index));
}

bool RememberedPosts::remembers(const Id& author, const Id& post, Millis bound) const {
  const IdKey author_key = ids_.find(author);
  const IdKey post_key = ids_.find(post);
  if (author_key == kNoId || post_key == kNoId) {
    return false;
  }
  const std::uint32_t index = find(author_key, post_key);
  return index != HashIndex::kNone && bound <= until(posts_[index]);
}

void RememberedPosts::prefetch(const Id& author, const Id& post, PrefetchList& list) const {
  if (author.key != kNoId && post.key != kNoId) {
    by_ids_.prefetch(hash_keys(author.key, post.key), list);
  }
}

void RememberedPosts::prefetch_record(const Id& author, const Id& post, PrefetchList& list) const {
  if (author.key != kNoId && post.key != kNoId) {
    if (const std::uint32_t index = by_ids_.guess(hash_keys(author.key, post.key), list,
                                                  [](std::uint32_t) { return true; });
        index != HashIndex::kNone) {
      list.add(&posts_[index]);
    }
  }
}

void RememberedPosts::set_longest_window(Millis longest_window_ms, Millis bound) {
  if (longest_window_ms == longest_window_ms_) {
    return;
  }
  // What is forgotten by the old W, but still here, must stay forgotten: no bound to
  // come is before the time that says so.
  posts_.for_each([&](std::uint32_t index) {
    Post& post = posts_[index];
    if (until(post) < bound) {
      post.at = bound - 1 - longest_window_ms;
    }
  });
  longest_window_ms_ = longest_window_ms;
}

void RememberedPosts::fall_due(std::uint32_t index, Millis bound) {
  const Post post = posts_[index];
  // Longer than it was scheduled for, if W grew or the id came again.
  if (until(post) >= bound) {
    wheel_.schedule(until(post), wheel_entry(DueKind::kPost, index));
    return;
  }
  by_ids_.remove(hash_of(index), index);
  posts_.remove(index);
  ids_.release(post.author);
  ids_.release(post.post);
}

}  // namespace tagtill
