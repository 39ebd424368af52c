#include "engine/member_table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "engine/canonical_number.h"
#include "engine/card_number.h"
#include "engine/config_errors.h"
#include "engine/config_lines.h"
#include "engine/config_text.h"
#include "engine/hash_bytes.h"

namespace tagtill {

static_assert(kNotAMember == IndexTable::kNone);

namespace {

constexpr std::size_t kBytesMax = (std::size_t{1} << 32) - 1;
constexpr std::uint64_t kUpperHalf = ~std::uint64_t{0} << 32;

constexpr std::size_t kAuthorIdBytesMax = 128;
constexpr std::size_t kAccountBytesMax = 64;

// After so many members the file's size tells how many there will be.
constexpr std::size_t kSample = 1000;

// What is wrong with the value of a field, or nothing.
std::string_view account_problem(const ConfigValue& value) {
  if (value.kind != ConfigKind::kString) {
    return "must be a string";
  }
  if (value.text.empty() || value.text.size() > kAccountBytesMax) {
    return "must be 1 to 64 characters long";
  }
  if (!is_printable_ascii(value.text)) {
    return "must be of printable ASCII characters";
  }
  if (holds_card_number(value.text)) {
    return "looks like a card number (13 to 19 digits that pass the Luhn check): "
           "use an opaque token, card numbers have no place here";
  }
  return {};
}

}  // namespace

// The entries are filled in file order first; duplicates are found afterwards,
// when their number is known. A line with an error still takes part with what is
// right in it.
class MemberTableBuilder {
 public:
  explicit MemberTableBuilder(std::string_view name) : errors_(name) {}

  std::shared_ptr<const MemberTable> build(ConfigLines& lines, FileErrors& errors) {
    while (!full_ && lines.next()) {
      line_ = lines.line_number();
      if (!lines.problem().empty()) {
        errors_.add(line_, lines.problem());
        continue;
      }
      read_member(lines.fields());
      if (lines_.size() == kSample) {
        reserve(static_cast<double>(lines.bytes_total()) /
                static_cast<double>(lines.bytes_taken()));
      }
    }
    if (!lines.failure().empty()) {
      errors_.add_for_file(lines.failure());
    }
    find_duplicate_authors();
    find_duplicate_accounts();
    if (!errors_.empty()) {
      errors_.hand_on(errors);
      return nullptr;
    }
    return std::move(table_);
  }

 private:
  // No account is that short.
  static constexpr std::uint8_t kNoAccount = 0;
  static constexpr std::uint8_t kNoAuthor = MemberTable::kNoAuthor;

  using Entry = MemberTable::Entry;

  void read_member(std::span<const ConfigField> fields) {
    std::string_view author_id;
    std::string_view account;
    bool author_given = false;
    bool account_given = false;
    RegionCode region{};
    for (const ConfigField& field : fields) {
      const ConfigValue& value = field.value;
      if (field.name == "author_id" && !field.name_escaped) {
        author_given = value.kind != ConfigKind::kNull;
        author_id = checked_author_id(author_given, value);
      } else if (field.name == "account" && !field.name_escaped) {
        account_given = value.kind != ConfigKind::kNull;
        account = checked_account(account_given, value);
      } else if (field.name == "region" && !field.name_escaped) {
        region = read_region(value);
      } else {
        errors_.add(line_, unknown_field_message(field));
      }
    }
    if (!author_given) {
      errors_.add(line_, "the field \"author_id\" is missing");
    }
    if (!account_given) {
      errors_.add(line_, "the field \"account\" is missing");
    }
    if (!author_id.empty() || !account.empty()) {
      append(author_id, account, region);
    }
  }

  std::string_view checked_author_id(bool given, const ConfigValue& value) {
    if (!given) {
      return {};
    }
    const std::string_view problem = author_id_problem(value);
    if (!problem.empty()) {
      errors_.add(line_, "\"author_id\" " + std::string(problem) + ", but is " + describe(value));
      return {};
    }
    return value.text;
  }

  // An account is not shown: what was refused may be a card number.
  std::string_view checked_account(bool given, const ConfigValue& value) {
    if (!given) {
      return {};
    }
    const std::string_view problem = account_problem(value);
    if (!problem.empty()) {
      errors_.add(line_, "\"account\" " + std::string(problem));
      return {};
    }
    return value.text;
  }

  RegionCode read_region(const ConfigValue& value) {
    if (value.kind == ConfigKind::kNull) {
      return {};
    }
    if (value.kind != ConfigKind::kString || !is_capitals(value.text, 2)) {
      errors_.add(line_,
                  "\"region\" must be two capital letters, as \"US\", but is " + describe(value));
      return {};
    }
    return {value.text[0], value.text[1]};
  }

  void append(std::string_view author_id, std::string_view account, RegionCode region) {
    std::vector<char>& bytes = table_->bytes_;
    if (bytes.size() + account.size() + author_id.size() > kBytesMax ||
        table_->entries_.size() == IndexTable::kElementsMax) {
      errors_.add(line_,
                  "there are more members than fit: at most 2147483647, with accounts of "
                  "4 GiB together");
      full_ = true;
      return;
    }
    Entry entry;
    entry.account_at = static_cast<std::uint32_t>(bytes.size());
    entry.account_bytes = static_cast<std::uint8_t>(account.size());
    entry.region = region;
    bytes.insert(bytes.end(), account.begin(), account.end());
    if (author_id.empty()) {
      entry.id_bytes = kNoAuthor;
    } else {
      const MemberTable::Key key = MemberTable::key_of(author_id);
      entry.id = key.id;
      entry.id_bytes = static_cast<std::uint8_t>(key.bytes.size());
      if (!key.bytes.empty()) {
        entry.id |= bytes.size();
        bytes.insert(bytes.end(), author_id.begin(), author_id.end());
      }
    }
    table_->entries_.push_back(entry);
    lines_.push_back(line_);
  }

  // For `times` as many members as there are, and a little more: growing step by
  // step would touch twice the memory.
  void reserve(double times) {
    const auto enough = [times](std::size_t held) {
      constexpr double kLittle = 1.02;
      return static_cast<std::size_t>(static_cast<double>(held) * times * kLittle);
    };
    if (times > 1 && times < 1e6) {
      table_->entries_.reserve(enough(table_->entries_.size()));
      table_->bytes_.reserve(enough(table_->bytes_.size()));
      lines_.reserve(enough(lines_.size()));
    }
  }

  template <typename Vector>
  static void trim(Vector& vector) {
    if (vector.capacity() - vector.size() > vector.size() / 16) {
      vector.shrink_to_fit();
    }
  }

  void find_duplicate_authors() {
    errors_.begin_pass();
    MemberTable& table = *table_;
    trim(table.entries_);
    trim(table.bytes_);
    table.by_author_ = IndexTable(table.entries_.size());
    table.by_author_.for_all(
        table.entries_.size(),
        [&table](std::size_t i) {
          const Entry& entry = table.entries_[i];
          return entry.id_bytes == kNoAuthor ? 0 : table.key_of(entry).hash;
        },
        [this](std::size_t i, std::uint64_t hash) {
          if (table_->entries_[i].id_bytes != kNoAuthor) {
            put_author(static_cast<std::uint32_t>(i), hash);
          }
        });
  }

  void put_author(std::uint32_t index, std::uint64_t hash) {
    const MemberTable::Key key = table_->key_of(table_->entries_[index]);
    const std::uint32_t first =
        table_->by_author_.find_or_put(hash, index, [this, &key](std::uint32_t other) {
          return table_->is_author(table_->entries_[other], key);
        });
    if (first != IndexTable::kNone) {
      const std::string author_id =
          key.bytes.empty() ? std::to_string(key.id) : std::string(key.bytes);
      errors_.add(lines_[index], "the author " + quoted(author_id) + " stands in line " +
                                     std::to_string(lines_[first]) + " already");
    }
  }

  void find_duplicate_accounts() {
    errors_.begin_pass();
    const MemberTable& table = *table_;
    IndexTable by_account(table.entries_.size());
    by_account.for_all(
        table.entries_.size(),
        [&table](std::size_t i) { return hash_bytes(table.account(table.entries_[i])); },
        [this, &by_account](std::size_t i, std::uint64_t hash) {
          if (table_->entries_[i].account_bytes != kNoAccount) {
            put_account(by_account, static_cast<std::uint32_t>(i), hash);
          }
        });
  }

  void put_account(IndexTable& by_account, std::uint32_t index, std::uint64_t hash) {
    const std::vector<Entry>& entries = table_->entries_;
    const std::uint32_t first = by_account.find_or_put(
        hash, index,
        [this, &entries, account = table_->account(entries[index])](std::uint32_t other) {
          return table_->account(entries[other]) == account;
        });
    if (first != IndexTable::kNone && !same_author(entries[first], entries[index])) {
      errors_.add(lines_[index], "the account stands in line " + std::to_string(lines_[first]) +
                                     " already: one account belongs to one author");
    }
  }

  // An author who stands twice is one error, not two.
  [[nodiscard]] bool same_author(const Entry& a, const Entry& b) const {
    return a.id_bytes != kNoAuthor && b.id_bytes != kNoAuthor &&
           table_->is_author(a, table_->key_of(b));
  }

  std::shared_ptr<MemberTable> table_ = std::make_shared<MemberTable>();
  std::vector<std::uint64_t> lines_;  // of each entry
  ConfigErrors errors_;
  std::uint64_t line_ = 0;
  bool full_ = false;
};

std::shared_ptr<const MemberTable> MemberTable::load(const std::string& path, FileErrors& errors) {
  ConfigLines lines(path);
  return MemberTableBuilder(path).build(lines, errors);
}

std::shared_ptr<const MemberTable> MemberTable::parse(std::string_view json_lines,
                                                      std::string_view name, FileErrors& errors) {
  ConfigLines lines = ConfigLines::from_memory(json_lines);
  return MemberTableBuilder(name).build(lines, errors);
}

MemberTable::Key MemberTable::key_of(std::string_view author_id) {
  Key key;
  if (is_canonical_number(author_id, key.id)) {
    key.hash = hash_number(key.id);
  } else {
    key.hash = hash_bytes(author_id);
    key.id = key.hash & kUpperHalf;
    key.bytes = author_id;
  }
  return key;
}

MemberTable::Key MemberTable::key_of(const Entry& entry) const {
  Key key;
  if (entry.id_bytes == 0) {
    key.id = entry.id;
    key.hash = hash_number(key.id);
  } else {
    key.bytes = {bytes_.data() + (entry.id & ~kUpperHalf), entry.id_bytes};
    key.hash = hash_bytes(key.bytes);
    key.id = key.hash & kUpperHalf;
  }
  return key;
}

bool MemberTable::is_author(const Entry& entry, const Key& key) const {
  if (entry.id_bytes != key.bytes.size()) {
    return false;
  }
  if (entry.id_bytes == 0) {
    return entry.id == key.id;
  }
  return (entry.id & kUpperHalf) == key.id &&
         std::string_view(bytes_.data() + (entry.id & ~kUpperHalf), entry.id_bytes) == key.bytes;
}

std::string_view MemberTable::account(const Entry& entry) const {
  return {bytes_.data() + entry.account_at, entry.account_bytes};
}

MemberIndex MemberTable::find_entry(const Key& key) const {
  return by_author_.find(
      key.hash, [this, &key](std::uint32_t index) { return is_author(entries_[index], key); });
}

MemberIndex MemberTable::find(std::string_view author_id) const {
  if (author_id.empty() || author_id.size() > kAuthorIdBytesMax) {
    return kNotAMember;
  }
  const MemberIndex found = find_entry(key_of(author_id));
  if (base_ == nullptr) {
    return found;
  }
  if (found == kNotAMember) {
    return base_->find(author_id);
  }
  return entries_[found].account_bytes == 0 ? kNotAMember : base_size_ + found;
}

void MemberTable::prefetch(std::string_view author_id) const {
  by_author_.prefetch(key_of(author_id).hash);
  if (base_ != nullptr) {
    base_->prefetch(author_id);
  }
}

Member MemberTable::member(MemberIndex index) const {
  if (index < base_size_) {
    return base_->member(index);
  }
  const Entry& entry = entries_[index - base_size_];
  return {account(entry), entry.region};
}

std::string_view MemberTable::author_id(MemberIndex index, AuthorIdText& room) const {
  if (index < base_size_) {
    return base_->author_id(index, room);
  }
  const Entry& entry = entries_[index - base_size_];
  if (entry.id_bytes != 0) {
    return {bytes_.data() + (entry.id & ~kUpperHalf), entry.id_bytes};
  }
  const auto [end, error] = std::to_chars(room.data(), room.data() + room.size(), entry.id);
  return {room.data(), static_cast<std::size_t>(end - room.data())};
}

std::size_t MemberTable::memory_bytes() const {
  return (base_ == nullptr ? 0 : base_->memory_bytes()) + sizeof(MemberTable) +
         entries_.capacity() * sizeof(Entry) + bytes_.capacity() + by_author_.memory_bytes();
}

}  // namespace tagtill
