// The product behind one plain class, for tests that compare it with something:
// bytes in, events out, no files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/control_change.h"
#include "engine/decider.h"

namespace tagtill {
class DecisionTrace;
}  // namespace tagtill

namespace product {

struct Options {
  std::int64_t lateness_ms = 30'000;
  std::int64_t max_jump_ms = 86'400'000;
  std::string prefix = "Confirm";
  bool strict = false;
  std::size_t block_bytes = std::size_t{256} * 1024;
  std::uint32_t shards = 16;
  std::string reply_template = {};  // empty: none
};

struct Counts {
  std::uint64_t bytes = 0;
  std::uint64_t lines = 0;
  std::uint64_t keep_alives = 0;
  std::uint64_t parsed = 0;
  std::uint64_t posts = 0;
  std::uint64_t delete_notices = 0;
  std::uint64_t others = 0;
  std::uint64_t malformed = 0;
  std::uint64_t candidates = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t late = 0;
  std::uint64_t repeated = 0;
  std::uint64_t deleted_before = 0;
  std::uint64_t set_aside = 0;
  std::uint64_t prompts = 0;
  std::uint64_t confirmed = 0;
  std::uint64_t expired = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t open_windows = 0;
  std::uint64_t ignored_confirmations = 0;
  std::uint64_t parked_deleted = 0;
  std::uint64_t deletes_forgotten = 0;
  std::map<std::string, std::uint64_t> rejected;
};

// Is told what the decider is given, right after it was.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void applied(const tagtill::CandidateBatch& batch,
                       const tagtill::MemberTable& members) = 0;
  virtual void replaced(const tagtill::OfferCatalogue& offers,
                        const tagtill::MemberTable& members) = 0;
  virtual void controlled(std::span<const tagtill::ControlChange> /*changes*/) {}
};

// Throws std::runtime_error with all their errors when offers or members are
// refused.
class Product {
 public:
  Product(std::string_view offers, std::string_view members, std::string_view secret,
          Options options);
  ~Product();
  Product(const Product&) = delete;
  Product& operator=(const Product&) = delete;

  // One whole file. `sample`: it is one block, at whose end a tick is looked for (P3.8).
  void feed(std::string_view file, bool sample = false);
  // P6.4, between two lines.
  void replace(std::string_view offers, std::string_view members, std::string_view secret);
  // Control records, each with its line end, between two lines. What is wrong with those that are
  // refused.
  std::vector<std::string> control(std::string_view lines);
  // Until reset().
  void set_trace(tagtill::DecisionTrace* trace);
  // Until reset(). Is told of the configuration in force at once.
  void set_observer(Observer* observer);
  [[nodiscard]] tagtill::Decider& decider();
  // The saved state of the decider, with which a new one goes on that has so many shards.
  std::string save_and_load(std::uint32_t shards);
  // Goes on with this decider, which is given the configuration in force.
  void go_on_with(std::unique_ptr<tagtill::Decider> decider);
  // A snapshot, as JournalPlayer::save_snapshot makes it, and what is loaded of it.
  [[nodiscard]] std::string snapshot(std::string_view without_author = {});
  [[nodiscard]] std::unique_ptr<tagtill::Decider> loaded_without(std::string_view author);
  void go_on_without(std::string_view author) { go_on_with(loaded_without(author)); }
  // The events since the last call, as JSON Lines.
  [[nodiscard]] std::string take_events();
  // The same as the decider made them; they stay.
  [[nodiscard]] const tagtill::EventBatch& events() const;
  [[nodiscard]] const Counts& counts();
  // As newly constructed.
  void reset();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace product
