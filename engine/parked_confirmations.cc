#include "engine/parked_confirmations.h"

namespace tagtill {

std::uint32_t ParkedConfirmations::find(IdKey author) const {
  return by_author_.find(hash_number(author),
                         [&](std::uint32_t index) { return authors_[index].id == author; });
}

std::size_t ParkedConfirmations::waiting(IdKey author) const {
  const std::uint32_t known = find(author);
  return known == HashIndex::kNone ? 0 : authors_[known].waiting;
}

ParkedIndex ParkedConfirmations::first(IdKey author) const {
  const std::uint32_t known = find(author);
  return known == HashIndex::kNone ? kNone : authors_[known].first;
}

void ParkedConfirmations::park(IdKey author, const Confirmation& confirmation) {
  const ParkedIndex added =
      parked_.add({author, ids_.acquire(Id(confirmation.post_id)), confirmation.code,
                   confirmation.at, confirmation.followers, confirmation.place, kNone, true});
  ids_.acquire(author);
  if (const std::uint32_t known = find(author); known != HashIndex::kNone) {
    ParkedIndex last = authors_[known].first;
    while (parked_[last].next != kNone) {
      last = parked_[last].next;
    }
    parked_[last].next = added & kNone;
    ++authors_[known].waiting;
  } else {
    const std::uint32_t first = authors_.add({author, added, 1});
    by_author_.add(hash_number(author), first,
                   [this](std::uint32_t index) { return hash_number(authors_[index].id); });
  }
  wheel_.schedule(confirmation.at, wheel_entry(DueKind::kParked, added));
}

void ParkedConfirmations::unpark(ParkedIndex index) {
  ParkedConfirmation& parked = parked_[index];
  const std::uint32_t of = find(parked.author);
  Author& author = authors_[of];
  if (author.first == index) {
    author.first = parked.next;
  } else {
    ParkedIndex before = author.first;
    while (parked_[before].next != index) {
      before = parked_[before].next;
    }
    parked_[before].next = parked.next;
  }
  parked.waiting = false;
  if (--author.waiting == 0) {
    by_author_.remove(hash_number(author.id), of);
    authors_.remove(of);
  }
}

void ParkedConfirmations::fall_due(ParkedIndex index) {
  if (parked_[index].waiting) {
    unpark(index);
  }
  const ParkedConfirmation parked = parked_[index];
  parked_.remove(index);
  ids_.release(parked.post);
  ids_.release(parked.author);
}

}  // namespace tagtill
