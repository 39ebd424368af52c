#include "tools/state/state_play.h"

#include <algorithm>
#include <cstddef>

#include "engine/errors.h"
#include "engine/time.h"
#include "tools/pipeline/recovery.h"

namespace tagtill {

namespace {

constexpr std::size_t kPrefixLettersMax = 32;  // P5.2

bool are_possible(const StateRules& rules) {
  const auto is_duration = [](Millis time) { return time >= 0 && time <= kLastMillisecond; };
  const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
  return is_duration(rules.lateness_ms) && is_duration(rules.max_jump_ms) &&
         !rules.prefix.empty() && rules.prefix.size() <= kPrefixLettersMax &&
         std::ranges::all_of(rules.prefix, is_letter);
}

}  // namespace

ProtocolOptions protocol_of(const StateRules& rules) {
  if (!are_possible(rules)) {
    throw DamagedState(
        "the state's rules (lateness, longest jump, prefix) are none that tagtill would take. "
        "Restore it from a copy, or begin a new state and replay the dumps.");
  }
  return {.lateness_ms = rules.lateness_ms,
          .max_jump_ms = rules.max_jump_ms,
          .confirm_prefix = rules.prefix};
}

void play_state(StateReader& state, JournalPlayer& player) {
  load_snapshot(state, player);
  (void)play_journal(state, player, state.snapshot_sequence() + 1, state.head().sequence);
}

}  // namespace tagtill
