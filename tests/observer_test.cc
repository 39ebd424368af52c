// What an operator can look at, and the live page in a browser.
#include "tools/serve/observer.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>

#include "tests/browser.h"
#include "tests/exposition.h"
#include "tests/plain_http.h"
#include "tools/serve/page_files.h"
#include "tools/serve/standard_metrics.h"

namespace tagtill {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

constexpr std::string_view kHostileTitle =
    R"(<script>document.ran = true</script><img src=x onerror="document.ran = true">)";

// Figures as they are made from events: with accounts and authors in these.
Figures made_figures() {
  FileErrors errors;
  const auto catalogue = OfferCatalogue::parse(
      R"({"id":"mug","tag":"mug","title":"<script>document.ran = true</script><img src=x )"
      R"(onerror=\"document.ran = true\">","price_minor":1250,"currency":"USD",)"
      R"("fulfilment":"ship","starts_at":"2013-01-01T00:00:00Z",)"
      R"("ends_at":"2014-01-01T00:00:00Z","stock":5})"
      "\n"
      R"({"id":"tea","tag":"tea","title":"Tea","price_minor":300,"currency":"JPY",)"
      R"("fulfilment":"ship","starts_at":"2013-01-01T00:00:00Z",)"
      R"("ends_at":"2014-01-01T00:00:00Z"})",
      "offers", "Confirm", errors);
  EXPECT_TRUE(errors.empty());
  EventTally tally(catalogue);
  EventBatch batch;
  for (int i = 0; i < 4; ++i) {
    Event event;
    event.offer_id = "mug";
    event.account = "secret-account";
    event.author_id = "1186275104";
    event.intent_id = "505874924095815681";
    event.currency = {'U', 'S', 'D'};
    event.price_minor = 1'250;
    event.reach = 1'000;
    event.type = EventType::kPrompt;
    batch.events.push_back(event);
    event.type = i < 3 ? EventType::kConfirmed : EventType::kExpired;
    batch.events.push_back(event);
    event.type = EventType::kRejected;
    event.reject_reason = RejectReason::kNotEnrolled;
    batch.events.push_back(event);
  }
  constexpr Millis kNow = 1'360'584'000'000;
  tally.add(batch, kNow);
  Figures figures;
  tally.fill(figures, kNow);
  figures.version = "1.2.3";
  figures.state = TierState::kRunning;
  figures.at = kNow;
  figures.uptime_seconds = 3'700;
  figures.bytes = 5'000'000'000;
  figures.bytes_per_second = 512e6;
  figures.posts_per_second = 143'199;
  figures.lines = 1'234'567;
  figures.posts = 1'000'000;
  figures.candidates = 1'000;
  figures.intents = 5;
  figures.open_windows = 7;
  figures.oldest_window_seconds = 901;
  figures.clock_lag_seconds = 0.042;
  figures.latencies = {{"decide to commit", 0.00042, 0.0019, 0.0043, 100},
                       {"commit to sink", 0, 0, 0, 0}};
  figures.sinks = {{"sqlite:purchases.db", "up", 0, 0}, {"webhook:<b>", "waiting", 1'234, 17.5}};
  figures.sources = {{"tcp:127.0.0.1:9000", 3, 512e6}};
  return figures;
}

// An observer of figures that a test changes.
class ObserverTest : public ::testing::Test {
 protected:
  void start(std::uint16_t port = 0) {
    observer_ = std::make_unique<Observer>(
        HttpServerOptions{.port = port}, registry_,
        ObserverHooks{.unhealthy_because = [this] { return said(unhealthy_); },
                      .not_ready_because = [this] { return said(not_ready_); },
                      .figures =
                          [this] {
                            std::unique_lock lock(mutex_);
                            changed_.wait(lock, [this] { return !held_; });
                            return figures_;
                          },
                      .before_metrics = [this] { metrics_.queues.state.set(++asked_); }});
  }

  std::string said(const std::string& sentence) {
    const std::lock_guard lock(mutex_);
    return sentence;
  }
  template <typename Change>
  void change(Change change_it) {
    {
      const std::lock_guard lock(mutex_);
      change_it();
    }
    changed_.notify_all();
  }

  MetricRegistry registry_;
  StandardMetrics metrics_{registry_, {"1.2.3", {"sqlite"}}};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;  // figures are not to be had
  std::string unhealthy_;
  std::string not_ready_ = "The state is still being restored.";
  Figures figures_ = made_figures();
  int asked_ = 0;
  std::unique_ptr<Observer> observer_;
};

using ObserverPages = ObserverTest;
using LivePage = ObserverTest;

TEST_F(ObserverPages, ProbesSayWhy) {
  start();
  EXPECT_EQ(get(observer_->port(), "/healthz").status, 200);
  EXPECT_EQ(get(observer_->port(), "/readyz").status, 503);
  EXPECT_EQ(get(observer_->port(), "/readyz").body, "The state is still being restored.\n");
  change([&] {
    not_ready_.clear();
    unhealthy_ = "The decider has done nothing for 30 s.";
  });
  EXPECT_EQ(get(observer_->port(), "/readyz").status, 200);
  EXPECT_EQ(get(observer_->port(), "/healthz").status, 503);
  EXPECT_EQ(get(observer_->port(), "/healthz").body, "The decider has done nothing for 30 s.\n");
}

TEST_F(ObserverPages, MetricsAreBroughtUpToDate) {
  start();
  const PlainReply reply = get(observer_->port(), "/metrics");
  EXPECT_TRUE(contains(reply.head, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
      << reply.head;
  const auto families = exposition::read(reply.body);
  EXPECT_EQ(families.at("tagtill_queue_depth").samples.at("tagtill_queue_depth{queue=\"state\"}"),
            1);
  EXPECT_GT(families.size(), 30U);
}

TEST_F(ObserverPages, FiguresAreThereAtOnceAndEachSecond) {
  start();
  const auto confirmed = [&](const std::string& json) {
    simdjson::dom::parser parser;
    return std::uint64_t(parser.parse(json)["confirmed"]);
  };
  EXPECT_EQ(confirmed(get(observer_->port(), "/figures.json").body), 3U);
  PlainConnection events(observer_->port());
  ASSERT_TRUE(events.send("GET /events HTTP/1.1\r\n\r\n"));
  EXPECT_TRUE(contains(events.read_until("\n\n"), "\"confirmed\":3,"));
  change([&] { figures_.confirmed = 77; });
  EXPECT_TRUE(contains(events.read_until("\"confirmed\":77,"), "\"confirmed\":77,"));
  change([&] { figures_.confirmed = 78; });
  observer_->stop();
  const std::string all = events.read_to_end();
  EXPECT_TRUE(contains(all, "\"confirmed\":78,"));  // the last one is not lost
  EXPECT_TRUE(all.ends_with("event: end\ndata: {}\n\n"));
}

TEST_F(ObserverPages, ThePageIsServedWithItsParts) {
  start();
  for (const auto& [path, type, content] :
       {std::tuple{"/", "text/html; charset=utf-8", page::kIndexHtml},
        std::tuple{"/page.css", "text/css; charset=utf-8", page::kPageCss},
        std::tuple{"/page.js", "text/javascript; charset=utf-8", page::kPageJs},
        std::tuple{"/icon.svg", "image/svg+xml", page::kIconSvg}}) {
    const PlainReply reply = get(observer_->port(), path);
    EXPECT_EQ(reply.body, content) << path;
    EXPECT_TRUE(contains(reply.head, std::string("Content-Type: ") + type + "\r\n")) << reply.head;
    for (const std::string_view never : {"innerHTML", "outerHTML", "insertAdjacentHTML",
                                         "document.write", "eval(", "https://", "@import"}) {
      EXPECT_FALSE(contains(content, never)) << path << ": " << never;
    }
  }
}

// --- In a browser --------------------------------------------------------------------

TEST_F(LivePage, ShowsTheFiguresAndRunsNothingThatStandsInThem) {
  if (!Browser::is_there()) {
    GTEST_SKIP() << "skipped: no chromium";
  }
  Browser browser;
  // The control: what a page must not do is noticed.
  browser.open("data:text/html,<script>console.error('told')</script>");
  ASSERT_TRUE(browser.comes_true("true"));
  ASSERT_EQ(browser.complaints().size(), 1U);

  start();
  browser.open(observer_->url() + "/");
  ASSERT_TRUE(browser.comes_true("document.body.dataset.state === 'live'"));
  const auto text = [&](const std::string& id) {
    return browser.evaluate("document.getElementById('" + id + "').textContent");
  };
  EXPECT_EQ(text("state"), "live");
  EXPECT_EQ(text("about"), "tagtill 1.2.3 · up 1 h 1 min · 5.00 GB read");
  EXPECT_EQ(text("confirmed"), "3");
  EXPECT_EQ(text("amounts"), "37.50\u00A0USD");
  EXPECT_EQ(text("conversion"), "75.0%");
  EXPECT_EQ(text("open"), "7");
  EXPECT_EQ(text("oldest"), "oldest 15 min 1 s");
  EXPECT_EQ(text("reach"), "3,000");
  EXPECT_EQ(text("posts-rate"), "143,199");
  EXPECT_EQ(text("bytes-rate"), "512 MB/s");
  EXPECT_EQ(text("lag"), "42 ms");
  EXPECT_EQ(text("chart-note"), "3 in the last hour");
  EXPECT_EQ(browser.evaluate("document.title"), "3 purchases – tagtill");
  EXPECT_EQ(browser.evaluate("document.getElementById('problem').hidden"), "true");

  const auto rows = [&](const std::string& id) {
    return browser.evaluate("[...document.querySelectorAll('#" + id +
                            " tbody tr')].map(row => [...row.cells].map(cell => "
                            "cell.textContent).join('|')).join('\\n')");
  };
  EXPECT_EQ(rows("offers"), std::string(kHostileTitle) +
                                "mug|12.50 USD|4|3|75.0%|0|2\n"
                                "Teatea|300 JPY|0|0|–|0|unlimited");
  EXPECT_EQ(rows("sinks"), "sqlite:purchases.db|up|–\nwebhook:<b>|waiting|1,234 · 17.5 s");
  EXPECT_EQ(rows("sources"), "tcp:127.0.0.1:9000|3|512 MB/s");
  EXPECT_EQ(rows("latencies"), "decide to commit|420 µs|1.9 ms|4.3 ms\ncommit to sink|–|–|–");
  const auto bars = [&](const std::string& id) {
    return browser.evaluate("[...document.querySelectorAll('#" + id +
                            " li')].map(bar => [...bar.querySelectorAll('span')].map(part => "
                            "part.textContent).join('|')).join('\\n')");
  };
  EXPECT_EQ(bars("funnel"),
            "Intents|5\nPrompts|4 · 80.0%\nPurchases|3 · 75.0%\nExpired|1 · 25.0%\n"
            "Cancelled|0 · 0.0%\nOpen now|7 · 175.0%");
  EXPECT_EQ(bars("rejected"), "not enrolled|4");
  EXPECT_EQ(browser.evaluate("document.querySelectorAll('#chart rect').length"), "60");
  EXPECT_EQ(browser.evaluate("document.querySelector('#chart rect:last-of-type').textContent"),
            "this minute: 3");

  EXPECT_EQ(browser.evaluate("document.ran === undefined"), "true");
  EXPECT_EQ(browser.evaluate("document.querySelectorAll('main script, main img, main b').length"),
            "0");
  const std::string html = browser.evaluate("document.documentElement.outerHTML");
  for (const std::string_view never : {"secret-account", "1186275104", "505874924095815681"}) {
    EXPECT_FALSE(contains(html, never)) << never;
  }
  EXPECT_EQ(browser.complaints().size(), 1U) << browser.complaints().back();
}

TEST_F(LivePage, FitsAnyWidthInLightAndDark) {
  if (!Browser::is_there()) {
    GTEST_SKIP() << "skipped: no chromium";
  }
  figures_.offers[0].title = std::string(500, 'x');
  figures_.problem = std::string(300, 'y');
  figures_.rejected.fill(123'456'789);
  figures_.confirmed = 123'456'789'012;
  start();
  Browser browser;
  browser.open(observer_->url() + "/");
  ASSERT_TRUE(browser.comes_true("document.body.dataset.state === 'live'"));
  std::string light;
  for (const bool dark : {false, true}) {
    if (dark) {
      browser.prefer_dark();
    }
    for (const int width : {400, 700, 1'024, 1'600, 2'560}) {
      browser.set_size(width, 900);
      EXPECT_TRUE(browser.comes_true("innerWidth === " + std::to_string(width)));
      EXPECT_TRUE(browser.comes_true("document.documentElement.scrollWidth <= innerWidth"))
          << width;
      EXPECT_TRUE(
          browser.comes_true("document.getElementById('chart').getBBox().width <= innerWidth"))
          << width;
    }
    const std::string colour = browser.evaluate("getComputedStyle(document.body).backgroundColor");
    EXPECT_NE(colour, light);
    light = colour;
  }
  EXPECT_TRUE(browser.complaints().empty()) << browser.complaints().back();
}

TEST_F(LivePage, SaysWhatStateItIsIn) {
  if (!Browser::is_there()) {
    GTEST_SKIP() << "skipped: no chromium";
  }
  start();
  const std::uint16_t port = observer_->port();
  Browser browser;
  browser.open(observer_->url() + "/");
  ASSERT_TRUE(browser.comes_true("document.body.dataset.state === 'live'"));
  change([&] { held_ = true; });
  EXPECT_TRUE(browser.comes_true("document.body.dataset.state === 'stale'"));
  EXPECT_TRUE(browser.comes_true(
      "document.getElementById('state').textContent.startsWith('no news for ')"));
  change([&] {
    held_ = false;
    figures_.problem = "The sink webhook: has not answered for 17 s.";
    figures_.state = TierState::kDraining;
  });
  EXPECT_TRUE(browser.comes_true("document.body.dataset.state === 'live'"));
  EXPECT_TRUE(browser.comes_true(
      "document.getElementById('problem').textContent === 'The tier is draining. The sink "
      "webhook: has not answered for 17 s.'"));
  EXPECT_TRUE(browser.complaints().empty()) << browser.complaints().back();
  observer_->stop();
  EXPECT_TRUE(browser.comes_true("document.body.dataset.state === 'ended'"));
  observer_.reset();
  // The tier is started again.
  start(port);
  EXPECT_TRUE(browser.comes_true("document.body.dataset.state === 'live'"));
}

}  // namespace
}  // namespace tagtill
