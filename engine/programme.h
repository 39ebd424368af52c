// The offers and members of the programme: what the files say, and what control records changed of
// it (docs/protocol.md, "Control records").
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/account_index.h"
#include "engine/control_change.h"
#include "engine/file_errors.h"
#include "engine/growing_members.h"
#include "engine/member_table.h"
#include "engine/offer_catalogue.h"
#include "engine/reply_template.h"
#include "engine/standing_controls.h"

namespace tagtill {

// The members of the file with those whom control records linked, and without those whom they
// unlinked. Cost: O(authors that records named).
[[nodiscard]] GrowingMembers members_in_force(std::shared_ptr<const MemberTable> file,
                                              const StandingControls& controls);
// The same for one change more; of no use for changes of offers.
void change_members(GrowingMembers& members, const ControlChange& change);

// Says what is wrong with offers beyond the rules of a catalogue, as that the reply to one is too
// long; or nothing.
using CheckOffers = std::function<std::string(const OfferCatalogue& offers)>;

// Whether the replies fit (ReplyTemplate::check); null: nothing is asked.
[[nodiscard]] CheckOffers check_of_replies(std::shared_ptr<const ReplyTemplate> replies,
                                           std::string confirm_prefix);

// Checks what is to come into force against what is. Used by one thread.
//
// Memory: beside the files' and the controls', some 100 bytes for each author who was linked by a
// record.
class Programme {
 public:
  // `check_offers` is asked of each offer that a record puts; of those of files who sets them asks.
  explicit Programme(std::string confirm_prefix, StandingControls controls = {},
                     CheckOffers check_offers = {});

  // A line stands for a control record if its first member is `tagtill`; whether that is a good
  // one take() says.
  [[nodiscard]] static bool is_record(std::string_view line);

  // Files come into force. `offers`: those of the file with the changes that stand
  // (StandingControls::offer_changes). `accounts`: over `members`; null: it is made when it is
  // needed. If what stands of members does not fit, nothing changes: returns false, and adds every
  // error, as a sentence.
  [[nodiscard]] bool set_files(std::shared_ptr<const OfferCatalogue> offers,
                               std::shared_ptr<const MemberTable> members,
                               std::shared_ptr<const AccountIndex> accounts, FileErrors& errors);

  // The offers in force. Null before set_files().
  [[nodiscard]] const std::shared_ptr<const OfferCatalogue>& offers() const { return offers_; }
  [[nodiscard]] const StandingControls& controls() const { return controls_; }

  struct Answer {
    std::optional<ControlChange> change;
    std::string refusal;  // a sentence, when there is no change
  };
  // Reads a control record (without its line end) and puts it into force. A record that is refused
  // changes nothing. Cost: some microseconds; of an offer that of reading the catalogue.
  [[nodiscard]] Answer take(std::string_view line);

 private:
  [[nodiscard]] std::string read(std::string_view line, ControlChange& change) const;
  [[nodiscard]] std::string refuse_link(const ControlChange& change);
  [[nodiscard]] std::string put_offers(const ControlChange& change);
  [[nodiscard]] bool is_as_in_file(std::string_view owner_id, std::string_view author_id) const;
  void note_account(const ControlChange& change);

  std::string confirm_prefix_;
  CheckOffers check_offers_;
  StandingControls controls_;
  std::map<std::string, std::string, std::less<>> linked_;  // author by account, of records
  std::shared_ptr<const OfferCatalogue> offers_;
  std::shared_ptr<const MemberTable> members_;    // of the file
  std::shared_ptr<const AccountIndex> accounts_;  // over those
};

}  // namespace tagtill
