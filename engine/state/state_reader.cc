#include "engine/state/state_reader.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "engine/state/state_view.h"

namespace tagtill {

struct StateReader::Own {
  Own(const std::string& path, const std::string& vfs)
      : database(path, vfs, state::Database::Access::kRead), view(begin(database)) {}

  static state::Database& begin(state::Database& database) {
    database.run("BEGIN");
    return database;
  }

  state::Database database;
  state::StateView view;
};

std::unique_ptr<StateReader> StateReader::open(const std::string& path, const std::string& vfs) {
  struct stat status {};
  if (vfs.empty() && ::stat(path.c_str(), &status) != 0 && errno == ENOENT) {
    throw Error(ExitCode::kBadInput, "the state " + path + " does not exist. Check the path.");
  }
  return std::unique_ptr<StateReader>(new StateReader(std::make_unique<Own>(path, vfs)));
}

StateReader::StateReader(std::unique_ptr<Own> own)
    : own_(std::move(own)), database_(own_->database), view_(own_->view) {}
StateReader::StateReader(state::Database& database, state::StateView& view)
    : database_(database), view_(view) {}
StateReader::~StateReader() = default;

void StateReader::refresh() {
  if (own_ != nullptr) {
    database_.run("COMMIT");
    database_.run("BEGIN");
    view_.load();
  }
}

StateHead StateReader::head() const {
  const state::JournalPoint& last = view_.head().last;
  return {last.sequence, last.events, last.letters};
}
const std::string& StateReader::stream() const { return view_.meta().stream; }
const StateRules& StateReader::rules() const { return view_.meta().rules; }

const std::vector<SinkCursor>& StateReader::cursors() const { return view_.standing().sinks; }
const std::vector<StreamRecord>& StateReader::streams() const { return view_.standing().streams; }
std::optional<SinkCursor> StateReader::cursor(std::string_view name) const {
  const auto found = std::ranges::find(cursors(), name, &SinkCursor::name);
  return found == cursors().end() ? std::nullopt : std::optional(*found);
}

std::uint64_t StateReader::dumps() const { return view_.head().dumps; }
std::optional<DumpRecord> StateReader::last_dump() const {
  return dumps() == 0 ? std::nullopt : std::optional(view_.standing().last_dump);
}
bool StateReader::dump(std::uint64_t number, DumpRecord& record) {
  return view_.dump(number, record);
}
std::optional<DumpRecord> StateReader::find_dump(std::string_view content) {
  return view_.find_dump(content);
}

std::uint64_t StateReader::first_journal_sequence() const { return view_.head().base.sequence + 1; }
bool StateReader::journal_entry(std::uint64_t sequence, StateEntry& entry) {
  return view_.journal_entry(sequence, entry);
}
std::uint64_t StateReader::journal_bytes() const {
  return view_.head().last.bytes - view_.head().base.bytes;
}
std::uint64_t StateReader::journal_bytes_since_snapshot() const {
  return view_.head().last.bytes - view_.head().snapshot.bytes;
}

std::uint64_t StateReader::snapshot_sequence() const { return view_.head().snapshot.sequence; }
std::uint64_t StateReader::snapshot_pieces() const { return view_.head().pieces; }
std::uint64_t StateReader::snapshot_bytes() const { return view_.head().pieces_bytes; }
bool StateReader::snapshot_piece(std::uint64_t index, std::string& piece) {
  return view_.snapshot_piece(index, piece);
}

bool StateReader::outbox_at(std::uint64_t number, bool letters, OutboxRow& row) {
  return view_.outbox_at(number, letters, row);
}

void StateReader::verify_all() { state::verify_all(database_, view_); }

}  // namespace tagtill
