// How a state tells that an author is being forgotten.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/state/state_reader.h"

namespace tagtill {

// `tagtill state forget --author` takes many steps, in several files. From before the first to
// after the last a cursor stands in the state that is no output's: kForgetMark and the author's
// id. Near the end another one, without the id, takes its place: the id itself must go as well.
inline constexpr std::string_view kForgetMark = "forgetting:";

// Whether the cursor is such a mark.
[[nodiscard]] inline bool is_forget_mark(const SinkCursor& cursor) {
  return cursor.name.starts_with(kForgetMark);
}

// The author who was being forgotten when `tagtill state forget` was broken off; empty: only
// the end was missing. None: it was not.
[[nodiscard]] std::optional<std::string> broken_off_forget(const StateReader& state);

// Throws tagtill::Error (kUsage) if it was: until it is run again, nobody knows what of the
// author is left where, and outputs need not be as long as the state knows them.
void refuse_broken_off_forget(const StateReader& state, const std::string& path);

}  // namespace tagtill
