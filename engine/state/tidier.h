// Deletes what a state has let go, some of it with each commit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/state/database.h"
#include "engine/state/state_records.h"
#include "engine/state/state_view.h"

namespace tagtill::state {

// How much one commit may delete of each table.
struct TidyLimit {
  std::size_t rows = 256;
  std::size_t bytes = std::size_t{1} << 20;
};

// What was let go stands at the front: entries of the journal up to the base, outbox rows that
// every cursor has passed, pieces of another snapshot than the one there is. Nothing of it is
// ever read. Used by the writer alone, in its transactions.
class Tidier {
 public:
  Tidier(Database& database, const HeadRow& head);

  // The row is the first one of an empty outbox, or behind others.
  void outbox_was_written(const OutboxRow& row);
  // Pieces from before may have to go.
  void pieces_were_let_go() { pieces_to_go_ = true; }

  // Deletes some, and notes in the head what was. `building`: the first piece of a snapshot that
  // is being made (or the next one's). True: something was deleted.
  bool tidy(Standing& standing, std::uint64_t building, TidyLimit limit);

 private:
  struct Ends {
    std::uint64_t events_first = 0;
    std::uint64_t events_end = 0;
    std::uint64_t letters_first = 0;
    std::uint64_t letters_end = 0;
  };

  bool tidy_outbox(Standing& standing, TidyLimit limit);
  bool tidy_journal(const HeadRow& head, TidyLimit limit);
  bool tidy_pieces(const HeadRow& head, std::uint64_t building, TidyLimit limit);
  bool tidy_pieces_between(std::uint64_t begin, std::uint64_t end, TidyLimit& limit);
  bool give_back_pages();

  Database& database_;
  std::optional<Ends> outbox_front_;  // the first row
  std::uint64_t journal_front_ = 1;   // no entry stands before this one
  bool pieces_to_go_ = false;
  bool pages_to_go_ = true;

  Statement select_outbox_;
  Statement delete_outbox_;
  Statement select_journal_;
  Statement delete_journal_;
  Statement select_pieces_;
  Statement delete_pieces_;
  Statement select_free_;
  Statement select_pages_;
};

}  // namespace tagtill::state
