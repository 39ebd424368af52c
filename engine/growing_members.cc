#include "engine/growing_members.h"

#include <algorithm>
#include <limits>

#include "engine/errors.h"

namespace tagtill {

GrowingMembers::GrowingMembers() : table_(std::make_shared<MemberTable>()), shared_(table_) {}

MemberIndex GrowingMembers::enrol(std::string_view author_id, const Member& member) {
  if (const MemberIndex known = table_->find(author_id); known != kNotAMember) {
    const Member before = table_->member(known);
    return before.account == member.account && before.region == member.region ? known : kNotAMember;
  }
  append(author_id, member);
  const auto added = static_cast<MemberIndex>(table_->entries_.size() - 1);
  if (table_->entries_.size() > room_) {
    grow_index();
  } else {
    const MemberTable::Key key = table_->key_of(table_->entries_[added]);
    (void)table_->by_author_.find_or_put(key.hash, added, [](MemberIndex) { return false; });
  }
  return added;
}

void GrowingMembers::append(std::string_view author_id, const Member& member) {
  std::vector<char>& bytes = table_->bytes_;
  if (bytes.size() + member.account.size() + author_id.size() >
          std::numeric_limits<std::uint32_t>::max() ||
      table_->entries_.size() == IndexTable::kElementsMax) {
    throw Error(ExitCode::kBadConfig,
                "The state knows of more members than fit: at most 2147483647, with accounts of "
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
  table_->entries_.push_back(entry);
}

void GrowingMembers::grow_index() {
  constexpr std::size_t kLeast = 64;
  room_ = std::min(std::max(kLeast, 2 * room_), IndexTable::kElementsMax);
  IndexTable larger(room_);
  larger.for_all(
      table_->entries_.size(),
      [this](std::size_t i) { return table_->key_of(table_->entries_[i]).hash; },
      [&larger](std::size_t i, std::uint64_t hash) {
        (void)larger.find_or_put(hash, static_cast<MemberIndex>(i),
                                 [](MemberIndex) { return false; });
      });
  table_->by_author_ = std::move(larger);
}

}  // namespace tagtill
