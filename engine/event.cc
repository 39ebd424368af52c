#include "engine/event.h"

#include <charconv>

namespace tagtill {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

// What a byte becomes in a JSON string of P8: itself, `\` and a letter, or
// `\u00` and two hex digits. Bytes of 0x80 and above are parts of UTF-8 and
// stay as they are.
constexpr char kAsItIs = 0;
constexpr char kAsHex = 'u';

constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> escapes{};
  for (std::size_t control = 0; control < 0x20; ++control) {
    escapes[control] = kAsHex;
  }
  escapes['\b'] = 'b';
  escapes['\f'] = 'f';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  escapes['\t'] = 't';
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  return escapes;
}();

// Appends `text` as the inside of a JSON string. Runs of plain bytes, which is
// nearly always the whole text, are copied at once.
void append_escaped(std::string& out, std::string_view text) {
  std::size_t run = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const char escape = kEscapes[byte];
    if (escape == kAsItIs) [[likely]] {
      continue;
    }
    out.append(text.substr(run, at - run));
    run = at + 1;
    out.push_back('\\');
    out.push_back(escape);
    if (escape == kAsHex) {
      out.append("00");
      out.push_back(kHexDigits[byte >> 4]);
      out.push_back(kHexDigits[byte & 0x0F]);
    }
  }
  out.append(text.substr(run));
}

// The parts of a member are handed over as literals (`,"at":`), so that a line
// is a row of appends.
void append_string_member(std::string& out, std::string_view name, std::string_view value) {
  out.append(name);
  append_json_string(out, value);
}

void append_number_member(std::string& out, std::string_view name, std::int64_t value) {
  out.append(name);
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void append_time_member(std::string& out, std::string_view name, Millis time) {
  out.append(name);
  out.push_back('"');
  append_rfc3339(out, time);
  out.push_back('"');
}

void append_currency_member(std::string& out, const std::array<char, 3>& currency) {
  append_string_member(out, R"(,"currency":)", {currency.data(), currency.size()});
}

// The members with which every type but `rejected` begins.
void append_purchase_id_member(std::string& out, const Event& event) {
  out.append(R"(,"purchase_id":")");
  append_escaped(out, event.intent_id);
  out.push_back(':');
  append_escaped(out, event.offer_id);
  out.push_back('"');
}

void append_prompt(std::string& out, const Event& event) {
  append_purchase_id_member(out, event);
  append_string_member(out, R"(,"offer_id":)", event.offer_id);
  append_string_member(out, R"(,"author_id":)", event.author_id);
  append_string_member(out, R"(,"intent_id":)", event.intent_id);
  append_time_member(out, R"(,"intent_at":)", event.intent_at);
  append_time_member(out, R"(,"deadline":)", event.deadline);
  out.append(R"(,"tag":"#)");
  append_escaped(out, event.tag_prefix);
  const auto code = code_characters(event.code);
  out.append(code.data(), code.size());
  out.push_back('"');
  append_string_member(out, R"(,"title":)", event.title);
  append_number_member(out, R"(,"price_minor":)", event.price_minor);
  append_currency_member(out, event.currency);
  if (!event.reply.empty()) {
    append_string_member(out, R"(,"reply":)", event.reply);
  }
}

void append_confirmed(std::string& out, const Event& event) {
  append_purchase_id_member(out, event);
  append_string_member(out, R"(,"offer_id":)", event.offer_id);
  append_string_member(out, R"(,"account":)", event.account);
  append_string_member(out, R"(,"author_id":)", event.author_id);
  append_string_member(out, R"(,"intent_id":)", event.intent_id);
  append_string_member(out, R"(,"confirm_id":)", event.post_id);
  append_time_member(out, R"(,"intent_at":)", event.intent_at);
  append_time_member(out, R"(,"confirmed_at":)", event.at);
  append_number_member(out, R"(,"price_minor":)", event.price_minor);
  append_currency_member(out, event.currency);
  append_number_member(out, R"(,"commission_minor":)", event.commission_minor);
  out.append(R"(,"fulfilment":")");
  out.append(name_of(event.fulfilment));
  out.append(R"(","claim_code":)");
  if (event.code == kNoCode) {
    out.append("null");
  } else {
    const auto code = code_characters(event.code);
    out.push_back('"');
    out.append(code.data(), code.size());
    out.push_back('"');
  }
  append_number_member(out, R"(,"reach":)", event.reach);
}

void append_expired(std::string& out, const Event& event) {
  append_purchase_id_member(out, event);
  append_string_member(out, R"(,"offer_id":)", event.offer_id);
  append_string_member(out, R"(,"account":)", event.account);
  append_string_member(out, R"(,"author_id":)", event.author_id);
  append_string_member(out, R"(,"intent_id":)", event.intent_id);
  append_time_member(out, R"(,"intent_at":)", event.intent_at);
  append_time_member(out, R"(,"deadline":)", event.deadline);
}

void append_cancelled(std::string& out, const Event& event) {
  append_purchase_id_member(out, event);
  append_string_member(out, R"(,"offer_id":)", event.offer_id);
  append_string_member(out, R"(,"account":)", event.account);
  append_string_member(out, R"(,"author_id":)", event.author_id);
  append_string_member(out, R"(,"intent_id":)", event.intent_id);
  append_time_member(out, R"(,"intent_at":)", event.intent_at);
  append_string_member(out, R"(,"reason":)", name_of(event.cancel_reason));
}

void append_rejected(std::string& out, const Event& event) {
  append_string_member(out, R"(,"reason":)", name_of(event.reject_reason));
  append_string_member(out, R"(,"post_id":)", event.post_id);
  append_string_member(out, R"(,"author_id":)", event.author_id);
  if (event.offer_id.empty()) {
    out.append(R"(,"offer_id":null)");
  } else {
    append_string_member(out, R"(,"offer_id":)", event.offer_id);
  }
  append_time_member(out, R"(,"at":)", event.at);
}

}  // namespace

std::string_view name_of(EventType type) {
  static constexpr std::array<std::string_view, kEventTypes> kNames = {
      "prompt", "confirmed", "expired", "cancelled", "rejected"};
  return kNames.at(static_cast<std::size_t>(type));
}

std::string_view name_of(RejectReason reason) {
  static constexpr std::array<std::string_view, kRejectReasons> kNames = {
      "already_confirmed", "cancelled",    "expired",      "future",         "late",
      "limit_reached",     "not_eligible", "not_enrolled", "offer_not_live", "protected",
      "sold_out",          "too_many",     "unknown_code", "frozen"};
  return kNames.at(static_cast<std::size_t>(reason));
}

std::string_view name_of(CancelReason reason) {
  return reason == CancelReason::kIntentDeleted ? "intent_deleted" : "unenrolled";
}

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  append_escaped(out, text);
  out.push_back('"');
}

void append_purchase_id(std::string& out, const Event& event) {
  out.append(event.intent_id);
  out.push_back(':');
  out.append(event.offer_id);
}

void append_json_line(std::string& out, const Event& event) {
  out.append(R"({"type":")");
  out.append(name_of(event.type));
  out.push_back('"');
  switch (event.type) {
    case EventType::kPrompt:
      append_prompt(out, event);
      break;
    case EventType::kConfirmed:
      append_confirmed(out, event);
      break;
    case EventType::kExpired:
      append_expired(out, event);
      break;
    case EventType::kCancelled:
      append_cancelled(out, event);
      break;
    case EventType::kRejected:
      append_rejected(out, event);
      break;
  }
  out.append("}\n");
}

}  // namespace tagtill
