#include "engine/event_codec.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/errors.h"
#include "tests/seeded.h"
#include "tests/sink_events.h"
#include "tests/stream_runs.h"

namespace tagtill {
namespace {

std::string encoded(const EventBatch& batch) {
  std::string bytes;
  append_events(bytes, batch.events);
  return bytes;
}

EventBatch decoded(std::string bytes) {
  EventBatch batch;
  read_events(bytes, batch);
  std::fill(bytes.begin(), bytes.end(), 'x');  // nothing of it is kept
  return batch;
}

// All types with hard texts.
EventBatch hard_events() {
  EventBatch batch = hard_batch();
  for (const Event& event : std::vector<Event>(batch.events)) {
    Event prompt = event;
    prompt.type = EventType::kPrompt;
    prompt.title = event.post_id;
    prompt.tag_prefix = "Confirm";
    prompt.code = 0xFFFFFFFFFF;
    prompt.deadline = event.at;
    prompt.reply = event.intent_id.size() % 2 == 0 ? event.intent_id : std::string_view();
    Event expired = event;
    expired.type = EventType::kExpired;
    expired.deadline = kLastMillisecond + 86'400'000;
    Event cancelled = event;
    cancelled.type = EventType::kCancelled;
    cancelled.cancel_reason = CancelReason::kUnenrolled;
    Event rejected = event;
    rejected.type = EventType::kRejected;
    rejected.reject_reason = RejectReason::kUnknownCode;
    rejected.offer_id = {};
    rejected.at = 0;
    batch.events.insert(batch.events.end(), {prompt, expired, cancelled, rejected});
  }
  return batch;
}

TEST(EventCodec, GivesBackHardTexts) {
  const EventBatch batch = hard_events();
  const std::string bytes = encoded(batch);
  const EventBatch again = decoded(bytes);
  EXPECT_TRUE(lines_of(again) == lines_of(batch));
  EXPECT_TRUE(encoded(again) == bytes);
}

TEST(EventCodec, GivesBackWhatTheDeciderMakes) {
  for (std::uint64_t i = 0; i < seeded::seeds(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    const streams::Stream stream = streams::make_with_replacements(seed);
    product::Product product(stream.offers, stream.members, stream.secret,
                             stream_runs::options_of(stream));
    for (const std::string& file : stream.files) {
      product.feed(file);
    }
    ASSERT_EQ(lines_of(decoded(encoded(product.events()))), lines_of(product.events()));
  }
}

TEST(EventCodec, AppendsToWhatIsThere) {
  EventBatch batch = hard_batch();
  EventBatch again;
  std::string bytes = encoded(batch);
  read_events(bytes, again);
  append_events(bytes, batch.events);
  read_events(bytes, again);
  EXPECT_EQ(again.events.size(), 3 * batch.events.size());
  read_events("", again);
  EXPECT_EQ(again.events.size(), 3 * batch.events.size());
}

TEST(EventCodec, EveryCutIsRefusedOrAnEnd) {
  const EventBatch batch = hard_events();
  const std::string bytes = encoded(batch);
  std::size_t whole = 0;
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EventBatch cut;
    try {
      read_events(std::string_view(bytes).substr(0, length), cut);
      EXPECT_EQ(cut.events.size(), whole++);
    } catch (const DamagedState&) {
    }
  }
  EXPECT_EQ(whole, batch.events.size());
}

TEST(EventCodec, NumbersTakeFewBytes) {
  EventBatch batch;
  batch.events.push_back(purchase(batch, "1186275104123456789"));
  batch.events[0].post_id = "1186275104123456789";
  batch.events[0].author_id = "1186275104123456789";
  EXPECT_LE(encoded(batch).size(), 75U);
}

}  // namespace
}  // namespace tagtill
