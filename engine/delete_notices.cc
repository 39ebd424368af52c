#include "engine/delete_notices.h"

#include "engine/give_back.h"

namespace tagtill {

DeleteNotices::Index DeleteNotices::find(IdKey author, IdKey post) const {
  return by_ids_.find(hash_keys(author, post), [&](Index index) {
    return notices_[index].post == post && notices_[index].author == author;
  });
}

DeleteNotices::Index DeleteNotices::find_or_add_author(IdKey id) {
  const std::uint64_t hash = hash_number(id);
  const Index known = by_author_.find(hash, [&](Index index) { return authors_[index].id == id; });
  if (known != kNone) {
    return known;
  }
  const Index added = authors_.add({id, kNone, kNone, 0});
  ids_.acquire(id);
  by_author_.add(hash, added, [this](Index index) { return hash_number(authors_[index].id); });
  return added;
}

void DeleteNotices::append(Index author, IdKey post, Millis clock) {
  Author& of = authors_[author];
  const Index added = notices_.add({of.id, post, clock, of.newest, kNone});
  ids_.acquire(of.id);
  ids_.acquire(post);
  by_ids_.add(hash_keys(of.id, post), added, [this](Index index) {
    return hash_keys(notices_[index].author, notices_[index].post);
  });
  (of.newest == kNone ? of.oldest : notices_[of.newest].behind) = added;
  of.newest = added;
  ++of.notices;
}

void DeleteNotices::remove(Index author, Index notice) {
  Author& of = authors_[author];
  const Notice removed = notices_[notice];
  (removed.before == kNone ? of.oldest : notices_[removed.before].behind) = removed.behind;
  (removed.behind == kNone ? of.newest : notices_[removed.behind].before) = removed.before;
  --of.notices;
  by_ids_.remove(hash_keys(removed.author, removed.post), notice);
  notices_.remove(notice);
  ids_.release(removed.post);
  ids_.release(removed.author);
}

void DeleteNotices::drop(Index author, Millis bound) {
  while (authors_[author].notices > 0 && notices_[authors_[author].oldest].clock < bound) {
    remove(author, authors_[author].oldest);
  }
}

void DeleteNotices::schedule(Index author) {
  const Millis clock = notices_[authors_[author].oldest].clock;
  if (clock == kNoClock) {
    waiting_for_clock_.push_back(author);
  } else {
    wheel_.schedule(clock, wheel_entry(DueKind::kNotices, author));
  }
}

std::uint64_t DeleteNotices::remember(const Id& author, const Id& post, Millis clock,
                                      Millis bound) {
  const IdKey author_key = ids_.acquire(author);
  const IdKey post_key = ids_.acquire(post);
  const std::size_t authors = authors_.size();
  const Index of = find_or_add_author(author_key);
  drop(of, bound);
  std::uint64_t forgotten = 0;
  if (const Index known = find(author_key, post_key); known != kNone) {
    remove(of, known);
  } else if (authors_[of].notices == kMax) {
    remove(of, authors_[of].oldest);
    forgotten = 1;
  }
  append(of, post_key, clock);
  if (authors_.size() > authors) {
    schedule(of);
  }
  ids_.release(author_key);
  ids_.release(post_key);
  return forgotten;
}

bool DeleteNotices::remembers(const Id& author, const Id& post, Millis bound) const {
  if (notices_.empty()) {
    return false;
  }
  const IdKey author_key = ids_.find(author);
  const IdKey post_key = ids_.find(post);
  if (author_key == kNoId || post_key == kNoId) {
    return false;
  }
  const Index known = find(author_key, post_key);
  return known != kNone && notices_[known].clock >= bound;
}

void DeleteNotices::set_first_clock(Millis clock) {
  for (const Index author : waiting_for_clock_) {
    for (Index at = authors_[author].oldest; at != kNone; at = notices_[at].behind) {
      notices_[at].clock = clock;
    }
    schedule(author);
  }
  give_back(waiting_for_clock_);
}

Millis DeleteNotices::due(std::uint32_t author) const {
  return notices_[authors_[author].oldest].clock;  // it has one, as long as it is scheduled
}

void DeleteNotices::fall_due(std::uint32_t author, Millis bound) {
  drop(author, bound);
  if (authors_[author].notices > 0) {
    schedule(author);
    return;
  }
  const IdKey id = authors_[author].id;
  by_author_.remove(hash_number(id), author);
  authors_.remove(author);
  ids_.release(id);
}

std::size_t DeleteNotices::memory_bytes() const {
  return notices_.memory_bytes() + by_ids_.memory_bytes() + authors_.memory_bytes() +
         by_author_.memory_bytes() + waiting_for_clock_.capacity() * sizeof(Index);
}

}  // namespace tagtill
