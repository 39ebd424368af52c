// The state of the protocol (P3 to P6) and its events (P8), in stream order.
//
// Nothing here is clever: windows stand in one list in the order in which they
// opened, and every question walks the list. Nothing is bounded but what the
// rules bound.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalogue.h"

namespace reference {

struct Options {
  int64_t lateness_ms = 30000;     // L
  int64_t max_jump_ms = 86400000;  // J; 0: never far ahead
  std::string prefix = "Confirm";
  size_t line_limit = 1 << 20;
};

struct Counts {
  uint64_t bytes = 0;
  uint64_t lines = 0;  // all but keep-alives
  uint64_t keep_alives = 0;
  uint64_t posts = 0;
  uint64_t delete_notices = 0;  // members' or not
  uint64_t others = 0;
  uint64_t malformed = 0;
  uint64_t candidates = 0;  // candidate posts and members' delete notices
  uint64_t duplicates = 0;
  uint64_t late = 0;      // members' or not
  uint64_t repeated = 0;  // P4.2
  uint64_t deleted_before = 0;
  uint64_t set_aside = 0;  // 1 if a post is set aside now
  uint64_t prompts = 0;
  uint64_t confirmed = 0;
  uint64_t expired = 0;
  uint64_t cancelled = 0;
  uint64_t open_windows = 0;           // open, not denied, now
  uint64_t ignored_confirmations = 0;  // P5.3, not members'
  uint64_t parked_deleted = 0;
  uint64_t deletes_forgotten = 0;
  std::map<std::string, uint64_t> rejected;  // events, by reason
};

// A post in which at least one tag was of interest when it came (P3.1).
struct Candidate {
  std::string id;
  std::string author;
  int64_t time_ms = 0;
  bool is_protected = false;
  int64_t followers = 0;
  std::vector<std::string> tags;  // folds, in text order, each once
};

class Protocol {
 public:
  explicit Protocol(const Options& options) : options_(options) {}

  // P6.4; the first one begins the stream.
  void replace(const Catalogue& catalogue);
  void control(const Control& control);  // P9

  // P3.1
  bool is_candidate(const std::vector<std::string>& tags) const;
  bool is_member(const std::string& author) const;

  void post(const Candidate& candidate);                                 // P3.6
  void tick(int64_t time_ms);                                            // P3.8
  void delete_notice(const std::string& id, const std::string& author);  // a member's

  std::string take_events();
  Counts& counts();

 private:
  using PostKey = std::pair<std::string, std::string>;  // author, post id

  enum class State { kOpen, kDenied, kConfirmed, kCancelled, kExpired };

  struct Window {
    std::string purchase_id;
    std::string code;
    std::string author;
    std::string account;
    std::string intent_id;
    int64_t intent_ms = 0;
    int64_t deadline_ms = 0;
    Offer offer;  // the terms on which it opened
    State state = State::kOpen;
    bool is_live() const { return state == State::kOpen || state == State::kDenied; }
  };

  struct Confirmation {
    std::string code;
    std::string author;
    std::string post_id;
    int64_t time_ms = 0;
    int64_t followers = 0;
    size_t place = 0;  // in its text
  };

  struct RememberedDelete {
    std::string author;
    std::string id;
    std::optional<int64_t> came_ms;  // none: before there was a clock
  };

  void put_in_force();
  bool is_frozen(const std::string& author) const;
  void look_at(const Candidate& candidate);
  void apply(const Candidate& candidate);
  void move_clock(int64_t time_ms);
  void fall_due();
  void forget_posts();
  bool is_late(const Candidate& candidate) const;
  bool is_duplicate(const Candidate& candidate) const;
  bool was_deleted(const Candidate& candidate) const;
  void remember_delete(const std::string& id, const std::string& author);

  void confirm_tag(const Candidate& candidate, const std::string& code, size_t place);
  bool settle(const Confirmation& confirmation);
  void settle_live(const Confirmation& confirmation, Window& window);
  void intent(const Candidate& candidate, const std::string& tag);
  const Offer* offer_at(const std::string& tag, int64_t time_ms) const;
  const char* refusal(const Candidate& candidate, const Offer& offer) const;
  void open_window(const Candidate& candidate, const Offer& offer, bool is_denied);
  void free_unit(const Window& window);

  void reject(const char* reason, const std::string& post_id, const std::string& author,
              const std::string* offer_id, int64_t time_ms);
  void emit_prompt(const Window& window);
  void emit_confirmed(const Window& window, const Confirmation& confirmation);
  void emit_expired(const Window& window);
  void emit_cancelled(const Window& window, const char* reason);

  Options options_;
  Catalogue catalogue_;  // in force
  Catalogue files_;
  std::map<std::string, AuthorControl> author_controls_;
  std::map<std::string, std::optional<Offer>> offer_controls_;  // by id; none: withdrawn
  std::optional<int64_t> frozen_before_;
  std::optional<int64_t> clock_;
  std::optional<Candidate> set_aside_;
  std::map<PostKey, int64_t> seen_;      // P3.4: event time
  std::list<RememberedDelete> deletes_;  // P6.2, oldest first
  std::list<Window> windows_;            // P5.5, in the order in which they opened
  std::list<Confirmation> parked_;       // P5.6, in the order in which they came
  std::map<std::string, int64_t> held_;  // units by offer id
  std::map<std::string, int64_t> sold_;
  // Windows closed by confirmation, by author and offer id, for ever (P4.3).
  std::map<std::pair<std::string, std::string>, int64_t> closed_;
  std::string events_;
  Counts counts_;
};

}  // namespace reference
