#include "ingest/live/teller.h"

#include <fmt/core.h>

#include <utility>

namespace tagtill {

void Teller::tell(Cause cause, const std::string& sentence) {
  if (!say_) {
    return;
  }
  Said& said = said_[static_cast<std::size_t>(cause)];
  const Clock::TimePoint now = clock_.now();
  if (said.ever && now - said.at < kEvery) {
    ++said.left_out;
    return;
  }
  said.ever = true;
  said.at = now;
  const std::uint64_t left_out = std::exchange(said.left_out, 0);
  say_(left_out == 0 ? sentence
                     : fmt::format("{} ({} more of that kind before.)", sentence, left_out));
}

}  // namespace tagtill
