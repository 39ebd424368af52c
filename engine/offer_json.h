// Offers as JSON Lines (P7.1), to be read by OfferCatalogue::parse again.
#pragma once

#include <string>

#include "engine/offer_catalogue.h"

namespace tagtill {

// Appends the offer as one line, with its line end. It reads back as an equal offer, and
// is no longer than any line that the offer was read from: what has its default is left
// out, and times have no more digits than they need. Equal offers have equal lines.
void append_offer_json_line(std::string& out, const Offer& offer);

}  // namespace tagtill
