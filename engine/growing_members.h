// Members that come to be known one by one, and may change.
#pragma once

#include <memory>
#include <string_view>

#include "engine/member_table.h"

namespace tagtill {

// A member table that grows: that of a journal, whose candidates carry their authors'
// memberships; or what control records changed of the table of a file, the base, which stays as
// it is. Used by one thread, which is the only one that may look into the table
// meanwhile; accounts that it gave live until the next enrol(). What a number stood for it
// stands for always, also when its author has another one now, or none; those of the base are the
// same here.
//
// Memory beside the base: as MemberTable, and up to twice that for its index, a member for each
// change. enrol() is O(1) on the average; the slowest one puts all of them into a larger index.
class GrowingMembers {
 public:
  explicit GrowingMembers(std::shared_ptr<const MemberTable> base = nullptr);

  // The author's number in the table; a new one, if the author was not there or had another
  // account or region. The id has 1 to 128 bytes, the account 1 to 64. Throws an Error
  // (kBadConfig) where a MemberTable is full.
  [[nodiscard]] MemberIndex enrol(std::string_view author_id, const Member& member);
  // The author is no member any more, or was none.
  void forget(std::string_view author_id);

  // The same one always; it changes with each enrol() and forget().
  [[nodiscard]] const std::shared_ptr<const MemberTable>& table() const { return shared_; }

 private:
  MemberIndex append(std::string_view author_id, const Member& member);
  void drop_entry(std::string_view author_id);
  void grow_index();

  std::shared_ptr<MemberTable> table_;
  std::shared_ptr<const MemberTable> shared_;
  std::size_t room_ = 0;  // for so many there is an index
};

}  // namespace tagtill
