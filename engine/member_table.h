// The members: authors whose account is linked (P7.2), read from JSON Lines and
// checked whole before anything runs (P7.3).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/file_errors.h"
#include "engine/index_table.h"
#include "engine/offer_catalogue.h"

namespace tagtill {

using MemberIndex = std::uint32_t;
inline constexpr MemberIndex kNotAMember = std::numeric_limits<MemberIndex>::max();

// Room for the text of an author id.
using AuthorIdText = std::array<char, 128>;

struct Member {
  std::string_view account;  // lives as long as the table
  RegionCode region{};       // {0, 0}: unknown
};

// Const after it was built (but see GrowingMembers); shared by all threads.
//
// Layout: an entry of 16 bytes a member, in the order of the file, which numbers
// them; the bytes of accounts in one piece, one after the other; and an IndexTable
// over the entries:
//
//   entry  id 8 | account's place 4 | account's length 1 | id's length 1 | region 2
//   id     a canonical decimal number below 2^64 (the id's length is 0 then); of
//          any other id the upper half of its hash and its place in the bytes
//
// Memory a member, for 19-digit ids and 12-character accounts: 34 bytes (16 + 12 +
// 6), and up to 2 of slack. Bounds: 4 GiB of accounts and other ids together,
// 2^31 - 1 members; a file beyond that is refused. While it is loaded, 14 bytes a
// member more.
class MemberTable {
 public:
  // Reads the file. On any error returns null and adds every error, as
  // `file:line: what is wrong`, to `errors`. Accounts are never shown.
  [[nodiscard]] static std::shared_ptr<const MemberTable> load(const std::string& path,
                                                               FileErrors& errors);
  // The same from memory; `name` stands in the errors.
  [[nodiscard]] static std::shared_ptr<const MemberTable> parse(std::string_view json_lines,
                                                                std::string_view name,
                                                                FileErrors& errors);

  [[nodiscard]] std::size_t size() const { return base_size_ + entries_.size(); }

  // The member with this author id, or kNotAMember. Members are numbered from 0
  // in the order of the file. No allocation. One cache miss for somebody who is no
  // member, two for a member.
  [[nodiscard]] MemberIndex find(std::string_view author_id) const;
  // A find() of this author will come soon: several at once wait for memory together.
  void prefetch(std::string_view author_id) const;
  // `index` must be below size().
  [[nodiscard]] Member member(MemberIndex index) const;
  // The author's id, which is in `room` if it is a number, else in the table.
  [[nodiscard]] std::string_view author_id(MemberIndex index, AuthorIdText& room) const;

  // What the table holds in memory.
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  friend class MemberTableBuilder;
  friend class GrowingMembers;

  // As the length of an id: of an entry that nobody finds. No id is that long.
  static constexpr std::uint8_t kNoAuthor = 255;

  struct Entry {
    std::uint64_t id = 0;
    std::uint32_t account_at = 0;
    std::uint8_t account_bytes = 0;
    std::uint8_t id_bytes = 0;
    RegionCode region{};
  };

  // An author id, ready to be compared.
  struct Key {
    std::uint64_t id = 0;  // the number, or the upper half of the hash
    std::uint64_t hash = 0;
    std::string_view bytes;  // empty for a number
  };
  [[nodiscard]] static Key key_of(std::string_view author_id);
  [[nodiscard]] Key key_of(const Entry& entry) const;
  [[nodiscard]] bool is_author(const Entry& entry, const Key& key) const;
  [[nodiscard]] std::string_view account(const Entry& entry) const;
  // Of this table's own entries; kNotAMember: none.
  [[nodiscard]] MemberIndex find_entry(const Key& key) const;

  // Of GrowingMembers alone: another table, whose members come first. An entry without an account
  // says that its author is no member, whatever stands there.
  std::shared_ptr<const MemberTable> base_;
  MemberIndex base_size_ = 0;

  std::vector<Entry> entries_;
  std::vector<char> bytes_;
  IndexTable by_author_;
};

}  // namespace tagtill
