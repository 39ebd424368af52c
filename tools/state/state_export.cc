#include "tools/state/state_export.h"

#include <fmt/core.h>

#include <memory>
#include <vector>

#include "engine/state/state_reader.h"
#include "engine/state/state_rows.h"
#include "sinks/output_file.h"
#include "tools/replay/file_conflicts.h"
#include "tools/state/json_line.h"
#include "tools/state/memory_lines.h"
#include "tools/state/state_play.h"

namespace tagtill {
namespace {

void write_state(const StateReader& state, OutputFile& out) {
  const StateHead head = state.head();
  JsonLine(out.lines(), "state")
      .text("stream", state.stream())
      .number("format", state::kFormatVersion)
      .number("lateness_ms", static_cast<std::uint64_t>(state.rules().lateness_ms))
      .number("max_jump_ms", static_cast<std::uint64_t>(state.rules().max_jump_ms))
      .text("prefix", state.rules().prefix)
      .number("entries", head.sequence)
      .number("events", head.events)
      .number("dead_letters", head.letters)
      .end();
}

void write_dumps(StateReader& state, OutputFile& out) {
  DumpRecord dump;
  for (std::uint64_t number = 1; state.dump(number, dump); ++number) {
    JsonLine(out.lines(), "dump")
        .number("number", dump.number)
        .bytes("name", dump.name)
        .number("bytes", dump.bytes)
        .bytes("content", dump.content)
        .number("files", std::uint64_t{dump.files})
        .number("offset", dump.offset)
        .number("lines", dump.lines)
        .truth("done", dump.done)
        .end();
    out.drain_if_full();
  }
}

void write_outputs(const StateReader& state, OutputFile& out) {
  for (const SinkCursor& output : state.cursors()) {
    JsonLine(out.lines(), "output")
        .bytes("name", output.name)
        .truth("dead_letters", output.letters)
        .number("had", output.events)
        .number("mark", output.mark)
        .end();
  }
}

void write_streams(const StateReader& state, OutputFile& out) {
  for (const StreamRecord& stream : state.streams()) {
    JsonLine(out.lines(), "stream")
        .bytes("name", stream.name)
        .number("position", stream.position)
        .bytes("mark", stream.mark)
        .end();
  }
}

void refuse_conflicts(const StateExportOptions& options) {
  std::vector<FileRole> files;
  for (const std::string_view part : {"", "-wal", "-shm", "-lock"}) {
    files.push_back({"the state", fmt::format("{}{}", options.state, part)});
  }
  refuse_file_conflicts({{"--out", options.out}}, files);
}

}  // namespace

ExitCode export_state(const StateExportOptions& options) {
  refuse_conflicts(options);
  const std::unique_ptr<StateReader> state = StateReader::open(options.state);
  JournalPlayer player(protocol_of(state->rules()), Decider::kShards);
  play_state(*state, player);
  OutputFile out(options.out, "the export");
  out.open();
  write_state(*state, out);
  write_dumps(*state, out);
  write_outputs(*state, out);
  write_streams(*state, out);
  if (player.decider() != nullptr) {
    MemoryLines lines([&](std::string_view line) {
      out.lines().append(line);
      out.drain_if_full();
    });
    player.decider()->visit_memory(lines);
  }
  out.close();
  return ExitCode::kOk;
}

}  // namespace tagtill
