// Where a database that keeps its own count of a stream's events stands.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sinks/sink.h"

namespace tagtill {

// The mark of such a sink: the database has a row for the stream.
inline constexpr std::uint64_t kCursorMark = 1;

// `stored`: the number in that row, if there is one. The state writes down where the sink is
// after the sink has told it. So a database that belongs to the state is never behind what the
// state knows, nor ahead of what it gave. Returns what is wrong and what to do, without a stop;
// empty: nothing, and without a row one is to be made, with `start.at.events`.
[[nodiscard]] std::string problem_with_cursor(std::optional<std::uint64_t> stored,
                                              const SinkStart& start);

}  // namespace tagtill
