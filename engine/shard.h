// What depends on one author alone: windows, parked confirmations, remembered
// posts and delete notices.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/author_index.h"
#include "engine/confirmed_counts.h"
#include "engine/delete_notices.h"
#include "engine/due.h"
#include "engine/id_table.h"
#include "engine/parked_confirmations.h"
#include "engine/remembered_posts.h"
#include "engine/slab.h"
#include "engine/terms.h"
#include "engine/time.h"
#include "engine/timing_wheel.h"
#include "engine/window.h"

namespace tagtill {

// Something that fell due, for the decider to end: a window or a parked
// confirmation.
struct Due {
  Millis at = 0;
  Shard* shard = nullptr;
  IdKey post = 0;  // of the window's intent, of the parked confirmation
  std::uint32_t index = 0;
  DueKind kind = DueKind::kWindow;
};

// Owned by the decider's thread. A shard holds the authors that hash to it, with ids
// and a wheel of their own: the unit of snapshots and, one day, of moving between
// machines. No result depends on how many there are.
//
// All of it lies in plain records in chunks, which refer to each other by number; an
// author is no record, but what there is of them: the first of their windows stands
// in an index by author, with their counts, and leads to the others. So nobody pays for what they
// do not have, growing copies no more than 32 KiB at a time, and no step is long.
//
// Memory a window, with one window an author and decimal ids below 2^63: 40 bytes, and
// what wheel and index have for it. Measured with 10 million open in 16 shards: 58 to 60
// bytes of resident memory in all (DECISIONS.md, 19). For posts, notices, parked
// confirmations and counts see their headers. An empty shard has 4 KiB, one in use at
// least 66.
//
// Bounds: see Decider; and 33 million records of each kind. Memory is given back, in
// chunks of 256 records, when clock − L has passed what it was kept for.
class Shard {
 public:
  static constexpr WindowIndex kNoWindow = Slab<Window>::kNone;
  static constexpr std::size_t kWindowsMax = 32;  // P4.4; more are no error here

  // `terms` must live as long as the shard. `phase`: of the wheel.
  explicit Shard(const TermsTable& terms, Millis phase = 0) : terms_(terms), wheel_(phase) {}
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  [[nodiscard]] IdTable& ids() { return ids_; }
  [[nodiscard]] const IdTable& ids() const { return ids_; }
  [[nodiscard]] const TermsTable& terms() const { return terms_; }

  // For what is to come of this author and post, in two steps, each some time before
  // the next: so the cache misses of several overlap.
  void prefetch(const Id& author, const Id& post, PrefetchList& list) const;
  void prefetch_records(const Id& author, const Id& post, PrefetchList& list) const;

  // --- windows -------------------------------------------------------------
  // The author's first window, as they opened, or kNoWindow; Window::next leads to
  // the others, of which there are at most 32. O(1); in the bucket of an author who has
  // bought very many offers, a twelfth of these.
  [[nodiscard]] WindowIndex first_window(IdKey author) const {
    return by_author_.first_window(author);
  }
  [[nodiscard]] Window& window(WindowIndex index) { return windows_[index]; }
  [[nodiscard]] Millis deadline(const Window& window) const {
    return window.intent_at + terms_.window_ms(window.terms);
  }
  // Adds a window behind `last`, the last one of its author (kNoWindow: there is none),
  // and schedules its deadline. It holds its ids; `next` must be kNoWindow.
  // O(1).
  WindowIndex add_window(const Window& window, WindowIndex last);
  // The window's deadline has passed: it is forgotten. O(windows of the author).
  void remove_window(WindowIndex index);
  template <typename F>
  void for_each_window(F&& f) {
    windows_.for_each(f);
  }
  [[nodiscard]] std::size_t windows() const { return windows_.size(); }

  // P6.4: the account of a window, when the table of members does not have it any
  // more. At most 64 bytes.
  void keep_account(Window& window, std::string_view account);
  [[nodiscard]] std::string_view kept_account(const Window& window) const {
    return accounts_[window.account].text();
  }

  // --- the rest of what there is of an author ----------------------------------
  [[nodiscard]] ConfirmedCounts& confirmed() { return confirmed_; }
  [[nodiscard]] ParkedConfirmations& parked() { return parked_; }
  [[nodiscard]] RememberedPosts& posts() { return posts_; }
  [[nodiscard]] DeleteNotices& notices() { return notices_; }

  // --- time --------------------------------------------------------------------
  // What is added to the empty shard comes in no order, and nothing of it is due before
  // this time; none: from now on it comes as the stream does.
  void begin_at(std::optional<Millis> bound) { wheel_.begin_at(bound); }
  // Nothing falls due before this time.
  [[nodiscard]] Millis next_due() const { return wheel_.next_due(); }
  // Appends everything due before `bound` (= clock − L). What is kept for memory
  // alone is forgotten here; windows and parked confirmations are the caller's
  // to end, with remove_window and ParkedConfirmations::fall_due. What will be needed
  // for what falls due next is added to `list`, for the caller to ask for.
  void collect_due(Millis bound, std::vector<Due>& due, PrefetchList& list);

  // How many holders the ids that are no numbers should have together: as many as ids()
  // says. Goes over everything.
  [[nodiscard]] std::uint64_t holders_of_ids();

  // What the shard holds in memory.
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  struct Account {
    std::uint8_t length;
    std::array<char, 64> bytes;
    [[nodiscard]] std::string_view text() const { return {bytes.data(), length}; }
  };
  // The wheel's questions.
  struct WheelOwner {
    const Shard& shard;
    [[nodiscard]] Millis due_of(TimingWheel::Entry entry) const;
    void prefetch(TimingWheel::Entry entry, PrefetchList& list) const;
    void expect(TimingWheel::Entry entry, PrefetchList& list) const;
  };

  const TermsTable& terms_;
  IdTable ids_;
  TimingWheel wheel_;
  Slab<Window> windows_;
  Slab<ConfirmedCount> counts_;
  AuthorIndex by_author_{windows_, counts_};
  Slab<Account> accounts_;
  ConfirmedCounts confirmed_{ids_, by_author_, counts_};
  ParkedConfirmations parked_{ids_, wheel_};
  RememberedPosts posts_{ids_, wheel_};
  DeleteNotices notices_{ids_, wheel_};
};

}  // namespace tagtill
