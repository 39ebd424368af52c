// Sinks by URL, as `--sink` names them: `sqlite:PATH`, `jsonl:PATH`, `null:`,
// each with options behind a `?`.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/disk.h"
#include "engine/offer_catalogue.h"
#include "sinks/sink.h"
#include "sinks/sink_batcher.h"

namespace tagtill {

struct SinkUrl {
  enum class Kind { kSqlite, kJsonl, kNull };

  Kind kind = Kind::kNull;
  std::string path;                      // empty for `null:`; `jsonl:-` is standard output
  EventTypes events = confirmed_only();  // `events=all`, `events=confirmed,prompt`
};

// `KIND:PATH?OPTION=VALUE&OPTION=VALUE`. The first `?` ends the path: a path
// cannot contain one (nothing is percent-decoded, a `%` in a path is a `%`).
//
// Throws tagtill::Error (ExitCode::kUsage) with a sentence that says what is
// wrong and what would be right: also for an option or a value that is not
// known, and for an option given twice.
[[nodiscard]] SinkUrl parse_sink_url(std::string_view url);

// The sink of the URL, not opened yet. `offers` are those of the run: a database
// that takes all events holds them as well. `disk`: where files and databases lie; it must
// outlive the sink.
[[nodiscard]] std::unique_ptr<Sink> make_sink(const SinkUrl& url,
                                              std::shared_ptr<const OfferCatalogue> offers,
                                              Disk& disk = Disk::real());

}  // namespace tagtill
