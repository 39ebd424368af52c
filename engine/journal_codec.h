// What stands in a journal: inputs as they were applied, with all that their decision
// needed. The bytes are those of byte_codec.h.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/byte_codec.h"
#include "engine/candidate.h"
#include "engine/candidate_codec.h"
#include "engine/code_tape.h"
#include "engine/decider.h"
#include "engine/growing_members.h"
#include "engine/journal_kind.h"
#include "engine/member_table.h"
#include "engine/offer_catalogue.h"

namespace tagtill {

// The payload of a kCandidates entry is a row of batches:
//
//   byte    kBatchVersion
//   varint  how many candidates, at least one; each as candidate_codec.h has it, its time
//           from the one before on, and (but of a tick) its author's membership
//   varint  how many codes, and the codes
//
// Appends the candidates of the batch, which the decider has applied, with their
// memberships in the table in force, and the codes that were made for them. Nothing, if
// there are none. Cost: some 100 ns a candidate.
void append_candidates(std::string& out, const CandidateBatch& batch, const MemberTable& members,
                       const CodeTape& tape);

// The payload of a kConfiguration entry:
//
//   byte    kConfigurationVersion
//   texts   the offers, each a line of a catalogue; an empty one ends the list
//   ids     the members among those whom for_each_enrolled() tells, each with a
//           membership; 0 ends the list
//   varint  how many codes, and the codes
//
// Appends what replaces the configuration of the decider, or has: the members are the same
// before and after Decider::replace().
void append_configuration(std::string& out, const OfferCatalogue& offers,
                          const MemberTable& members, Decider& known, const CodeTape& tape);

// The same without codes, as a snapshot begins with it, and without one author (empty:
// with all).
void write_configuration(ByteWriter& writer, const OfferCatalogue& offers,
                         const MemberTable& members, Decider& known,
                         std::string_view without_author);

// --- and back; all throw DamagedState ------------------------------------------

struct JournalConfiguration {
  std::shared_ptr<const OfferCatalogue> offers;
  GrowingMembers members;
};

[[nodiscard]] JournalConfiguration read_configuration(ByteReader& reader,
                                                      std::string_view confirm_prefix);

// Reads one batch; its authors are enrolled, or are members no more. (A run may begin with other
// members than the last one had and without an entry that says so, if the decider knew nothing of
// them.) The candidates have no source.
void read_batch(ByteReader& reader, CandidateReader& candidates, GrowingMembers& members,
                CandidateBatch& batch, CodeTape& tape);

void read_codes(ByteReader& reader, CodeTape& tape);

}  // namespace tagtill
