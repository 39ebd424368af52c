// A new configuration for a stream that runs (P6.4).
#pragma once

#include <memory>
#include <string>

#include "engine/lane.h"
#include "engine/member_table.h"
#include "engine/offer_catalogue.h"
#include "engine/reply_template.h"

namespace tagtill {

// Checked whole, and built, before it is given to anybody; const from then on. Stands between two
// blocks: those behind it are searched with its context, and the decider takes it in its turn.
struct ConfigurationSwap {
  std::shared_ptr<const OfferCatalogue> offers;
  std::shared_ptr<const MemberTable> members;
  std::string secret;
  std::shared_ptr<const ReplyTemplate> replies;  // null: none
  std::shared_ptr<const SearchContext> context;  // of these offers and members
};

}  // namespace tagtill
