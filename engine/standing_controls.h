// What control records said, as it stands (docs/protocol.md, "Control records").
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/byte_codec.h"
#include "engine/control_change.h"
#include "engine/offer_catalogue.h"
#include "engine/time.h"

namespace tagtill {

// What a record said of an author or an offer stands until another one says otherwise, whatever
// the files say. Used by one thread.
//
// Memory: some 200 bytes for each author that a record named, and the line of each offer.
class StandingControls {
 public:
  struct Author {
    enum class Membership : std::uint8_t { kAsInFile, kLinked, kUnlinked };
    Membership membership = Membership::kAsInFile;
    bool frozen = false;
    std::string account{};  // kLinked, as the next ones
    RegionCode region{};
    std::optional<Millis> linked_at{};  // the stream clock then; none: before there was one

    friend bool operator==(const Author&, const Author&) = default;
  };
  using Authors = std::map<std::string, Author, std::less<>>;
  using Offers = std::map<std::string, std::string, std::less<>>;

  // `clock`: that of the stream where the record stands, if there is one yet.
  void apply(const ControlChange& change, std::optional<Millis> clock);

  // All intents of this author are rejected. One look if nobody is frozen, else O(log n).
  [[nodiscard]] bool is_frozen(std::string_view author_id) const;

  [[nodiscard]] const Authors& authors() const { return authors_; }
  // By id: the line of one that was put; an empty one of one that was withdrawn.
  [[nodiscard]] const Offers& offers() const { return offers_; }
  [[nodiscard]] std::vector<ControlChange> offer_changes() const;
  // Members who were linked before are frozen.
  [[nodiscard]] std::optional<Millis> frozen_before() const { return frozen_before_; }
  [[nodiscard]] bool is_empty() const {
    return authors_.empty() && offers_.empty() && !frozen_before_;
  }

  // As part of a decider's saved state (decider_state.h), without one author (empty: with all).
  //
  //   authors        each: id; a byte, its membership (0 as in the file, 1 linked, 2 unlinked),
  //                  and 4 if it is frozen; of linked ones the membership (candidate_codec.h) and
  //                  varint: 0: no time, else the time + 1. The id 0 ends the list.
  //   offers         each: texts: id, line. An empty id ends the list.
  //   frozen before  varint: 0: none, else the time + 1
  void save(ByteWriter& writer, std::string_view without_author) const;
  // Into one that is empty. Throws DamagedState.
  void load(ByteReader& reader);

 private:
  Authors authors_;
  std::uint64_t frozen_ = 0;  // how many of them are
  Offers offers_;
  std::optional<Millis> frozen_before_;
};

}  // namespace tagtill
