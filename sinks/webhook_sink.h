// Events as signed HTTP requests, by Standard Webhooks (standardwebhooks.com): how a reply
// service gets its prompts, and a shop its orders.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "sinks/http_client.h"
#include "sinks/sink.h"
#include "sinks/surroundings.h"
#include "sinks/webhook_signature.h"

namespace tagtill {

struct WebhookOptions {
  HttpOptions http;
  WebhookSecrets secrets;  // at least one
  // P8: a prompt is worth nothing after its deadline. What time it is the surroundings say, so
  // in a replay of an old recording all are late: nobody should answer last year's posts.
  bool drop_late_prompts = true;
  // Between attempts at one event: at random up to the first, doubled each time, up to the last.
  Millis retry_first_ms = 500;
  Millis retry_most_ms = 60'000;
  Millis retry_after_most_ms = 3'600'000;  // a longer Retry-After means this
};

// One POST an event, its body the line of P8 without its line end. Headers:
//
//   webhook-id         of a purchase its purchase id; of other events of one the type, `:` and
//                      that, as `prompt:505874924095815681:mug`; of a rejection `rejected:`, its
//                      number in the stream, `:` and a digest of the body. The same whenever the
//                      event is sent again. What is no visible ASCII, and `%`, stands as %XX.
//   webhook-timestamp  of this attempt, in seconds
//   webhook-signature  over the other two and the body, by each secret (WebhookSecrets)
//
// - At least once: a receiver that has taken an event must expect it again, and tell by the id.
// - Accepted is what is answered with 2xx. 410 ends the sink with an error. Everything else, and
//   no answer, is tried again for ever, with growing waits, until the surroundings say to give
//   up (who then still accepts something every kPatience gets the rest of the batch); redirects are
//   not followed. Retry-After is obeyed, for all events.
// - Up to `http.requests_max` requests are under way at a time. So events of one batch may
//   arrive in another order, also those of one purchase (each has its times).
// - write() returns when all of the batch are accepted or dropped: the position moves only over
//   events that were. One that is never accepted holds back what comes behind its batch.
// - A late prompt (see the options) is not sent, but counted, and close() says how many.
// - When nothing is accepted the receiver is left in peace for as long as one event would be,
//   so that a batch full of events does not come down on it.
//
// Memory: the batch once more, as lines.
// Cost: DECISIONS.md has what was measured.
class WebhookSink final : public Sink {
 public:
  WebhookSink(WebhookOptions options, EventTypes types, Surroundings around);
  ~WebhookSink() override;

  // Sends nothing, and does not wait for the receiver.
  SinkPosition open(const SinkStart& start) override;
  void write(const EventBatch& batch, std::uint64_t through) override;
  SinkPosition flush() override;
  void close() override;
  // True once the receiver was connected to, with TLS if it is https, or has accepted an event.
  [[nodiscard]] bool answers() override;

  // Late prompts since it was made. close() says how many there were.
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The webhook-id of an event; `body` as it is sent.
[[nodiscard]] std::string webhook_id_of(const Event& event, std::string_view body);

}  // namespace tagtill
