#include "engine/standing_controls.h"

#include <algorithm>
#include <utility>

#include "engine/candidate_codec.h"
#include "engine/config_lines.h"

namespace tagtill {
namespace {

using Membership = StandingControls::Author::Membership;

constexpr unsigned kMembership = 3;
constexpr unsigned kFrozen = 4;
constexpr std::size_t kOfferIdBytesMax = 64;  // P7.1

void write_time(ByteWriter& writer, std::optional<Millis> time) {
  writer.varint(time ? static_cast<std::uint64_t>(*time) + 1 : 0);
}

std::optional<Millis> read_time(ByteReader& reader) {
  const std::uint64_t time = reader.varint(static_cast<std::uint64_t>(kLastMillisecond) + 1,
                                           "a time is beyond the year 9999");
  return time == 0 ? std::nullopt : std::optional(static_cast<Millis>(time - 1));
}

}  // namespace

void StandingControls::apply(const ControlChange& change, std::optional<Millis> clock) {
  using Kind = ControlChange::Kind;
  const auto set_frozen = [this](Author& author, bool frozen) {
    frozen_ += (frozen ? 1U : 0U) - (author.frozen ? 1U : 0U);
    author.frozen = frozen;
  };
  switch (change.kind) {
    case Kind::kLink: {
      Author& author = authors_[change.author_id];
      set_frozen(author, false);
      author = {Membership::kLinked, false, change.account, change.region, clock};
      break;
    }
    case Kind::kUnlink: {
      Author& author = authors_[change.author_id];
      set_frozen(author, false);
      author = {.membership = Membership::kUnlinked};
      break;
    }
    case Kind::kFreeze:
      set_frozen(authors_[change.author_id], true);
      break;
    case Kind::kFreezeLinkedBefore:
      frozen_before_ = std::max(frozen_before_.value_or(change.before), change.before);
      break;
    case Kind::kOffer:
    case Kind::kWithdraw:
      offers_[change.offer_id] = change.offer;
      break;
  }
}

bool StandingControls::is_frozen(std::string_view author_id) const {
  if (frozen_ == 0 && !frozen_before_) {
    return false;
  }
  const auto known = authors_.find(author_id);
  if (known == authors_.end()) {
    return frozen_before_.has_value();
  }
  const Author& author = known->second;
  return author.frozen ||
         (frozen_before_ && (author.membership != Membership::kLinked || !author.linked_at ||
                             *author.linked_at < *frozen_before_));
}

std::vector<ControlChange> StandingControls::offer_changes() const {
  std::vector<ControlChange> changes;
  for (const auto& [id, line] : offers_) {
    changes.push_back(
        {.kind = line.empty() ? ControlChange::Kind::kWithdraw : ControlChange::Kind::kOffer,
         .offer_id = id,
         .offer = line});
  }
  return changes;
}

void StandingControls::save(ByteWriter& writer, std::string_view without_author) const {
  for (const auto& [id, author] : authors_) {
    if (id == without_author) {
      continue;
    }
    writer.id(id);
    writer.byte(static_cast<std::uint8_t>(static_cast<unsigned>(author.membership) |
                                          (author.frozen ? kFrozen : 0)));
    if (author.membership == Membership::kLinked) {
      write_membership(writer, {author.account, author.region});
      write_time(writer, author.linked_at);
    }
    writer.end_record();
  }
  writer.id({});
  for (const auto& [id, line] : offers_) {
    writer.text(id);
    writer.text(line);
    writer.end_record();
  }
  writer.text({});
  write_time(writer, frozen_before_);
}

void StandingControls::load(ByteReader& reader) {
  IdText room;
  for (;;) {
    const std::string id(reader.id_or_none(room));
    if (id.empty()) {
      break;
    }
    const unsigned flags = reader.byte();
    Author author;
    author.membership = static_cast<Membership>(flags & kMembership);
    author.frozen = (flags & kFrozen) != 0;
    reader.check(flags <= (kMembership | kFrozen) && (flags & kMembership) < kMembership,
                 "a control record of an author is of an unknown kind");
    if (author.membership == Membership::kLinked) {
      Member member;
      reader.check(read_membership(reader, member), "a member has no account");
      author.account = member.account;
      author.region = member.region;
      author.linked_at = read_time(reader);
    }
    frozen_ += author.frozen ? 1 : 0;
    reader.check(authors_.emplace(id, std::move(author)).second,
                 "an author stands twice among the control records");
  }
  for (;;) {
    std::string id(reader.text(kOfferIdBytesMax));
    if (id.empty()) {
      break;
    }
    std::string line(reader.text(kConfigLineBytesMax + 1));
    reader.check(offers_.emplace(std::move(id), std::move(line)).second,
                 "an offer stands twice among the control records");
  }
  frozen_before_ = read_time(reader);
}

}  // namespace tagtill
