#include "tools/serve/serve.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/configuration_swap.h"
#include "engine/cores.h"
#include "engine/lane.h"
#include "engine/reply_template.h"
#include "ingest/live/live_feed.h"
#include "tools/configuration.h"
#include "tools/messages.h"
#include "tools/outputs.h"
#include "tools/pipeline/pipeline.h"
#include "tools/replay/replay_state.h"
#include "tools/serve/log.h"
#include "tools/serve/reloader.h"
#include "tools/serve/serve_config.h"
#include "tools/serve/service_manager.h"
#include "tools/serve/signals.h"
#include "tools/serve/tier_view.h"

namespace tagtill {
namespace {

using TimePoint = Clock::TimePoint;

// How often signals are looked for.
constexpr std::chrono::milliseconds kWatchEvery{50};
// From SIGTERM on, how long outputs have. systemd and others kill after 30 s, or later.
constexpr std::chrono::seconds kStopWithin{25};

LogOptions log_options(const ServeConfig& config) {
  LogOptions options;
  options.level = read_log_level(config.log.level).value_or(LogLevel::kInfo);
  options.form = config.log.format == "text"   ? LogForm::kText
                 : config.log.format == "json" ? LogForm::kJson
                                               : log_form_for(options.file);
  return options;
}

std::optional<HttpServerOptions> http_options(const ServeConfig& config) {
  if (config.http.listen.empty()) {
    return std::nullopt;
  }
  const ListenAddress address = parse_listen_address(config.http.listen);
  HttpServerOptions options;
  options.address = address.host;
  options.port = address.port;
  options.public_address = config.http.public_address;
  return options;
}

LiveSource source_of(const ServeConfig::Source& source) {
  LiveSource live;
  live.name = source.kind;
  live.line_bytes_max = source.line_bytes_max;
  live.idle_max = std::chrono::milliseconds(source.idle_timeout_ms);
  live.connections_max = source.connections_max;
  live.control = source.control;
  live.path = source.path;
  live.follow = source.follow;
  if (source.kind == "tcp") {
    const ListenAddress address = parse_listen_address(source.listen);
    live.kind = LiveSource::Kind::kTcp;
    live.name += ":" + source.listen;
    live.host = address.host;
    live.port = address.port;
    live.public_address = source.public_address;
    live.tls_certificate = source.tls_certificate;
    live.tls_key = source.tls_key;
    live.tls_client_ca = source.tls_client_ca;
  } else if (source.kind != "stdin") {
    live.kind = source.kind == "unix" ? LiveSource::Kind::kUnix : LiveSource::Kind::kFile;
    live.name += ":" + source.path;
  }
  return live;
}

OutputOptions output_options(const ServeConfig& config) {
  OutputOptions outputs;
  outputs.events = config.events_file;
  outputs.dead_letter = config.dead_letters_file;
  outputs.sinks.clear();
  for (const ServeConfig::SinkEntry& sink : config.sinks) {
    outputs.sinks.push_back(sink.url);
  }
  return outputs;
}

// For metrics: no path or address, which may hold what is nobody's business.
StandardNames names_of(const std::vector<PipelineOutput>& outputs,
                       const std::vector<ServeConfig::Source>& sources,
                       const std::string& version) {
  StandardNames names;
  names.version = version;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    names.sinks.push_back(
        fmt::format("{}-{}", outputs[i].name.substr(0, outputs[i].name.find(':')), i + 1));
  }
  for (std::size_t i = 0; i < sources.size(); ++i) {
    names.sources.push_back(fmt::format("{}-{}", sources[i].kind, i + 1));
  }
  return names;
}

// One run of the tier.
class Tier {
 public:
  Tier(const ServeConfig& config, const std::string& version, SignalInbox& signals)
      : config_(config), version_(version), signals_(signals), log_(log_options(config)) {}

  ExitCode run() {
    Configuration configuration = load();
    if (configuration.errors > 0) {
      say("Nothing was started.");
      return ExitCode::kBadConfig;
    }
    PipelineParts parts;
    parts.outputs = outputs_for(configuration);
    view_ = std::make_unique<TierView>(http_options(config_),
                                       names_of(parts.outputs, config_.sources, version_),
                                       config_.protocol.lateness_ms, log_, Clock::real());
    if (!view_->url().empty()) {
      log_.info("the tier can be watched", {{"url", view_->url()}});
    }
    try {
      return run(std::move(configuration), std::move(parts));
    } catch (const std::exception& error) {
      view_->set_state(TierState::kFailed, "It has failed: see its log.");
      log_.error("the tier has failed", {{"why", error.what()}});
      view_->stop();
      if (gave_up_) {
        say(error.what());
        return ExitCode::kGaveUp;
      }
      throw;
    }
  }

 private:
  ExitCode run(Configuration configuration, PipelineParts parts) {
    const std::shared_ptr<const ReplyTemplate> replies = make_replies();
    open_state(configuration, replies, parts);
    parts.decider->set_replies(replies);
    auto desk = std::make_unique<ControlDesk>(desk_options(replies), parts.decider->controls(),
                                              configuration.offers, configuration.members);
    parts.context = desk->context();
    parts.live->set_desk(std::move(desk));
    parts.on_failure = [this] { talk_.give_up(); };
    parts.watch = view_.get();
    view_->begin_with(parts.state->offers, *parts.decider, parts.before,
                      parts.state->store->reader());
    say_sources(*parts.live);

    PipelineOptions options;
    options.lanes = config_.pipeline.lanes;
    options.cores = plan_cores(config_.pipeline.pin, allowed_cores());
    options.feed.block_bytes = config_.pipeline.block_bytes;
    Pipeline pipeline(options, std::move(parts));
    configuration = {};  // whoever needs it has it, until a reload
    pipeline.open();
    view_->attach(pipeline);
    view_->set_state(TierState::kRunning);
    service_manager::say_ready();
    log_.info("the tier is ready");
    try {
      Reloader reloader([&] { reload(pipeline); });
      pipeline.run([&] { watch(pipeline, reloader); }, kWatchEvery);
    } catch (...) {
      view_->detach();
      throw;
    }
    say_what_outputs_said();
    view_->detach();
    view_->stop();
    log_.info("the tier has ended", {{"lines", pipeline.decider().lines().lines}});
    return ExitCode::kOk;
  }

  [[nodiscard]] Configuration load() const {
    return load_configuration({.offers = config_.offers_file,
                               .members = config_.members_file,
                               .secret_file = secret_path(config_),
                               .confirm_prefix = config_.protocol.confirm_prefix});
  }

  [[nodiscard]] ControlDesk::Options desk_options(
      const std::shared_ptr<const ReplyTemplate>& replies) const {
    return {.confirm_prefix = config_.protocol.confirm_prefix,
            .strict = config_.strict,
            .takes_records = std::ranges::any_of(config_.sources, &ServeConfig::Source::control),
            .replies = replies,
            .on_offers = [this](const std::shared_ptr<const OfferCatalogue>& offers) {
              view_->offers_changed(offers);
            }};
  }

  // Offers, members and secret, read anew, while the pipeline goes on with those in force: until
  // all is checked and built. On the reloader's thread.
  void reload(Pipeline& pipeline) {
    const TimePoint began = Clock::real().now();
    try {
      const Configuration configuration = load();
      if (configuration.errors > 0) {
        throw Error(ExitCode::kBadConfig, counted(configuration.errors, "error", "errors"));
      }
      auto swap = std::make_shared<ConfigurationSwap>();
      swap->file_offers = configuration.offers;
      swap->members = configuration.members;
      swap->secret = configuration.secret;
      swap->replies = make_replies();
      pipeline.live().swap(swap, [this, swap, began](const std::string& problem) {
        if (!problem.empty()) {
          refuse_reload(problem);
          return;
        }
        view_->reloaded(swap->offers, Clock::real().now() - began);
        log_.info(
            "offers and members were read anew",
            {{"offers", swap->file_offers->offers().size()}, {"members", swap->members->size()}});
      });
    } catch (const std::exception& error) {
      refuse_reload(error.what());
    }
  }

  void refuse_reload(const std::string& why) {
    view_->reload_was_refused();
    log_.error("the reload is refused, and nothing has changed", {{"why", why}});
  }

  std::vector<PipelineOutput> outputs_for(const Configuration& configuration) {
    const OutputOptions options = output_options(config_);
    const std::vector<SinkUrl> sinks = parse_sinks(options);
    refuse_streams(options, sinks);
    return make_outputs(options, sinks, configuration.offers, talk_);
  }

  // The desk checks that they fit the offers.
  [[nodiscard]] std::shared_ptr<const ReplyTemplate> make_replies() const {
    return config_.reply_template.empty()
               ? nullptr
               : std::make_shared<const ReplyTemplate>(config_.reply_template);
  }

  void open_state(const Configuration& configuration,
                  const std::shared_ptr<const ReplyTemplate>& replies, PipelineParts& parts) {
    StateRun run;
    run.check_offers = check_of_replies(replies, config_.protocol.confirm_prefix);
    run.sync = config_.state.durability == "machine";
    run.outbox_max = config_.state.outbox_max;
    run.compaction.path = config_.state.path;
    run.compaction.protocol = config_.protocol;
    run.compaction.shards = static_cast<std::uint32_t>(config_.pipeline.shards);
    run.compaction.keep_journal = config_.state.journal == "all";
    StateOptions how = store_options(run);
    how.on_sync = [this](std::chrono::nanoseconds took) { view_->synced(took); };
    std::unique_ptr<StateStore> store = StateStore::open(config_.state.path, how);
    parts.live = feed_for(store->reader().streams());
    (void)go_on(std::move(store), configuration, run, parts);
    parts.state->gather = std::chrono::milliseconds(config_.pipeline.gather_ms);
  }

  std::unique_ptr<LiveFeed> feed_for(const std::vector<StreamRecord>& known) {
    LiveFeed::Options options;
    for (const ServeConfig::Source& source : config_.sources) {
      options.sources.push_back(source_of(source));
    }
    for (const StreamRecord& stream : known) {
      options.streams.push_back({stream.name, stream.position, stream.mark});
    }
    options.streams_max = StateStore::kStreamsMax;
    options.block_bytes = config_.pipeline.block_bytes;
    options.say = [this](const std::string& sentence) {
      log_.warning("a source has something to say", {{"what", sentence}});
    };
    return std::make_unique<LiveFeed>(std::move(options));
  }

  void say_sources(const LiveFeed& live) {
    for (std::size_t i = 0; i < config_.sources.size(); ++i) {
      const ServeConfig::Source& source = config_.sources[i];
      if (source.kind == "tcp") {
        log_.info("senders may connect",
                  {{"source", source.listen}, {"port", std::uint64_t{live.port(i)}}});
      }
    }
  }

  void say_what_outputs_said() {
    for (const std::string& sentence : talk_.take_said()) {
      log_.warning("an output has something to say", {{"what", sentence}});
    }
  }

  // On the calling thread, while the pipeline runs.
  void watch(Pipeline& pipeline, Reloader& reloader) {
    service_manager::feed_watchdog();
    say_what_outputs_said();
    while (const std::optional<int> signal = signals_.take()) {
      if (*signal == SIGHUP) {
        reloader.ask();
      } else if (!stop_by_) {
        stop_by_ = Clock::real().now() + kStopWithin;
        view_->set_state(TierState::kDraining);
        service_manager::say_stopping();
        log_.info("the tier stops: what was read is finished");
        pipeline.live().drain();
      }
    }
    if (stop_by_ && !gave_up_ && Clock::real().now() >= *stop_by_) {
      gave_up_ = true;
      throw Error(ExitCode::kGaveUp,
                  fmt::format("An output has not had everything within {} s. Nothing is lost: the "
                              "state keeps it, and the next start delivers it.",
                              kStopWithin.count()));
    }
  }

  const ServeConfig& config_;
  const std::string& version_;
  SignalInbox& signals_;
  Log log_;
  SinkTalk talk_;
  std::unique_ptr<TierView> view_;
  std::optional<TimePoint> stop_by_;
  bool gave_up_ = false;
};

}  // namespace

ExitCode serve(const ConfigOptions& options, const std::string& version) {
  SignalInbox signals;
  FileErrors errors;
  const ServeConfig config = load_serve_config(options.config, options.settings, errors);
  if (say_errors(errors) > 0) {
    say(fmt::format("{} in the configuration. Nothing was started.",
                    counted(errors.count(), "error", "errors")));
    return ExitCode::kBadConfig;
  }
  return Tier(config, version, signals).run();
}

}  // namespace tagtill
