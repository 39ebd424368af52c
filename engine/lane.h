// Everything from a block of bytes to its candidates, without a hand-over: signs,
// tags, parse, decode, fold, member look-up.
#pragma once

#include <memory>
#include <string_view>

#include "engine/block.h"
#include "engine/candidate.h"
#include "engine/member_table.h"
#include "engine/offer_catalogue.h"

namespace tagtill {

// What the lanes search for: const, shared by all lanes, swapped whole between
// two blocks when the catalogue or the members change (P6.4).
struct SearchContext;

// `members` may be null, if they change while the stream runs: then candidates have no members
// yet, and every delete notice is one. `before`: one of the same prefix and strictness, or null:
// its compiled tags are used again, and those that are new stand beside them, as long as they are
// few. Cost: some 40 µs a tag that is compiled, a look-up one that is used again.
[[nodiscard]] std::shared_ptr<const SearchContext> make_search_context(
    std::shared_ptr<const OfferCatalogue> offers, std::shared_ptr<const MemberTable> members,
    std::string_view confirm_prefix, bool strict, const SearchContext* before = nullptr);

// What a lane without members has left to do: each candidate gets its member, and a delete notice
// of anybody else is no candidate (P3.1).
void find_members(CandidateBatch& batch, const MemberTable& members);

// One lane. Used by one thread; several lanes share a context. What it makes of
// a block depends on the bytes of the block and the context alone (P3.7).
class Lane {
 public:
  explicit Lane(std::shared_ptr<const SearchContext> context);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  void set_context(std::shared_ptr<const SearchContext> context);

  // Clears `batch` and fills it with what stands in `block`. The batch keeps no
  // reference to the block. `sample`: at its end stands a tick (P3.8) with the time of the
  // block's last post, unless that is a candidate or there is none.
  void process(const Block& block, CandidateBatch& batch, bool sample = false);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tagtill
