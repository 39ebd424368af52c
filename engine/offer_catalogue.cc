#include "engine/offer_catalogue.h"

#include <algorithm>

#include "engine/hash_bytes.h"
#include "engine/offer_catalogue_builder.h"

namespace tagtill {

static_assert(kNoTag == IndexTable::kNone);

std::shared_ptr<const OfferCatalogue> OfferCatalogue::load(const std::string& path,
                                                           std::string_view confirm_prefix,
                                                           FileErrors& errors) {
  ConfigLines lines(path);
  return OfferCatalogueBuilder(path, confirm_prefix).build(lines, errors);
}

std::shared_ptr<const OfferCatalogue> OfferCatalogue::parse(std::string_view json_lines,
                                                            std::string_view name,
                                                            std::string_view confirm_prefix,
                                                            FileErrors& errors) {
  ConfigLines lines = ConfigLines::from_memory(json_lines);
  return OfferCatalogueBuilder(name, confirm_prefix).build(lines, errors);
}

TagIndex OfferCatalogue::find_tag(std::string_view folded) const {
  return by_fold_.find(hash_bytes(folded),
                       [this, folded](TagIndex tag) { return tags_[tag].folded == folded; });
}

OfferCatalogue::Choice OfferCatalogue::choose(TagIndex tag, Millis at) const {
  const std::span<const OfferIndex> offers = offers_of(tag);
  // The offers of a tag do not overlap, so both their beginnings and their ends
  // stand in order: only the neighbours of `at` can be live or nearest.
  const auto later = std::upper_bound(
      offers.begin(), offers.end(), at,
      [this](Millis time, OfferIndex offer) { return time < offers_[offer].starts_at; });
  if (later == offers.begin()) {
    return {*later, false};
  }
  const OfferIndex earlier = *(later - 1);
  if (at < offers_[earlier].ends_at) {
    return {earlier, true};
  }
  const bool later_is_nearer =
      later != offers.end() && offers_[*later].starts_at - at < at - offers_[earlier].ends_at;
  return {later_is_nearer ? *later : earlier, false};
}

}  // namespace tagtill
