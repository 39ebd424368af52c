#include "engine/growing_members.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/errors.h"

namespace tagtill {

GrowingMembers::GrowingMembers(std::shared_ptr<const MemberTable> base)
    : table_(std::make_shared<MemberTable>()), shared_(table_) {
  if (base != nullptr) {
    table_->base_size_ = static_cast<MemberIndex>(base->size());
    table_->base_ = std::move(base);
  }
}

MemberIndex GrowingMembers::enrol(std::string_view author_id, const Member& member) {
  if (const MemberIndex known = table_->find(author_id); known != kNotAMember) {
    const Member before = table_->member(known);
    if (before.account == member.account && before.region == member.region) {
      return known;
    }
  }
  drop_entry(author_id);
  return append(author_id, member);
}

void GrowingMembers::forget(std::string_view author_id) {
  if (table_->find(author_id) == kNotAMember) {
    return;
  }
  drop_entry(author_id);
  if (table_->find(author_id) != kNotAMember) {
    (void)append(author_id, {});  // says of one in the base that it is none
  }
}

// What its number stands for stays.
void GrowingMembers::drop_entry(std::string_view author_id) {
  const MemberIndex entry = table_->find_entry(MemberTable::key_of(author_id));
  if (entry != kNotAMember) {
    table_->entries_[entry].id_bytes = MemberTable::kNoAuthor;
  }
}

MemberIndex GrowingMembers::append(std::string_view author_id, const Member& member) {
  std::vector<char>& bytes = table_->bytes_;
  if (bytes.size() + member.account.size() + author_id.size() >
          std::numeric_limits<std::uint32_t>::max() ||
      table_->size() == IndexTable::kElementsMax) {
    throw Error(ExitCode::kBadConfig,
                "There are more members than fit: at most 2147483647, with accounts of "
                "4 GiB together.");
  }
  const MemberTable::Key key = MemberTable::key_of(author_id);
  MemberTable::Entry entry;
  entry.account_at = static_cast<std::uint32_t>(bytes.size());
  entry.account_bytes = static_cast<std::uint8_t>(member.account.size());
  entry.region = member.region;
  bytes.insert(bytes.end(), member.account.begin(), member.account.end());
  entry.id = key.id;
  entry.id_bytes = static_cast<std::uint8_t>(key.bytes.size());
  if (!key.bytes.empty()) {
    entry.id |= bytes.size();
    bytes.insert(bytes.end(), author_id.begin(), author_id.end());
  }
  const auto added = static_cast<MemberIndex>(table_->entries_.size());
  table_->entries_.push_back(entry);
  if (table_->entries_.size() > room_) {
    grow_index();
  } else {
    (void)table_->by_author_.find_or_put(key.hash, added, [](MemberIndex) { return false; });
  }
  return table_->base_size_ + added;
}

void GrowingMembers::grow_index() {
  constexpr std::size_t kLeast = 64;
  room_ = std::min(std::max(kLeast, 2 * room_), IndexTable::kElementsMax);
  IndexTable larger(room_);
  larger.for_all(
      table_->entries_.size(),
      [this](std::size_t i) {
        const MemberTable::Entry& entry = table_->entries_[i];
        return entry.id_bytes == MemberTable::kNoAuthor ? 0 : table_->key_of(entry).hash;
      },
      [&](std::size_t i, std::uint64_t hash) {
        if (table_->entries_[i].id_bytes != MemberTable::kNoAuthor) {
          (void)larger.find_or_put(hash, static_cast<MemberIndex>(i),
                                   [](MemberIndex) { return false; });
        }
      });
  table_->by_author_ = std::move(larger);
}

}  // namespace tagtill
