// What a lane hands to the decider: the candidates of a block (P3.1), in line
// order, decoded, with the hashtags that may matter.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/arena.h"
#include "engine/event.h"
#include "engine/member_table.h"
#include "engine/offer_catalogue.h"
#include "engine/time.h"

namespace tagtill {

// A hashtag of a candidate post, in text order, each fold once (P2.4).
struct PostTag {
  std::string_view folded;  // P2.2
  TagIndex tag = kNoTag;    // of the catalogue in force at the block
  Code code = kNoCode;      // if it has the form of a confirmation tag (P5.2)
};

// A post, or a delete notice of a member (P3.1); or a tick of a live source (P3.8), which is
// applied in its place among them and has a time alone. Views live in the batch.
struct Candidate {
  enum class Kind : std::uint8_t { kPost, kDeleteNotice, kTick };

  Kind kind = Kind::kPost;
  bool author_protected = false;     // posts
  MemberIndex member = kNotAMember;  // of the member table in force at the block
  std::string_view author_id;
  std::string_view post_id;       // delete notice: the post that was deleted
  Millis at = 0;                  // posts, ticks: event time (P1.5)
  std::int64_t followers = 0;     // posts
  std::span<const PostTag> tags;  // posts: all tags of the text (P2.3, P2.4), not only
                                  // those that matter now: a post that is set aside
                                  // (P3.9) may meet another catalogue (P6.4)
  std::uint32_t source = 0;       // where the line stands, as in MalformedLine:
  std::uint64_t offset = 0;       // no rule looks at it
};

// Why a line is malformed (P1.2).
enum class MalformedCause : std::uint8_t {
  kTooLong,
  kNotUtf8,
  kNotJson,
  kTooDeep,
  kBadField,
  kBadControl,  // a control record that is refused
};
[[nodiscard]] std::string_view name_of(MalformedCause cause);

// A line for the dead letters. Views live in the batch.
struct MalformedLine {
  std::uint32_t source = 0;
  std::uint64_t offset = 0;  // of the line, in its source
  std::uint64_t length = 0;  // without its line end
  MalformedCause cause = MalformedCause::kNotJson;
  std::string_view field;  // kBadField: which, as `user.id_str`; kBadControl: why
  std::string_view head;   // the first kDeadLetterBytes bytes; kBadControl: nothing, since what
                           // was refused may be a card number
};

// Counts of lines. `lines` is all lines but keep-alives; each of them is one of
// posts, delete_notices, controls, others and malformed.
struct LineCounts {
  std::uint64_t bytes = 0;
  std::uint64_t lines = 0;
  std::uint64_t keep_alives = 0;
  std::uint64_t parsed = 0;  // lines that simdjson saw
  std::uint64_t posts = 0;
  std::uint64_t delete_notices = 0;  // of anybody
  std::uint64_t controls = 0;        // control records that were put into force
  std::uint64_t others = 0;
  std::uint64_t malformed = 0;

  LineCounts& operator+=(const LineCounts& more);
};

// The result of one block. Owned by one thread at a time; cleared and used
// again, not freed.
struct CandidateBatch {
  // The lane knew no members (SearchContext): delete notices are those of anybody, and
  // find_members() is still to be called.
  bool lacks_members = false;
  std::vector<Candidate> candidates;
  std::vector<MalformedLine> malformed;
  LineCounts counts;
  Arena bytes;

  void clear() {
    lacks_members = false;
    candidates.clear();
    malformed.clear();
    counts = {};
    bytes.clear();
  }
};

// Offers' tags in the posts of the batch, whatever the rules make of them.
[[nodiscard]] inline std::uint64_t count_intents(const CandidateBatch& batch) {
  std::uint64_t intents = 0;
  for (const Candidate& candidate : batch.candidates) {
    for (const PostTag& tag : candidate.tags) {
      intents += tag.tag != kNoTag ? 1 : 0;
    }
  }
  return intents;
}

}  // namespace tagtill
