#include "tools/explain/narrator.h"

#include <fmt/core.h>
#include <string.h>

#include <algorithm>
#include <utility>

#include "engine/event.h"
#include "tools/messages.h"
#include "tools/shown_text.h"

namespace tagtill {
namespace {

constexpr std::size_t kDueShown = 5;  // of others

// As std::string_view::find, which is slow where the first byte is common; the size
// of `text` for none.
std::size_t find_bytes(std::string_view text, std::string_view what, std::size_t from) {
  if (text.size() - from < what.size()) {
    return text.size();
  }
  const void* at = ::memmem(text.data() + from, text.size() - from, what.data(), what.size());
  return at == nullptr ? text.size()
                       : static_cast<std::size_t>(static_cast<const char*>(at) - text.data());
}

}  // namespace

Narrator::Narrator(Subject subject, ProtocolOptions options,
                   std::shared_ptr<const OfferCatalogue> offers,
                   std::shared_ptr<const MemberTable> members, std::string& out)
    : subject_(std::move(subject)),
      options_(std::move(options)),
      reading_(std::move(offers), std::move(members), options_.confirm_prefix),
      out_(out),
      spellings_{subject_.post_id} {
  std::string escaped;
  append_json_string(escaped, subject_.post_id);
  escaped = escaped.substr(1, escaped.size() - 2);
  if (escaped != subject_.post_id) {
    spellings_.push_back(escaped);
  }
}

bool Narrator::is_subject(std::string_view author_id, std::string_view post_id) const {
  return post_id == subject_.post_id &&
         (subject_.author_id.empty() || author_id == subject_.author_id);
}

bool Narrator::is_subject(const WindowSeen& window) const {
  return is_subject(window.author_id, window.intent_id) &&
         (subject_.offer_id.empty() || window.offer_id == subject_.offer_id);
}

// --- lines ----------------------------------------------------------------------

void Narrator::begin_block(const Block& block, std::string_view source_name) {
  if (block.source != source_) {
    source_ = block.source;
    line_number_ = 1;
  }
  block_ = &block;
  source_name_ = shown_text(source_name);
  counted_ = 0;
  find_mentions();
}

void Narrator::end_block() {
  tell_mentions_before(block_->lines_and_head().size() + 1);
  const std::string_view rest = block_->lines_and_head().substr(counted_);
  line_number_ += static_cast<std::uint64_t>(std::count(rest.begin(), rest.end(), '\n'));
  line_number_ += block_->overlong_bytes > 0 ? 1 : 0;
  candidate_ = nullptr;
}

void Narrator::find_mentions() {
  mentions_.clear();
  next_mention_ = 0;
  const std::string_view data = block_->lines_and_head();
  for (const std::string& spelling : spellings_) {
    for (std::size_t at = find_bytes(data, spelling, 0); at < data.size();) {
      const std::size_t before = data.rfind('\n', at);
      mentions_.push_back(before == std::string_view::npos ? 0 : before + 1);
      at = find_bytes(data, spelling, std::min(data.find('\n', at), data.size()));
    }
  }
  std::sort(mentions_.begin(), mentions_.end());
  mentions_.erase(std::unique(mentions_.begin(), mentions_.end()), mentions_.end());
}

std::string_view Narrator::line_at(std::size_t place) const {
  std::string_view line = block_->lines_and_head().substr(place);
  line = line.substr(0, line.find('\n'));
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

void Narrator::tell_mentions_before(std::size_t place) {
  for (; next_mention_ < mentions_.size() && mentions_[next_mention_] < place; ++next_mention_) {
    tell_line(mentions_[next_mention_], false);
  }
}

void Narrator::tell_header(std::size_t place, std::string_view what) {
  const std::string_view passed = block_->lines_and_head().substr(counted_, place - counted_);
  line_number_ += static_cast<std::uint64_t>(std::count(passed.begin(), passed.end(), '\n'));
  counted_ = place;
  out_ += fmt::format("{}{}, line {} (byte {}): {}\n", told_ ? "\n" : "", source_name_,
                      line_number_, block_->offset + place, what);
  told_ = true;
}

void Narrator::tell_line(std::size_t place, bool is_candidate) {
  const std::string_view line = line_at(place);
  if (place >= block_->lines().size() || line.size() > kLineBytesMax) {
    tell_header(place, "a line that holds the id");
    tell(LineReading::too_long());
    found_ = true;
    return;
  }
  const DecodedLine& decoded = reading_.decode(line);
  // Its id may have been read before what is wrong was.
  const bool malformed = decoded.kind == LineKind::kMalformed &&
                         (decoded.post_id.empty() || decoded.post_id == subject_.post_id);
  const bool readable = decoded.kind == LineKind::kPost || decoded.kind == LineKind::kDeleteNotice;
  if (!malformed && !(readable && is_subject(decoded.author_id, decoded.post_id))) {
    return;  // a reply, a repost, somebody else's post: they only mention the id
  }
  tell_header(
      place, malformed ? std::string("a line that holds the id")
                       : fmt::format("{} {}",
                                     decoded.kind == LineKind::kPost ? "post" : "delete notice for",
                                     decoded.post_id));
  tell(reading_.describe(decoded, is_candidate));
  found_ = true;
}

void Narrator::on_candidate(const Candidate& candidate) {
  candidate_ = &candidate;
  candidate_told_ = false;
  due_by_subject_ = false;
  const auto place = static_cast<std::size_t>(candidate.offset - block_->offset);
  tell_mentions_before(place);
  if (next_mention_ < mentions_.size() && mentions_[next_mention_] == place) {
    ++next_mention_;
  }
  if (is_subject(candidate.author_id, candidate.post_id)) {
    tell_line(place, true);
    candidate_told_ = true;
  }
}

// The candidate that something happens by, if it is not the subject's own.
void Narrator::tell_candidate() {
  if (candidate_told_) {
    return;
  }
  candidate_told_ = true;
  const auto place = static_cast<std::size_t>(candidate_->offset - block_->offset);
  tell_header(place,
              candidate_->kind == Candidate::Kind::kDeleteNotice
                  ? fmt::format("by the delete notice of author {} for post {}",
                                candidate_->author_id, candidate_->post_id)
                  : fmt::format("by post {} of author {}, event time {}", candidate_->post_id,
                                candidate_->author_id, time_text(candidate_->at)));
}

void Narrator::tell(const Lines& lines) {
  for (const std::string& line : lines) {
    out_ += line;
    out_ += '\n';
  }
}

// --- decisions --------------------------------------------------------------------

void Narrator::on_post(const PostDecision& decision) {
  using What = PostDecision::What;
  if (due_by_subject_ && due_ > kDueShown) {
    tell({rule_line("", fmt::format("… and {} more", due_ - kDueShown))});
  }
  due_by_subject_ = false;
  relevant_ = is_subject(decision.post.author_id, decision.post.post_id);
  if (relevant_) {
    set_aside_ = decision.what == What::kSetAside ||
                 (set_aside_ && decision.what == What::kDuplicateOfSetAside);
    tell_candidate();
    tell(describe(decision, options_));
  }
}

void Narrator::on_clock(const ClockMove& move) {
  bound_ = move.bound;
  due_ = 0;
  relevant_ = is_subject(move.post.author_id, move.post.post_id);
  due_by_subject_ = relevant_;
  if (relevant_) {
    tell_candidate();
    tell(describe(move));
  }
}

void Narrator::on_intent(const IntentDecision& decision) {
  const bool own = is_subject(decision.post.author_id, decision.post.post_id) &&
                   (subject_.offer_id.empty() || decision.offer.id == subject_.offer_id);
  relevant_ = own || (decision.window && is_subject(*decision.window));
  if (relevant_) {
    tell_candidate();
    tell(describe(decision));
  }
}

void Narrator::on_confirmation(const ConfirmationDecision& decision) {
  using What = ConfirmationDecision::What;
  const bool own = subject_.offer_id.empty() && is_subject(decision.author_id, decision.post_id);
  relevant_ = own || (decision.window && is_subject(*decision.window));
  if (!relevant_) {
    return;
  }
  because_ = rule_of(decision.what);
  tell_candidate();
  tell(describe(decision, options_));
  if (own) {
    std::tuple key(std::string(decision.author_id), std::string(decision.post_id), decision.code);
    if (decision.what == What::kParked) {
      parked_.insert(std::move(key));
    } else {
      parked_.erase(key);
    }
  }
  if (decision.what == What::kCloses || decision.what == What::kLimitReached) {
    open_.erase(purchase_of(*decision.window));
  }
}

void Narrator::on_stock(const StockDecision& decision) {
  if (!relevant_) {
    return;
  }
  tell(describe(decision, because_));
  const bool opens =
      decision.what == StockDecision::What::kHeld || decision.what == StockDecision::What::kDenied;
  if (opens && is_subject(decision.window)) {
    window_seen_ = true;
    open_[purchase_of(decision.window)] = decision.window.deadline;
  }
}

void Narrator::on_window_end(const WindowEnd& end) {
  relevant_ = is_subject(end.window);
  if (relevant_) {
    because_ = rule_of(end.what);
    open_.erase(purchase_of(end.window));
    tell_candidate();
    tell(describe(end, bound_));
  } else {
    tell_due_by_subject(describe(end, bound_));
  }
}

void Narrator::on_parked_end(const ParkedEnd& end) {
  relevant_ = subject_.offer_id.empty() && is_subject(end.author_id, end.post_id);
  if (relevant_) {
    parked_.erase({std::string(end.author_id), std::string(end.post_id), end.code});
    tell_candidate();
    tell(describe(end, bound_));
  } else {
    tell_due_by_subject(describe(end, bound_));
  }
}

// P3.6.3: what the subject's event time ended of others.
void Narrator::tell_due_by_subject(const Lines& lines) {
  if (due_by_subject_ && ++due_ <= kDueShown) {
    tell(lines);
  }
}

void Narrator::on_notice(const NoticeDecision& decision) {
  relevant_ = is_subject(decision.notice.author_id, decision.notice.post_id);
  if (relevant_) {
    tell_candidate();
    tell(describe(decision));
  }
}

void Narrator::on_event(const Event& event) {
  if (relevant_) {
    tell(describe(event));
  }
}

void Narrator::end() {
  if (!found_) {
    return;
  }
  Lines lines;
  if (set_aside_) {
    lines.push_back(rule_line("P3.9", "the post is still set aside"));
  }
  for (const auto& parked : parked_) {
    const auto code = code_characters(std::get<Code>(parked));
    lines.push_back(
        rule_line("P5.6", fmt::format("the confirmation with code {} still waits for its window",
                                      std::string_view(code.data(), code.size()))));
  }
  for (const auto& [purchase, deadline] : open_) {
    lines.push_back(rule_line("P6.3", fmt::format("the window {} has not ended (deadline {})",
                                                  purchase, time_text(deadline))));
  }
  if (!subject_.offer_id.empty() && !window_seen_) {
    lines.push_back(rule_line("", "no window of this purchase was opened"));
  }
  if (!lines.empty()) {
    out_ += "\nAt the end of the stream:\n";
    tell(lines);
  }
}

}  // namespace tagtill
