#include "tools/pipeline/recovery.h"

#include <fmt/core.h>

#include <string>
#include <utility>

#include "engine/code_tape.h"
#include "engine/errors.h"
#include "engine/journal_codec.h"
#include "tools/pipeline/outbox.h"

namespace tagtill {
namespace {

// What was decided before, without the secret and the member file of then.
std::unique_ptr<Decider> decider_of(StateReader& state, JournalPlayer& player,
                                    const Configuration& configuration, bool& changed) {
  load_snapshot(state, player);
  (void)play_journal(state, player, state.snapshot_sequence() + 1, state.head().sequence);
  std::string before;
  player.append_configuration(before);
  std::string after;
  append_configuration(after, *configuration.offers, *configuration.members, *player.decider(), {});
  changed = before != after;
  return player.take();
}

}  // namespace

void load_snapshot(StateReader& state, JournalPlayer& player) {
  if (state.snapshot_sequence() == 0) {
    return;
  }
  std::uint64_t index = 0;
  std::string piece;
  player.load_snapshot([&]() -> std::string_view {
    return state.snapshot_piece(index++, piece) ? std::string_view(piece) : std::string_view();
  });
}

bool play_entry(StateReader& state, JournalPlayer& player, std::uint64_t sequence,
                StateEntry& entry, EventBatch& events) {
  if (!state.journal_entry(sequence, entry)) {
    return false;
  }
  const std::size_t before = events.events.size();
  player.play(entry.kind, entry.payload, events);
  if (events.events.size() - before != entry.events) {
    throw DamagedState(fmt::format(
        "entry {} of the state's journal brought forth {} events and now makes {}: it was "
        "written by a tagtill that decides otherwise, or is damaged. Go on with that one, or "
        "restore the state from a backup.",
        sequence, entry.events, events.events.size() - before));
  }
  return true;
}

std::uint64_t play_journal(StateReader& state, JournalPlayer& player, std::uint64_t first,
                           std::uint64_t last, const PlayedEntry& played) {
  StateEntry entry;
  EventBatch events;
  while (first <= last && play_entry(state, player, first, entry, events)) {
    if (played) {
      played(first, events);
    }
    events.clear();
    ++first;
  }
  return first - 1;
}

Recovered recover(StateReader& state, const Configuration& configuration,
                  const ProtocolOptions& protocol, std::uint32_t shards) {
  Recovered recovered;
  StateEntry entry;
  entry.kind = JournalKind::kConfiguration;
  if (state.head().sequence == 0) {
    recovered.decider = std::make_unique<Decider>(configuration.offers, configuration.members,
                                                  configuration.secret, protocol, shards);
    append_configuration(entry.payload, *configuration.offers, *configuration.members,
                         *recovered.decider, {});
    recovered.change = std::move(entry);
    return recovered;
  }
  bool changed = false;
  JournalPlayer player(protocol, shards);
  recovered.decider = decider_of(state, player, configuration, changed);
  recovered.before = recovered.decider->counts();
  CodeTape codes;
  std::string payload;
  append_configuration(payload, *configuration.offers, *configuration.members, *recovered.decider,
                       codes);
  recovered.decider->record_codes(&codes);
  Parcel parcel;
  recovered.decider->replace(configuration.offers, configuration.members, configuration.secret,
                             parcel.events);
  recovered.decider->record_codes(nullptr);
  if (changed) {
    entry.payload = std::move(payload);
    entry.events = parcel.events.events.size();
    if (parcel.has_output()) {
      append_outbox(entry.outbox, parcel);
    }
    recovered.change = std::move(entry);
  }
  return recovered;
}

}  // namespace tagtill
