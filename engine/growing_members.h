// Members that come to be known one by one.
#pragma once

#include <memory>
#include <string_view>

#include "engine/member_table.h"

namespace tagtill {

// A member table that grows: that of a journal, whose candidates carry their authors'
// memberships. Used by one thread, which is the only one that may look into the table
// meanwhile; accounts that it gave live until the next enrol().
//
// Memory: as MemberTable, and up to twice that for its index. enrol() is O(1) on the
// average; the slowest one puts all of them into a larger index.
class GrowingMembers {
 public:
  GrowingMembers();

  // The author's number in the table; kNotAMember: the author is there with another
  // account or region. The id has 1 to 128 bytes, the account 1 to 64. Throws an Error
  // (kBadConfig) where a MemberTable is full.
  [[nodiscard]] MemberIndex enrol(std::string_view author_id, const Member& member);

  // Grows with each enrol().
  [[nodiscard]] const std::shared_ptr<const MemberTable>& table() const { return shared_; }

 private:
  void append(std::string_view author_id, const Member& member);
  void grow_index();

  std::shared_ptr<MemberTable> table_;
  std::shared_ptr<const MemberTable> shared_;
  std::size_t room_ = 0;  // for so many there is an index
};

}  // namespace tagtill
