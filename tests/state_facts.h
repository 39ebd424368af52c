// What a saved state says, as plain sentences in order: two states that hold the same
// have the same facts, whatever order and shards they were written in. Reads the format of
// engine/decider_state.h and engine/journal_codec.h on its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace state_facts {

struct Facts {
  std::vector<std::string> all;  // sorted
  // Authors and members, as often as they stand there.
  std::vector<std::string> people;
};

// Throws std::runtime_error when the bytes do not fit the format.
Facts of_state(std::string_view saved);     // Decider::save
Facts of_snapshot(std::string_view bytes);  // JournalPlayer::save_snapshot

// The facts without those of one author: what is left when there was never anything of
// them, but for what is sold.
Facts without(Facts facts, const std::string& author);

}  // namespace state_facts
