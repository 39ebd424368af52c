#include "tools/serve/config_keys.h"

#include <fmt/core.h>

#include <numeric>
#include <type_traits>
#include <vector>

#include "engine/errors.h"
#include "engine/reply_template.h"
#include "sinks/sink_url.h"
#include "tools/configuration.h"
#include "tools/pipeline/core_list.h"
#include "tools/quantities.h"
#include "tools/serve/toml_document.h"

namespace tagtill {
namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = kKiB * 1024;
constexpr std::uint64_t kYears = static_cast<std::uint64_t>(kDurationMost);
constexpr std::size_t kCoresMax = 1024;

// What `check` throws, without the option that stands at its beginning: in a configuration the
// key stands there.
template <typename Check>
std::string problem_of(Check check) {
  try {
    check();
  } catch (const Error& error) {
    std::string what = error.what();
    if (what.starts_with("--")) {
      what.erase(0, what.find(' ') + 1);
    }
    while (what.ends_with('.')) {
      what.pop_back();
    }
    return what;
  }
  return {};
}

std::string problem_with_prefix(const std::string& value) {
  return problem_of([&] { check_prefix(value); });
}
std::string problem_with_address(const std::string& value) {
  return problem_of([&] { (void)parse_listen_address(value); });
}
std::string problem_with_template(const std::string& value) {
  return problem_of([&] { const ReplyTemplate parsed(value); });
}
// Which cores there are is seen when the program starts, on the machine where it does.
std::string problem_with_pin(const std::string& value) {
  std::vector<int> cores(kCoresMax);
  std::iota(cores.begin(), cores.end(), 0);
  return problem_of([&] { (void)plan_cores(value, cores); });
}
std::string problem_with_credential(const std::string& value) {
  return value.find('/') == std::string::npos && value != "." && value != ".."
             ? std::string()
             : "this is no name of a credential but a path: that is what `file` is for";
}
// A file is gone on with after a crash, and cut back to what the state knows.
std::string problem_with_output(const std::string& value) {
  return value != "-" ? std::string()
                      : "standard output cannot be cut back after a crash: give a file";
}
std::string problem_with_sink(const std::string& value) {
  std::string path;
  std::string problem = problem_of([&] { path = parse_sink_url(value).path; });
  return problem.empty() ? problem_with_output(path) : problem;
}

// The paths of webhooks often are what lets somebody write there. Passwords stand in no URL:
// parse_sink_url() refuses them.
std::string masked_sink(const std::string& value) {
  constexpr std::string_view kKind = "webhook:";
  const std::size_t host = value.find("//", kKind.size());
  if (!value.starts_with(kKind) || host == std::string::npos) {
    return value;
  }
  const std::size_t options = std::min(value.find('?'), value.size());
  const std::size_t path = value.find('/', host + 2);
  if (path == std::string::npos || path + 1 >= options) {
    return value;
  }
  return value.substr(0, path + 1) + "***" + value.substr(options);
}

// The place of a member of ServeConfig, and of one of an entry.
#define PLACE(member) [](ServeConfig& config, std::size_t) -> KeyPlace { return &config.member; }
#define PLACE_IN(list, member) \
  [](ServeConfig& config, std::size_t index) -> KeyPlace { return &config.list[index].member; }

constexpr ConfigKey kOffers[] = {
    {.name = "file",
     .type = KeyType::kText,
     .place = PLACE(offers_file),
     .meaning = "The offers, JSON Lines.",
     .required = true},
};

constexpr ConfigKey kMembers[] = {
    {.name = "file",
     .type = KeyType::kText,
     .place = PLACE(members_file),
     .meaning = "The members, JSON Lines.",
     .required = true},
};

constexpr ConfigKey kSecret[] = {
    {.name = "file",
     .type = KeyType::kText,
     .place = PLACE(secret.file),
     .meaning = "The secret of the confirmation codes, 32 bytes or more."},
    {.name = "credential",
     .type = KeyType::kText,
     .place = PLACE(secret.credential),
     .meaning = "Instead of a file: the name of a credential that systemd hands over "
                "(`LoadCredential=NAME:PATH` in the unit).",
     .problem = problem_with_credential},
};

constexpr ConfigKey kProtocol[] = {
    {.name = "lateness",
     .type = KeyType::kDuration,
     .place = PLACE(protocol.lateness_ms),
     .meaning = "How far posts may be out of order. Fixed when the state is made.",
     .most = kYears},
    {.name = "max_jump",
     .type = KeyType::kDuration,
     .place = PLACE(protocol.max_jump_ms),
     .meaning = "A post further ahead than this needs a second one to move the clock; 0: never. "
                "Fixed when the state is made.",
     .most = kYears},
    {.name = "confirm_prefix",
     .type = KeyType::kText,
     .place = PLACE(protocol.confirm_prefix),
     .meaning = "What confirmation tags begin with: 1 to 32 letters. Fixed when the state is made.",
     .required = true,
     .problem = problem_with_prefix},
    {.name = "strict",
     .type = KeyType::kFlag,
     .place = PLACE(strict),
     .meaning = "Checks every line whole, not only those that may matter."},
};

constexpr ConfigKey kState[] = {
    {.name = "path",
     .type = KeyType::kText,
     .place = PLACE(state.path),
     .meaning = "The file that keeps what is remembered, from run to run.",
     .required = true},
    {.name = "durability",
     .type = KeyType::kChoice,
     .place = PLACE(state.durability),
     .meaning = "What a commit survives: a crash of the machine, or only one of the program.",
     .choices = "machine|process"},
    {.name = "journal",
     .type = KeyType::kChoice,
     .place = PLACE(state.journal),
     .meaning = "How long the state keeps what was applied: until a snapshot covers it, or for "
                "ever.",
     .choices = "snapshot|all"},
    {.name = "outbox_max",
     .type = KeyType::kNumber,
     .place = PLACE(state.outbox_max),
     .meaning = "How many events an output may lack, which the state keeps for it; beyond that "
                "senders wait.",
     .least = 1,
     .most = 1'000'000'000'000},
};

constexpr ConfigKey kSource[] = {
    {.name = "kind",
     .type = KeyType::kChoice,
     .place = PLACE_IN(sources, kind),
     .meaning = "Standard input, a file, or a socket that senders connect to.",
     .choices = "stdin|file|tcp|unix",
     .required = true},
    {.name = "path",
     .type = KeyType::kText,
     .place = PLACE_IN(sources, path),
     .meaning = "The file, or the socket in the file system.",
     .kinds = kOfFile | kOfUnix},
    {.name = "follow",
     .type = KeyType::kFlag,
     .place = PLACE_IN(sources, follow),
     .meaning = "Goes on reading what is appended, through rotation and truncation, as `tail -F`.",
     .kinds = kOfFile},
    {.name = "control",
     .type = KeyType::kFlag,
     .place = PLACE_IN(sources, control),
     .meaning = "Lines may be control records, which link, unlink and freeze members, and put and "
                "withdraw offers. Elsewhere they are passed over."},
    {.name = "listen",
     .type = KeyType::kText,
     .place = PLACE_IN(sources, listen),
     .meaning = "The address, as `127.0.0.1:7077` or `[::1]:7077`; port 0: any that is free.",
     .kinds = kOfTcp,
     .problem = problem_with_address},
    {.name = "public_address",
     .type = KeyType::kFlag,
     .place = PLACE_IN(sources, public_address),
     .meaning = "Allows an address that other machines reach. Whoever reaches a source can forge "
                "purchases: use TLS and client certificates.",
     .kinds = kOfTcp},
    {.name = "line_bytes_max",
     .type = KeyType::kSize,
     .place = PLACE_IN(sources, line_bytes_max),
     .meaning = "The longest line; a longer one is malformed.",
     .least = kKiB,
     .most = kLineBytesMax},
    {.name = "idle_timeout",
     .type = KeyType::kDuration,
     .place = PLACE_IN(sources, idle_timeout_ms),
     .meaning = "A connection that brings nothing for so long is ended; 0: never.",
     .most = kYears,
     .kinds = kOfTcp | kOfUnix},
    {.name = "connections_max",
     .type = KeyType::kNumber,
     .place = PLACE_IN(sources, connections_max),
     .meaning = "How many senders may be connected at once.",
     .least = 1,
     .most = 65'536,
     .kinds = kOfTcp | kOfUnix},
    {.name = "tls_certificate",
     .type = KeyType::kText,
     .place = PLACE_IN(sources, tls_certificate),
     .meaning = "The server's certificate with what it was signed by, PEM: then senders must use "
                "TLS, and show one of their own.",
     .kinds = kOfTcp},
    {.name = "tls_key",
     .type = KeyType::kText,
     .place = PLACE_IN(sources, tls_key),
     .meaning = "The certificate's key, PEM.",
     .kinds = kOfTcp},
    {.name = "tls_client_ca",
     .type = KeyType::kText,
     .place = PLACE_IN(sources, tls_client_ca),
     .meaning = "Certificates, PEM: only senders with one that was signed by these are let in.",
     .kinds = kOfTcp},
};

constexpr ConfigKey kSink[] = {
    {.name = "url",
     .type = KeyType::kText,
     .place = PLACE_IN(sinks, url),
     .meaning = "Where purchases or other events go, as `--sink` of `tagtill replay` takes it.",
     .required = true,
     .problem = problem_with_sink,
     .masked = masked_sink},
};

constexpr ConfigKey kEvents[] = {
    {.name = "file",
     .type = KeyType::kText,
     .place = PLACE(events_file),
     .meaning = "Every event as JSON Lines.",
     .problem = problem_with_output},
};

constexpr ConfigKey kDeadLetters[] = {
    {.name = "file",
     .type = KeyType::kText,
     .place = PLACE(dead_letters_file),
     .meaning = "Malformed lines as JSON Lines: place, cause and beginning.",
     .problem = problem_with_output},
};

constexpr ConfigKey kReplies[] = {
    {.name = "template",
     .type = KeyType::kText,
     .place = PLACE(reply_template),
     .meaning = "The reply of each prompt, with `{title}` `{price}` `{currency}` `{tag}` "
                "`{minutes}` `{public}`; empty: prompts have none.",
     .problem = problem_with_template},
};

constexpr ConfigKey kPipeline[] = {
    {.name = "lanes",
     .type = KeyType::kNumberOrAuto,
     .place = PLACE(pipeline.lanes),
     .meaning = "How many blocks are searched side by side; auto: as many as the cores can.",
     .least = 1,
     .most = 1024},
    {.name = "shards",
     .type = KeyType::kNumber,
     .place = PLACE(pipeline.shards),
     .meaning = "Into how many parts the decider's memory is split; a power of two.",
     .least = 1,
     .most = Decider::kShardsMax},
    {.name = "pin",
     .type = KeyType::kText,
     .place = PLACE(pipeline.pin),
     .meaning = "Which processor cores: auto (all that are allowed, a thread each), none (the "
                "system chooses), or a list, as `0,2` or `0-3`.",
     .required = true,
     .problem = problem_with_pin},
    {.name = "block_bytes",
     .type = KeyType::kSize,
     .place = PLACE(pipeline.block_bytes),
     .meaning = "How much is searched at a time, when there is as much.",
     .least = 4 * kKiB,
     .most = 4 * kMiB},
    {.name = "gather",
     .type = KeyType::kDuration,
     .place = PLACE(pipeline.gather_ms),
     .meaning =
         "How long what was decided may wait for more before it is committed: fewer commits, "
         "later answers.",
     .most = 10'000},
};

constexpr ConfigKey kHttp[] = {
    {.name = "listen",
     .type = KeyType::kText,
     .place = PLACE(http.listen),
     .meaning = "Address of `/metrics`, `/healthz`, `/readyz` and the live page; empty: none.",
     .problem = problem_with_address},
    {.name = "public_address",
     .type = KeyType::kFlag,
     .place = PLACE(http.public_address),
     .meaning = "Allows an address that other machines reach. Nobody is asked who they are."},
};

constexpr ConfigKey kLog[] = {
    {.name = "format",
     .type = KeyType::kChoice,
     .place = PLACE(log.format),
     .meaning = "Text or JSON Lines on standard error; auto: text on a terminal.",
     .choices = "auto|text|json"},
    {.name = "level",
     .type = KeyType::kChoice,
     .place = PLACE(log.level),
     .meaning = "What is said: this and what is worse.",
     .choices = "debug|info|warning|error"},
};

#undef PLACE
#undef PLACE_IN

constexpr ConfigSection kSections[] = {
    {.name = "offers", .meaning = "What can be bought.", .keys = kOffers},
    {.name = "members", .meaning = "Who can buy.", .keys = kMembers},
    {.name = "secret",
     .meaning = "What confirmation codes are made of; never stands in here itself.",
     .keys = kSecret},
    {.name = "protocol", .meaning = "The rules' own options.", .keys = kProtocol},
    {.name = "state", .meaning = "What survives a crash.", .keys = kState},
    {.name = "source",
     .meaning = "Where posts come from; at least one.",
     .keys = kSource,
     .count = [](const ServeConfig& config) { return config.sources.size(); },
     .resize = [](ServeConfig& config, std::size_t count) { config.sources.resize(count); }},
    {.name = "sink",
     .meaning = "Where what was decided goes; a sink or the events' file is needed.",
     .keys = kSink,
     .count = [](const ServeConfig& config) { return config.sinks.size(); },
     .resize = [](ServeConfig& config, std::size_t count) { config.sinks.resize(count); }},
    {.name = "events", .meaning = "A file of all events.", .keys = kEvents},
    {.name = "dead_letters", .meaning = "A file of what could not be read.", .keys = kDeadLetters},
    {.name = "replies", .meaning = "What is answered to an intent.", .keys = kReplies},
    {.name = "pipeline",
     .meaning = "How fast it is; no result depends on any of it.",
     .keys = kPipeline},
    {.name = "http", .meaning = "For those who watch.", .keys = kHttp},
    {.name = "log", .meaning = "What is said on standard error.", .keys = kLog},
};

std::string choices_in_words(std::string_view choices) {
  std::string words;
  while (!choices.empty()) {
    const std::size_t end = std::min(choices.find('|'), choices.size());
    const bool is_last = end == choices.size();
    words += fmt::format("{}\"{}\"", words.empty() ? "" : (is_last ? " or " : ", "),
                         choices.substr(0, end));
    choices.remove_prefix(is_last ? end : end + 1);
  }
  return words;
}

std::string kinds_in_words(std::uint8_t kinds) {
  std::string words;
  for (const std::string_view kind : {"stdin", "file", "tcp", "unix"}) {
    if ((source_kind_bit(kind) & kinds) != 0) {
      words += (words.empty() ? "" : ", ") + std::string(kind);
    }
  }
  return words;
}

}  // namespace

std::span<const ConfigSection> config_sections() { return kSections; }

std::uint8_t source_kind_bit(std::string_view kind) {
  return kind == "stdin"  ? kOfStdin
         : kind == "file" ? kOfFile
         : kind == "tcp"  ? kOfTcp
         : kind == "unix" ? kOfUnix
                          : 0;
}

std::string key_value_toml(const ConfigKey& key, const KeyPlace& place) {
  return std::visit(
      [&](auto* value) -> std::string {
        using Value = std::remove_pointer_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, std::string>) {
          return toml_text(*value);
        } else if constexpr (std::is_same_v<Value, bool>) {
          return *value ? "true" : "false";
        } else if constexpr (std::is_same_v<Value, Millis>) {
          return toml_text(duration_text(*value));
        } else if (key.type == KeyType::kSize) {
          return toml_text(size_text(*value));
        } else {
          return key.type == KeyType::kNumberOrAuto && *value == 0 ? "\"auto\""
                                                                   : fmt::format("{}", *value);
        }
      },
      place);
}

std::string key_form(const ConfigKey& key) {
  switch (key.type) {
    case KeyType::kText:
      return "a text";
    case KeyType::kFlag:
      return "true or false";
    case KeyType::kNumber:
      return fmt::format("a whole number from {} to {}", key.least, key.most);
    case KeyType::kNumberOrAuto:
      return fmt::format("\"auto\" or a whole number from {} to {}", key.least, key.most);
    case KeyType::kSize:
      return fmt::format("a size from {} to {}, as \"64MiB\" or a number of bytes",
                         size_text(key.least), size_text(key.most));
    case KeyType::kDuration:
      return fmt::format("a duration from {} to {}, as \"30s\", \"15m\", \"100ms\"",
                         duration_text(static_cast<Millis>(key.least)),
                         key.most == kYears ? std::string("ten years")
                                            : duration_text(static_cast<Millis>(key.most)));
    case KeyType::kChoice:
      break;
  }
  return choices_in_words(key.choices);
}

std::string config_reference() {
  ServeConfig defaults;
  std::string text;
  for (const ConfigSection& section : config_sections()) {
    const bool repeated = section.count != nullptr;
    if (repeated) {
      section.resize(defaults, 1);
    }
    text +=
        fmt::format("### `{}{}{}`\n\n{}\n\n| key | value | default | |\n|---|---|---|---|\n",
                    repeated ? "[[" : "[", section.name, repeated ? "]]" : "]", section.meaning);
    for (const ConfigKey& key : section.keys) {
      const std::string value = key_value_toml(key, key.place(defaults, 0));
      const bool none = value == "\"\"";
      std::string meaning(key.meaning);
      if (key.kinds != kOfAll) {
        meaning += fmt::format(" (kind {})", kinds_in_words(key.kinds));
      }
      text += fmt::format("| `{}` | {} | {} | {} |\n", key.name, key_form(key),
                          !none          ? fmt::format("`{}`", value)
                          : key.required ? std::string("must be given")
                                         : std::string("none"),
                          meaning);
    }
  }
  return text;
}

}  // namespace tagtill
