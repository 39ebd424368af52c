// From a state to the decider that it remembers, to be looked at.
#pragma once

#include "engine/decider.h"
#include "engine/journal_player.h"
#include "engine/state/state_reader.h"

namespace tagtill {

// What the decisions of the state depend on. Throws DamagedState for what cannot be.
[[nodiscard]] ProtocolOptions protocol_of(const StateRules& rules);

// Plays the snapshot and the journal behind it into a new player. Its decider is null if nothing
// was ever decided. Cost: some microseconds for each window and each candidate. Throws
// DamagedState.
void play_state(StateReader& state, JournalPlayer& player);

}  // namespace tagtill
