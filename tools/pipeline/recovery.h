// From what a state holds to a decider that goes on with it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "engine/decider.h"
#include "engine/journal_player.h"
#include "engine/state/state_reader.h"
#include "tools/configuration.h"

namespace tagtill {

// Puts the state's snapshot into a new player; nothing if there is none. Throws DamagedState.
void load_snapshot(StateReader& state, JournalPlayer& player);

// Plays the entries from `first` to `last`, or to the end of the journal; returns the last one
// that was played (`first` - 1: none). Checks that each brings forth as many events as it did.
// Throws DamagedState.
std::uint64_t play_journal(StateReader& state, JournalPlayer& player, std::uint64_t first,
                           std::uint64_t last);

struct Recovered {
  std::unique_ptr<Decider> decider;  // with the configuration in force
  // The configuration's entry, when it is new to the state: to be committed before anything
  // that is decided by it (P6.4).
  std::optional<StateEntry> change;
  DecisionCounts before;  // without what came of the change
};

// Plays the snapshot and the journal behind it, and puts the configuration in force. For an
// empty state that is a new decider. Cost: some microseconds for each window and each
// candidate. Throws DamagedState.
[[nodiscard]] Recovered recover(StateReader& state, const Configuration& configuration,
                                const ProtocolOptions& protocol, std::uint32_t shards);

}  // namespace tagtill
