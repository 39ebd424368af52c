// Sinks by URL, as `--sink` names them: `sqlite:PATH`, `jsonl:PATH`, `postgres:WHERE`,
// `webhook:URL`, `null:`, each with options behind a `?`. docs/formats.md lists them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/disk.h"
#include "engine/offer_catalogue.h"
#include "sinks/postgres_sink.h"
#include "sinks/segment_sink.h"
#include "sinks/sink.h"
#include "sinks/sink_batcher.h"
#include "sinks/surroundings.h"
#include "sinks/webhook_sink.h"

namespace tagtill {

struct SinkUrl {
  enum class Kind { kSqlite, kJsonl, kPostgres, kWebhook, kNull };

  Kind kind = Kind::kNull;
  // Of a file: sqlite, jsonl (`-` is standard output, a path with `/` at its end a folder of
  // segments). Empty for the other kinds.
  std::string path;
  EventTypes events = confirmed_only();  // `events=all`, `events=confirmed,prompt`
  SinkLimits limits;                     // `batch-count=`, `batch-bytes=`, `batch-age=`
  // `full-outbox=wait`: when the state keeps as much for it as it may, the run waits. `grow`: it
  // keeps more.
  bool waits_when_full = true;

  SegmentOptions segments;   // jsonl: `segment-bytes=`, `segment-age=`
  PostgresOptions postgres;  // `schema=`
  WebhookOptions webhook;    // `ca-file=`, `inflight=`, `timeout=`, `drop-late-prompts=`
  std::vector<std::string> secret_files;  // of the webhook: `secret-file=`, once or twice
  bool plain_http = false;                // `plain-http=`

  // Segments in a folder, not one file.
  [[nodiscard]] bool is_folder() const { return kind == Kind::kJsonl && path.ends_with('/'); }
  // What tells it from other sinks of its kind, from run to run.
  [[nodiscard]] std::string place() const;
};

// `KIND:PLACE?OPTION=VALUE&OPTION=VALUE`. The first `?` ends the place, which cannot contain
// one (nothing is percent-decoded, a `%` in a path is a `%`). Of `postgres://…` options that are
// none of ours are left to libpq.
//
// Throws tagtill::Error (ExitCode::kUsage) with a sentence that says what is
// wrong and what would be right: also for an option or a value that is not
// known, and for an option given too often. Of `postgres:` and `webhook:` the place is not
// repeated in it: there might be a password in it.
[[nodiscard]] SinkUrl parse_sink_url(std::string_view url);

// The sink of the URL, not opened yet. `offers` are those of the run: a database
// that takes all events holds them as well. `disk`: where files and databases lie; it must
// outlive the sink. Reads the secrets of a webhook, and throws tagtill::Error (kBadConfig) if one
// is none.
[[nodiscard]] std::unique_ptr<Sink> make_sink(const SinkUrl& url,
                                              std::shared_ptr<const OfferCatalogue> offers,
                                              Disk& disk = Disk::real(),
                                              Surroundings around = real_surroundings());

}  // namespace tagtill
