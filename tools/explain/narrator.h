// Tells of one post or purchase what every line about it, and every decision, was.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "engine/block.h"
#include "engine/decision_trace.h"
#include "tools/explain/describe.h"
#include "tools/explain/line_reading.h"

namespace tagtill {

// What is to be explained.
struct Subject {
  std::string post_id;    // for a purchase: of the intent
  std::string offer_id;   // of the purchase; empty: a post, and all that came of it
  std::string author_id;  // empty: whoever it is
};

// Between begin_block and end_block the decider, whose trace this is, applies the
// block's candidates. Text is appended to `out`, line by line, in stream order.
// Used by the decider's thread.
//
// A line that is no candidate is found by the bytes of the post's id, plain or as
// P8 would escape it; an id that is written with other escapes is seen in candidates
// only.
//
// Memory: what stands in `out`, and the subject's open windows and parked
// confirmations.
class Narrator final : public DecisionTrace {
 public:
  Narrator(Subject subject, ProtocolOptions options, std::shared_ptr<const OfferCatalogue> offers,
           std::shared_ptr<const MemberTable> members, std::string& out);

  void begin_block(const Block& block, std::string_view source_name);
  void end_block();
  // After the last block: what has not come to an end.
  void end();

  // Whether any line was the subject's post, or a delete notice for it, or is
  // malformed and holds its id.
  [[nodiscard]] bool found() const { return found_; }

  void on_candidate(const Candidate& candidate) override;
  void on_post(const PostDecision& decision) override;
  void on_clock(const ClockMove& move) override;
  void on_intent(const IntentDecision& decision) override;
  void on_confirmation(const ConfirmationDecision& decision) override;
  void on_stock(const StockDecision& decision) override;
  void on_window_end(const WindowEnd& end) override;
  void on_parked_end(const ParkedEnd& end) override;
  void on_notice(const NoticeDecision& decision) override;
  void on_event(const Event& event) override;

 private:
  [[nodiscard]] bool is_subject(std::string_view author_id, std::string_view post_id) const;
  [[nodiscard]] bool is_subject(const WindowSeen& window) const;
  void find_mentions();
  void tell_mentions_before(std::size_t place);
  void tell_line(std::size_t place, bool is_candidate);
  void tell_header(std::size_t place, std::string_view what);
  void tell_candidate();
  void tell(const Lines& lines);
  void tell_due_by_subject(const Lines& lines);
  [[nodiscard]] std::string_view line_at(std::size_t place) const;

  Subject subject_;
  ProtocolOptions options_;
  LineReading reading_;
  std::string& out_;
  std::vector<std::string> spellings_;  // of the post's id in JSON

  const Block* block_ = nullptr;
  std::string source_name_;  // fit to be shown
  std::uint32_t source_ = std::numeric_limits<std::uint32_t>::max();
  std::uint64_t line_number_ = 1;      // of the line at `counted_`
  std::size_t counted_ = 0;            // into the block
  std::vector<std::size_t> mentions_;  // lines that hold the post's id, not told yet
  std::size_t next_mention_ = 0;

  const Candidate* candidate_ = nullptr;
  bool candidate_told_ = false;
  bool relevant_ = false;     // the last decision
  std::string_view because_;  // its rule
  Millis bound_ = 0;          // clock - L
  bool due_by_subject_ = false;
  std::size_t due_ = 0;  // of others, by the subject's post

  bool told_ = false;  // anything
  bool found_ = false;
  bool window_seen_ = false;
  bool set_aside_ = false;
  std::map<std::string, Millis> open_;  // purchase ids of denied windows, too: deadlines
  std::set<std::tuple<std::string, std::string, Code>> parked_;  // author, post, code
};

}  // namespace tagtill
