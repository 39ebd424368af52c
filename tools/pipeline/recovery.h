// From what a state holds to a decider that goes on with it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "engine/decider.h"
#include "engine/growing_members.h"
#include "engine/journal_player.h"
#include "engine/programme.h"
#include "engine/state/state_reader.h"
#include "tools/configuration.h"

namespace tagtill {

// Puts the state's snapshot into a new player; nothing if there is none. Throws DamagedState.
void load_snapshot(StateReader& state, JournalPlayer& player);

// Plays one entry, which is read into `entry`, and appends its events. False: it is not there.
// Checks that there are as many as there were. Throws DamagedState.
[[nodiscard]] bool play_entry(StateReader& state, JournalPlayer& player, std::uint64_t sequence,
                              StateEntry& entry, EventBatch& events);

// Plays the entries from `first` to `last`, or to the end of the journal; returns the last one
// that was played (`first` - 1: none). Checks and throws as play_entry(). `played` is told of
// each, if it is given.
using PlayedEntry = std::function<void(std::uint64_t sequence, const EventBatch& events)>;
std::uint64_t play_journal(StateReader& state, JournalPlayer& player, std::uint64_t first,
                           std::uint64_t last, const PlayedEntry& played = {});

struct Recovered {
  std::unique_ptr<Decider> decider;              // with the configuration in force:
  std::shared_ptr<const OfferCatalogue> offers;  // that of the files, and what stands by control
  GrowingMembers members{};                      // records
  // The configuration's entry, when it is new to the state: to be committed before anything
  // that is decided by it (P6.4).
  std::optional<StateEntry> change;
  DecisionCounts before;  // without what came of the change
};

// `check_offers`: is asked of the offers in force, before anything is done with them.
//
// Plays the snapshot and the journal behind it, and puts the configuration in force. For an
// empty state that is a new decider. Cost: some microseconds for each window and each
// candidate. Throws DamagedState; and tagtill::Error (kBadConfig) where what stands by control
// records does not fit the files.
[[nodiscard]] Recovered recover(StateReader& state, const Configuration& configuration,
                                const ProtocolOptions& protocol, std::uint32_t shards,
                                const CheckOffers& check_offers = {});

}  // namespace tagtill
