// The offers that are searched for (P7.1), read from JSON Lines and checked
// whole before anything runs (P7.3).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/file_errors.h"
#include "engine/index_table.h"
#include "engine/time.h"

namespace tagtill {

enum class Fulfilment : std::uint8_t { kShip, kPickup };

// `ship`, `pickup`: as catalogues, events and databases spell them.
[[nodiscard]] constexpr std::string_view name_of(Fulfilment fulfilment) {
  return fulfilment == Fulfilment::kShip ? "ship" : "pickup";
}

using RegionCode = std::array<char, 2>;  // {0, 0}: unknown

struct Offer {
  std::string id;
  std::string tag;         // as its author wrote it, without the sign
  std::string folded_tag;  // fold(tag), P2.2
  std::string title;
  std::int64_t price_minor = 0;
  std::array<char, 3> currency{};
  Fulfilment fulfilment = Fulfilment::kShip;
  Millis starts_at = 0;
  Millis ends_at = 0;  // exclusive
  std::optional<std::int64_t> list_price_minor;
  std::optional<std::int64_t> stock;  // absent: unlimited
  std::int64_t limit_per_member = 1;
  std::int32_t commission_bps = 0;
  Millis window_ms = 900'000;
  std::vector<RegionCode> regions;  // sorted; absent in the file: empty, everywhere

  friend bool operator==(const Offer&, const Offer&) = default;
};

using OfferIndex = std::uint32_t;
using TagIndex = std::uint32_t;
inline constexpr TagIndex kNoTag = std::numeric_limits<TagIndex>::max();

// Const after it was built; shared by all threads; never copied or moved, so
// views of its offers' strings live as long as it does.
//
// Memory: about 400 bytes an offer. Cost of loading: some 2 µs an offer.
class OfferCatalogue {
 public:
  OfferCatalogue() = default;
  OfferCatalogue(const OfferCatalogue&) = delete;
  OfferCatalogue& operator=(const OfferCatalogue&) = delete;

  // Reads the file. On any error returns null and adds every error, as
  // `file:line: what is wrong`, to `errors`.
  // `confirm_prefix` is needed because an offer whose tag has the form of a
  // confirmation tag is refused (P5.2).
  [[nodiscard]] static std::shared_ptr<const OfferCatalogue> load(const std::string& path,
                                                                  std::string_view confirm_prefix,
                                                                  FileErrors& errors);
  // The same from memory; `name` stands in the errors.
  [[nodiscard]] static std::shared_ptr<const OfferCatalogue> parse(std::string_view json_lines,
                                                                   std::string_view name,
                                                                   std::string_view confirm_prefix,
                                                                   FileErrors& errors);

  [[nodiscard]] std::span<const Offer> offers() const { return offers_; }

  // Where the offer stands in its file, from 1.
  [[nodiscard]] std::uint64_t line_number(OfferIndex offer) const { return line_numbers_[offer]; }

  // The distinct folded tags, numbered from 0 in the order of their first offer.
  [[nodiscard]] std::size_t tag_count() const { return tags_.size(); }
  [[nodiscard]] std::string_view folded_tag(TagIndex tag) const { return tags_[tag].folded; }

  // Its offers, in the order of their times.
  [[nodiscard]] std::span<const OfferIndex> offers_of(TagIndex tag) const {
    return {by_tag_.data() + tags_[tag].first_offer, tags_[tag].offer_count};
  }

  // The tag with this fold, or kNoTag. One hash probe; no allocation.
  [[nodiscard]] TagIndex find_tag(std::string_view folded) const;

  // P4: the offer of this tag which is live at `at`, or, if none is, the one
  // whose interval is nearest (of two as near the earlier).
  struct Choice {
    OfferIndex offer;
    bool live;
  };
  [[nodiscard]] Choice choose(TagIndex tag, Millis at) const;

  // W of P3.4: the longest window, 0 when there are no offers.
  [[nodiscard]] Millis longest_window_ms() const { return longest_window_ms_; }

 private:
  friend class OfferCatalogueBuilder;

  struct Tag {
    std::string_view folded;        // of its first offer
    std::uint32_t first_offer = 0;  // into by_tag_
    std::uint32_t offer_count = 0;
  };
  std::vector<Offer> offers_;                // in file order
  std::vector<std::uint64_t> line_numbers_;  // of each offer
  std::vector<OfferIndex> by_tag_;           // grouped by tag, each group by starts_at
  std::vector<Tag> tags_;
  IndexTable by_fold_;  // over tags_
  Millis longest_window_ms_ = 0;
};

}  // namespace tagtill
