#include "tools/replay/replay_command.h"

#include <memory>

#include "tools/command_line.h"
#include "tools/replay/replay.h"

namespace tagtill {
namespace {

constexpr const char* kFooter =
    "Example:\n"
    "  tagtill replay --offers offers.jsonl --members members.jsonl --secret-file secret \\\n"
    "    --events events.jsonl dump.json\n"
    "  sqlite3 -box purchases.db 'SELECT * FROM purchases LIMIT 10'\n"
    "The one DUMP journal:PATH replays a state that was kept with --journal all, as it was "
    "decided:\n"
    "without --offers, --members and --secret-file.\n"
    "Exit codes: 0; 1 failed; 2 wrong usage; 65 a dump could not be read whole, a state is "
    "damaged,\n"
    "or with --strict a line was malformed; 74 an output or the state failed; 78 a bad catalogue,\n"
    "member file or secret.";

// Far beyond any disk.
constexpr std::uint64_t kOutboxMaxMost = 1'000'000'000'000;

}  // namespace

void add_replay_command(Command& root) {
  const auto options = std::make_shared<ReplayOptions>();
  Command& command = root.command("replay", "Find the purchases in recorded dumps",
                                  [options] { return replay(*options); });
  // Of a journal they are known.
  add_stream_options(command, *options, ConfigurationIs::kOptional);
  command
      .text("--events", options->events, "PATH", "Every event as JSON Lines; - for standard output")
      .texts(
          "--sink", options->sinks, "URL",
          "Where confirmed purchases go; may be repeated: sqlite:PATH, jsonl:PATH, jsonl:FOLDER/ "
          "(segments), postgres:DATABASE, webhook:https://HOST/PATH, null:. With ?events=all "
          "behind it all events, or a list, as ?events=confirmed,prompt; what else can stand "
          "there is in docs/formats.md")
      .text("--reply-template", options->reply_template, "TEXT",
            "The reply of each prompt, with {title} {price} {currency} {tag} {minutes} {public}; "
            "refused if the longest does not fit into a post")
      .flag("--strict", options->strict, "Check every line whole; exit code 65 if one is malformed")
      .flag("--fail-fast", options->fail_fast,
            "Stop at the first dump that cannot be read whole, rather than go on with the others")
      .text("--dead-letter", options->dead_letter, "PATH",
            "Malformed lines as JSON Lines: place, cause and beginning; - for standard output")
      .text("--state", options->state, "PATH",
            "Keeps what the run remembers in this file: after a crash the same command goes on, "
            "and the next day's dumps continue the windows of this one's")
      .flag("--again", options->again, "With a state: read dumps that it has had once more")
      .flag("--repaired", options->repaired,
            "With a state: the first dump that it has not had is the one in which the last run "
            "ended, repaired; goes on in it at the same line")
      .flag("--abandon", options->abandon,
            "With a state: leave the rest of the dump unread in which the last run ended")
      .choice("--durability", options->durability, {"machine", "process"},
              "What a commit of the state survives: a crash of the machine, or only one of the "
              "program")
      .choice("--journal", options->journal, {"snapshot", "all"},
              "How long the state keeps what was applied: until a snapshot covers it, or for ever "
              "(replay it with journal:PATH)")
      .number("--outbox-max", options->outbox_max, 1, kOutboxMaxMost,
              "With a state: how many events an output may lack before the run waits for it")
      .text("--lanes", options->lanes, "N",
            "How many blocks are read and searched side by side; auto: as many as the dumps and "
            "cores can use")
      .number("--shards", options->shards, 1, Decider::kShardsMax,
              "Into how many parts the decider's memory is split; a power of two")
      .text("--pin", options->pin, "CORES",
            "Which processor cores: auto (all that are allowed, a thread each), none (the system "
            "chooses), or a list, as 0,2 or 0-3")
      .choice("--summary", options->summary, {"text", "json", "none"},
              "What is said at the end on standard error")
      .choice("--progress", options->progress, {"auto", "on", "off"},
              "A progress line on standard error (auto: on a terminal)")
      .footer(kFooter);
}

}  // namespace tagtill
