#include "sinks/sink_url.h"

#include <fmt/core.h>

#include <utility>

#include "engine/errors.h"
#include "sinks/jsonl_sink.h"
#include "sinks/null_sink.h"
#include "sinks/sqlite_sink.h"

namespace tagtill {
namespace {

constexpr std::string_view kForms =
    "sqlite:PATH, jsonl:PATH (jsonl:- for standard output) or null:";
constexpr std::string_view kEventForms =
    "all, or some of prompt, confirmed, expired, cancelled, rejected with commas between";

[[noreturn]] void refuse(std::string_view url, std::string_view reason,
                         std::string_view forms = kForms) {
  throw Error(ExitCode::kUsage, fmt::format("--sink {}: {}. Give {}.", url, reason, forms));
}

// What stands before the first `mark`; `rest` is left with what stands behind it.
std::string_view take_until(std::string_view& rest, char mark) {
  const std::size_t end = rest.find(mark);
  const std::string_view taken = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return taken;
}

EventTypes parse_event_types(std::string_view url, std::string_view list) {
  if (list == "all") {
    return all_event_types();
  }
  EventTypes types;
  do {
    const std::string_view name = take_until(list, ',');
    std::size_t type = 0;
    while (type < kEventTypes && name_of(static_cast<EventType>(type)) != name) {
      ++type;
    }
    if (type == kEventTypes) {
      refuse(url, fmt::format("there are no events called \"{}\"", name), kEventForms);
    }
    types.set(type);
  } while (!list.empty());
  return types;
}

void parse_options(std::string_view url, std::string_view options, SinkUrl& parsed) {
  bool has_events = false;
  while (!options.empty()) {
    std::string_view value = take_until(options, '&');
    const std::string_view name = take_until(value, '=');
    if (name != "events") {
      refuse(url, fmt::format("there is no option called \"{}\"", name),
             fmt::format("{}, and events={}", kForms, kEventForms));
    }
    if (std::exchange(has_events, true)) {
      refuse(url, "events= stands there twice", "it once");
    }
    parsed.events = parse_event_types(url, value);
  }
}

}  // namespace

SinkUrl parse_sink_url(std::string_view url) {
  std::string_view options = url;
  std::string_view path = take_until(options, '?');
  if (path.find(':') == std::string_view::npos) {
    refuse(url, "it does not say which kind of sink this is");
  }
  const std::string_view scheme = take_until(path, ':');
  SinkUrl parsed;
  if (scheme == "sqlite") {
    parsed.kind = SinkUrl::Kind::kSqlite;
  } else if (scheme == "jsonl") {
    parsed.kind = SinkUrl::Kind::kJsonl;
  } else if (scheme == "null") {
    parsed.kind = SinkUrl::Kind::kNull;
  } else {
    refuse(url, fmt::format("there is no kind of sink called \"{}\"", scheme));
  }
  parse_options(url, options, parsed);
  if (parsed.kind == SinkUrl::Kind::kNull) {
    if (!path.empty()) {
      refuse(url, "null: takes no path");
    }
    return parsed;
  }
  if (path.empty()) {
    refuse(url, "the path is missing");
  }
  if (parsed.kind == SinkUrl::Kind::kSqlite && path == "-") {
    refuse(url, "a database cannot be written to standard output");
  }
  parsed.path = path;
  return parsed;
}

std::unique_ptr<Sink> make_sink(const SinkUrl& url, std::shared_ptr<const OfferCatalogue> offers,
                                Disk& disk) {
  switch (url.kind) {
    case SinkUrl::Kind::kSqlite:
      return std::make_unique<SqliteSink>(url.path, url.events, std::move(offers),
                                          disk.sqlite_vfs());
    case SinkUrl::Kind::kJsonl:
      return std::make_unique<JsonlSink>(url.path, "the jsonl sink", disk);
    case SinkUrl::Kind::kNull:
      break;
  }
  return std::make_unique<NullSink>();
}

}  // namespace tagtill
