#include "tools/state/state_show.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <vector>

#include "engine/memory_visitor.h"
#include "engine/state/state_reader.h"
#include "engine/state/state_rows.h"
#include "tools/messages.h"
#include "tools/shown_text.h"
#include "tools/state/forget_marks.h"
#include "tools/state/json_line.h"
#include "tools/state/state_play.h"

namespace tagtill {
namespace {

constexpr std::uint64_t kDumpsShown = 5;

// How much of each kind the decider remembers.
class MemoryCounts final : public MemoryVisitor {
 public:
  std::optional<Millis> clock;
  std::uint64_t held = 0;
  std::uint64_t sold = 0;
  std::uint64_t open = 0;
  std::uint64_t denied = 0;
  std::uint64_t closed = 0;
  std::uint64_t parked = 0;
  std::uint64_t posts = 0;
  std::uint64_t notices = 0;
  std::uint64_t confirmed = 0;
  std::uint64_t set_aside = 0;
  std::uint64_t linked = 0;  // by control records, as the next ones
  std::uint64_t unlinked = 0;
  std::uint64_t frozen = 0;
  std::uint64_t put = 0;
  std::uint64_t withdrawn = 0;
  std::optional<Millis> frozen_before;

  void on_clock(std::optional<Millis> at) override { clock = at; }
  void on_stock(const Stock& stock) override {
    held += stock.held;
    sold += stock.sold;
  }
  void on_terms(const Terms& /*terms*/) override {}
  void on_window(const Window& window) override {
    ++(window.state != WindowState::kOpen ? closed : window.denied ? denied : open);
  }
  void on_parked(const Parked& /*parked*/) override { ++parked; }
  void on_post(const Post& /*post*/) override { ++posts; }
  void on_notice(const Notice& /*notice*/) override { ++notices; }
  void on_confirmed(const Confirmed& /*confirmed*/) override { ++confirmed; }
  void on_set_aside(const Candidate& /*post*/) override { ++set_aside; }
  void on_controlled_author(const ControlledAuthor& author) override {
    linked += author.linked ? 1 : 0;
    unlinked += author.unlinked ? 1 : 0;
    frozen += author.frozen ? 1 : 0;
  }
  void on_controlled_offer(const ControlledOffer& offer) override {
    ++(offer.line.empty() ? withdrawn : put);
  }
  void on_frozen_before(Millis time) override { frozen_before = time; }
};

// 0 if there is none.
std::uint64_t file_bytes(const std::string& path) {
  std::error_code missing;
  const std::uintmax_t bytes = std::filesystem::file_size(path, missing);
  return missing ? 0 : bytes;
}

struct Shown {
  std::string path;
  std::unique_ptr<StateReader> state;
  MemoryCounts memory;
  std::vector<DumpRecord> last_dumps;
  std::vector<SinkCursor> outputs;
  std::optional<std::string> forgetting;

  [[nodiscard]] std::uint64_t lacks(const SinkCursor& output) const {
    const StateHead head = state->head();
    const std::uint64_t all = output.letters ? head.letters : head.events;
    return all - std::min(all, output.events);
  }
};

Shown look_at(const std::string& path) {
  Shown shown;
  shown.path = path;
  shown.state = StateReader::open(path);
  StateReader& state = *shown.state;
  JournalPlayer player(protocol_of(state.rules()), Decider::kShards);
  play_state(state, player);
  if (player.decider() != nullptr) {
    player.decider()->visit_memory(shown.memory);
  }
  const std::uint64_t dumps = state.dumps();
  for (std::uint64_t number = dumps - std::min(dumps, kDumpsShown) + 1; number <= dumps; ++number) {
    if (DumpRecord record; state.dump(number, record)) {
      shown.last_dumps.push_back(std::move(record));
    }
  }
  std::ranges::copy_if(state.cursors(), std::back_inserter(shown.outputs),
                       [](const SinkCursor& cursor) { return !is_forget_mark(cursor); });
  shown.forgetting = broken_off_forget(state);
  return shown;
}

std::string text_of_clock(std::optional<Millis> clock) {
  if (!clock) {
    return "none yet";
  }
  std::string text;
  append_rfc3339(text, *clock);
  return text;
}

std::string text_of_memory(const MemoryCounts& memory) {
  return fmt::format(
      "  clock      {}\n"
      "  windows    {} open, {} denied, {} closed and remembered\n"
      "  units      {} held, {} sold\n"
      "  remembered {}, {}, {}, {}{}\n",
      text_of_clock(memory.clock), grouped(memory.open), grouped(memory.denied),
      grouped(memory.closed), grouped(memory.held), grouped(memory.sold),
      counted(memory.posts, "post", "posts"),
      counted(memory.parked, "parked confirmation", "parked confirmations"),
      counted(memory.notices, "delete notice", "delete notices"),
      counted(memory.confirmed, "count of confirmed windows", "counts of confirmed windows"),
      memory.set_aside > 0 ? ", a post that is set aside" : "");
}

std::string text_of_state(const Shown& shown) {
  const StateReader& state = *shown.state;
  const StateHead head = state.head();
  const std::uint64_t wal = file_bytes(shown.path + "-wal");
  const std::uint64_t entries = head.sequence + 1 - state.first_journal_sequence();
  return fmt::format(
             "  stream     {}\n"
             "  format     {}\n"
             "  rules      lateness {} ms, longest jump {} ms, prefix {}\n"
             "  file       {}{}\n"
             "  head       entry {}: {}, {}\n"
             "  snapshot   {}\n"
             "  journal    {}, {} since the snapshot\n",
             state.stream(), state::kFormatVersion, state.rules().lateness_ms,
             state.rules().max_jump_ms, shown_text(state.rules().prefix),
             as_bytes(static_cast<double>(file_bytes(shown.path))),
             wal == 0 ? ""
                      : fmt::format(", and {} in its -wal", as_bytes(static_cast<double>(wal))),
             grouped(head.sequence), counted(head.events, "event", "events"),
             counted(head.letters, "dead letter", "dead letters"),
             state.snapshot_sequence() == 0
                 ? "none"
                 : fmt::format("of entry {}, {}", grouped(state.snapshot_sequence()),
                               as_bytes(static_cast<double>(state.snapshot_bytes()))),
             entries == 0 ? "no entries"
                          : fmt::format("entries {} to {}", grouped(state.first_journal_sequence()),
                                        grouped(head.sequence)),
             as_bytes(static_cast<double>(state.journal_bytes_since_snapshot()))) +
         text_of_memory(shown.memory);
}

std::string how_far(const DumpRecord& dump) {
  if (dump.done) {
    return "whole";
  }
  return dump.files == 0 ? fmt::format("to byte {}", dump.offset)
                         : fmt::format("to byte {} of file {}", dump.offset, dump.files + 1);
}

std::string text_of_dumps(const Shown& shown) {
  std::string text = fmt::format("\n{}\n", counted(shown.state->dumps(), "dump", "dumps"));
  if (shown.last_dumps.empty()) {
    return text;
  }
  text += fmt::format("  {:>6}  {:>14}  {:<24}  {}\n", "number", "lines", "read", "name");
  if (shown.state->dumps() > shown.last_dumps.size()) {
    text += "       …\n";
  }
  for (const DumpRecord& dump : shown.last_dumps) {
    text += fmt::format("  {:>6}  {:>14}  {:<24}  {}\n", dump.number, grouped(dump.lines),
                        how_far(dump), shown_text(dump.name));
  }
  return text;
}

std::string text_of_outputs(const Shown& shown) {
  std::string text = fmt::format("\n{}\n", counted(shown.outputs.size(), "output", "outputs"));
  if (shown.outputs.empty()) {
    return text;
  }
  text +=
      fmt::format("  {:>14}  {:>14}  {:<12}  {:>14}  {}\n", "had", "lacks", "of", "mark", "name");
  for (const SinkCursor& output : shown.outputs) {
    text += fmt::format("  {:>14}  {:>14}  {:<12}  {:>14}  {}\n", grouped(output.events),
                        grouped(shown.lacks(output)), output.letters ? "dead letters" : "events",
                        grouped(output.mark), shown_text(output.name));
  }
  return text;
}

// Nothing, of a state that no live source has written.
std::string text_of_streams(const Shown& shown) {
  const std::vector<StreamRecord>& streams = shown.state->streams();
  if (streams.empty()) {
    return {};
  }
  std::string text =
      fmt::format("\n{}\n  {:>20}  {}\n", counted(streams.size(), "stream", "streams"),
                  "bytes committed", "name");
  for (const StreamRecord& stream : streams) {
    text += fmt::format("  {:>20}  {}\n", grouped(stream.position), shown_text(stream.name));
  }
  return text;
}

std::string text_of(const Shown& shown) {
  std::string text = fmt::format("{}\n", shown_text(shown.path)) + text_of_state(shown) +
                     text_of_dumps(shown) + text_of_outputs(shown) + text_of_streams(shown);
  if (shown.forgetting) {
    text += "\nForgetting an author was broken off: run `tagtill state forget` again.\n";
  }
  return text;
}

std::string json_of_dumps(const Shown& shown) {
  std::string list;
  for (const DumpRecord& dump : shown.last_dumps) {
    list += list.empty() ? "" : ",";
    JsonLine(list)
        .number("number", dump.number)
        .bytes("name", dump.name)
        .number("bytes", dump.bytes)
        .number("files", std::uint64_t{dump.files})
        .number("offset", dump.offset)
        .number("lines", dump.lines)
        .truth("done", dump.done)
        .end();
    list.pop_back();
  }
  return "[" + list + "]";
}

std::string json_of_outputs(const Shown& shown) {
  std::string list;
  for (const SinkCursor& output : shown.outputs) {
    list += list.empty() ? "" : ",";
    JsonLine(list)
        .bytes("name", output.name)
        .truth("dead_letters", output.letters)
        .number("had", output.events)
        .number("lacks", shown.lacks(output))
        .number("mark", output.mark)
        .end();
    list.pop_back();
  }
  return "[" + list + "]";
}

std::string json_of_streams(const Shown& shown) {
  std::string list;
  for (const StreamRecord& stream : shown.state->streams()) {
    list += list.empty() ? "" : ",";
    JsonLine(list).bytes("name", stream.name).number("position", stream.position).end();
    list.pop_back();
  }
  return "[" + list + "]";
}

std::string json_of(const Shown& shown) {
  const StateReader& state = *shown.state;
  const StateHead head = state.head();
  const MemoryCounts& memory = shown.memory;
  std::string text;
  JsonLine(text)
      .bytes("state", shown.path)
      .text("stream", state.stream())
      .number("format", state::kFormatVersion)
      .number("lateness_ms", static_cast<std::uint64_t>(state.rules().lateness_ms))
      .number("max_jump_ms", static_cast<std::uint64_t>(state.rules().max_jump_ms))
      .text("prefix", state.rules().prefix)
      .number("file_bytes", file_bytes(shown.path))
      .number("wal_bytes", file_bytes(shown.path + "-wal"))
      .number("entries", head.sequence)
      .number("events", head.events)
      .number("dead_letters", head.letters)
      .number("snapshot_entry", state.snapshot_sequence())
      .number("snapshot_bytes", state.snapshot_bytes())
      .number("journal_first", state.first_journal_sequence())
      .number("journal_bytes", state.journal_bytes_since_snapshot())
      .time("clock", memory.clock)
      .number("windows_open", memory.open)
      .number("windows_denied", memory.denied)
      .number("windows_closed", memory.closed)
      .number("units_held", memory.held)
      .number("units_sold", memory.sold)
      .number("posts", memory.posts)
      .number("parked", memory.parked)
      .number("delete_notices", memory.notices)
      .number("confirmed_counts", memory.confirmed)
      .number("set_aside", memory.set_aside)
      .number("dumps", state.dumps())
      .raw("last_dumps", json_of_dumps(shown))
      .raw("outputs", json_of_outputs(shown))
      .raw("streams", json_of_streams(shown))
      .truth("forgetting", shown.forgetting.has_value())
      .end();
  return text;
}

}  // namespace

ExitCode show_state(const StateShowOptions& options) {
  const Shown shown = look_at(options.state);
  print_out(options.json ? json_of(shown) : text_of(shown));
  return ExitCode::kOk;
}

}  // namespace tagtill
