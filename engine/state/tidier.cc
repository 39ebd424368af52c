#include "engine/state/tidier.h"

#include <algorithm>
#include <cstring>

namespace tagtill::state {
namespace {

// So many free pages may stay in any file.
constexpr std::uint64_t kFreePages = 1'024;

// False: none is left.
bool take(TidyLimit& limit, std::uint64_t bytes) {
  if (limit.rows == 0 || limit.bytes == 0) {
    return false;
  }
  --limit.rows;
  limit.bytes -= std::min<std::uint64_t>(limit.bytes, bytes);
  return true;
}

}  // namespace

Tidier::Tidier(Database& database, const HeadRow& head)
    : database_(database),
      journal_front_(database.number("SELECT ifnull(min(sequence), 1) FROM journal")),
      select_outbox_(database,
                     "SELECT sequence, events_first, events_end, letters_first, letters_end, "
                     "digest, length(bytes) FROM outbox ORDER BY sequence"),
      delete_outbox_(database, "DELETE FROM outbox WHERE sequence <= ?"),
      select_journal_(database,
                      "SELECT sequence, length(payload) FROM journal WHERE sequence <= ? "
                      "ORDER BY sequence"),
      delete_journal_(database, "DELETE FROM journal WHERE sequence <= ?"),
      select_pieces_(database,
                     "SELECT id, length(bytes) FROM pieces WHERE id >= ? AND id < ? ORDER BY id"),
      delete_pieces_(database, "DELETE FROM pieces WHERE id >= ? AND id <= ?"),
      select_free_(database, "PRAGMA freelist_count"),
      select_pages_(database, "PRAGMA page_count") {
  pieces_to_go_ =
      database.number("SELECT min(id) FROM pieces") != head.pieces_first ||
      database.number("SELECT max(id) + 1 FROM pieces") != head.pieces_first + head.pieces;
  Query query(select_outbox_);
  if (query.step()) {
    outbox_front_ = Ends{query.number(1), query.number(2), query.number(3), query.number(4)};
  }
}

void Tidier::outbox_was_written(const OutboxRow& row) {
  if (!outbox_front_) {
    outbox_front_ = Ends{row.events_first, row.events_end, row.letters_first, row.letters_end};
  }
}

bool Tidier::tidy(Standing& standing, std::uint64_t building, TidyLimit limit) {
  const bool outbox = tidy_outbox(standing, limit);
  const bool journal = tidy_journal(standing.head, limit);
  const bool pieces = tidy_pieces(standing.head, building, limit);
  pages_to_go_ = pages_to_go_ || outbox || journal || pieces;
  return give_back_pages() || outbox || journal || pieces;
}

bool Tidier::tidy_outbox(Standing& standing, TidyLimit limit) {
  const auto events = StateView::least_cursor(standing.sinks, false);
  const auto letters = StateView::least_cursor(standing.sinks, true);
  const auto is_passed = [&] {
    return (outbox_front_->events_first == outbox_front_->events_end || !events ||
            outbox_front_->events_end <= *events) &&
           (outbox_front_->letters_first == outbox_front_->letters_end || !letters ||
            outbox_front_->letters_end <= *letters);
  };
  if (!outbox_front_ || !is_passed()) {
    return false;
  }
  std::uint64_t last = 0;
  {
    Query query(select_outbox_);
    outbox_front_.reset();
    while (query.step()) {
      outbox_front_ = Ends{query.number(1), query.number(2), query.number(3), query.number(4)};
      if (!is_passed() || !take(limit, query.number(6))) {
        break;
      }
      last = query.number(0);
      if (query.bytes(5).size() == Digest::kBytes) {
        std::memcpy(standing.head.outbox_base.bytes.data(), query.bytes(5).data(), Digest::kBytes);
      }
      outbox_front_.reset();
    }
  }
  Query(delete_outbox_).add(last).run();
  return true;
}

bool Tidier::tidy_journal(const HeadRow& head, TidyLimit limit) {
  if (journal_front_ > head.base.sequence) {
    return false;
  }
  std::uint64_t last = head.base.sequence;
  {
    Query query(select_journal_);
    query.add(head.base.sequence);
    while (query.step() && take(limit, query.number(1))) {
      last = query.number(0);
    }
  }
  Query(delete_journal_).add(last).run();
  journal_front_ = last + 1;
  return true;
}

bool Tidier::tidy_pieces(const HeadRow& head, std::uint64_t building, TidyLimit limit) {
  if (!pieces_to_go_) {
    return false;
  }
  const bool old = tidy_pieces_between(0, head.pieces_first, limit);
  const bool unfinished = tidy_pieces_between(head.pieces_first + head.pieces, building, limit);
  pieces_to_go_ = old || unfinished;
  return pieces_to_go_;
}

bool Tidier::tidy_pieces_between(std::uint64_t begin, std::uint64_t end, TidyLimit& limit) {
  std::uint64_t last = 0;
  std::uint64_t first = 0;
  {
    Query query(select_pieces_);
    query.add(begin).add(end);
    while (query.step() && take(limit, query.number(1))) {
      last = query.number(0);
      first = first == 0 ? last : first;
    }
  }
  if (first == 0) {
    return false;
  }
  Query(delete_pieces_).add(first).add(last).run();
  return true;
}

// Free pages are used again, so a file that has some need not be made shorter by copying others
// into them.
bool Tidier::give_back_pages() {
  if (!pages_to_go_) {
    return false;
  }
  std::uint64_t free = 0;
  std::uint64_t pages = 0;
  {
    Query query(select_free_);
    free = query.step() ? query.number(0) : 0;
  }
  {
    Query query(select_pages_);
    pages = query.step() ? query.number(0) : 0;
  }
  pages_to_go_ = free > std::max(kFreePages, pages / 4);
  if (pages_to_go_) {
    database_.run("PRAGMA incremental_vacuum(256)");
  }
  return pages_to_go_;
}

}  // namespace tagtill::state
