// What depends on one author alone: windows, parked confirmations, remembered
// posts and delete notices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/event.h"
#include "engine/hash_bytes.h"
#include "engine/time.h"
#include "engine/timing_wheel.h"
#include "engine/window.h"

namespace tagtill {

// A tag of confirmation form in a member's post (P5). Views live with the post.
struct Confirmation {
  Code code = kNoCode;
  std::string_view post_id;
  Millis at = 0;  // the post's event time
  std::int64_t followers = 0;
  std::uint32_t place = 0;  // among the post's tags, in text order
};

// A confirmation that waits for its window (P5.6). Stays in memory until its due
// time, also when it was applied or dropped before: `waiting` is then false.
struct ParkedConfirmation {
  Author* author = nullptr;
  std::string post_id;
  Confirmation confirmation;  // its post_id refers to the one above
  bool waiting = true;
  std::list<ParkedConfirmation>::iterator self;  // in the shard's list
};

// One author with anything to remember.
struct Author {
  std::string id;
  std::vector<std::unique_ptr<Window>> windows;  // in the order in which they opened; ≤ 32
  std::vector<ParkedConfirmation*> parked;       // that wait, as they came; ≤ 32
  std::uint32_t wheel_entries = 0;               // that refer to this author

  // Windows closed by confirmation, by offer id (P4.3). For ever.
  std::vector<std::pair<std::string, std::int64_t>> confirmed_windows;

  // Posts that were deleted before they came (P6.2): post id and the clock at
  // which the notice came, oldest first; ≤ 1,000.
  struct Deletion {
    std::string post_id;
    Millis clock = 0;
  };
  std::list<Deletion> deletions;
  std::unordered_map<std::string_view, std::list<Deletion>::iterator> deletion_of;  // by post id
  bool deletions_scheduled = false;  // in the wheel, or waiting for a clock
};

// Something that fell due: a window or a parked confirmation. (The last two kinds
// are the shard's own.)
struct Due {
  enum class Kind : std::uint8_t { kWindow, kParked, kDeletions, kPost };
  Millis at = 0;
  Window* window = nullptr;
  ParkedConfirmation* parked = nullptr;
};

// Owned by the decider's thread. A shard holds the authors that hash to it, with
// a wheel of their own: the unit of rehash, of snapshots and, one day, of moving
// between machines. No result depends on how many there are.
//
// Bounds: see Decider. Memory is given back when clock − L has passed what it was
// kept for; that of a parked confirmation, too, also if it waits no more: so within
// one L of stream time there may be as many of these as there were posts.
class Shard {
 public:
  // The clock before there is one (P6.2).
  static constexpr Millis kNoClock = std::numeric_limits<Millis>::min();

  static constexpr std::size_t kWindowsMax = 32;       // P4.4
  static constexpr std::size_t kParkedMax = 32;        // P5.6
  static constexpr std::size_t kDeletionsMax = 1'000;  // P6.2

  // The author, or null when nothing is remembered of them.
  [[nodiscard]] Author* find(std::string_view author_id);
  [[nodiscard]] Author& find_or_add(std::string_view author_id);
  // Forgets the author if there is nothing left to remember.
  void release_if_empty(Author& author);

  // --- windows -------------------------------------------------------------
  // Adds a window to its author and schedules its deadline.
  Window& add_window(std::unique_ptr<Window> window);
  // The window's deadline has passed: it is given back, for the last time.
  [[nodiscard]] std::unique_ptr<Window> take_window(Window& window);

  // --- parked confirmations (P5.6) -------------------------------------------
  void park(Author& author, const Confirmation& confirmation);
  // Takes the confirmation off the author's list; its memory stays until due.
  static void unpark(ParkedConfirmation& parked);

  // --- posts (P3.4) ------------------------------------------------------------
  // Until clock − L passes `at` plus the longest window.
  void remember_post(std::string_view author_id, std::string_view post_id, Millis at,
                     Millis longest_window_ms);
  [[nodiscard]] bool remembers_post(std::string_view author_id, std::string_view post_id,
                                    Millis bound);
  // The catalogue has changed its longest window (P6.4): what is remembered now is
  // so until the new time; what was forgotten stays forgotten. O(posts).
  void set_longest_window(Millis longest_window_ms, Millis bound);

  // --- delete notices (P6.2) -----------------------------------------------------
  // Remembers that the post was deleted when the clock stood at `clock` (kNoClock:
  // before there was one). Returns how many older ones were forgotten for it.
  [[nodiscard]] std::uint64_t remember_deletion(Author& author, std::string_view post_id,
                                                Millis clock, Millis bound);
  [[nodiscard]] static bool remembers_deletion(const Author& author, std::string_view post_id,
                                               Millis bound);
  // Notices that came before there was a clock came with the first one.
  void set_first_clock(Millis clock);

  // --- time --------------------------------------------------------------------
  // Appends everything due before `bound` (= clock − L). What is kept for memory
  // alone is forgotten here; windows and parked confirmations are the caller's
  // to end, with take_window and finish_parked.
  void collect_due(Millis bound, std::vector<Due>& due);
  void finish_parked(ParkedConfirmation& parked);

  // Calls `f` for each author.
  template <typename F>
  void for_each_author(F&& f) {
    for (auto& [id, author] : authors_) {
      f(*author);
    }
  }

 private:
  struct HashBytes {
    using is_transparent = void;
    std::size_t operator()(std::string_view bytes) const { return hash_bytes(bytes); }
  };
  struct RememberedPost {
    Millis at = 0;
    Millis until = 0;  // remembered while clock − L is not beyond
  };
  // By author id, LF, post id (no id holds a control character).
  using PostMap = std::unordered_map<std::string, RememberedPost, HashBytes, std::equal_to<>>;
  struct Entry {
    Due::Kind kind = Due::Kind::kWindow;
    void* what = nullptr;
  };

  void schedule_deletions(Author& author);
  static void drop_deletions(Author& author, Millis bound);
  const std::string& key_of(std::string_view author_id, std::string_view post_id);

  // By the author's own id.
  std::unordered_map<std::string_view, std::unique_ptr<Author>, HashBytes> authors_;
  std::list<ParkedConfirmation> parked_;
  PostMap posts_;
  TimingWheel<Entry> wheel_;
  std::vector<Author*> waiting_for_clock_;  // whose delete notices came before it
  std::string key_;
};

}  // namespace tagtill
