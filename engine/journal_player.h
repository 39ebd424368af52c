// Applies what stands in a journal, or in a snapshot, to a decider.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/candidate_codec.h"
#include "engine/code_tape.h"
#include "engine/decider.h"
#include "engine/event.h"
#include "engine/journal_codec.h"

namespace tagtill {

// Plays entries exactly as they were applied when they were written: the same events, byte
// for byte, with neither the secret nor the member file of then. One thread.
//
// A snapshot is a configuration (journal_codec.h, without codes), and Decider::save.
//
// Whatever it throws, it must not be used any more. Memory: the decider's, a batch, and 34
// bytes for each member whom the configuration or a candidate since named.
class JournalPlayer {
 public:
  // The options must be those with which the journal was written; `shards` as in Decider.
  JournalPlayer(ProtocolOptions options, std::uint32_t shards);
  ~JournalPlayer();
  JournalPlayer(const JournalPlayer&) = delete;
  JournalPlayer& operator=(const JournalPlayer&) = delete;

  // Writes a snapshot of the decider, which has this configuration, in pieces of at most
  // 256 KiB, as if there had never been anything of `without_author` (as Decider::save).
  static void save_snapshot(const OfferCatalogue& offers, const MemberTable& members,
                            Decider& decider, const Decider::PieceWriter& write,
                            std::string_view without_author = {});
  // The same of the player's own decider, which it must have.
  void save(const Decider::PieceWriter& write, std::string_view without_author = {});

  // Before anything is played: as Decider::set_replies().
  void set_replies(std::shared_ptr<const ReplyTemplate> replies) { replies_ = std::move(replies); }

  // Begins with a snapshot. `next` as for Decider::load. Throws DamagedState.
  void load_snapshot(const Decider::PieceReader& next);

  // Applies one entry; events are appended to `out`. The first one must be a configuration,
  // unless there was a snapshot. Throws DamagedState.
  void play(JournalKind kind, std::string_view payload, EventBatch& out);

  // The configuration in force, as append_configuration() would write it now, without codes.
  // There must be one.
  void append_configuration(std::string& out);

  // Offers' tags in the posts of the entries that were played.
  [[nodiscard]] std::uint64_t intents() const { return intents_; }
  // Null before the first configuration. Its codes come from the journal.
  [[nodiscard]] Decider* decider() { return decider_.get(); }
  [[nodiscard]] const Decider* decider() const { return decider_.get(); }
  // Ends the player. The decider has no secret: Decider::replace() must give it one before
  // it is given candidates.
  [[nodiscard]] std::unique_ptr<Decider> take();

 private:
  void configure(JournalConfiguration configuration, EventBatch* out);
  void control(ByteReader& reader, EventBatch& out);

  ProtocolOptions options_;
  std::uint32_t shards_;
  CandidateReader candidates_;
  std::optional<JournalConfiguration> configuration_;
  std::unique_ptr<Decider> decider_;
  CandidateBatch batch_;
  CodeTape tape_;
  std::uint64_t intents_ = 0;
  std::shared_ptr<const ReplyTemplate> replies_;
};

}  // namespace tagtill
