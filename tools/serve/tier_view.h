// A running tier, as the observer shows it: metrics, figures, and whether it is well.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/clock.h"
#include "tools/pipeline/pipeline.h"
#include "tools/serve/figures.h"
#include "tools/serve/log.h"
#include "tools/serve/metrics.h"
#include "tools/serve/observer.h"
#include "tools/serve/standard_metrics.h"
#include "tools/serve/window_ages.h"

namespace tagtill {

// Constructor, attach(), detach(), set_state(), stop() and destructor: the thread of the tier.
// committed(), synced(): that of the state. flushed(): those of the outputs. Asked by the observer
// on threads of its own.
class TierView final : public PipelineWatch {
 public:
  // Answers from here on, `starting`, if there is an address. Throws as HttpServer does. `log`
  // must outlive it. `names`: of the pipeline's outputs and sources, in their order.
  TierView(const std::optional<HttpServerOptions>& http, const StandardNames& names,
           Millis lateness_ms, const Log& log, Clock& clock);
  ~TierView() override;

  // Empty: there is none.
  [[nodiscard]] std::string url() const;

  // What the tier begins with; `before`: what the decider counted before this start, which is not
  // shown. Before the pipeline is made.
  void begin_with(const std::shared_ptr<const OfferCatalogue>& offers, Decider& decider,
                  const DecisionCounts& before, const StateReader& state);
  // From now until detach() the figures are those of the pipeline.
  void attach(Pipeline& pipeline);
  void detach();
  void set_state(TierState state, std::string problem = {});
  // `took`: reading and building.
  void reloaded(const std::shared_ptr<const OfferCatalogue>& offers,
                Clock::TimePoint::duration took);
  void reload_was_refused();
  // As by a control record; as reloaded(), on the reader's thread.
  void offers_changed(const std::shared_ptr<const OfferCatalogue>& offers);
  // Shows a last snapshot and ends.
  void stop();

  void committed(std::span<Parcel* const> parcels, const StateReader& state, Clock::TimePoint began,
                 Clock::TimePoint ended) override;
  void flushed(std::size_t output, const OutputAgent::Flushed& flush) override;
  // An fsync of the state.
  void synced(std::chrono::nanoseconds took);

 private:
  struct OutputLag {
    std::uint64_t events = 0;
    double seconds = 0;
    Clock::TimePoint had_all;
  };

  [[nodiscard]] ObserverHooks hooks();
  [[nodiscard]] Figures figures();
  void fill_metrics();
  // Empty: it is. Both require mutex_.
  [[nodiscard]] std::string not_ready_because() const;
  [[nodiscard]] std::string unanswered_sinks() const;
  void update_lags();
  [[nodiscard]] static Millis wall_time();
  // By the stream's clock; nothing: none is open.
  [[nodiscard]] std::optional<double> oldest_window_seconds(const DeciderStanding& standing);

  const Log& log_;
  Clock& clock_;
  const Clock::TimePoint started_;
  const StandardNames names_;
  const Millis lateness_ms_;
  MetricRegistry registry_;
  StandardMetrics metrics_;
  RecentHistogram decide_to_commit_;
  RecentHistogram commit_;
  WindowAges ages_;
  DecisionCounts before_;
  Rate bytes_;
  Rate posts_;

  std::atomic<std::uint64_t> events_{0};  // committed
  std::atomic<std::uint64_t> letters_{0};

  mutable std::mutex mutex_;  // of all below
  TierState state_ = TierState::kStarting;
  std::string problem_;
  std::shared_ptr<EventTally> tally_;
  Pipeline* pipeline_ = nullptr;
  std::vector<OutputLag> lags_;  // by output

  std::unique_ptr<Observer> observer_;
};

}  // namespace tagtill
