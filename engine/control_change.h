// What a control record asks for, and its form in a journal (docs/protocol.md, "Control records").
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/byte_codec.h"
#include "engine/file_errors.h"
#include "engine/offer_catalogue.h"
#include "engine/time.h"

namespace tagtill {

// Read and checked (Programme). What the kind has no use for is empty.
struct ControlChange {
  enum class Kind : std::uint8_t {  // the numbers stand in journals
    kLink = 1,
    kUnlink = 2,
    kFreeze = 3,              // of one author
    kFreezeLinkedBefore = 4,  // of all members who were linked before a time
    kOffer = 5,
    kWithdraw = 6,
  };

  Kind kind = Kind::kLink;
  std::string author_id{};  // kLink, kUnlink, kFreeze
  std::string account{};    // kLink
  RegionCode region{};      // kLink
  Millis before = 0;        // kFreezeLinkedBefore
  std::string offer_id{};   // kOffer, kWithdraw
  std::string offer{};      // kOffer: its line, as append_offer_json_line() writes it
};

// `link`, `unlink`, `freeze` (both), `offer`, `withdraw`.
[[nodiscard]] std::string_view name_of(ControlChange::Kind kind);

[[nodiscard]] inline bool is_of_offers(const ControlChange& change) {
  return change.kind == ControlChange::Kind::kOffer ||
         change.kind == ControlChange::Kind::kWithdraw;
}
[[nodiscard]] inline bool any_is_of_offers(std::span<const ControlChange> changes) {
  return std::ranges::any_of(changes, is_of_offers);
}

// The payload of a kControl entry of a journal:
//
//   byte    kControlVersion
//   varint  how many changes, at least one; each
//     byte    its kind
//     kLink                 id: the author; the membership (candidate_codec.h)
//     kUnlink, kFreeze      id: the author
//     kFreezeLinkedBefore   varint: the time
//     kOffer                texts: the offer's id, and its line
//     kWithdraw             text: the offer's id
void append_changes(std::string& out, std::span<const ControlChange> changes);
// Throws DamagedState. What stands in an offer's line was not looked at.
[[nodiscard]] std::vector<ControlChange> read_changes(ByteReader& reader);

// The catalogue with the changes of offers among these: of an id the last one counts. An offer
// that is put takes the place of the one with its id, or the last place. On any error returns
// null, and adds every error to `errors`; `name` stands in them. Cost: that of reading the
// catalogue anew.
[[nodiscard]] std::shared_ptr<const OfferCatalogue> change_offers(
    const OfferCatalogue& before, std::span<const ControlChange> changes, std::string_view name,
    std::string_view confirm_prefix, FileErrors& errors);

}  // namespace tagtill
