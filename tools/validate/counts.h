// What a catalogue and a member file hold, for a person.
#pragma once

#include <string>

#include "engine/member_table.h"
#include "engine/offer_catalogue.h"

namespace tagtill {

// Several lines, each with its end. `file` is the name of what they were read from.
[[nodiscard]] std::string describe_offers(const OfferCatalogue& offers, const std::string& file);
[[nodiscard]] std::string describe_members(const MemberTable& members, const std::string& file);

}  // namespace tagtill
