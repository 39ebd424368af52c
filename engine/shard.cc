#include "engine/shard.h"

#include <algorithm>

namespace tagtill {

Author* Shard::find(std::string_view author_id) {
  const auto found = authors_.find(author_id);
  return found == authors_.end() ? nullptr : found->second.get();
}

Author& Shard::find_or_add(std::string_view author_id) {
  if (Author* known = find(author_id)) {
    return *known;
  }
  auto author = std::make_unique<Author>();
  author->id = author_id;
  const std::string_view key = author->id;
  return *authors_.emplace(key, std::move(author)).first->second;
}

void Shard::release_if_empty(Author& author) {
  if (author.windows.empty() && author.parked.empty() && author.deletions.empty() &&
      author.confirmed_windows.empty() && author.wheel_entries == 0) {
    authors_.erase(authors_.find(author.id));
  }
}

Window& Shard::add_window(std::unique_ptr<Window> window) {
  Window& added = *window;
  wheel_.schedule(added.deadline, {Due::Kind::kWindow, &added});
  added.author->windows.push_back(std::move(window));
  return added;
}

std::unique_ptr<Window> Shard::take_window(Window& window) {
  auto& windows = window.author->windows;
  const auto at = std::find_if(windows.begin(), windows.end(),
                               [&](const auto& owned) { return owned.get() == &window; });
  std::unique_ptr<Window> taken = std::move(*at);
  windows.erase(at);
  return taken;
}

void Shard::park(Author& author, const Confirmation& confirmation) {
  ParkedConfirmation& parked = parked_.emplace_back();
  parked.self = std::prev(parked_.end());
  parked.author = &author;
  parked.post_id = confirmation.post_id;
  parked.confirmation = confirmation;
  parked.confirmation.post_id = parked.post_id;
  author.parked.push_back(&parked);
  ++author.wheel_entries;
  wheel_.schedule(confirmation.at, {Due::Kind::kParked, &parked});
}

void Shard::unpark(ParkedConfirmation& parked) {
  parked.waiting = false;
  std::erase(parked.author->parked, &parked);
}

void Shard::finish_parked(ParkedConfirmation& parked) {
  Author& author = *parked.author;
  if (parked.waiting) {
    unpark(parked);
  }
  parked_.erase(parked.self);
  --author.wheel_entries;
  release_if_empty(author);
}

const std::string& Shard::key_of(std::string_view author_id, std::string_view post_id) {
  key_.assign(author_id);
  key_.push_back('\n');
  key_.append(post_id);
  return key_;
}

void Shard::remember_post(std::string_view author_id, std::string_view post_id, Millis at,
                          Millis longest_window_ms) {
  const RememberedPost remembered{at, at + longest_window_ms};
  const auto [post, added] = posts_.insert_or_assign(key_of(author_id, post_id), remembered);
  if (added) {  // else there is a wheel entry, which finds the new time
    wheel_.schedule(remembered.until, {Due::Kind::kPost, &*post});
  }
}

bool Shard::remembers_post(std::string_view author_id, std::string_view post_id, Millis bound) {
  const auto post = posts_.find(key_of(author_id, post_id));
  return post != posts_.end() && bound <= post->second.until;
}

void Shard::set_longest_window(Millis longest_window_ms, Millis bound) {
  for (auto& [key, post] : posts_) {
    if (bound <= post.until) {
      post.until = post.at + longest_window_ms;
    }
  }
}

void Shard::schedule_deletions(Author& author) {
  const Millis clock = author.deletions.front().clock;
  author.deletions_scheduled = true;
  if (clock == kNoClock) {
    waiting_for_clock_.push_back(&author);
  } else {
    ++author.wheel_entries;
    wheel_.schedule(clock, {Due::Kind::kDeletions, &author});
  }
}

void Shard::drop_deletions(Author& author, Millis bound) {
  while (!author.deletions.empty() && author.deletions.front().clock < bound) {
    author.deletion_of.erase(author.deletions.front().post_id);
    author.deletions.pop_front();
  }
}

std::uint64_t Shard::remember_deletion(Author& author, std::string_view post_id, Millis clock,
                                       Millis bound) {
  drop_deletions(author, bound);
  std::uint64_t forgotten = 0;
  if (const auto known = author.deletion_of.find(post_id); known != author.deletion_of.end()) {
    const auto place = known->second;
    author.deletion_of.erase(known);
    author.deletions.erase(place);
  } else if (author.deletions.size() == kDeletionsMax) {
    author.deletion_of.erase(author.deletions.front().post_id);
    author.deletions.pop_front();
    forgotten = 1;
  }
  author.deletions.push_back({std::string(post_id), clock});
  author.deletion_of.emplace(author.deletions.back().post_id, std::prev(author.deletions.end()));
  if (!author.deletions_scheduled) {
    schedule_deletions(author);
  }
  return forgotten;
}

bool Shard::remembers_deletion(const Author& author, std::string_view post_id, Millis bound) {
  const auto known = author.deletion_of.find(post_id);
  return known != author.deletion_of.end() && known->second->clock >= bound;
}

void Shard::set_first_clock(Millis clock) {
  for (Author* author : waiting_for_clock_) {
    for (Author::Deletion& deletion : author->deletions) {
      deletion.clock = clock;
    }
    schedule_deletions(*author);
  }
  waiting_for_clock_.clear();
}

void Shard::collect_due(Millis bound, std::vector<Due>& due) {
  Millis at = 0;
  Entry entry;
  while (wheel_.take_before(bound, at, entry)) {
    switch (entry.kind) {
      case Due::Kind::kWindow:
        due.push_back({at, static_cast<Window*>(entry.what), nullptr});
        break;
      case Due::Kind::kParked:
        due.push_back({at, nullptr, static_cast<ParkedConfirmation*>(entry.what)});
        break;
      case Due::Kind::kDeletions: {
        auto& author = *static_cast<Author*>(entry.what);
        --author.wheel_entries;
        author.deletions_scheduled = false;
        drop_deletions(author, bound);
        if (!author.deletions.empty()) {
          schedule_deletions(author);
        }
        release_if_empty(author);
        break;
      }
      case Due::Kind::kPost: {
        auto& post = *static_cast<PostMap::value_type*>(entry.what);
        // Longer than it was scheduled for, if W grew or the id came again.
        if (post.second.until < bound) {
          posts_.erase(posts_.find(post.first));
        } else {
          wheel_.schedule(post.second.until, entry);
        }
        break;
      }
    }
  }
}

}  // namespace tagtill
