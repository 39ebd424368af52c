// What tests of StateStore share: short records, and a state in a folder of its own.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "engine/state/state_store.h"
#include "tests/sink_events.h"
#include "tests/state_model.h"
#include "tests/temp_folder.h"

namespace tagtill {

inline StateEntry entry_of(std::string payload, std::uint64_t events = 0,
                           std::uint64_t letters = 0) {
  StateEntry entry;
  entry.kind = JournalKind::kCandidates;
  entry.outbox = events + letters > 0 ? "outbox of " + payload : "";
  entry.payload = std::move(payload);
  entry.events = events;
  entry.letters = letters;
  return entry;
}

inline DumpRecord dump_of(std::uint64_t number, std::string content, bool done = false) {
  return {number, "name " + content, 100 + number, std::move(content), 0, 0, 0, done};
}

class StateStoreTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<StateStore> open() const {
    return StateStore::open(path_, options_);
  }
  [[nodiscard]] std::unique_ptr<StateReader> read() const { return StateReader::open(path_); }
  [[nodiscard]] std::string refusal(const StateOptions& options, ExitCode code) const {
    return message_of([&] { (void)StateStore::open(path_, options); }, code);
  }
  [[nodiscard]] std::size_t rows(const std::string& table) const {
    return query(path_, "SELECT 1 FROM " + table).size();
  }

  TempFolder folder_;
  std::string path_ = folder_.path("st ate 100%?#'ä'");
  StateOptions options_ = quick_options();
};

}  // namespace tagtill
