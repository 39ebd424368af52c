// Sinks by URL, as `--sink` names them: `sqlite:PATH`, `jsonl:PATH`, `null:`.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "sinks/sink.h"

namespace tagtill {

struct SinkUrl {
  enum class Kind { kSqlite, kJsonl, kNull };

  Kind kind = Kind::kNull;
  std::string path;  // empty for `null:`; `jsonl:-` is standard output
};

// Throws tagtill::Error (ExitCode::kUsage) with a sentence that says what is
// wrong and what would be right. A `?` in a path is refused: what follows one
// is kept for options of the sink.
[[nodiscard]] SinkUrl parse_sink_url(std::string_view url);

// The sink of the URL, not opened yet.
[[nodiscard]] std::unique_ptr<Sink> make_sink(const SinkUrl& url);

}  // namespace tagtill
