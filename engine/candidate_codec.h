// Candidates as bytes: in journals, and where a post that is set aside is saved.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/arena.h"
#include "engine/byte_codec.h"
#include "engine/candidate.h"
#include "engine/member_table.h"
#include "engine/offer_catalogue.h"
#include "engine/time.h"

namespace tagtill {

// What a candidate is without its author's membership and its place in a source:
//
//   head    bit 0: a delete notice; bit 1: its author is protected; 4: a tick, of which nothing
//           follows but its time, as that of a post
//   id      of the author
//   id      of the post
//   posts:  zigzag: event time, from `since` on
//           varint: followers
//           varint: how many tags, and the fold of each as a text
void write_candidate(ByteWriter& writer, const Candidate& candidate, Millis since);

// Reads candidates, for the catalogue in force: which tags are of offers is looked up,
// which have the form of a confirmation tag is read from them anew. One thread.
class CandidateReader {
 public:
  explicit CandidateReader(std::string_view confirm_prefix);

  // The catalogue must live until another one is set. Required before read().
  void set_catalogue(const OfferCatalogue& offers) { offers_ = &offers; }

  // Its strings and tags stand in the arena; it is no member's. Throws DamagedState.
  [[nodiscard]] Candidate read(ByteReader& reader, Millis since, Arena& arena);

 private:
  std::string folded_prefix_;
  const OfferCatalogue* offers_ = nullptr;
  std::vector<PostTag> tags_;
};

// An author's membership: a byte, 0 for none, else the length of the account, and 128 if
// a region follows; the region; the account.
void write_membership(ByteWriter& writer, const Member& member);
inline void write_no_membership(ByteWriter& writer) { writer.byte(0); }

// False: none. The account lives as what ByteReader returns does. Throws DamagedState.
[[nodiscard]] bool read_membership(ByteReader& reader, Member& member);

}  // namespace tagtill
