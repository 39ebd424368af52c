// The options of every command that runs the rules over recorded dumps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/decider.h"
#include "tools/configuration.h"

namespace tagtill {

class Command;

struct StreamOptions {
  std::string offers;
  std::string members;
  std::string secret_file;
  std::vector<std::string> dumps;
  ProtocolOptions protocol;
  std::uint64_t block_bytes = std::uint64_t{256} * 1024;
};

// Whether offers, members and secret must be given.
enum class ConfigurationIs : std::uint8_t { kRequired, kOptional };

// `options` must live until the command has run.
void add_stream_options(Command& command, StreamOptions& options,
                        ConfigurationIs configuration = ConfigurationIs::kRequired);

// All three files; nothing if one is refused: then all errors have been said, and
// that nothing was `done`, as `replayed`.
[[nodiscard]] std::optional<Configuration> load_configuration(const StreamOptions& options,
                                                              std::string_view done);

}  // namespace tagtill
