#include "sinks/sink_url.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "engine/errors.h"
#include "sinks/jsonl_sink.h"
#include "sinks/null_sink.h"
#include "sinks/postgres_connection.h"
#include "sinks/sqlite_sink.h"

namespace tagtill {
namespace {

using Kind = SinkUrl::Kind;

constexpr std::string_view kForms =
    "sqlite:PATH, jsonl:PATH (jsonl:- for standard output, jsonl:FOLDER/ for segments), "
    "postgres:DATABASE, webhook:https://HOST/PATH or null:";
constexpr std::string_view kEventForms =
    "all, or some of prompt, confirmed, expired, cancelled, rejected with commas between";

// What stands before the first `mark`; `rest` is left with what stands behind it.
std::string_view take_until(std::string_view& rest, char mark) {
  const std::size_t end = rest.find(mark);
  const std::string_view taken = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return taken;
}

// One URL, while it is read.
class Parser {
 public:
  explicit Parser(std::string_view url) : shown_(url) {}

  SinkUrl parse() {
    std::string_view options = shown_;
    std::string_view place = take_until(options, '?');
    if (place.find(':') == std::string_view::npos) {
      refuse("it does not say which kind of sink this is", kForms);
    }
    const std::string_view scheme = take_until(place, ':');
    read_kind(scheme);
    if (url_.kind == Kind::kPostgres || url_.kind == Kind::kWebhook) {
      cut_ = std::string(scheme) + ":…";  // it may hold a password
      shown_ = cut_;
    }
    std::string for_libpq;
    const bool takes_others = url_.kind == Kind::kPostgres && place.starts_with("//");
    while (!options.empty()) {
      const std::string_view option = take_until(options, '&');
      std::string_view value = option;
      const std::string_view name = take_until(value, '=');
      if (!read_option(name, value)) {
        if (!takes_others) {
          refuse(fmt::format("there is no option called \"{}\"", name), known_options());
        }
        for_libpq += (for_libpq.empty() ? "?" : "&") + std::string(option);
      }
    }
    read_place(place, for_libpq);
    return std::move(url_);
  }

 private:
  struct Option {
    std::string_view name;
    std::string_view form;
    std::optional<Kind> kind;                      // none: of all
    bool (Parser::*read)(std::string_view value);  // false: the value is not of the form
    int times = 1;
  };
  static std::span<const Option> options();

  [[noreturn]] void refuse(std::string_view reason, std::string_view forms) const {
    throw Error(ExitCode::kUsage, fmt::format("--sink {}: {}. Give {}.", shown_, reason, forms));
  }

  void read_kind(std::string_view scheme) {
    static constexpr std::pair<std::string_view, Kind> kKinds[] = {
        {"sqlite", Kind::kSqlite},       {"jsonl", Kind::kJsonl},     {"postgres", Kind::kPostgres},
        {"postgresql", Kind::kPostgres}, {"webhook", Kind::kWebhook}, {"null", Kind::kNull}};
    for (const auto& [name, kind] : kKinds) {
      if (name == scheme) {
        url_.kind = kind;
        return;
      }
    }
    refuse(fmt::format("there is no kind of sink called \"{}\"", scheme), kForms);
  }

  void read_place(std::string_view place, const std::string& for_libpq) {
    switch (url_.kind) {
      case Kind::kNull:
        if (!place.empty()) {
          refuse("null: takes no path", kForms);
        }
        return;
      case Kind::kPostgres:
        url_.postgres.where = place.starts_with("//") ? "postgres:" + std::string(place) + for_libpq
                                                      : std::string(place);
        if (const auto problem = problem_with_postgres_place(url_.postgres.where);
            !problem.empty()) {
          refuse(problem, "postgres:DATABASE, or parameters or a URI as libpq takes them");
        }
        return;
      case Kind::kWebhook:
        url_.webhook.http.url = place;
        if (const auto problem = problem_with_receiver(url_.webhook.http.url, url_.plain_http);
            !problem.empty()) {
          refuse(problem, "webhook:https://HOST/PATH?secret-file=PATH");
        }
        if (url_.secret_files.empty()) {
          refuse("without a secret anybody could forge what the receiver gets", "secret-file=PATH");
        }
        return;
      case Kind::kSqlite:
      case Kind::kJsonl:
        read_path(place);
        return;
    }
  }

  void read_path(std::string_view path) {
    if (path.empty()) {
      refuse("the path is missing", kForms);
    }
    if (url_.kind == Kind::kSqlite && path == "-") {
      refuse("a database cannot be written to standard output", kForms);
    }
    if (!path.ends_with('/') && has_segment_options_) {
      refuse("segments are files in a folder, and the path is that of a file",
             "jsonl:FOLDER/, with a / at its end");
    }
    url_.path = path;
  }

  // False: there is no such option.
  bool read_option(std::string_view name, std::string_view value) {
    for (std::size_t i = 0; i < options().size(); ++i) {
      const Option& option = options()[i];
      if (option.name != name || (option.kind && option.kind != url_.kind)) {
        continue;
      }
      if (++times_[i] > option.times) {
        refuse(fmt::format("{}= stands there {}", name, option.times == 1 ? "twice" : "too often"),
               option.times == 1 ? "it once" : "it once or twice");
      }
      if (!(this->*option.read)(value)) {
        refuse(fmt::format("{}={} is not understood", name, value),
               fmt::format("{}={}", name, option.form));
      }
      return true;
    }
    return false;
  }

  [[nodiscard]] std::string known_options() const {
    std::string list;
    for (const Option& option : options()) {
      if (!option.kind || option.kind == url_.kind) {
        list += fmt::format("{}{}={}", list.empty() ? "" : "; ", option.name, option.form);
      }
    }
    return list;
  }

  // --- values ----------------------------------------------------------------------------

  template <typename Number>
  static bool read_number(std::string_view text, std::uint64_t least, std::uint64_t most,
                          Number& out) {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, number);
    const bool good = error == std::errc() && at == end && number >= least && number <= most;
    out = good ? static_cast<Number>(number) : out;
    return good;
  }
  static bool read_duration(std::string_view text, Millis least, Millis most, Millis& out) {
    const std::optional<Millis> duration = parse_duration(text);
    const bool good = duration && *duration >= least && *duration <= most;
    out = good ? *duration : out;
    return good;
  }
  static bool read_yes_no(std::string_view text, bool& out) {
    out = text == "yes";
    return text == "yes" || text == "no";
  }
  static bool read_text(std::string_view text, std::string& out) {
    out = text;
    return !text.empty();
  }

  bool read_events(std::string_view list) {
    if (list == "all") {
      url_.events = all_event_types();
      return true;
    }
    EventTypes types;
    do {
      const std::string_view name = take_until(list, ',');
      std::size_t type = 0;
      while (type < kEventTypes && name_of(static_cast<EventType>(type)) != name) {
        ++type;
      }
      if (type == kEventTypes) {
        return false;
      }
      types.set(type);
    } while (!list.empty());
    url_.events = types;
    return true;
  }
  bool read_batch_count(std::string_view value) {
    return read_number(value, 1, SinkLimits::kEventsMost, url_.limits.events);
  }
  bool read_batch_bytes(std::string_view value) {
    return read_number(value, 1, SinkLimits::kBytesMost, url_.limits.bytes);
  }
  bool read_batch_age(std::string_view value) {
    return read_duration(value, 1, SinkLimits::kAgeMost, url_.limits.age_ms);
  }
  bool read_full_outbox(std::string_view value) {
    url_.waits_when_full = value == "wait";
    return value == "wait" || value == "grow";
  }
  bool read_segment_bytes(std::string_view value) {
    has_segment_options_ = true;
    return read_number(value, 1, SegmentOptions::kBytesMost, url_.segments.bytes);
  }
  bool read_segment_age(std::string_view value) {
    has_segment_options_ = true;
    Millis age = 0;
    const bool good = read_duration(value, 1, SegmentOptions::kAgeMost, age);
    url_.segments.age_ms = age;
    return good;
  }
  bool read_schema(std::string_view value) { return read_text(value, url_.postgres.schema); }
  bool read_secret_file(std::string_view value) {
    return read_text(value, url_.secret_files.emplace_back());
  }
  bool read_ca_file(std::string_view value) { return read_text(value, url_.webhook.http.ca_file); }
  bool read_inflight(std::string_view value) {
    return read_number(value, 1, 256, url_.webhook.http.requests_max);
  }
  bool read_timeout(std::string_view value) {
    return read_duration(value, 100, 300'000, url_.webhook.http.timeout_ms);
  }
  bool read_drop_late(std::string_view value) {
    return read_yes_no(value, url_.webhook.drop_late_prompts);
  }
  bool read_plain_http(std::string_view value) { return read_yes_no(value, url_.plain_http); }

  std::string_view shown_;
  std::string cut_;
  SinkUrl url_;
  std::array<int, 16> times_{};  // by option
  bool has_segment_options_ = false;
};

std::span<const Parser::Option> Parser::options() {
  static constexpr std::array<Option, 14> kOptions = {{
      {"events", kEventForms, std::nullopt, &Parser::read_events},
      {"batch-count", "1 to 1000000 (events)", std::nullopt, &Parser::read_batch_count},
      {"batch-bytes", "1 to 67108864", std::nullopt, &Parser::read_batch_bytes},
      {"batch-age", "1ms to 1h", std::nullopt, &Parser::read_batch_age},
      {"full-outbox", "wait or grow", std::nullopt, &Parser::read_full_outbox},
      {"segment-bytes", "1 to 549755813888", Kind::kJsonl, &Parser::read_segment_bytes},
      {"segment-age", "1ms to 366d", Kind::kJsonl, &Parser::read_segment_age},
      {"schema", "NAME", Kind::kPostgres, &Parser::read_schema},
      {"secret-file", "PATH, twice while one secret replaces another", Kind::kWebhook,
       &Parser::read_secret_file, static_cast<int>(WebhookSecrets::kSecretsMax)},
      {"ca-file", "PATH", Kind::kWebhook, &Parser::read_ca_file},
      {"inflight", "1 to 256 (requests at a time)", Kind::kWebhook, &Parser::read_inflight},
      {"timeout", "100ms to 5m", Kind::kWebhook, &Parser::read_timeout},
      {"drop-late-prompts", "yes or no", Kind::kWebhook, &Parser::read_drop_late},
      {"plain-http", "yes or no", Kind::kWebhook, &Parser::read_plain_http},
  }};
  return kOptions;
}

}  // namespace

std::string SinkUrl::place() const {
  switch (kind) {
    case Kind::kPostgres:
      return fmt::format("{}?schema={}", postgres.where, postgres.schema);
    case Kind::kWebhook:
      return webhook.http.url;
    case Kind::kSqlite:
    case Kind::kJsonl:
    case Kind::kNull:
      break;
  }
  return path;
}

SinkUrl parse_sink_url(std::string_view url) { return Parser(url).parse(); }

std::unique_ptr<Sink> make_sink(const SinkUrl& url, std::shared_ptr<const OfferCatalogue> offers,
                                Disk& disk, Surroundings around) {
  switch (url.kind) {
    case Kind::kSqlite:
      return std::make_unique<SqliteSink>(url.path, url.events, std::move(offers),
                                          disk.sqlite_vfs());
    case Kind::kJsonl:
      if (url.is_folder()) {
        return std::make_unique<SegmentSink>(url.path, url.segments, std::move(around), disk);
      }
      return std::make_unique<JsonlSink>(url.path, "the jsonl sink", disk);
    case Kind::kPostgres:
      return std::make_unique<PostgresSink>(url.postgres, url.events, std::move(offers),
                                            std::move(around));
    case Kind::kWebhook: {
      WebhookOptions options = url.webhook;
      for (const std::string& path : url.secret_files) {
        options.secrets.add_file(path);
      }
      return std::make_unique<WebhookSink>(std::move(options), url.events, std::move(around));
    }
    case Kind::kNull:
      break;
  }
  return std::make_unique<NullSink>();
}

}  // namespace tagtill
