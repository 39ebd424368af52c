#include "engine/terms.h"

#include <string_view>

#include "engine/errors.h"

namespace tagtill {

void TermsTable::set_catalogue(const OfferCatalogue& offers) {
  std::unordered_map<std::string_view, std::vector<TermsIndex>> known;
  for (TermsIndex index = 0; index < terms_.size(); ++index) {
    Terms& terms = terms_[index];
    if (terms.in_force || terms.windows > 0) {
      known[terms.offer.id].push_back(index);
    }
    terms.in_force = false;
  }
  in_force_.clear();
  in_force_.reserve(offers.offers().size());
  for (const Offer& offer : offers.offers()) {
    TermsIndex match = kTermsMax;
    if (const auto found = known.find(offer.id); found != known.end()) {
      for (const TermsIndex index : found->second) {
        match = terms_[index].offer == offer ? index : match;
      }
    }
    if (match != kTermsMax) {
      terms_[match].in_force = true;
    }
    in_force_.push_back(match);
  }
  forget_unused();
  for (std::size_t i = 0; i < in_force_.size(); ++i) {
    if (in_force_[i] == kTermsMax) {
      in_force_[i] = add(offers.offers()[i], true);
    }
  }
}

std::vector<std::string_view> TermsTable::ids_by_number() const {
  std::vector<std::string_view> ids(numbers_.size());
  for (const auto& [id, number] : numbers_) {
    ids[number] = id;
  }
  return ids;
}

OfferNumber TermsTable::restore_id(std::string_view id) {
  return numbers_.try_emplace(std::string(id), static_cast<OfferNumber>(numbers_.size()))
      .first->second;
}

TermsIndex TermsTable::add(const Offer& offer, bool in_force) {
  if (free_.empty()) {
    if (terms_.size() == kTermsMax) {
      throw Error(ExitCode::kBadConfig,
                  "there are more offers than fit: at most 16777216, with the older forms of "
                  "those that windows are still open for");
    }
    free_.push_back(static_cast<TermsIndex>(terms_.size()));
    terms_.emplace_back();
    brief_.emplace_back();
  }
  const TermsIndex index = free_.back();
  free_.pop_back();
  const OfferNumber number = restore_id(offer.id);
  terms_[index] = {offer, number, 0, in_force};
  brief_[index] = {static_cast<std::uint32_t>(offer.window_ms), number};
  return index;
}

void TermsTable::forget_unused() {
  free_.clear();
  for (TermsIndex index = 0; index < terms_.size(); ++index) {
    if (!terms_[index].in_force && terms_[index].windows == 0) {
      terms_[index].offer = {};
      free_.push_back(index);
    }
  }
}

}  // namespace tagtill
