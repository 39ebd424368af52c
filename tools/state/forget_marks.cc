#include "tools/state/forget_marks.h"

#include <fmt/core.h>

#include "engine/errors.h"

namespace tagtill {

std::optional<std::string> broken_off_forget(const StateReader& state) {
  std::optional<std::string> author;
  for (const SinkCursor& cursor : state.cursors()) {
    if (is_forget_mark(cursor) && (!author || author->empty())) {
      author = cursor.name.substr(kForgetMark.size());
    }
  }
  return author;
}

void refuse_broken_off_forget(const StateReader& state, const std::string& path) {
  const std::optional<std::string> author = broken_off_forget(state);
  if (!author) {
    return;
  }
  throw Error(
      ExitCode::kUsage,
      author->empty()
          ? fmt::format("{}: forgetting an author was broken off as it came to its end. Run "
                        "`tagtill state forget` once more as it was run, then this.",
                        path)
          : fmt::format("{0}: forgetting the author {1} was broken off. Run `tagtill state forget "
                        "--state {0} --author {1}` again, then this.",
                        path, *author));
}

}  // namespace tagtill
