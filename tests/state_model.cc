#include "tests/state_model.h"

#include <algorithm>
#include <sstream>

namespace tagtill {
namespace {

void put(std::ostream& out, const StateEntry& entry) {
  out << " kind " << static_cast<int>(entry.kind) << " events " << entry.events << " letters "
      << entry.letters << " [" << entry.payload << "]\n";
}

void put(std::ostream& out, const DumpRecord& dump) {
  out << "dump " << dump.number << " " << dump.name << " " << dump.bytes << " " << dump.content
      << " " << dump.files << " " << dump.offset << " " << dump.lines << " " << dump.done << "\n";
}

void put(std::ostream& out, const SinkCursor& cursor) {
  out << "cursor " << cursor.name << " " << cursor.letters << " " << cursor.events << " "
      << cursor.mark << "\n";
}

void put(std::ostream& out, const StreamRecord& stream) {
  out << "stream " << stream.name << " " << stream.position << " [" << stream.mark << "]\n";
}

std::string random_text(seeded::Random& random, std::size_t bytes) {
  std::string text(bytes, ' ');
  for (char& c : text) {
    c = static_cast<char>(random.below(256));
  }
  return text;
}

}  // namespace

void StateModel::commit(const StateCommit& commit) {
  entries_.insert(entries_.end(), commit.entries.begin(), commit.entries.end());
  for (const DumpRecord& dump : commit.dumps) {
    dumps_.resize(std::max<std::size_t>(dumps_.size(), dump.number));
    dumps_[dump.number - 1] = dump;
  }
  for (const SinkCursor& cursor : commit.cursors) {
    cursors_[cursor.name] = cursor;
  }
  for (const StreamRecord& stream : commit.streams) {
    streams_[stream.name] = stream;
  }
}

std::uint64_t StateModel::end(bool letters) const {
  std::uint64_t end = 0;
  for (const StateEntry& entry : entries_) {
    end += letters ? entry.letters : entry.events;
  }
  return end;
}

SinkCursor StateModel::add_cursor(const std::string& name, bool letters) {
  return cursors_[name] = {name, end(letters), 0, letters};
}

void StateModel::set_snapshot(std::uint64_t sequence, std::vector<std::string> pieces,
                              std::uint64_t keep_journal_from) {
  snapshot_sequence_ = sequence;
  pieces_ = std::move(pieces);
  first_ = std::max(first_, std::min(keep_journal_from, sequence + 1));
}

std::string StateModel::text() const {
  std::ostringstream out;
  out << "head " << entries_.size() << " " << end(false) << " " << end(true) << "\n";
  out << "journal from " << first_ << "\n";
  for (std::size_t i = first_ - 1; i < entries_.size(); ++i) {
    out << "entry " << i + 1;
    put(out, entries_[i]);
  }
  std::uint64_t bytes = 0;
  for (std::size_t i = snapshot_sequence_; i < entries_.size(); ++i) {
    bytes += entries_[i].payload.size();
  }
  out << "snapshot " << snapshot_sequence_ << " and " << bytes << " bytes\n";
  for (const std::string& piece : pieces_) {
    out << "piece [" << piece << "]\n";
  }
  for (const DumpRecord& dump : dumps_) {
    put(out, dump);
    const auto same = std::find_if(dumps_.rbegin(), dumps_.rend(), [&](const DumpRecord& other) {
      return other.content == dump.content;
    });
    out << "its content is that of " << same->number << "\n";
  }
  for (const auto& [name, stream] : streams_) {
    put(out, stream);
  }
  for (const auto& [name, cursor] : cursors_) {
    put(out, cursor);
    std::uint64_t events = 0;
    std::uint64_t letters = 0;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const StateEntry& entry = entries_[i];
      const std::uint64_t count = cursor.letters ? entry.letters : entry.events;
      const std::uint64_t end = (cursor.letters ? letters : events) + count;
      if (count > 0 && end > cursor.events) {
        out << "outbox " << i + 1 << " " << events << " " << events + entry.events << " " << letters
            << " " << letters + entry.letters << " [" << entry.outbox << "]\n";
      }
      events += entry.events;
      letters += entry.letters;
    }
  }
  return out.str();
}

std::string text_of(StateReader& reader) {
  std::ostringstream out;
  const StateHead head = reader.head();
  out << "head " << head.sequence << " " << head.events << " " << head.letters << "\n";
  out << "journal from " << reader.first_journal_sequence() << "\n";
  StateEntry entry;
  for (std::uint64_t i = reader.first_journal_sequence(); reader.journal_entry(i, entry); ++i) {
    out << "entry " << i;
    put(out, entry);
  }
  out << "snapshot " << reader.snapshot_sequence() << " and "
      << reader.journal_bytes_since_snapshot() << " bytes\n";
  std::string piece;
  for (std::uint64_t i = 0; reader.snapshot_piece(i, piece); ++i) {
    out << "piece [" << piece << "]\n";
  }
  DumpRecord dump;
  for (std::uint64_t i = 1; reader.dump(i, dump); ++i) {
    put(out, dump);
    const auto same = reader.find_dump(dump.content);
    out << "its content is that of " << (same ? same->number : 0) << "\n";
  }
  for (const StreamRecord& stream : reader.streams()) {
    put(out, stream);
  }
  for (const SinkCursor& cursor : reader.cursors()) {
    put(out, cursor);
    OutboxRow row;
    std::uint64_t number = cursor.events;
    while (reader.outbox_at(number, cursor.letters, row)) {
      out << "outbox " << row.sequence << " " << row.events_first << " " << row.events_end << " "
          << row.letters_first << " " << row.letters_end << " [" << row.bytes << "]\n";
      number = cursor.letters ? row.letters_end : row.events_end;
    }
  }
  return out.str();
}

StateCommit random_commit(seeded::Random& random, const StateModel& model,
                          std::size_t payload_bytes_max) {
  StateCommit commit;
  std::uint64_t events = model.end(false);
  std::uint64_t letters = model.end(true);
  for (std::size_t i = random.below(4); i > 0; --i) {
    StateEntry& entry = commit.entries.emplace_back();
    entry.kind = random.percent(90) ? JournalKind::kCandidates : JournalKind::kConfiguration;
    entry.payload = random_text(random, random.below(payload_bytes_max + 1));
    entry.events = random.percent(60) ? random.below(4) : 0;
    entry.letters = random.percent(20) ? random.below(3) : 0;
    if (entry.events + entry.letters > 0) {
      entry.outbox = random_text(random, 1 + random.below(payload_bytes_max));
    }
    events += entry.events;
    letters += entry.letters;
  }
  if (random.percent(60)) {
    DumpRecord dump;
    if (!model.dumps().empty()) {
      dump = model.dumps().back();
    }
    for (std::size_t i = random.below(3) + (dump.number == 0 || dump.done ? 1 : 0); i > 0; --i) {
      const std::uint64_t number = dump.number + 1;
      const std::string name = std::to_string(number);
      const std::string content = "c" + std::to_string(random.below(2 * number));
      dump = {number, "day-" + name, random.below(1'000), content, 0, 0, 0, false};
      commit.dumps.push_back(dump);
    }
    dump.offset += random.below(100);
    dump.lines += random.below(10);
    dump.done = random.percent(40);
    commit.dumps.push_back(dump);
  }
  for (const auto& [name, cursor] : model.cursors()) {
    const std::uint64_t end = cursor.letters ? letters : events;
    if (random.percent(50)) {
      commit.cursors.push_back({name, cursor.events + random.below(end - cursor.events + 1),
                                random.next(), cursor.letters});
    }
  }
  for (std::size_t i = random.below(3); i > 0; --i) {
    const std::string name = "s" + std::to_string(random.below(9));
    const auto there = model.streams().find(name);
    const std::uint64_t before = there == model.streams().end() ? 0 : there->second.position;
    commit.streams.push_back(
        {name, before + random.below(1'000), random_text(random, random.below(20))});
  }
  return commit;
}

StateOptions quick_options() {
  StateOptions options;
  options.rules = {86'400'000, 600'000, "confirm"};
  options.sync = false;
  options.page_bytes = 512;
  options.random = [random = seeded::Random(7)]() mutable { return random.next(); };
  return options;
}

}  // namespace tagtill
