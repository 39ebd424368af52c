// What `tagtill serve` is configured with: tagtill.toml and --set. What each key means, and what
// it may be, stands in config_keys.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/block.h"
#include "engine/decider.h"
#include "engine/file_errors.h"

namespace tagtill {

// An empty text: not given.
struct ServeConfig {
  struct Secret {
    std::string file;
    std::string credential;  // or this
  };
  struct State {
    std::string path;
    std::string durability = "machine";  // machine, process
    std::string journal = "snapshot";    // snapshot, all
    std::uint64_t outbox_max = 10'000'000;
  };
  struct Source {
    std::string kind;  // stdin, file, tcp, unix
    std::string path;
    bool follow = false;
    bool control = false;
    std::string listen;
    bool public_address = false;
    std::uint64_t line_bytes_max = kLineBytesMax;
    Millis idle_timeout_ms = 60'000;  // 0: never
    std::uint64_t connections_max = 1024;
    std::string tls_certificate;
    std::string tls_key;
    std::string tls_client_ca;
  };
  struct SinkEntry {
    std::string url;
  };
  struct Pipeline {
    std::uint64_t lanes = 0;  // 0: auto
    std::uint64_t shards = Decider::kShards;
    std::string pin = "auto";
    std::uint64_t block_bytes = std::uint64_t{256} * 1024;
    Millis gather_ms = 0;
  };
  struct Http {
    std::string listen = "127.0.0.1:9077";
    bool public_address = false;
  };
  struct Log {
    std::string format = "auto";  // auto, text, json
    std::string level = "info";   // debug, info, warning, error
  };

  std::string offers_file;
  std::string members_file;
  Secret secret;
  ProtocolOptions protocol;
  bool strict = false;
  State state;
  std::vector<Source> sources;
  std::vector<SinkEntry> sinks;
  std::string events_file;
  std::string dead_letters_file;
  std::string reply_template;
  Pipeline pipeline;
  Http http;
  Log log;
};

// Reads a configuration, and then what stands in `settings` (each `a.b=value`) in the place of
// what stands there. A value of a setting is TOML, or the text itself if it is none, and for a
// key that takes a text in any case. `source.0.listen=…` is of the first source; the number that
// is one too high makes a new one.
//
// Every problem is added to `errors` (of which the first hundred are kept), in the order of the
// file and then of the settings, as `NAME:LINE:COLUMN: what is wrong and what would be right`, or
// `--set SETTING: …`. If there are any, what is returned is what could be read: good for finding
// more errors, and for nothing else.
//
// Reads nothing else, and depends on nothing else.
[[nodiscard]] ServeConfig parse_serve_config(std::string_view text, const std::string& name,
                                             std::span<const std::string> settings,
                                             FileErrors& errors);

// The same of the file at `path`; `-` is standard input. Also looks whether the files can be read
// that are named in it and are not checked by those who read them (offers, members, the secret
// are), and whether one file is used for two things. Opens nothing for writing.
[[nodiscard]] ServeConfig load_serve_config(const std::string& path,
                                            std::span<const std::string> settings,
                                            FileErrors& errors);

// Where the secret lies. Throws tagtill::Error (kBadConfig) if it is a credential of systemd and
// systemd has given none ($CREDENTIALS_DIRECTORY).
[[nodiscard]] std::string secret_path(const ServeConfig& config);

// All keys as TOML that is read as the same configuration again, unless something had to be
// masked, which a comment then says.
[[nodiscard]] std::string serve_config_toml(const ServeConfig& config);

// An address to listen at, `127.0.0.1:7077` or `[::1]:7077`.
struct ListenAddress {
  std::string host;  // a number, without brackets
  std::uint16_t port = 0;
  bool is_loopback = false;
};

// Throws tagtill::Error (kBadConfig) if it is none. `localhost` is 127.0.0.1; other names are
// refused, since they can come to mean another machine.
[[nodiscard]] ListenAddress parse_listen_address(std::string_view text);

}  // namespace tagtill
