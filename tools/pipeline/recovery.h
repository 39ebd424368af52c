// From what a state holds to a decider that goes on with it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "engine/decider.h"
#include "engine/state/state_store.h"
#include "tools/configuration.h"

namespace tagtill {

struct Recovered {
  std::unique_ptr<Decider> decider;  // with the configuration in force
  // The configuration's entry, when it is new to the state: to be committed before anything
  // that is decided by it (P6.4).
  std::optional<StateEntry> change;
};

// Plays the snapshot and the journal behind it, and puts the configuration in force. For an
// empty state that is a new decider. Cost: some microseconds for each window and each
// candidate. Throws DamagedState.
[[nodiscard]] Recovered recover(StateReader& state, const Configuration& configuration,
                                const ProtocolOptions& protocol, std::uint32_t shards);

}  // namespace tagtill
