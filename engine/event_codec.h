// Events as bytes, as they wait for the sinks.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/event.h"

namespace tagtill {

// Each event, of the elements of byte_codec.h:
//
//   byte      its type | 8: pickup | 16: unenrolled | 32: there is a code | 64: there is a reply
//   text, id  offer id, author
//   rejected: byte: reason; id: post; varint: at
//   others:   id: intent; varint: intent_at; and
//     prompt     varints: deadline, price_minor; currency; texts: tag_prefix, title; code;
//                text: reply
//     confirmed  text: account; id: post; varints: at, price_minor; currency; varints:
//                commission_minor, reach; code
//     expired    text: account; varint: deadline
//     cancelled  text: account
//
// What a type has no use for is not kept. Ids have at most 128 bytes, accounts, offer ids
// and prefixes 64; times and amounts are not negative.
void append_events(std::string& out, std::span<const Event> events);

// Appends the events to the batch, which keeps their strings. Throws DamagedState: then
// some of them are there.
void read_events(std::string_view bytes, EventBatch& out);

}  // namespace tagtill
