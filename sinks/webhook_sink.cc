#include "sinks/webhook_sink.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <queue>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/errors.h"

namespace tagtill {
namespace {

constexpr int kGone = 410;
constexpr Millis kSayEvery = 60'000;
constexpr Millis kKnockEvery = 1'000;
constexpr Millis kNoDeadline = std::numeric_limits<Millis>::max();

bool is_accepted(int status) { return status >= 200 && status < 300; }

std::string what_was_answered(const HttpAnswer& answer) {
  return answer.status == 0 ? answer.problem : fmt::format("it answered {}", answer.status);
}

}  // namespace

std::string webhook_id_of(const Event& event, std::string_view body) {
  std::string id;
  if (event.type != EventType::kConfirmed) {
    id.append(name_of(event.type)).push_back(':');
  }
  if (event.type == EventType::kRejected) {
    return id + fmt::format("{}:{}", event.number, short_digest(body));
  }
  std::string plain;
  append_purchase_id(plain, event);
  for (const char c : plain) {
    if (c > ' ' && c <= '~' && c != '%') {
      id.push_back(c);
    } else {
      id += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return id;
}

class WebhookSink::Impl {
 public:
  Impl(WebhookOptions options, EventTypes types, Surroundings around)
      : options_(std::move(options)),
        types_(types),
        around_(std::move(around)),
        client_(options_.http),
        pause_(options_.retry_first_ms, options_.retry_most_ms) {}

  SinkPosition open(const SinkStart& start) {
    position_ = start.at;
    return position_;
  }

  void write(const EventBatch& batch, std::uint64_t through) {
    deliveries_.clear();
    ready_ = 0;
    for (const Event& event : batch.events) {
      if (types_.test(static_cast<std::size_t>(event.type))) {
        add(event);
      }
    }
    deliver();
    position_.events = through;
  }

  void close() {
    if (dropped_ > 0) {
      around_.say(
          fmt::format("The webhook sink: {} {} late, behind the deadline, and not sent to {}.",
                      dropped_, dropped_ == 1 ? "prompt was" : "prompts were", options_.http.url));
    }
  }

  bool answers() {
    if (!has_answered_ && !knocks_ && around_.steady_ms() >= next_knock_) {
      client_.begin_to_knock();
      knocks_ = true;
    }
    if (knocks_ && !has_answered_) {
      if (const std::optional<std::string> problem = client_.knocked()) {
        take_knock(*problem);
      }
    }
    return has_answered_;
  }

  [[nodiscard]] SinkPosition position() const { return position_; }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  // An event on its way.
  struct Delivery {
    std::string id;
    std::string body;
    Millis deadline;
    Backoff backoff;
  };

  // When a delivery may be tried again.
  struct Waiting {
    Millis until;
    std::size_t delivery;
    friend bool operator>(const Waiting& a, const Waiting& b) {
      return std::pair(a.until, a.delivery) > std::pair(b.until, b.delivery);
    }
  };

  void add(const Event& event) {
    std::string body;
    append_json_line(body, event);
    body.pop_back();
    const bool may_be_late = event.type == EventType::kPrompt && options_.drop_late_prompts;
    std::string id = webhook_id_of(event, body);
    deliveries_.push_back({std::move(id), std::move(body),
                           may_be_late ? event.deadline : kNoDeadline,
                           Backoff(options_.retry_first_ms, options_.retry_most_ms)});
  }

  void take_knock(const std::string& problem) {
    knocks_ = false;
    has_answered_ = problem.empty();
    if (!has_answered_) {
      next_knock_ = around_.steady_ms() + kKnockEvery;
      around_.retrying();
      say_failure(fmt::format("cannot be reached: {}", problem));
    }
  }

  void deliver() {
    left_ = deliveries_.size();
    accepted_at_ = around_.steady_ms();
    while (left_ > 0) {
      const bool accepts = failures_in_row_ == 0 && around_.steady_ms() < accepted_at_ + kPatience;
      if (!accepts && around_.give_up()) {
        throw GaveUp(fmt::format("the webhook sink: gave up with {} events not accepted by {}.",
                                 left_, options_.http.url));
      }
      send_what_is_due();
      if (left_ == 0) {
        return;
      }
      if (client_.under_way() == 0) {
        around_.sleep(until_next());
        continue;
      }
      for (const HttpAnswer& answer : client_.wait(until_next())) {
        take(answer);
      }
    }
  }

  // At most kAskEvery.
  [[nodiscard]] Millis until_next() const {
    const Millis now = around_.steady_ms();
    Millis next = now + kAskEvery;
    if (client_.has_room()) {
      if (ready_ < deliveries_.size()) {
        next = std::min(next, paused_until_);
      } else if (!waiting_.empty()) {
        next = std::min(next, std::max(paused_until_, waiting_.top().until));
      }
    }
    return std::max<Millis>(next - now, 1);
  }

  // Those that were tried before first.
  void send_what_is_due() {
    const Millis now = around_.steady_ms();
    while (client_.has_room() && now >= paused_until_) {
      if (!waiting_.empty() && waiting_.top().until <= now) {
        const std::size_t delivery = waiting_.top().delivery;
        waiting_.pop();
        send(delivery);
      } else if (ready_ < deliveries_.size()) {
        send(ready_++);
      } else {
        return;
      }
    }
  }

  void send(std::size_t number) {
    const Delivery& delivery = deliveries_[number];
    const Millis now = around_.real_ms();
    if (now > delivery.deadline) {
      ++dropped_;
      --left_;
      return;
    }
    const std::int64_t timestamp_s = now / 1'000;
    headers_.assign({"content-type: application/json", "user-agent: tagtill",
                     fmt::format("webhook-id: {}", delivery.id),
                     fmt::format("webhook-timestamp: {}", timestamp_s),
                     fmt::format("webhook-signature: {}",
                                 options_.secrets.sign(delivery.id, timestamp_s, delivery.body))});
    client_.post(number, delivery.body, headers_);
  }

  void take(const HttpAnswer& answer) {
    if (is_accepted(answer.status)) {
      --left_;
      accepted_at_ = around_.steady_ms();
      has_answered_ = true;
      failures_in_row_ = 0;
      pause_.reset();
      return;
    }
    if (answer.status == kGone) {
      throw Error(ExitCode::kIoFailed,
                  fmt::format("the webhook sink: {} answered 410: it wants no more events. Take it "
                              "out of the command line, or correct its URL.",
                              options_.http.url));
    }
    around_.retrying();
    say_failure(fmt::format("does not accept {}: {}", deliveries_[answer.request].id,
                            what_was_answered(answer)));
    const Millis now = around_.steady_ms();
    const Millis wait = deliveries_[answer.request].backoff.next(around_.random());
    waiting_.push({now + wait, answer.request});
    if (++failures_in_row_ % options_.http.requests_max == 0) {
      paused_until_ = std::max(paused_until_, now + pause_.next(around_.random()));
    }
    if (const std::optional<Millis> asked = asked_to_wait(answer)) {
      paused_until_ = std::max(paused_until_,
                               now + std::clamp<Millis>(*asked, 0, options_.retry_after_most_ms));
    }
  }

  [[nodiscard]] std::optional<Millis> asked_to_wait(const HttpAnswer& answer) const {
    return answer.retry_at_ms ? std::optional(*answer.retry_at_ms - around_.real_ms())
                              : answer.retry_after_ms;
  }

  void say_failure(const std::string& what) {
    const Millis now = around_.steady_ms();
    if (!next_said_ || now >= *next_said_) {
      next_said_ = now + kSayEvery;
      around_.say(fmt::format("The webhook sink: {} {}. Trying again.", options_.http.url, what));
    }
  }

  WebhookOptions options_;
  EventTypes types_;
  Surroundings around_;
  std::vector<Delivery> deliveries_;  // of the batch; bodies are read while requests are under way
  HttpClient client_;
  std::size_t ready_ = 0;  // the first delivery that was never tried
  std::priority_queue<Waiting, std::vector<Waiting>, std::greater<>> waiting_;
  std::size_t left_ = 0;  // neither accepted nor dropped
  std::size_t failures_in_row_ = 0;
  Millis accepted_at_ = 0;  // when something was last accepted, or the batch begun
  Backoff pause_;
  Millis paused_until_ = 0;
  std::optional<Millis> next_said_;
  bool has_answered_ = false;
  bool knocks_ = false;
  Millis next_knock_ = 0;
  std::vector<std::string> headers_;
  std::uint64_t dropped_ = 0;
  SinkPosition position_;
};

WebhookSink::WebhookSink(WebhookOptions options, EventTypes types, Surroundings around)
    : impl_(std::make_unique<Impl>(std::move(options), types, std::move(around))) {}
WebhookSink::~WebhookSink() = default;

SinkPosition WebhookSink::open(const SinkStart& start) { return impl_->open(start); }
void WebhookSink::write(const EventBatch& batch, std::uint64_t through) {
  impl_->write(batch, through);
}
// Every write() has been accepted when it returns.
SinkPosition WebhookSink::flush() { return impl_->position(); }
void WebhookSink::close() { impl_->close(); }
bool WebhookSink::answers() { return impl_->answers(); }
std::uint64_t WebhookSink::dropped() const { return impl_->dropped(); }

}  // namespace tagtill
