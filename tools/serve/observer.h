// All that an operator can look at while a tier runs: /, /events, /figures.json, /metrics,
// /healthz and /readyz (docs/observing.md).
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "tools/serve/figures.h"
#include "tools/serve/http_server.h"
#include "tools/serve/metrics.h"

namespace tagtill {

// What the observer asks the tier. Called on threads of its own, also several at the same time;
// must be quick, must not wait for the pipeline, and must not throw.
struct ObserverHooks {
  // Why the process should be started anew, as a sentence; empty: it works.
  std::function<std::string()> unhealthy_because;
  // Why nobody should send anything yet, or any more, as a sentence; empty: ready.
  std::function<std::string()> not_ready_because;
  // A snapshot; once at the start and then every second, by one thread.
  std::function<Figures()> figures;
  // Brings up to date what is not counted in metrics itself, before they are rendered; not at
  // the same time as itself. May be empty.
  std::function<void()> before_metrics;
};

// Constructor, stop() and destructor: one thread.
class Observer {
 public:
  // Throws as HttpServer does. `registry` must outlive it, and what the hooks refer to, too.
  Observer(const HttpServerOptions& options, const MetricRegistry& registry, ObserverHooks hooks);
  ~Observer();
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  [[nodiscard]] std::string url() const { return server_->url(); }
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  [[nodiscard]] HttpServer::Counts counts() const { return server_->counts(); }

  // Shows a last snapshot, tells open pages the end, and ends all; within a second.
  void stop();

 private:
  [[nodiscard]] HttpReply metrics();
  void take_snapshot();
  void take_snapshots();

  const MetricRegistry& registry_;
  ObserverHooks hooks_;
  std::mutex metrics_mutex_;  // of before_metrics

  std::mutex mutex_;
  std::condition_variable stop_asked_;
  bool stopping_ = false;
  std::string snapshot_;  // as JSON

  std::unique_ptr<HttpServer> server_;
  std::thread thread_;
};

}  // namespace tagtill
