// What changes the configuration of a stream that runs, between two blocks: new files (P6.4), or
// control records (docs/protocol.md, "Control records").
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/account_index.h"
#include "engine/control_change.h"
#include "engine/lane.h"
#include "engine/member_table.h"
#include "engine/offer_catalogue.h"
#include "engine/reply_template.h"

namespace tagtill {

// Checked whole, and built, before it is given to anybody; const from then on. Blocks behind it are
// searched with its context, and the decider takes it in its turn.
struct ConfigurationSwap {
  std::shared_ptr<const OfferCatalogue> file_offers;
  std::shared_ptr<const MemberTable> members;  // of the file
  std::string secret;
  std::shared_ptr<const ReplyTemplate> replies{};  // null: none

  // ControlDesk::prepare() fills these in.
  std::shared_ptr<const OfferCatalogue> offers{};  // in force: with those of control records
  std::shared_ptr<const SearchContext> context{};  // of these
  std::shared_ptr<const AccountIndex> accounts{};  // of the members; null: not needed
  std::uint64_t prepared_for = 0;                  // the changes of offers that it knew
};

// Control records that stand in a row, in their place between two blocks. Const.
struct ControlRun {
  // One that is not put into force: a malformed line (P1.2).
  struct Refused {
    std::uint64_t offset = 0;  // of the line, in its source
    std::uint64_t length = 0;  // without its line end
    std::string why;
  };

  std::vector<ControlChange> changes;  // those that are put into force
  std::vector<Refused> refused;
  std::uint64_t bytes = 0;                         // of the lines, with their ends
  std::shared_ptr<const OfferCatalogue> offers;    // in force behind them
  std::shared_ptr<const SearchContext> context{};  // of those; null: as before
};

}  // namespace tagtill
