// What a decider remembers, as bytes, and what must hold of it. Private to decider.cc.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/decider.h"
#include "engine/kept_post.h"
#include "engine/ledger.h"
#include "engine/shard.h"
#include "engine/shard_set.h"
#include "engine/standing_controls.h"
#include "engine/terms.h"
#include "engine/time.h"

namespace tagtill {

// All of it, and what is in force; the decider's own.
struct DeciderState {
  const ProtocolOptions& options;
  const OfferCatalogue& offers;
  const MemberTable& members;
  DecisionCounts& counts;
  TermsTable& terms;
  Ledger& ledger;
  ShardSet& shards;
  std::optional<Millis>& clock;
  std::unique_ptr<KeptPost>& set_aside;
  StandingControls& controls;

  // As in decider.cc.
  [[nodiscard]] Millis bound() const {
    return clock ? *clock - options.lateness_ms : std::numeric_limits<Millis>::min();
  }
};

// The saved form, of the elements of byte_codec.h. Ages are times before the clock. It
// holds what the rules remember and no more: what is forgotten, but not given back yet, is
// left out. Authors come in any order, and each once in a list.
//
//   varint    kStateVersion
//   clock     varint: 0: none; else the clock + 1
//   varint    the longest window, ms
//   varints   how many counts, and DecisionCounts in its order
//   stocks    each offer id that was ever in a catalogue: text; varints: sold, held, and
//             the greatest stock + 1 (0: it had none). An empty text ends the list.
//   terms     those that windows refer to: varint, their place among the stocks + 1; text,
//             a line of a catalogue. 0 ends the list.
//   windows   each author who has any: id; how many, varint; as they opened: a byte (state
//             | 4 if denied); id of the intent; age, varint; code; its place among the
//             terms, varint; of open ones the account, text. The id 0 ends this list and
//             those that follow.
//   parked    each author: id; how many, varint; as they came: id of the post; age, varint;
//             code; followers, varint; place, varint
//   posts     each: id of the author, id of the post, varint: age
//   notices   each author: id; how many, varint; the oldest first: id of the post; varint:
//             age, if there is a clock
//   counts    each author and offer: id; place among the stocks, varint; count, varint
//   set aside a byte, 0 or 1; the candidate
//   controls  as StandingControls::save()
//
// Version 1 had a count less, and no controls.
inline constexpr std::uint64_t kStateVersion = 2;
inline constexpr unsigned kWindowDenied = 4;

// Calls f with each counter, in the order of their declaration.
template <typename Counts, typename F>
void for_each_count(Counts& counts, F f) {
  for (auto* count : {&counts.candidates, &counts.duplicates, &counts.late, &counts.repeated,
                      &counts.deleted_before, &counts.prompts, &counts.confirmed, &counts.expired,
                      &counts.cancelled, &counts.future_of_others, &counts.ignored_confirmations,
                      &counts.parked_deleted, &counts.deletes_forgotten}) {
    f(*count);
  }
  for (auto& count : counts.rejected) {
    f(count);
  }
}
inline constexpr std::size_t kCounts = 13 + kRejectReasons;

// Calls f(author, first window) for each author who has windows. Takes a bit a window for
// the time.
template <typename F>
void for_each_author_with_windows(Shard& shard, F&& f) {
  std::vector<bool> follows;
  shard.for_each_window([&](WindowIndex index) {
    if (const WindowIndex next = shard.window(index).next; next != Shard::kNoWindow) {
      follows.resize(std::max<std::size_t>(follows.size(), std::size_t{next} + 1));
      follows[next] = true;
    }
  });
  shard.for_each_window([&](WindowIndex index) {
    if (index >= follows.size() || !follows[index]) {
      f(shard.window(index).author, index);
    }
  });
}

// As the functions of Decider.
void save_state(const DeciderState& state, const Decider::PieceWriter& write,
                std::string_view without_author);
void load_state(const DeciderState& state, const Decider::PieceReader& next);
[[nodiscard]] std::vector<std::string> broken_invariants(const DeciderState& state);
void visit_memory(const DeciderState& state, MemoryVisitor& visitor);
void for_each_enrolled(const DeciderState& state,
                       const std::function<void(std::string_view author_id)>& f);

}  // namespace tagtill
