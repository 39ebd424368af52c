#include "engine/account_index.h"

#include <utility>

#include "engine/hash_bytes.h"

namespace tagtill {

AccountIndex::AccountIndex(std::shared_ptr<const MemberTable> members)
    : members_(std::move(members)), by_account_(members_->size()) {
  by_account_.for_all(
      members_->size(),
      [this](std::size_t i) {
        return hash_bytes(members_->member(static_cast<MemberIndex>(i)).account);
      },
      [this](std::size_t i, std::uint64_t hash) {
        (void)by_account_.find_or_put(hash, static_cast<MemberIndex>(i),
                                      [](MemberIndex) { return false; });
      });
}

MemberIndex AccountIndex::find(std::string_view account) const {
  return by_account_.find(hash_bytes(account), [&](MemberIndex member) {
    return members_->member(member).account == account;
  });
}

}  // namespace tagtill
