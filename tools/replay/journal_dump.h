// `journal:PATH` as a dump: the journal of a state, replayed as it was decided.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/offer_catalogue.h"
#include "engine/state/state_reader.h"
#include "tools/replay/replay.h"

namespace tagtill {

// The path of the state, if the dumps are a journal. Throws tagtill::Error (kUsage) when one is
// among other dumps.
[[nodiscard]] std::optional<std::string> journal_path(const std::vector<std::string>& dumps);

// Throws tagtill::Error (kUsage) for options that a journal brings itself, or does not go with.
void check_journal_options(const ReplayOptions& options);

// A journal from its first entry on, and the rules by which it is played. Refuses as
// StateReader::open() does, and a state of which entries were let go, or with nothing in it
// (kBadInput); and rules in the options that are neither the default ones nor the state's (kUsage).
[[nodiscard]] std::unique_ptr<StateReader> open_journal(const std::string& path,
                                                        const ProtocolOptions& options);
[[nodiscard]] ProtocolOptions rules_of(const StateReader& state);

// The offers of each configuration, in order. Reads the journal once. Throws DamagedState.
void for_each_catalogue(
    StateReader& state,
    const std::function<void(const std::shared_ptr<const OfferCatalogue>& offers)>& f);

}  // namespace tagtill
