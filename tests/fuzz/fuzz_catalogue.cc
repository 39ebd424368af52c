// Fuzzes the readers of offers and members. What they accept, the reference, which
// reads without checking, must read alike.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/file_errors.h"
#include "engine/member_table.h"
#include "engine/offer_catalogue.h"
#include "tests/fuzz/fuzz.h"
#include "tests/reference/catalogue.h"
#include "tests/reference/text.h"

namespace {

std::string text_of(tagtill::RegionCode region) {
  return region[0] == 0 ? "" : std::string(region.begin(), region.end());
}

// The reference knows no byte order mark at the start of a file.
std::string_view without_mark(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  return text.substr(text.starts_with(kMark) ? kMark.size() : 0);
}

void compare(const tagtill::Offer& offer, const reference::Offer& wanted) {
  const bool same =
      offer.id == wanted.id && offer.folded_tag == wanted.tag && offer.title == wanted.title &&
      offer.price_minor == wanted.price_minor &&
      std::string_view(offer.currency.data(), offer.currency.size()) == wanted.currency &&
      (offer.fulfilment == tagtill::Fulfilment::kPickup) == wanted.is_pickup &&
      offer.starts_at == wanted.starts_at && offer.ends_at == wanted.ends_at &&
      offer.stock == wanted.stock && offer.limit_per_member == wanted.limit_per_member &&
      offer.commission_bps == wanted.commission_bps && offer.window_ms == wanted.window_ms;
  fuzz::expect(same, "offer " + offer.id + " is read otherwise by the reference");
  for (const tagtill::RegionCode region : offer.regions) {
    fuzz::expect(std::find(wanted.regions.begin(), wanted.regions.end(), text_of(region)) !=
                     wanted.regions.end(),
                 "offer " + offer.id + " has other regions");
  }
}

void fuzz_offers(std::string_view text) {
  tagtill::FileErrors errors;
  const auto catalogue = tagtill::OfferCatalogue::parse(text, "offers", "Confirm", errors);
  fuzz::expect((catalogue == nullptr) == (errors.count() > 0), "refused without an error");
  if (catalogue == nullptr) {
    return;
  }
  const reference::Catalogue wanted = reference::read_catalogue(without_mark(text), "", "");
  fuzz::expect(catalogue->offers().size() == wanted.offers.size(), "another number of offers");
  for (std::size_t i = 0; i < wanted.offers.size(); ++i) {
    const tagtill::Offer& offer = catalogue->offers()[i];
    compare(offer, wanted.offers[i]);
    const tagtill::TagIndex tag = catalogue->find_tag(offer.folded_tag);
    fuzz::expect(tag != tagtill::kNoTag, "a tag that is not found");
    const tagtill::OfferCatalogue::Choice choice = catalogue->choose(tag, offer.starts_at);
    fuzz::expect(choice.live && choice.offer == i, "an offer that is not chosen");
  }
}

void fuzz_members(std::string_view text) {
  tagtill::FileErrors errors;
  const auto members = tagtill::MemberTable::parse(text, "members", errors);
  fuzz::expect((members == nullptr) == (errors.count() > 0), "refused without an error");
  if (members == nullptr) {
    return;
  }
  const reference::Catalogue wanted = reference::read_catalogue("", without_mark(text), "");
  fuzz::expect(members->size() == wanted.members.size(), "another number of members");
  for (const auto& [author, account] : wanted.members) {
    const tagtill::MemberIndex index = members->find(author);
    fuzz::expect(index != tagtill::kNotAMember, "a member who is not found");
    const tagtill::Member member = members->member(index);
    fuzz::expect(member.account == account.account && text_of(member.region) == account.region,
                 "a member who is read otherwise by the reference");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text = fuzz::text_of(bytes, size);
  fuzz_offers(text);
  fuzz_members(text);
  return 0;
}
