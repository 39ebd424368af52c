// The little stories that members and strangers live through in a corpus, and what must
// come out of them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/catalogue.h"
#include "corpus/planned_post.h"
#include "corpus/random.h"
#include "corpus/user_pool.h"

namespace tagtill::corpus {

struct Script;  // a kind of story: story.cc has them all

struct StoryOptions {
  std::uint64_t seed = 1;
  std::uint64_t members = 1;
  std::uint64_t strangers = 1;  // the users of the pool that follow on the members
  std::string secret;
};

// Decides which candidates (P3.1) a stream holds and knows the purchases that follow.
//
// What makes the answer certain without an engine: a member lives one story at a time and
// never wants the same offer in two of them, so nothing happens between stories but
// through the clock and the stock. Both are followed exactly, because every candidate of
// the stream comes from here. Every post is stamped at most kDelayMaxMs behind the stream
// (the deliberately late ones apart, which end their story), hence is not late, hence a
// confirmation that is stamped within its window finds the window open.
//
// Requires that whoever asks tells each post at once, in stream order, and that no other
// candidate gets into the stream, but for those of strangers that may_be_moved_to() is told
// of. One owner, one thread; deterministic. Memory: 32 bytes
// a member and about 0.5 KB a story under way. About 2 us a post, and 2 us more when a
// code is computed.
class StoryTeller {
 public:
  // Pool, vocabulary and offers must outlive it.
  StoryTeller(const StoryOptions& options, const std::vector<Offer>& offers, const UserPool& pool,
              const Vocabulary& vocabulary);

  // Whether a post is overdue at this moment of the stream.
  bool due(std::int64_t now_ms) const;

  // The next post: what is due, else the beginning of a new story. `now_ms` must not go
  // back; `low_bits`, even and never the same twice, goes into the snowflake id.
  void tell(PlannedPost& post, std::int64_t now_ms, std::uint64_t low_bits);

  // A stranger posts an offer's tag at exactly this moment: nothing but the clock moves.
  void tell_stranger(PlannedPost& post, std::int64_t now_ms, std::uint64_t low_bits);

  // Somebody else's posts in the stream may be candidates of strangers and have moved the
  // clock up to `event_ms`, or not: stories then go on in a way that does not depend on it.
  // Requires that it is not beyond the `now_ms` of what is told next.
  void may_be_moved_to(std::int64_t event_ms) { clock_max_ms_ = std::max(clock_max_ms_, event_ms); }

  // P3.3, as far as the posts told move it; 0 before the first.
  std::int64_t clock_ms() const { return clock_ms_; }

  // Posts that a story takes on average: what a share of candidates has to be divided by
  // to get the share of posts at which a story has to begin.
  static double posts_per_story();
  // The share of stories that are about an offer with few units.
  static double stock_share();

  // The `confirmed` events (P8) so far, in order; the caller may take them out.
  std::string& purchases() { return purchases_; }
  std::uint64_t purchase_count() const { return purchase_count_; }
  std::uint64_t story_count() const { return story_count_; }

  static constexpr std::int64_t kDelayMaxMs = 25'000;
  static constexpr std::int64_t kLatenessMs = 30'000;  // L, the default of P3.3

 private:
  enum class WindowState : std::uint8_t { kOpen, kConfirmed, kCancelled };

  struct Window {
    std::size_t offer = 0;
    std::string purchase_id, code;
    std::uint64_t intent_id = 0;
    std::int64_t intent_ms = 0, deadline_ms = 0;
    bool denied = false;
    WindowState state = WindowState::kOpen;
  };

  struct Story {
    const Script* script = nullptr;
    std::size_t step = 0;
    std::uint64_t author = 0;
    bool is_member = false;
    std::array<std::size_t, 2> offers{};
    std::vector<Window> windows;
    std::int64_t wanted_ms = 0;  // the event time of the next post
    std::int64_t last_ms = 0;    // of the last one
    PlannedPost last;
    // An intent that comes after what should follow it, and the confirmation that came.
    std::uint64_t early_intent_id = 0, early_confirm_id = 0;
    std::int64_t early_intent_ms = 0, early_confirm_ms = 0;
  };

  struct Due {
    std::int64_t at_ms;
    std::uint64_t number;  // the order of those that are due at the same time
    std::uint32_t story;
    bool operator>(const Due& other) const {
      return at_ms != other.at_ms ? at_ms > other.at_ms : number > other.number;
    }
  };

  // The units of one offer that are spoken for.
  struct Stock {
    std::uint32_t sold = 0;
    std::vector<std::int64_t> held_until_ms;
  };

  // The offers a member has had to do with.
  struct Past {
    static constexpr std::size_t kOffersMax = 6;
    std::uint32_t count = 0;
    std::array<std::uint32_t, kOffersMax> offers{};
  };

  std::uint32_t begin(std::int64_t now_ms);
  std::uint32_t begin_with(const Script& script, std::int64_t now_ms);
  bool clock_decides(const Story& story) const;
  void play(std::uint32_t handle, PlannedPost& post, std::int64_t now_ms, std::uint64_t low_bits);
  bool cast(Story& story);
  bool pick_offer(Story& story, std::size_t place);
  void remember_offer(const Story& story, std::size_t place);
  void post_step(Story& story, PlannedPost& post, std::int64_t now_ms, std::uint64_t low_bits);
  bool schedule_next(Story& story, std::uint32_t handle);
  std::int64_t wanted_time(const Story& story);
  void end(std::uint32_t handle);

  void post_intent(Story& story, PlannedPost& post, std::size_t offers);
  void post_early_confirmation(Story& story, PlannedPost& post, std::uint64_t low_bits);
  void post_overtaken_intent(Story& story, PlannedPost& post);
  void post_code(PlannedPost& post, std::string_view code);

  Window* open_window(Story& story, std::size_t number, const PlannedPost& post);
  void confirm(Story& story, Window& window, const PlannedPost& post);
  void cancel(Window& window);
  std::uint32_t units_taken(std::size_t offer);
  void give_back(const Window& window);
  void append_purchase(const Story& story, const Window& window, const PlannedPost& post);

  std::int64_t delay();
  std::string wrong_code(std::string code);

  StoryOptions options_;
  const std::vector<Offer>& offers_;
  const UserPool& pool_;
  const Vocabulary& vocabulary_;
  Random random_;
  std::vector<std::size_t> open_offers_, stock_offers_, regional_offers_, future_offers_;
  std::vector<Stock> stocks_;  // by offer
  std::vector<Past> pasts_;    // by member
  std::deque<std::uint32_t> idle_members_;
  std::vector<Story> stories_;
  std::vector<std::uint32_t> free_stories_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::uint64_t due_number_ = 0;
  std::int64_t clock_ms_ = 0;  // P3.3; 0 before the first candidate
  std::int64_t clock_max_ms_ = 0;
  std::string purchases_;
  std::uint64_t purchase_count_ = 0;
  std::uint64_t story_count_ = 0;
};

}  // namespace tagtill::corpus
