#include "tools/stream_options.h"

#include <fmt/core.h>

#include "tools/command_line.h"
#include "tools/messages.h"

namespace tagtill {
namespace {

constexpr std::uint64_t kBlockBytesMin = 4096;
constexpr std::uint64_t kBlockBytesMax = std::uint64_t{4} * 1024 * 1024;

}  // namespace

void add_stream_options(Command& command, StreamOptions& options, ConfigurationIs configuration) {
  const auto file =
      configuration == ConfigurationIs::kRequired ? &Command::required_text : &Command::text;
  command.positionals(
      "DUMP", options.dumps, true,
      "Files, folders (all files below, in byte order of the paths), or - for "
      "standard input; plain, .gz, .bz2, .xz, .zst, .lz4, and tar and zip archives of "
      "them, told by content");
  (command.*file)("--offers", options.offers, "FILE", "The offers, JSON Lines");
  (command.*file)("--members", options.members, "FILE", "The members, JSON Lines");
  (command.*file)("--secret-file", options.secret_file, "FILE",
                  "The secret of the confirmation codes, 32 bytes or more");
  command.duration("--lateness", options.protocol.lateness_ms, "How far posts may be out of order")
      .duration("--max-jump", options.protocol.max_jump_ms,
                "A post further ahead than this needs a second one to move the clock; 0: never")
      .text("--prefix", options.protocol.confirm_prefix, "LETTERS",
            "What confirmation tags begin with")
      .number("--block-bytes", options.block_bytes, kBlockBytesMin, kBlockBytesMax,
              "How much is read and searched at a time");
}

std::optional<Configuration> load_configuration(const StreamOptions& options,
                                                std::string_view done) {
  Configuration loaded = load_configuration({.offers = options.offers,
                                             .members = options.members,
                                             .secret_file = options.secret_file,
                                             .confirm_prefix = options.protocol.confirm_prefix});
  if (loaded.errors > 0) {
    say(fmt::format("{} in the configuration. Nothing was {}; correct {} and start again.",
                    counted(loaded.errors, "error", "errors"), done,
                    loaded.errors == 1 ? "it" : "them"));
    return std::nullopt;
  }
  return loaded;
}

}  // namespace tagtill
