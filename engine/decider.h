// The protocol's rules P3 to P6: the only writer of all state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/candidate.h"
#include "engine/control_change.h"
#include "engine/event.h"
#include "engine/member_table.h"
#include "engine/offer_catalogue.h"
#include "engine/standing_controls.h"
#include "engine/time.h"

namespace tagtill {

class DecisionTrace;
class MemoryVisitor;
class ReplyTemplate;
struct CodeTape;

struct ProtocolOptions {
  Millis lateness_ms = 30'000;              // L, P3.3
  Millis max_jump_ms = 24LL * 3600 * 1000;  // J, P3.9; 0: never
  std::string confirm_prefix = "Confirm";   // P5.2: 1 to 32 ASCII letters
};

struct DecisionCounts {
  std::uint64_t candidates = 0;
  std::uint64_t duplicates = 0;      // P3.4, P3.6.1
  std::uint64_t late = 0;            // P3.5, members or not
  std::uint64_t repeated = 0;        // P4.2
  std::uint64_t deleted_before = 0;  // P6.2
  std::uint64_t prompts = 0;
  std::uint64_t confirmed = 0;
  std::uint64_t expired = 0;
  std::uint64_t cancelled = 0;
  std::array<std::uint64_t, kRejectReasons> rejected{};
  std::uint64_t future_of_others = 0;       // P3.9, not of members: counted only
  std::uint64_t ignored_confirmations = 0;  // P5.3, not of members
  std::uint64_t parked_deleted = 0;         // P6.1
  std::uint64_t deletes_forgotten = 0;      // P6.2, over 1,000 an author
};

// What came since `before`.
[[nodiscard]] DecisionCounts operator-(DecisionCounts now, const DecisionCounts& before);

// Applies candidates in stream order. Used by one thread. Results depend on the
// candidates, the catalogue, the members, the secret and the options alone.
//
// Bounds: an author has at most 32 windows, 32 confirmations that are parked and
// 1,000 remembered delete notices; posts are remembered for the longest window plus
// the lateness. Closed windows leave a count by author and offer for ever, and control records
// what they said of an author or an offer. Beside that memory
// follows the candidates within that time, not the length of the stream.
class Decider {
 public:
  // Into how many shards the authors are split: a power of two. No result depends on
  // it. Each has 4 KiB, 66 once it is in use, and is looked at whenever anything is due
  // in any of them; a snapshot takes one at a time.
  static constexpr std::uint32_t kShards = 16;
  static constexpr std::uint32_t kShardsMax = 4096;

  // Throws an Error (kUsage) if `shards` is none of 1, 2, 4 to kShardsMax.
  static void check_shards(std::uint64_t shards);

  // As check_shards(). The secret may be empty: then codes must be played.
  Decider(std::shared_ptr<const OfferCatalogue> offers, std::shared_ptr<const MemberTable> members,
          std::string_view secret, ProtocolOptions options, std::uint32_t shards = kShards);
  ~Decider();
  Decider(const Decider&) = delete;
  Decider& operator=(const Decider&) = delete;

  // Applies a block's candidates and appends the events to `out`. The batch must
  // have been made with the catalogue and members in force.
  void apply(const CandidateBatch& batch, EventBatch& out);

  // Replaces catalogue, members and secret between two batches (P6.4).
  void replace(std::shared_ptr<const OfferCatalogue> offers,
               std::shared_ptr<const MemberTable> members, std::string_view secret,
               EventBatch& out);

  // Control records, between two batches, in their order. `offers` and `members`: those in force
  // behind them, which may be the same objects as before; what a number stood for in the table of
  // members before it must stand for in this one. What the records said stands from now on.
  void control(std::span<const ControlChange> changes, std::shared_ptr<const OfferCatalogue> offers,
               std::shared_ptr<const MemberTable> members, EventBatch& out);
  [[nodiscard]] const StandingControls& controls() const;

  // From now on `trace` is told of every decision; null: nobody, as at first. It must
  // live until another one is set or the decider ends. No decision depends on it.
  void set_trace(DecisionTrace* trace);

  // From now on prompts have replies, made from it; null: none, as at first. It must have
  // been checked with the catalogue in force, and with each that replaces it. No decision
  // depends on it.
  void set_replies(std::shared_ptr<const ReplyTemplate> replies);

  // From now on codes that apply() and replace() make are appended to the tape; null: no
  // more. It must live until another one is set or the decider ends.
  void record_codes(CodeTape* tape);
  // From now on codes come from the tape instead of from the secret; null: from the
  // secret again. It must live as that of record_codes(). apply() throws DamagedState
  // where it runs out: then the decider must not be used.
  void play_codes(CodeTape* tape);

  // Writes everything the rules remember, as bytes that do not depend on shards or the
  // layout of memory, in pieces of at most 256 KiB. `without_author` is left out as if
  // there had never been anything of that author, empty: nobody; units that their open
  // windows hold are free, and what is sold is sold. Changes nothing.
  //
  // Memory: a piece, and a bit a window of one shard. Cost: some 150 ns a window.
  using PieceWriter = std::function<void(std::string_view piece)>;
  void save(const PieceWriter& write, std::string_view without_author = {});
  // Into a new decider, constructed with the options, catalogue and members in force at
  // save(), and any number of shards. `next` returns the next piece, which must live until
  // it is asked for another one, or an empty view at the end; pieces may be cut anywhere.
  // Throws DamagedState: then the decider must not be used. Whatever the bytes are, memory
  // follows their number.
  using PieceReader = std::function<std::string_view()>;
  void load(const PieceReader& next);

  // Calls f once with each author on whose membership something depends that is kept:
  // open windows, parked confirmations, the post that is set aside. f may call nothing of
  // the decider.
  void for_each_enrolled(const std::function<void(std::string_view author_id)>& f);

  // Tells the visitor of everything that the rules remember. It may call nothing of the decider.
  // Goes over everything.
  void visit_memory(MemoryVisitor& visitor);

  // A sentence for each thing that does not hold and should always hold, at most 100:
  // windows, parked confirmations and notices of an author can be reached, are at most as
  // many as they may be, and not past their time; open windows are of members; each offer
  // holds as many units as it has open windows; units held and sold were never more than
  // its greatest stock. Goes over everything.
  [[nodiscard]] std::vector<std::string> broken_invariants();

  [[nodiscard]] const DecisionCounts& counts() const;
  [[nodiscard]] std::uint64_t open_windows() const;   // held, not denied
  [[nodiscard]] bool has_set_aside() const;           // P3.9
  [[nodiscard]] std::optional<Millis> clock() const;  // P3.3
  // What the shards hold in memory. Goes over all of them.
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tagtill
