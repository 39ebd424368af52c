#include "tools/serve/observer.h"

#include <pthread.h>
#include <signal.h>

#include <chrono>
#include <map>
#include <string_view>
#include <utility>

#include "tools/serve/page_files.h"

namespace tagtill {
namespace {

constexpr std::chrono::seconds kSnapshotEvery{1};

HttpServer::Handler file(std::string_view type, std::string_view content) {
  return [reply = HttpReply{200, std::string(type), std::string(content)}] { return reply; };
}

HttpServer::Handler probe(const std::function<std::string()>& problem, std::string_view good) {
  return [problem, good = std::string(good)] {
    const std::string sentence = problem();
    return sentence.empty() ? HttpReply{.body = good + "\n"}
                            : HttpReply{.status = 503, .body = sentence + "\n"};
  };
}

}  // namespace

Observer::Observer(const HttpServerOptions& options, const MetricRegistry& registry,
                   ObserverHooks hooks)
    : registry_(registry), hooks_(std::move(hooks)) {
  std::map<std::string, HttpServer::Handler> routes = {
      {"/", file("text/html; charset=utf-8", page::kIndexHtml)},
      {"/page.css", file("text/css; charset=utf-8", page::kPageCss)},
      {"/page.js", file("text/javascript; charset=utf-8", page::kPageJs)},
      {"/icon.svg", file("image/svg+xml", page::kIconSvg)},
      {"/metrics", [this] { return metrics(); }},
      {"/healthz", probe(hooks_.unhealthy_because, "The tier works.")},
      {"/readyz", probe(hooks_.not_ready_because, "The tier is ready.")},
      {"/figures.json",
       [this] {
         const std::lock_guard lock(mutex_);
         return HttpReply{200, "application/json", snapshot_ + "\n"};
       }},
  };
  snapshot_ = figures_json(hooks_.figures());
  server_ = std::make_unique<HttpServer>(options, std::move(routes), "/events");
  server_->publish(snapshot_);
  thread_ = std::thread([this] { take_snapshots(); });
}

Observer::~Observer() { stop(); }

void Observer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_asked_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
    take_snapshot();
    server_->stop();
  }
}

HttpReply Observer::metrics() {
  if (hooks_.before_metrics) {
    const std::lock_guard lock(metrics_mutex_);
    hooks_.before_metrics();
  }
  return {200, std::string(MetricRegistry::kContentType), registry_.render()};
}

void Observer::take_snapshot() {
  std::string json = figures_json(hooks_.figures());
  server_->publish(json);
  const std::lock_guard lock(mutex_);
  snapshot_ = std::move(json);
}

void Observer::take_snapshots() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (stop_asked_.wait_for(lock, kSnapshotEvery, [this] { return stopping_; })) {
        return;
      }
    }
    take_snapshot();
  }
}

}  // namespace tagtill
