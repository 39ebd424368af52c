#include "engine/event_codec.h"

#include <algorithm>

#include "engine/byte_codec.h"

namespace tagtill {
namespace {

constexpr unsigned kType = 7;
constexpr unsigned kPickup = 8;
constexpr unsigned kUnenrolled = 16;
constexpr unsigned kHasCode = 32;
constexpr unsigned kHasReply = 64;

constexpr std::size_t kNameBytesMax = 64;  // of accounts, offer ids and prefixes
constexpr std::size_t kTitleBytesMax = std::size_t{1} << 20;
constexpr std::size_t kReplyBytesMax = std::size_t{16} << 20;  // of several titles, in theory
// append_rfc3339 takes a day more than the last event time.
constexpr std::uint64_t kTimeMax = kLastMillisecond + Millis{24} * 3600 * 1000;

// What of these the type has a use for.
unsigned flags_of(const Event& event) {
  const unsigned code = event.code != kNoCode ? kHasCode : 0;
  switch (event.type) {
    case EventType::kPrompt:
      return code | (event.reply.empty() ? 0 : kHasReply);
    case EventType::kConfirmed:
      return code | (event.fulfilment == Fulfilment::kPickup ? kPickup : 0);
    case EventType::kCancelled:
      return event.cancel_reason == CancelReason::kUnenrolled ? kUnenrolled : 0;
    case EventType::kExpired:
    case EventType::kRejected:
      break;
  }
  return 0;
}

std::string_view text_of(const std::array<char, 3>& currency) {
  return {currency.data(), currency.size()};
}

class EventWriter {
 public:
  explicit EventWriter(std::string& out) : writer_(out) {}

  void write(const Event& event) {
    writer_.byte(static_cast<std::uint8_t>(static_cast<unsigned>(event.type) | flags_of(event)));
    writer_.text(event.offer_id);
    writer_.id(event.author_id);
    if (event.type == EventType::kRejected) {
      writer_.byte(static_cast<std::uint8_t>(event.reject_reason));
      writer_.id(event.post_id);
      amount(event.at);
      return;
    }
    writer_.id(event.intent_id);
    amount(event.intent_at);
    if (event.type == EventType::kPrompt) {
      write_prompt(event);
      return;
    }
    writer_.text(event.account);
    if (event.type == EventType::kConfirmed) {
      write_confirmed(event);
    } else if (event.type == EventType::kExpired) {
      amount(event.deadline);
    }
  }

 private:
  void write_prompt(const Event& event) {
    amount(event.deadline);
    amount(event.price_minor);
    writer_.raw(text_of(event.currency));
    writer_.text(event.tag_prefix);
    writer_.text(event.title);
    code(event.code);
    if (!event.reply.empty()) {
      writer_.text(event.reply);
    }
  }

  void write_confirmed(const Event& event) {
    writer_.id(event.post_id);
    amount(event.at);
    amount(event.price_minor);
    writer_.raw(text_of(event.currency));
    amount(event.commission_minor);
    amount(event.reach);
    code(event.code);
  }

  void amount(std::int64_t value) { writer_.varint(static_cast<std::uint64_t>(value)); }
  void code(Code code) {
    if (code != kNoCode) {
      writer_.code(code);
    }
  }

  ByteWriter writer_;
};

class EventReader {
 public:
  EventReader(std::string_view bytes, EventBatch& out) : reader_(bytes, "outbox"), out_(out) {}

  void read() {
    while (!reader_.at_end()) {
      const Event event = read_event();
      out_.events.push_back(event);
    }
  }

 private:
  Event read_event() {
    Event event;
    const unsigned head = reader_.byte();
    reader_.check((head & kType) < kEventTypes && head < 2 * kHasReply,
                  "an event has an unknown type");
    event.type = static_cast<EventType>(head & kType);
    event.fulfilment = (head & kPickup) != 0 ? Fulfilment::kPickup : Fulfilment::kShip;
    event.cancel_reason =
        (head & kUnenrolled) != 0 ? CancelReason::kUnenrolled : CancelReason::kIntentDeleted;
    has_code_ = (head & kHasCode) != 0;
    const bool has_reply = (head & kHasReply) != 0;
    event.offer_id = text(kNameBytesMax);
    event.author_id = id();
    if (event.type == EventType::kRejected) {
      const unsigned reason = reader_.byte();
      reader_.check(reason < kRejectReasons, "a rejection has an unknown reason");
      event.reject_reason = static_cast<RejectReason>(reason);
      event.post_id = id();
      event.at = time();
      return event;
    }
    event.intent_id = id();
    event.intent_at = time();
    if (event.type == EventType::kPrompt) {
      read_prompt(event);
      event.reply = has_reply ? text(kReplyBytesMax) : std::string_view();
      return event;
    }
    event.account = text(kNameBytesMax);
    if (event.type == EventType::kConfirmed) {
      read_confirmed(event);
    } else if (event.type == EventType::kExpired) {
      event.deadline = time();
    }
    return event;
  }

  void read_prompt(Event& event) {
    event.deadline = time();
    event.price_minor = reader_.amount();
    event.currency = currency();
    event.tag_prefix = text(kNameBytesMax);
    event.title = text(kTitleBytesMax);
    event.code = code();
  }

  void read_confirmed(Event& event) {
    event.post_id = id();
    event.at = time();
    event.price_minor = reader_.amount();
    event.currency = currency();
    event.commission_minor = reader_.amount();
    event.reach = reader_.amount();
    event.code = code();
  }

  std::string_view text(std::size_t most) { return out_.bytes.keep(reader_.text(most)); }
  std::string_view id() { return out_.bytes.keep(reader_.any_id(id_)); }
  Millis time() {
    return static_cast<Millis>(reader_.varint(kTimeMax, "an event is beyond the year 9999"));
  }
  Code code() { return has_code_ ? reader_.code() : kNoCode; }
  std::array<char, 3> currency() {
    std::array<char, 3> currency{};
    const std::string_view text = reader_.raw(currency.size());
    reader_.check(std::all_of(text.begin(), text.end(), [](char c) { return c >= 0; }),
                  "a currency is not ASCII");
    std::copy(text.begin(), text.end(), currency.begin());
    return currency;
  }

  ByteReader reader_;
  EventBatch& out_;
  IdText id_{};
  bool has_code_ = false;
};

}  // namespace

void append_events(std::string& out, std::span<const Event> events) {
  EventWriter writer(out);
  for (const Event& event : events) {
    writer.write(event);
  }
}

void read_events(std::string_view bytes, EventBatch& out) { EventReader(bytes, out).read(); }

}  // namespace tagtill
