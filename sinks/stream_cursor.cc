#include "sinks/stream_cursor.h"

#include <fmt/core.h>

namespace tagtill {
namespace {

constexpr const char* kNoCursor =
    "the state has given it events, but it knows nothing of that state: it is another database, or "
    "was restored from before. Put the right one back, or replay the dumps with a new state";
constexpr const char* kBehind =
    "it holds the first {} events of the state, but the state has given it {} before: it was "
    "restored from before, or lost its end in a crash of the machine. Put the right one back, or "
    "replay the dumps with a new state";
constexpr const char* kAhead =
    "it holds the first {} events of the state, but the state has made only {}: the state was "
    "restored from before. Put the right one back, or replay the dumps with a new state and a new "
    "database";

}  // namespace

std::string problem_with_cursor(std::optional<std::uint64_t> stored, const SinkStart& start) {
  if (!stored) {
    return start.at.mark != 0 ? kNoCursor : "";
  }
  if (*stored < start.at.events) {
    return fmt::format(kBehind, *stored, start.at.events);
  }
  if (*stored > start.committed) {
    return fmt::format(kAhead, *stored, start.committed);
  }
  return {};
}

}  // namespace tagtill
