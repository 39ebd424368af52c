// Ids as numbers of 8 bytes, which compare as the ids do.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/canonical_number.h"
#include "engine/hash_bytes.h"
#include "engine/hash_index.h"
#include "engine/slab.h"

namespace tagtill {

// An author's or a post's id (P1.3) in a table: a decimal number below 2^63, as the
// ids of real streams are, is itself; any other id is a place in the table.
using IdKey = std::uint64_t;
inline constexpr IdKey kNoId = ~IdKey{0};

// An id as it came, looked at once: read as a number if it is one, else hashed.
struct Id {
  explicit Id(std::string_view id) : text(id) {
    if (is_canonical_number(id, key) && key <= kNumberMax) {
      hash = hash_number(key);
    } else {
      key = kNoId;
      hash = hash_bytes(id);
    }
  }

  static constexpr IdKey kNumberMax = (IdKey{1} << 63) - 1;

  std::string_view text;
  IdKey key = kNoId;       // kNoId: not a number
  std::uint64_t hash = 0;  // by the text alone
};

// Of two ids of one table.
[[nodiscard]] inline std::uint64_t hash_keys(IdKey a, IdKey b) {
  return hash_mix(hash_mix(a ^ kHashKey1, b ^ kHashKey2), kHashKey1);
}

// Room for the text of an id that is a number.
using IdDigits = std::array<char, 20>;

// Owned by one thread. Each holder of a key of an id that is no number counts: an id
// is forgotten when it has as many release() as acquire().
//
// Memory: nothing for numbers; of other ids a record of 32, 64 or 136 bytes (up to
// 27, 59, 128 bytes long) and their place in an index, some 14.
class IdTable {
 public:
  static constexpr std::size_t kBytesMax = 128;  // P1.3

  // The key, or kNoId if nobody holds it.
  [[nodiscard]] IdKey find(const Id& id) const { return id.key != kNoId ? id.key : find_text(id); }
  [[nodiscard]] IdKey acquire(const Id& id) { return id.key != kNoId ? id.key : acquire_text(id); }
  // One more holder of a key that somebody holds.
  void acquire(IdKey key) {
    if (key > Id::kNumberMax) {
      ++references(key);
    }
  }
  void release(IdKey key) {
    if (key > Id::kNumberMax) {
      release_text(key);
    }
  }

  // The id, in `digits` or in the table, where it lives as long as it is held.
  [[nodiscard]] std::string_view text(IdKey key, IdDigits& digits) const;

  // How many holders these ids have together.
  [[nodiscard]] std::uint64_t holders();

  // Ids that are held and no numbers.
  [[nodiscard]] std::size_t size() const {
    return short_.records.size() + middle_.records.size() + long_.records.size();
  }
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  template <std::size_t kBytes>
  struct Record {
    std::uint32_t references;
    std::uint8_t length;
    std::array<char, kBytes> bytes;

    [[nodiscard]] std::string_view text() const { return {bytes.data(), length}; }
  };
  template <std::size_t kBytes>
  struct Class {
    Slab<Record<kBytes>> records;
    HashIndex by_text;
  };
  // key: 1 | class | place in its slab
  enum class Length : std::uint8_t { kShort, kMiddle, kLong };
  static constexpr std::size_t kShortMax = 27;
  static constexpr std::size_t kMiddleMax = 59;

  static IdKey key_of(Length length, std::uint32_t index) {
    return Id::kNumberMax + 1 + (static_cast<IdKey>(length) << 32) + index;
  }
  static Length length_of(IdKey key) { return static_cast<Length>((key >> 32) & 3); }
  static std::uint32_t index_of(IdKey key) { return static_cast<std::uint32_t>(key); }

  // Calls f with the class of this length.
  template <typename Self, typename F>
  static decltype(auto) visit(Self& self, Length length, F f) {
    switch (length) {
      case Length::kShort:
        return f(self.short_);
      case Length::kMiddle:
        return f(self.middle_);
      case Length::kLong:
        break;
    }
    return f(self.long_);
  }
  static Length length_for(std::size_t bytes) {
    return bytes <= kShortMax    ? Length::kShort
           : bytes <= kMiddleMax ? Length::kMiddle
                                 : Length::kLong;
  }

  [[nodiscard]] IdKey find_text(const Id& id) const;
  [[nodiscard]] IdKey acquire_text(const Id& id);
  std::uint32_t& references(IdKey key);
  void release_text(IdKey key);

  Class<kShortMax> short_;
  Class<kMiddleMax> middle_;
  Class<kBytesMax> long_;
};

}  // namespace tagtill
