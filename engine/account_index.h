// Whose an account is.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "engine/index_table.h"
#include "engine/member_table.h"

namespace tagtill {

// Over the accounts of a table as it was read from a file. Const; any thread. Memory: 6 bytes a
// member. Cost of making it: some 15 ns a member, of a million.
class AccountIndex {
 public:
  explicit AccountIndex(std::shared_ptr<const MemberTable> members);

  // The member who has it, or kNotAMember.
  [[nodiscard]] MemberIndex find(std::string_view account) const;

 private:
  std::shared_ptr<const MemberTable> members_;
  IndexTable by_account_;
};

}  // namespace tagtill
