#include "tools/state/state_play.h"

#include "tools/pipeline/recovery.h"

namespace tagtill {

ProtocolOptions protocol_of(const StateRules& rules) {
  return {.lateness_ms = rules.lateness_ms,
          .max_jump_ms = rules.max_jump_ms,
          .confirm_prefix = rules.prefix};
}

void play_state(StateReader& state, JournalPlayer& player) {
  load_snapshot(state, player);
  (void)play_journal(state, player, state.snapshot_sequence() + 1, state.head().sequence);
}

}  // namespace tagtill
