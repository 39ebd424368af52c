#include "tools/serve/standard_metrics.h"

#include <limits>
#include <string_view>

namespace tagtill {
namespace {

using enum LabelName;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

Gauge& unknown_at_first(Gauge& gauge) {
  gauge.set(kNone);
  return gauge;
}

StandardMetrics::Lines lines_of(MetricRegistry& to) {
  const auto staged = [&](std::string_view stage) -> Counter& {
    return to.counter("tagtill_lines_total",
                      "Lines by how far they came: read (keep-alives are none), and parsed.",
                      {{kStage, std::string(stage)}});
  };
  const auto typed = [&](std::string_view type) -> Counter& {
    return to.counter("tagtill_line_types_total", "Lines by what they were taken for.",
                      {{kType, std::string(type)}});
  };
  return {
      to.counter("tagtill_read_bytes_total", "Bytes read from all sources."),
      to.counter("tagtill_blocks_total", "Blocks of lines that were searched."),
      staged("read"),
      staged("parsed"),
      typed("post"),
      typed("delete_notice"),
      typed("control"),
      typed("other"),
      typed("malformed"),
      to.counter("tagtill_keep_alives_total", "Lines of nothing but white space."),
  };
}

StandardMetrics::Decisions decisions_of(MetricRegistry& to) {
  StandardMetrics::Decisions all{
      .candidates = to.counter("tagtill_candidates_total", "Candidates that were decided."),
      .intents = to.counter("tagtill_intents_total",
                            "Offers' tags in candidate posts, whatever became of them."),
      .duplicates = to.counter("tagtill_duplicates_total", "Posts that came again."),
      .repeated = to.counter("tagtill_repeated_intents_total",
                             "Intents while the window was open already."),
      .open_windows = to.gauge("tagtill_open_windows", "Windows that are open."),
      .oldest_window_seconds = unknown_at_first(
          to.gauge("tagtill_oldest_window_age_seconds",
                   "By the stream's clock, the age of the window that was opened first of those "
                   "that are open. NaN: none is.")),
      .clock_lag_seconds = unknown_at_first(
          to.gauge("tagtill_clock_lag_seconds",
                   "How far the stream's clock is behind the machine's. NaN: there is none yet.")),
      .clock_seconds =
          unknown_at_first(to.gauge("tagtill_stream_clock_timestamp_seconds",
                                    "The stream's clock, since 1970. NaN: there is none yet.")),
  };
  for (std::size_t i = 0; i < kEventTypes; ++i) {
    all.events[i] = &to.counter("tagtill_events_total", "Events by type.",
                                {{kType, std::string(name_of(static_cast<EventType>(i)))}});
  }
  for (std::size_t i = 0; i < kRejectReasons; ++i) {
    all.rejected[i] = &to.counter("tagtill_rejections_total", "Rejections by reason.",
                                  {{kReason, std::string(name_of(static_cast<RejectReason>(i)))}});
  }
  return all;
}

StandardMetrics::Parcels parcels_of(MetricRegistry& to) {
  constexpr std::array<std::string_view, kParcelEnds> kReasons = {
      "full", "gathered", "before_configuration", "configuration", "end"};
  StandardMetrics::Parcels all;
  for (std::size_t i = 0; i < kParcelEnds; ++i) {
    all.ended[i] = &to.counter(
        "tagtill_parcels_total",
        "Parcels of what was decided, by why they were closed: full, their time was up (gathered), "
        "a configuration came next (before_configuration), they hold one (configuration), end.",
        {{kReason, std::string(kReasons[i])}});
  }
  return all;
}

StandardMetrics::Queues queues_of(MetricRegistry& to) {
  const auto queue = [&](std::string_view name) -> Gauge& {
    return to.gauge("tagtill_queue_depth",
                    "How much waits: searched blocks for the decider, parcels of what was decided "
                    "for the state and for the outputs.",
                    {{kQueue, std::string(name)}});
  };
  return {queue("decider"), queue("state"), queue("outputs")};
}

StandardMetrics::Commits commits_of(MetricRegistry& to) {
  return {
      .batch_events =
          to.histogram("tagtill_commit_batch_events", "Events that a commit of the state took.",
                       HistogramUnit::kCount),
      .commit_seconds =
          to.histogram("tagtill_commit_duration_seconds",
                       "How long a commit of the state took, with the disk's part of it.",
                       HistogramUnit::kSeconds),
      .fsync_seconds =
          to.histogram("tagtill_state_fsync_duration_seconds",
                       "How long an fsync of the state took, by itself: one a commit with "
                       "durability `machine`, some more when its WAL begins anew.",
                       HistogramUnit::kSeconds),
      .decide_to_commit_seconds =
          to.histogram("tagtill_decide_to_commit_duration_seconds",
                       "From a decision until it was committed.", HistogramUnit::kSeconds),
      .journal_bytes = to.gauge("tagtill_journal_bytes",
                                "Journal since the last snapshot: what a start has to play."),
  };
}

StandardMetrics::Connections connections_of(MetricRegistry& to) {
  StandardMetrics::Connections all{
      .open = to.gauge("tagtill_connections", "Senders that are connected."),
      .accepted = to.counter("tagtill_connections_accepted_total", "Connections of senders."),
      .refused = to.counter("tagtill_connections_refused_total",
                            "Connections that were too many, and ended at once."),
      .waits_for_block =
          to.counter("tagtill_reader_waits_total",
                     "Times that nothing was read because all blocks were under way: senders "
                     "were held back."),
  };
  constexpr std::array<std::string_view, StandardMetrics::kConnectionEnds> kCauses = {
      "peer", "idle", "taken_over", "error"};
  for (std::size_t i = 0; i < kCauses.size(); ++i) {
    all.ended[i] = &to.counter("tagtill_connections_ended_total",
                               "Connections of senders that ended: by themselves (peer), silent "
                               "too long (idle), their stream came by another (taken_over), error.",
                               {{kCause, std::string(kCauses[i])}});
  }
  return all;
}

std::vector<StandardMetrics::SourceMetrics> sources_of(MetricRegistry& to,
                                                       const StandardNames& names) {
  std::vector<StandardMetrics::SourceMetrics> all;
  for (const std::string& name : names.sources) {
    const Labels label = {{kSource, name}};
    all.push_back({
        to.counter("tagtill_source_bytes_total", "Bytes read from the source.", label),
        to.counter("tagtill_source_blocks_total", "Blocks of lines that came from the source.",
                   label),
        to.gauge("tagtill_source_connections",
                 "Senders that are connected there; of a file or standard input, 1 until its end.",
                 label),
    });
  }
  return all;
}

std::array<Counter*, kBatchEnds> batches_of(MetricRegistry& to, const std::string& sink) {
  constexpr std::array<std::string_view, kBatchEnds> kReasons = {"full", "in_time", "idle",
                                                                 "offers", "end"};
  std::array<Counter*, kBatchEnds> all{};
  for (std::size_t i = 0; i < kBatchEnds; ++i) {
    all[i] =
        &to.counter("tagtill_sink_batches_total",
                    "Batches of events that the sink was given, by why they were closed: full, "
                    "their time was up (in_time), nothing more came just now (idle), "
                    "there are new offers (offers), end.",
                    {{kSink, sink}, {kReason, std::string(kReasons[i])}});
  }
  return all;
}

std::vector<StandardMetrics::SinkMetrics> sinks_of(MetricRegistry& to, const StandardNames& names) {
  std::vector<StandardMetrics::SinkMetrics> all;
  for (const std::string& name : names.sinks) {
    const Labels label = {{kSink, name}};
    all.push_back({
        to.counter("tagtill_sink_events_total",
                   "How far the sink is in the stream of events (of dead letters), counted over "
                   "the whole life of the state.",
                   label),
        to.gauge("tagtill_sink_lag_events", "Events (dead letters) that the sink has not had yet.",
                 label),
        to.gauge("tagtill_sink_lag_seconds",
                 "For how long the sink has not had everything; 0: it has.", label),
        to.gauge("tagtill_sink_up",
                 "1: what the sink tried last worked; 0: it failed and is tried again, or the sink "
                 "has not answered yet.",
                 label),
        to.counter("tagtill_sink_retries_total", "Times that something was to be tried again.",
                   label),
        to.histogram("tagtill_sink_delivery_duration_seconds",
                     "From a commit until the sink had what was committed: of each flush, for the "
                     "oldest of what it was for. Without what was committed before the start.",
                     HistogramUnit::kSeconds, label),
        to.histogram(
            "tagtill_sink_flush_duration_seconds",
            "How long a flush of the sink took, with what was written for it, and of files "
            "with their fdatasync.",
            HistogramUnit::kSeconds, label),
        batches_of(to, name),
    });
  }
  return all;
}

StandardMetrics::Reloads reloads_of(MetricRegistry& to) {
  const auto with_result = [&](std::string_view result) -> Counter& {
    return to.counter("tagtill_reloads_total", "Reloads of offers and members, by result.",
                      {{kResult, std::string(result)}});
  };
  return {with_result("done"), with_result("refused"),
          to.histogram("tagtill_reload_seconds",
                       "How long reading, checking and building offers and members took, for "
                       "reloads that were done.",
                       HistogramUnit::kSeconds),
          to.histogram("tagtill_reload_pause_seconds",
                       "For how long nothing else was decided when a new configuration took its "
                       "place.",
                       HistogramUnit::kSeconds),
          to.gauge("tagtill_last_reload_timestamp_seconds",
                   "When the last reload was done, since 1970; 0: there was none.")};
}

StandardMetrics::Program program_of(MetricRegistry& to, const StandardNames& names) {
  StandardMetrics::Program all{
      to.gauge("tagtill_build_info", "1; the label says which version runs.",
               {{kVersion, names.version}}),
      to.gauge("tagtill_start_timestamp_seconds", "When the program was started, since 1970."),
      to.gauge("tagtill_ready", "1 if /readyz says so, else 0."),
      to.counter("tagtill_log_lines_total", "Lines of the log that were written."),
      to.counter("tagtill_log_lines_dropped_total",
                 "Lines of the log that were lost because nobody took them in time."),
      to.counter("tagtill_log_lines_suppressed_total",
                 "Lines of the log left out because the same message came too often."),
      to.counter("tagtill_http_requests_total", "HTTP requests that were answered."),
      to.counter("tagtill_http_refused_total", "HTTP connections and watchers that were too many."),
      to.counter("tagtill_http_dropped_total",
                 "HTTP connections that did not take a reply or an event in time."),
      to.gauge("tagtill_http_watchers", "Live pages that are open."),
  };
  all.build_info.set(1);
  return all;
}

}  // namespace

StandardMetrics::StandardMetrics(MetricRegistry& registry, const StandardNames& names)
    : lines(lines_of(registry)),
      decisions(decisions_of(registry)),
      parcels(parcels_of(registry)),
      queues(queues_of(registry)),
      commits(commits_of(registry)),
      connections(connections_of(registry)),
      sources(sources_of(registry, names)),
      sinks(sinks_of(registry, names)),
      reloads(reloads_of(registry)),
      program(program_of(registry, names)) {
  registry.seal();
}

void StandardMetrics::Lines::set(const LineCounts& counts) {
  bytes.set(counts.bytes);
  all.set(counts.lines);
  parsed.set(counts.parsed);
  posts.set(counts.posts);
  delete_notices.set(counts.delete_notices);
  controls.set(counts.controls);
  others.set(counts.others);
  malformed.set(counts.malformed);
  keep_alives.set(counts.keep_alives);
}

void StandardMetrics::Decisions::set(const DecisionCounts& counts) {
  candidates.set(counts.candidates);
  duplicates.set(counts.duplicates);
  repeated.set(counts.repeated);
  const auto of = [&](EventType type) -> Counter& {
    return *events[static_cast<std::size_t>(type)];
  };
  of(EventType::kPrompt).set(counts.prompts);
  of(EventType::kConfirmed).set(counts.confirmed);
  of(EventType::kExpired).set(counts.expired);
  of(EventType::kCancelled).set(counts.cancelled);
  std::uint64_t rejections = 0;
  for (std::size_t i = 0; i < kRejectReasons; ++i) {
    rejected[i]->set(counts.rejected[i]);
    rejections += counts.rejected[i];
  }
  of(EventType::kRejected).set(rejections);
}

void StandardMetrics::Parcels::set(const ParcelCounts& counts) {
  for (std::size_t i = 0; i < kParcelEnds; ++i) {
    ended[i]->set(counts[i]);
  }
}

void StandardMetrics::SinkMetrics::set(const BatchCounts& counts) {
  for (std::size_t i = 0; i < kBatchEnds; ++i) {
    batches[i]->set(counts[i]);
  }
}

void StandardMetrics::Program::set(const Log::Counts& counts) {
  log_lines.set(counts.written);
  log_dropped.set(counts.dropped);
  log_suppressed.set(counts.suppressed);
}

void StandardMetrics::Program::set(const HttpServer::Counts& counts) {
  http_requests.set(counts.requests);
  http_refused.set(counts.refused);
  http_dropped.set(counts.dropped);
  http_watchers.set(static_cast<double>(counts.watchers));
}

}  // namespace tagtill
