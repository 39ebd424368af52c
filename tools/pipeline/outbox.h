// What a parcel holds for the outputs, as bytes: a row of a state's outbox.
#pragma once

#include <string>
#include <string_view>

#include "tools/pipeline/batches.h"

namespace tagtill {

// The length of the dead letters (8 bytes, the lowest first), the dead letters, the events
// (engine/event_codec.h).
void append_outbox(std::string& out, const Parcel& parcel);

// Fills the empty parcel, but for its numbers. `letters`: how many dead letters there are.
// Throws DamagedState.
void read_outbox(std::string_view bytes, std::uint64_t letters, Parcel& parcel);

}  // namespace tagtill
