#include "tools/serve/tier_view.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/memory_visitor.h"

namespace tagtill {
namespace {

double seconds_of(Clock::TimePoint::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

std::uint64_t nanoseconds_of(Clock::TimePoint::duration duration) {
  const auto count = std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(count, 0));
}

LatencyFigures latency_of(std::string name, const HistogramSnapshot& recent) {
  constexpr double kNanosecond = 1e-9;
  return {std::move(name), static_cast<double>(recent.quantile(0.5)) * kNanosecond,
          static_cast<double>(recent.quantile(0.99)) * kNanosecond,
          static_cast<double>(recent.quantile(0.999)) * kNanosecond, recent.count()};
}

// What is open, and what is sold of each offer, from before.
class StockVisitor final : public MemoryVisitor {
 public:
  StockVisitor(EventTally& tally, WindowAges& ages) : tally_(tally), ages_(ages) {}

  void on_clock(std::optional<Millis> /*at*/) override {}
  void on_stock(const Stock& stock) override {
    tally_.restore(stock.offer_id, stock.held, stock.sold);
  }
  void on_terms(const Terms& /*terms*/) override {}
  void on_window(const Window& window) override {
    if (window.state == WindowState::kOpen && !window.denied) {
      ages_.restore(window.intent_at, window.deadline);
    }
  }
  void on_parked(const Parked& /*parked*/) override {}
  void on_post(const Post& /*post*/) override {}
  void on_notice(const Notice& /*notice*/) override {}
  void on_confirmed(const Confirmed& /*confirmed*/) override {}
  void on_set_aside(const Candidate& /*post*/) override {}
  void on_controlled_author(const ControlledAuthor& /*author*/) override {}
  void on_controlled_offer(const ControlledOffer& /*offer*/) override {}
  void on_frozen_before(Millis /*time*/) override {}

 private:
  EventTally& tally_;
  WindowAges& ages_;
};

}  // namespace

TierView::TierView(const std::optional<HttpServerOptions>& http, const StandardNames& names,
                   Millis lateness_ms, const Log& log, Clock& clock)
    : log_(log),
      clock_(clock),
      started_(clock.now()),
      names_(names),
      lateness_ms_(lateness_ms),
      metrics_(registry_, names),
      decide_to_commit_(metrics_.commits.decide_to_commit_seconds),
      commit_(metrics_.commits.commit_seconds) {
  metrics_.program.start_seconds.set(static_cast<double>(wall_time()) / 1'000);
  if (http) {
    auto observer = std::make_unique<Observer>(*http, registry_, hooks());
    const std::lock_guard lock(mutex_);
    observer_ = std::move(observer);
  }
}

TierView::~TierView() { stop(); }

std::string TierView::url() const { return observer_ == nullptr ? "" : observer_->url(); }

Millis TierView::wall_time() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void TierView::begin_with(const std::shared_ptr<const OfferCatalogue>& offers, Decider& decider,
                          const DecisionCounts& before, const StateReader& state) {
  before_ = before;
  auto tally = std::make_shared<EventTally>(offers);
  StockVisitor visitor(*tally, ages_);
  decider.visit_memory(visitor);
  events_ = state.head().events;
  letters_ = state.head().letters;
  const std::lock_guard lock(mutex_);
  tally_ = std::move(tally);
}

void TierView::attach(Pipeline& pipeline) {
  const std::lock_guard lock(mutex_);
  pipeline_ = &pipeline;
  lags_.assign(pipeline.outputs().size(), {0, 0, clock_.now()});
}

void TierView::detach() {
  const std::lock_guard lock(mutex_);
  pipeline_ = nullptr;
}

void TierView::set_state(TierState state, std::string problem) {
  const std::lock_guard lock(mutex_);
  state_ = state;
  problem_ = std::move(problem);
}

void TierView::reloaded(const std::shared_ptr<const OfferCatalogue>& offers,
                        Clock::TimePoint::duration took) {
  metrics_.reloads.done.add();
  metrics_.reloads.seconds.record(nanoseconds_of(took));
  metrics_.reloads.last_seconds.set(static_cast<double>(wall_time()) / 1'000);
  offers_changed(offers);
}

void TierView::offers_changed(const std::shared_ptr<const OfferCatalogue>& offers) {
  tally_->set_catalogue(offers);
}

void TierView::reload_was_refused() { metrics_.reloads.refused.add(); }

void TierView::stop() {
  if (observer_ != nullptr) {
    observer_->stop();
    const std::lock_guard lock(mutex_);
    observer_.reset();
  }
}

void TierView::committed(std::span<Parcel* const> parcels, const StateReader& state,
                         Clock::TimePoint began, Clock::TimePoint ended) {
  std::uint64_t events = 0;
  const Millis now = wall_time();
  for (const Parcel* parcel : parcels) {
    if (parcel->has_news()) {
      metrics_.commits.decide_to_commit_seconds.record(nanoseconds_of(ended - parcel->begun));
    }
    if (parcel->held_up) {
      metrics_.reloads.pause_seconds.record(nanoseconds_of(*parcel->held_up));
    }
    if (!parcel->events.events.empty()) {
      tally_->add(parcel->events, now);
      ages_.add(parcel->events);
    }
    events += parcel->events.events.size();
  }
  metrics_.commits.batch_events.record(events);
  metrics_.commits.commit_seconds.record(nanoseconds_of(ended - began));
  metrics_.commits.journal_bytes.set(static_cast<double>(state.journal_bytes_since_snapshot()));
  events_ = parcels.back()->end_event();
  letters_ = parcels.back()->end_letter();
}

void TierView::flushed(std::size_t output, const OutputAgent::Flushed& flush) {
  metrics_.sinks[output].flush_seconds.record(nanoseconds_of(flush.took));
  if (flush.since_commit) {
    metrics_.sinks[output].delivery_seconds.record(nanoseconds_of(*flush.since_commit));
  }
}

void TierView::synced(std::chrono::nanoseconds took) {
  metrics_.commits.fsync_seconds.record(nanoseconds_of(took));
}

std::string TierView::not_ready_because() const {
  switch (state_) {
    case TierState::kStarting:
      return "It is starting: the state is restored, and outputs are opened.";
    case TierState::kRunning:
      break;
    case TierState::kDraining:
      return "It is stopping: what was read is finished.";
    case TierState::kFailed:
      return problem_;
  }
  const std::string sinks = unanswered_sinks();
  return sinks.empty() ? ""
                       : "Sinks have not answered yet: " + sinks +
                             ". The stream is taken, and kept for them.";
}

// `webhook-1, webhook-2`.
std::string TierView::unanswered_sinks() const {
  std::string all;
  for (std::size_t i = 0; pipeline_ != nullptr && i < pipeline_->outputs().size(); ++i) {
    if (!pipeline_->outputs()[i]->health().answered) {
      all.append(all.empty() ? "" : ", ").append(names_.sinks[i]);
    }
  }
  return all;
}

ObserverHooks TierView::hooks() {
  ObserverHooks hooks;
  hooks.unhealthy_because = [this] {
    const std::lock_guard lock(mutex_);
    return state_ == TierState::kFailed ? problem_ : std::string();
  };
  hooks.not_ready_because = [this] {
    const std::lock_guard lock(mutex_);
    return not_ready_because();
  };
  hooks.figures = [this] { return figures(); };
  hooks.before_metrics = [this] { fill_metrics(); };
  return hooks;
}

void TierView::update_lags() {
  const auto outputs = pipeline_->outputs();
  const Clock::TimePoint now = clock_.now();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    OutputLag& lag = lags_[i];
    const std::uint64_t all = outputs[i]->takes_letters() ? letters_ : events_;
    lag.events = all - std::min(all, outputs[i]->flushed().events);
    lag.had_all = lag.events == 0 ? now : lag.had_all;
    lag.seconds = seconds_of(now - lag.had_all);
  }
}

std::optional<double> TierView::oldest_window_seconds(const DeciderStanding& standing) {
  const std::optional<Millis> oldest =
      standing.clock ? ages_.oldest(*standing.clock - lateness_ms_) : std::nullopt;
  if (!oldest) {
    return std::nullopt;
  }
  return static_cast<double>(std::max<Millis>(*standing.clock - *oldest, 0)) / 1'000;
}

Figures TierView::figures() {
  const std::lock_guard lock(mutex_);
  Figures figures;
  figures.version = names_.version;
  figures.state = state_;
  figures.problem = problem_;
  figures.at = wall_time();
  figures.uptime_seconds = seconds_of(clock_.now() - started_);
  if (tally_ != nullptr) {
    tally_->fill(figures, figures.at);
  }
  figures.latencies = {latency_of("decide to commit", decide_to_commit_.turn()),
                       latency_of("commit", commit_.turn())};
  if (pipeline_ == nullptr) {
    return figures;
  }
  const Millis uptime = static_cast<Millis>(figures.uptime_seconds * 1'000);
  const DeciderStanding standing = pipeline_->standing();
  figures.bytes = pipeline_->bytes_read();
  figures.bytes_per_second = bytes_.update(figures.bytes, uptime);
  figures.lines = standing.lines.lines;
  figures.posts = standing.lines.posts;
  figures.posts_per_second = posts_.update(figures.posts, uptime);
  figures.candidates = standing.decisions.candidates - before_.candidates;
  figures.intents = standing.intents;
  figures.open_windows = standing.open_windows;
  figures.oldest_window_seconds = oldest_window_seconds(standing);
  if (standing.clock) {
    figures.clock_lag_seconds = static_cast<double>(figures.at - *standing.clock) / 1'000;
  }
  update_lags();
  const auto outputs = pipeline_->outputs();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    figures.sinks.push_back({names_.sinks[i], lags_[i].events == 0 ? "up to date" : "behind",
                             lags_[i].events, lags_[i].seconds});
  }
  figures.sources.push_back(
      {"all sources", pipeline_->live().counts().connections_open, figures.bytes_per_second});
  return figures;
}

void TierView::fill_metrics() {
  const std::lock_guard lock(mutex_);
  metrics_.program.set(log_.counts());
  if (observer_ != nullptr) {
    metrics_.program.set(observer_->counts());
  }
  metrics_.program.ready.set(not_ready_because().empty() ? 1 : 0);
  if (pipeline_ == nullptr) {
    return;
  }
  const DeciderStanding standing = pipeline_->standing();
  metrics_.lines.set(standing.lines);
  metrics_.decisions.set(standing.decisions - before_);
  metrics_.parcels.set(standing.parcels);
  metrics_.decisions.intents.set(standing.intents);
  metrics_.decisions.open_windows.set(static_cast<double>(standing.open_windows));
  metrics_.decisions.oldest_window_seconds.set(
      oldest_window_seconds(standing).value_or(std::numeric_limits<double>::quiet_NaN()));
  if (standing.clock) {
    const auto clock = static_cast<double>(*standing.clock) / 1'000;
    metrics_.decisions.clock_seconds.set(clock);
    metrics_.decisions.clock_lag_seconds.set(static_cast<double>(wall_time()) / 1'000 - clock);
  }
  const LiveCounts live = pipeline_->live().counts();
  metrics_.lines.bytes.set(live.bytes);
  metrics_.lines.blocks.set(live.blocks);
  for (std::size_t i = 0; i < live.sources.size(); ++i) {
    metrics_.sources[i].bytes.set(live.sources[i].bytes);
    metrics_.sources[i].blocks.set(live.sources[i].blocks);
    metrics_.sources[i].connections.set(static_cast<double>(live.sources[i].connections_open));
  }
  metrics_.connections.open.set(static_cast<double>(live.connections_open));
  metrics_.connections.accepted.set(live.connections_accepted);
  metrics_.connections.refused.set(live.connections_refused);
  using End = StandardMetrics::ConnectionEnd;
  metrics_.connections.ended_by(End::kPeer).set(live.ended_by_peer);
  metrics_.connections.ended_by(End::kIdle).set(live.ended_idle);
  metrics_.connections.ended_by(End::kTakenOver).set(live.ended_taken_over);
  metrics_.connections.ended_by(End::kError).set(live.ended_by_error);
  metrics_.connections.waits_for_block.set(live.waits_for_block);
  const Pipeline::Depths depths = pipeline_->depths();
  metrics_.queues.decider.set(static_cast<double>(depths.batches));
  metrics_.queues.state.set(static_cast<double>(depths.parcels));
  update_lags();
  const auto outputs = pipeline_->outputs();
  std::uint64_t waiting = 0;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    waiting += outputs[i]->waiting();
    metrics_.sinks[i].events.set(outputs[i]->flushed().events);
    metrics_.sinks[i].behind_events.set(static_cast<double>(lags_[i].events));
    metrics_.sinks[i].behind_seconds.set(lags_[i].seconds);
    metrics_.sinks[i].up.set(outputs[i]->health().up ? 1 : 0);
    metrics_.sinks[i].retries.set(outputs[i]->health().retries);
    metrics_.sinks[i].set(outputs[i]->batches());
  }
  metrics_.queues.outputs.set(static_cast<double>(waiting));
}

}  // namespace tagtill
