// What the tests of the durable state share: a plain model of it, and texts of both to be
// compared.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/state/state_reader.h"
#include "engine/state/state_store.h"
#include "tests/seeded.h"

namespace tagtill {

// Keeps everything in vectors and forgets nothing. Shares no code with the store.
class StateModel {
 public:
  void commit(const StateCommit& commit);
  SinkCursor add_cursor(const std::string& name, bool letters);
  void forget_cursor(const std::string& name) { cursors_.erase(name); }
  void set_snapshot(std::uint64_t sequence, std::vector<std::string> pieces,
                    std::uint64_t keep_journal_from);

  // All that a reader must tell.
  [[nodiscard]] std::string text() const;

  [[nodiscard]] std::uint64_t sequence() const { return entries_.size(); }
  [[nodiscard]] std::uint64_t first_sequence() const { return first_; }
  [[nodiscard]] std::uint64_t snapshot_sequence() const { return snapshot_sequence_; }
  [[nodiscard]] const std::vector<DumpRecord>& dumps() const { return dumps_; }
  [[nodiscard]] const std::map<std::string, SinkCursor>& cursors() const { return cursors_; }
  [[nodiscard]] const std::map<std::string, StreamRecord>& streams() const { return streams_; }
  [[nodiscard]] std::uint64_t end(bool letters) const;

 private:
  std::vector<StateEntry> entries_;
  std::uint64_t first_ = 1;
  std::vector<DumpRecord> dumps_;
  std::map<std::string, SinkCursor> cursors_;
  std::map<std::string, StreamRecord> streams_;
  std::uint64_t snapshot_sequence_ = 0;
  std::vector<std::string> pieces_;
};

// All that the reader tells, row by row, in the same words.
[[nodiscard]] std::string text_of(StateReader& reader);

// Something that a run might commit next.
[[nodiscard]] StateCommit random_commit(seeded::Random& random, const StateModel& model,
                                        std::size_t payload_bytes_max);

// Options that are quick and the same in every run.
[[nodiscard]] StateOptions quick_options();

}  // namespace tagtill
