#include "tools/state/state_check.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "engine/event_codec.h"
#include "engine/hash_bytes.h"
#include "engine/state/state_reader.h"
#include "tools/messages.h"
#include "tools/pipeline/batches.h"
#include "tools/pipeline/outbox.h"
#include "tools/pipeline/recovery.h"
#include "tools/shown_text.h"
#include "tools/state/forget_marks.h"
#include "tools/state/memory_lines.h"
#include "tools/state/state_play.h"

namespace tagtill {
namespace {

std::uint64_t end_of(const StateReader& state, bool letters) {
  return letters ? state.head().letters : state.head().events;
}

// From where the slowest of the outputs of one kind needs it; none: there is no such output.
std::optional<std::uint64_t> slowest(const StateReader& state, bool letters) {
  std::optional<std::uint64_t> least;
  for (const SinkCursor& cursor : state.cursors()) {
    if (cursor.letters == letters) {
      least = std::min(least.value_or(cursor.events), cursor.events);
    }
  }
  return least;
}

// What is remembered, in a number: the same for the same things, in whatever order.
struct MemorySum {
  std::uint64_t things = 0;
  std::uint64_t sum = 0;

  explicit MemorySum(Decider& decider) {
    MemoryLines lines([this](std::string_view line) {
      ++things;
      sum += hash_bytes(line);
    });
    decider.visit_memory(lines);
  }
  bool operator==(const MemorySum&) const = default;
};

// The rows with events that wait for outputs, one after the other.
class WaitingEvents {
 public:
  explicit WaitingEvents(StateReader& state) : state_(state) {
    next_ = slowest(state, false).value_or(end_of(state, false));
    there_ = state_.outbox_at(next_, false, row_);
  }

  // That they are those which the entry brought forth, if they wait at all. Entries come in order.
  void compare(std::uint64_t sequence, const EventBatch& events) {
    while (there_ && row_.sequence < sequence) {
      there_ = state_.outbox_at(row_.events_end, false, row_);
    }
    if (!there_ || row_.sequence != sequence) {
      return;
    }
    Parcel parcel;
    read_outbox(row_.bytes, row_.letters_end - row_.letters_first, parcel);
    if (bytes_of(parcel.events) != bytes_of(events)) {
      throw DamagedState(
          fmt::format("the events that wait for the outputs are not those which entry {} of the "
                      "state's journal brings forth. Restore the state from a copy, or begin a new "
                      "one and replay the dumps.",
                      sequence));
    }
    ++compared_;
  }

  [[nodiscard]] std::uint64_t compared() const { return compared_; }

 private:
  static std::string bytes_of(const EventBatch& batch) {
    std::string bytes;
    append_events(bytes, batch.events);
    return bytes;
  }

  StateReader& state_;
  std::uint64_t next_ = 0;
  OutboxRow row_;
  bool there_ = false;
  std::uint64_t compared_ = 0;
};

class StateChecker {
 public:
  explicit StateChecker(std::string path) : path_(std::move(path)) {}

  StateFindings run() {
    const bool opens = part([](StateReader&) {});
    if (opens) {
      part([this](StateReader& state) { check_rows(state); });
      part([this](StateReader& state) { check_outputs(state); });
      part([this](StateReader& state) { check_outbox(state, false); });
      part([this](StateReader& state) { check_outbox(state, true); });
      part([this](StateReader& state) { check_dumps(state); });
      part([this](StateReader& state) { check_journal(state); });
      part([this](StateReader& state) { check_snapshot(state); });
    }
    if (!findings_.broken.empty()) {
      findings_.checked.clear();
    }
    return std::move(findings_);
  }

 private:
  // With a reader of its own: after a damage one cannot be used. True: no damage.
  template <typename Check>
  bool part(Check check) {
    try {
      const std::unique_ptr<StateReader> state = StateReader::open(path_);
      check(*state);
      return true;
    } catch (const Error& error) {
      if (error.code() == ExitCode::kIoFailed) {
        throw;
      }
      broken(error.what());
      return false;
    }
  }

  // Several parts may come upon the same.
  void broken(const std::string& sentence) {
    if (std::ranges::find(findings_.broken, sentence) == findings_.broken.end()) {
      findings_.broken.push_back(sentence);
    }
  }
  void holds(std::string what) { findings_.checked.push_back(std::move(what)); }

  void check_rows(StateReader& state) {
    state.verify_all();
    holds("rows       all agree with their digests, and with what SQLite keeps of its own");
  }

  void check_outputs(const StateReader& state) {
    std::uint64_t outputs = 0;
    for (const SinkCursor& cursor : state.cursors()) {
      const std::uint64_t end = end_of(state, cursor.letters);
      if (cursor.events > end) {
        broken(fmt::format(
            "The output {} has had {} {}, but there are only {}: it and the state "
            "are not of one time. Restore both from the same time.",
            cursor.name, cursor.events, cursor.letters ? "dead letters" : "events", end));
      }
      outputs += is_forget_mark(cursor) ? 0 : 1;
    }
    if (const std::optional<std::string> author = broken_off_forget(state)) {
      broken(fmt::format("Forgetting {} was broken off. Run `tagtill state forget` again.",
                         author->empty() ? "an author" : "the author " + *author));
    }
    holds(fmt::format("outputs    {}, none ahead of the state",
                      counted(outputs, "output", "outputs")));
  }

  // Rows of both kinds are looked at twice: each kind has its own numbers.
  void check_outbox(StateReader& state, bool letters) {
    const std::string_view what = letters ? "dead letters" : "events";
    const std::uint64_t end = end_of(state, letters);
    const std::uint64_t first = slowest(state, letters).value_or(end);
    std::uint64_t next = first;
    OutboxRow row;
    while (next < end) {
      if (!state.outbox_at(next, letters, row)) {
        broken(
            fmt::format("An output has not had all {}, and those from number {} on are not "
                        "there for it any more.",
                        what, next));
        return;
      }
      if ((letters ? row.letters_first : row.events_first) > next) {
        broken(fmt::format("Of the {} that wait for an output those before number {} are missing.",
                           what, letters ? row.letters_first : row.events_first));
      }
      read_row(row);
      next = letters ? row.letters_end : row.events_end;
    }
    holds(fmt::format("outbox     {} {} waiting for outputs, all there and readable",
                      grouped(end - std::min(first, end)), what));
  }

  void read_row(const OutboxRow& row) {
    Parcel parcel;
    read_outbox(row.bytes, row.letters_end - row.letters_first, parcel);
    const auto lines = static_cast<std::uint64_t>(std::ranges::count(parcel.letters, '\n'));
    if (parcel.events.events.size() != row.events_end - row.events_first ||
        lines != row.letters_end - row.letters_first) {
      throw DamagedState(
          fmt::format("what waits for outputs of entry {} is not as much as it should be. Restore "
                      "the state from a copy, or begin a new one and replay the dumps.",
                      row.sequence));
    }
  }

  void check_dumps(StateReader& state) {
    DumpRecord dump;
    for (std::uint64_t number = 1; number <= state.dumps(); ++number) {
      if (!state.dump(number, dump) || dump.number != number) {
        broken(fmt::format("Dump {} is not in the list of dumps.", number));
        return;
      }
    }
    holds(fmt::format("dumps      {}, numbered from 1", grouped(state.dumps())));
  }

  void check_journal(StateReader& state) {
    JournalPlayer player(protocol_of(state.rules()), Decider::kShards);
    load_snapshot(state, player);
    WaitingEvents waiting(state);
    std::uint64_t events = 0;
    const std::uint64_t first = state.snapshot_sequence() + 1;
    const std::uint64_t last = play_journal(state, player, first, state.head().sequence,
                                            [&](std::uint64_t sequence, const EventBatch& batch) {
                                              events += batch.events.size();
                                              waiting.compare(sequence, batch);
                                            });
    if (last != state.head().sequence) {
      broken(fmt::format("The journal ends with entry {} instead of {}.", last,
                         state.head().sequence));
    }
    holds(fmt::format(
        "journal    {} played from {} on, with the same {}; {} compared with the "
        "outbox",
        counted(last + 1 - first, "entry", "entries"),
        first == 1 ? "the beginning" : fmt::format("the snapshot of entry {}", grouped(first - 1)),
        counted(events, "event", "events"), grouped(waiting.compared())));
    if (player.decider() == nullptr) {
      return;
    }
    for (const std::string& sentence : player.decider()->broken_invariants()) {
      broken(sentence);
    }
    holds(fmt::format("memory     {} remembered, and every invariant holds",
                      counted(MemorySum(*player.decider()).things, "thing", "things")));
  }

  // Where the journal goes back to the beginning it must lead to the snapshot.
  void check_snapshot(StateReader& state) {
    const std::uint64_t sequence = state.snapshot_sequence();
    if (sequence == 0 || state.first_journal_sequence() > 1) {
      return;
    }
    JournalPlayer saved(protocol_of(state.rules()), Decider::kShards);
    load_snapshot(state, saved);
    JournalPlayer played(protocol_of(state.rules()), Decider::kShards);
    (void)play_journal(state, played, 1, sequence);
    if (MemorySum(*saved.decider()) != MemorySum(*played.decider())) {
      broken(fmt::format("The snapshot of entry {} is not what the journal leads to.", sequence));
    }
    holds(fmt::format("snapshot   what {} of the journal lead to",
                      counted(sequence, "entry", "entries")));
  }

  std::string path_;
  StateFindings findings_;
};

}  // namespace

StateFindings examine_state(const std::string& path) { return StateChecker(path).run(); }

ExitCode check_state(const StateCheckOptions& options) {
  const StateFindings findings = examine_state(options.state);
  if (findings.broken.empty()) {
    std::string text = fmt::format("{}: everything holds\n", shown_text(options.state));
    for (const std::string& what : findings.checked) {
      text += fmt::format("  {}\n", what);
    }
    print_out(text);
    return ExitCode::kOk;
  }
  for (const std::string& sentence : findings.broken) {
    say(sentence);
  }
  say(fmt::format("{}: {}.", options.state,
                  counted(findings.broken.size(), "thing is wrong", "things are wrong")));
  return ExitCode::kBadInput;
}

}  // namespace tagtill
