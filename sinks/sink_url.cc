#include "sinks/sink_url.h"

#include <fmt/core.h>

#include "engine/errors.h"
#include "sinks/jsonl_sink.h"
#include "sinks/null_sink.h"
#include "sinks/sqlite_sink.h"

namespace tagtill {
namespace {

constexpr std::string_view kForms =
    "sqlite:PATH, jsonl:PATH (jsonl:- for standard output) or null:";

[[noreturn]] void refuse(std::string_view url, std::string_view reason) {
  throw Error(ExitCode::kUsage, fmt::format("--sink {}: {}. Give {}.", url, reason, kForms));
}

}  // namespace

SinkUrl parse_sink_url(std::string_view url) {
  const std::size_t colon = url.find(':');
  if (colon == std::string_view::npos) {
    refuse(url, "it does not say which kind of sink this is");
  }
  const std::string_view scheme = url.substr(0, colon);
  const std::string_view path = url.substr(colon + 1);
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
  if (path.find('?') != std::string_view::npos) {
    refuse(url, "this sink knows no options, and a path cannot contain '?'");
  }
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

std::unique_ptr<Sink> make_sink(const SinkUrl& url) {
  switch (url.kind) {
    case SinkUrl::Kind::kSqlite:
      return std::make_unique<SqliteSink>(url.path);
    case SinkUrl::Kind::kJsonl:
      return std::make_unique<JsonlSink>(url.path, "the jsonl sink");
    case SinkUrl::Kind::kNull:
      break;
  }
  return std::make_unique<NullSink>();
}

}  // namespace tagtill
