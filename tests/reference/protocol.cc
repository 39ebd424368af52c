#include "protocol.h"

#include <algorithm>
#include <tuple>

#include "code.h"
#include "post.h"

namespace reference {
namespace {

constexpr size_t kWindowsMax = 32;
constexpr size_t kParkedMax = 32;
constexpr size_t kDeletesMax = 1000;

std::string quoted(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::string_view kFrom = "\"\\\b\f\n\r\t";
  constexpr std::string_view kTo = "\"\\bfnrt";
  std::string out = "\"";
  for (const char sign : text) {
    const auto byte = static_cast<unsigned char>(sign);
    if (kFrom.find(sign) != std::string_view::npos) {
      out += '\\';
      out += kTo[kFrom.find(sign)];
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte / 16];
      out += kHex[byte % 16];
    } else {
      out += sign;
    }
  }
  return out + "\"";
}

// One event, member by member.
class Event {
 public:
  explicit Event(const char* type) { text("type", type); }

  Event& text(const char* name, std::string_view value) { return raw(name, quoted(value)); }
  Event& number(const char* name, int64_t value) { return raw(name, std::to_string(value)); }
  Event& time(const char* name, int64_t value) { return text(name, format_time(value)); }
  Event& null(const char* name) { return raw(name, "null"); }

  std::string line() const { return "{" + members_ + "}\n"; }

 private:
  Event& raw(const char* name, const std::string& value) {
    members_ += (members_.empty() ? "" : ",") + quoted(name) + ":" + value;
    return *this;
  }

  std::string members_;
};

int64_t commission(int64_t price, int64_t bps) {
  // In two parts, since price times bps may not fit.
  return price / 10000 * bps + price % 10000 * bps / 10000;
}

}  // namespace

// --- Catalogue, members ----------------------------------------------------

void Protocol::replace(const Catalogue& catalogue) {
  files_ = catalogue;
  put_in_force();
}

void Protocol::control(const Control& control) {
  if (control.kind == "link") {
    author_controls_[control.author] = {true, false, false, control.account, clock_};
  } else if (control.kind == "unlink") {
    author_controls_[control.author] = {false, true, false, {}, {}};
  } else if (control.kind == "freeze" && control.linked_before) {
    frozen_before_ = std::max(frozen_before_.value_or(0), *control.linked_before);
  } else if (control.kind == "freeze") {
    author_controls_[control.author].is_frozen = true;
  } else if (control.kind == "offer") {
    offer_controls_[control.offer_id] = control.offer;
  } else {
    offer_controls_[control.offer_id] = std::nullopt;
  }
  put_in_force();
}

bool Protocol::is_frozen(const std::string& author) const {
  const auto known = author_controls_.find(author);
  if (known == author_controls_.end()) {
    return frozen_before_.has_value();
  }
  const AuthorControl& control = known->second;
  const bool linked_later = control.is_linked && control.linked_ms && frozen_before_ &&
                            *control.linked_ms >= *frozen_before_;
  return control.is_frozen || (frozen_before_ && !linked_later);
}

// The files, with what control records said put upon them.
void Protocol::put_in_force() {
  catalogue_ = files_;
  for (const auto& change : offer_controls_) {
    std::erase_if(catalogue_.offers, [&](const Offer& other) { return other.id == change.first; });
    if (change.second) {
      catalogue_.offers.push_back(*change.second);
    }
  }
  for (const auto& [author, control] : author_controls_) {
    if (control.is_linked) {
      catalogue_.members[author] = control.account;
    } else if (control.is_unlinked) {
      catalogue_.members.erase(author);
    }
  }
  std::vector<Window*> ended;
  for (Window& window : windows_) {
    if (window.is_live() && !is_member(window.author)) {
      ended.push_back(&window);
    }
  }
  std::stable_sort(ended.begin(), ended.end(), [](const Window* a, const Window* b) {
    return std::tie(a->purchase_id, a->author) < std::tie(b->purchase_id, b->author);
  });
  for (Window* window : ended) {
    if (window->state == State::kOpen) {
      emit_cancelled(*window, "unenrolled");
    }
    free_unit(*window);
    window->state = State::kCancelled;
  }
  parked_.remove_if(
      [&](const Confirmation& confirmation) { return !is_member(confirmation.author); });
  forget_posts();  // W may be shorter now
}

bool Protocol::is_member(const std::string& author) const {
  return catalogue_.members.count(author) > 0;
}

bool Protocol::is_candidate(const std::vector<std::string>& tags) const {
  return std::any_of(tags.begin(), tags.end(), [&](const std::string& tag) {
    return catalogue_.has_tag(tag) || code_in_tag(tag, options_.prefix).has_value();
  });
}

// --- P3: order -------------------------------------------------------------

void Protocol::post(const Candidate& candidate) {
  ++counts_.candidates;
  look_at(candidate);
}

void Protocol::tick(int64_t time_ms) {
  if (!clock_) {
    return;
  }
  const bool is_far_ahead = options_.max_jump_ms != 0 && time_ms > *clock_ + options_.max_jump_ms;
  if (!is_far_ahead) {
    move_clock(time_ms);
  }
}

void Protocol::look_at(const Candidate& candidate) {
  // P3.6, step 1
  if (set_aside_ && set_aside_->author == candidate.author && set_aside_->id == candidate.id) {
    ++counts_.duplicates;
    return;
  }
  // Step 2, P3.9
  const bool is_far_ahead =
      clock_ && options_.max_jump_ms != 0 && candidate.time_ms > *clock_ + options_.max_jump_ms;
  if (is_far_ahead && !set_aside_) {
    set_aside_ = candidate;
    return;
  }
  if (is_far_ahead) {
    const Candidate agreed = *set_aside_;
    set_aside_.reset();
    apply(agreed);
    look_at(candidate);
    return;
  }
  if (set_aside_ && !is_duplicate(candidate) && !is_late(candidate)) {
    const Candidate contradicted = *set_aside_;
    set_aside_.reset();
    if (is_member(contradicted.author)) {
      reject("future", contradicted.id, contradicted.author, nullptr, contradicted.time_ms);
    }
  }
  apply(candidate);
}

// Steps 3 to 6.
void Protocol::apply(const Candidate& candidate) {
  move_clock(candidate.time_ms);
  // Step 4
  if (is_duplicate(candidate)) {
    ++counts_.duplicates;
    return;
  }
  if (is_late(candidate)) {
    ++counts_.late;
    if (is_member(candidate.author)) {
      reject("late", candidate.id, candidate.author, nullptr, candidate.time_ms);
    }
    return;
  }
  if (is_member(candidate.author)) {
    seen_[{candidate.author, candidate.id}] = candidate.time_ms;
  }
  if (was_deleted(candidate)) {
    ++counts_.deleted_before;
    return;
  }
  // Step 5
  for (size_t place = 0; place < candidate.tags.size(); ++place) {
    if (const auto code = code_in_tag(candidate.tags[place], options_.prefix)) {
      confirm_tag(candidate, *code, place);
    }
  }
  // Step 6
  for (const std::string& tag : candidate.tags) {
    intent(candidate, tag);
  }
}

// Step 3
void Protocol::move_clock(int64_t time_ms) {
  if (!clock_) {
    clock_ = time_ms;
    for (RememberedDelete& notice : deletes_) {
      notice.came_ms = time_ms;  // P6.2
    }
  }
  clock_ = std::max(*clock_, time_ms);
  fall_due();
  forget_posts();
  const int64_t limit = *clock_ - options_.lateness_ms;
  deletes_.remove_if([&](const RememberedDelete& notice) { return limit > *notice.came_ms; });
}

void Protocol::fall_due() {
  const int64_t limit = *clock_ - options_.lateness_ms;
  // Windows before confirmations, each in its own order.
  using Key = std::tuple<int64_t, int, std::string, std::string, size_t>;
  std::map<Key, std::vector<Window*>> windows;
  std::map<Key, Confirmation*> confirmations;
  std::vector<Key> order;
  for (Window& window : windows_) {
    if (window.deadline_ms < limit) {
      const Key key = {window.deadline_ms, 0, window.purchase_id, window.author, 0};
      windows[key].push_back(&window);
      order.push_back(key);
    }
  }
  for (Confirmation& parked : parked_) {
    if (parked.time_ms < limit) {
      const Key key = {parked.time_ms, 1, parked.post_id, parked.author, parked.place};
      confirmations[key] = &parked;
      order.push_back(key);
    }
  }
  std::sort(order.begin(), order.end());
  order.erase(std::unique(order.begin(), order.end()), order.end());
  for (const Key& key : order) {
    for (Window* window : windows[key]) {
      if (window->state == State::kOpen) {
        emit_expired(*window);
        free_unit(*window);
        window->state = State::kExpired;
      }
    }
    if (const Confirmation* parked = confirmations[key]) {
      reject("unknown_code", parked->post_id, parked->author, nullptr, parked->time_ms);
    }
  }
  windows_.remove_if([&](const Window& window) { return window.deadline_ms < limit; });
  parked_.remove_if([&](const Confirmation& parked) { return parked.time_ms < limit; });
}

// P3.4
void Protocol::forget_posts() {
  if (!clock_) {
    return;
  }
  const int64_t limit = *clock_ - options_.lateness_ms - catalogue_.longest_window_ms();
  std::erase_if(seen_, [&](const auto& post) { return limit > post.second; });
}

bool Protocol::is_late(const Candidate& candidate) const {
  return clock_ && candidate.time_ms < *clock_ - options_.lateness_ms;
}

bool Protocol::is_duplicate(const Candidate& candidate) const {
  return is_member(candidate.author) && seen_.count({candidate.author, candidate.id}) > 0;
}

bool Protocol::was_deleted(const Candidate& candidate) const {
  return std::any_of(deletes_.begin(), deletes_.end(), [&](const RememberedDelete& notice) {
    return notice.author == candidate.author && notice.id == candidate.id;
  });
}

// --- P4: intents -----------------------------------------------------------

const Offer* Protocol::offer_at(const std::string& tag, int64_t time_ms) const {
  const Offer* nearest = nullptr;
  int64_t nearest_ms = 0;
  for (const Offer& offer : catalogue_.offers) {
    if (offer.tag != tag) {
      continue;
    }
    if (offer.starts_at <= time_ms && time_ms < offer.ends_at) {
      return &offer;
    }
    const int64_t away_ms =
        time_ms < offer.starts_at ? offer.starts_at - time_ms : time_ms - offer.ends_at;
    if (nearest == nullptr || away_ms < nearest_ms ||
        (away_ms == nearest_ms && offer.starts_at < nearest->starts_at)) {
      nearest = &offer;
      nearest_ms = away_ms;
    }
  }
  return nearest;
}

// P4.1
const char* Protocol::refusal(const Candidate& candidate, const Offer& offer) const {
  if (!is_member(candidate.author)) {
    return "not_enrolled";
  }
  if (candidate.is_protected) {
    return "protected";
  }
  if (is_frozen(candidate.author)) {
    return "frozen";
  }
  if (candidate.time_ms < offer.starts_at || candidate.time_ms >= offer.ends_at) {
    return "offer_not_live";
  }
  const std::string& region = catalogue_.members.at(candidate.author).region;
  if (!offer.regions.empty() &&
      std::find(offer.regions.begin(), offer.regions.end(), region) == offer.regions.end()) {
    return "not_eligible";
  }
  return nullptr;
}

void Protocol::intent(const Candidate& candidate, const std::string& tag) {
  const Offer* found = offer_at(tag, candidate.time_ms);
  if (found == nullptr) {
    return;
  }
  const Offer& offer = *found;
  const auto rejected = [&](const char* reason) {
    reject(reason, candidate.id, candidate.author, &offer.id, candidate.time_ms);
  };
  if (const char* reason = refusal(candidate, offer)) {
    return rejected(reason);
  }
  size_t remembered = 0;
  for (const Window& window : windows_) {
    if (window.author != candidate.author) {
      continue;
    }
    ++remembered;
    if (window.offer.id == offer.id && window.is_live() &&
        candidate.time_ms <= window.deadline_ms) {
      ++counts_.repeated;  // P4.2
      return;
    }
  }
  if (closed_[{candidate.author, offer.id}] >= offer.limit_per_member) {
    return rejected("limit_reached");  // P4.3
  }
  if (remembered >= kWindowsMax) {
    return rejected("too_many");  // P4.4
  }
  const bool is_denied = offer.stock && held_[offer.id] + sold_[offer.id] >= *offer.stock;
  if (is_denied) {
    rejected("sold_out");  // P4.5
  }
  open_window(candidate, offer, is_denied);
}

// P4.5, P4.6, and what was parked for it (P5.6)
void Protocol::open_window(const Candidate& candidate, const Offer& offer, bool is_denied) {
  Window window;
  window.purchase_id = candidate.id + ":" + offer.id;
  window.code = make_code(catalogue_.secret, "code", candidate.author, window.purchase_id);
  window.author = candidate.author;
  window.account = catalogue_.members.at(candidate.author).account;
  window.intent_id = candidate.id;
  window.intent_ms = candidate.time_ms;
  window.deadline_ms = candidate.time_ms + offer.window_ms;
  window.offer = offer;
  window.state = is_denied ? State::kDenied : State::kOpen;
  windows_.push_back(window);
  if (!is_denied) {
    ++held_[offer.id];
    emit_prompt(window);
  }
  for (auto parked = parked_.begin(); parked != parked_.end();) {
    if (parked->author == candidate.author && parked->post_id != candidate.id &&
        parked->code == window.code && candidate.time_ms <= parked->time_ms) {
      const Confirmation confirmation = *parked;
      parked = parked_.erase(parked);
      settle(confirmation);
    } else {
      ++parked;
    }
  }
}

void Protocol::free_unit(const Window& window) {
  if (window.state == State::kOpen) {
    --held_[window.offer.id];
  }
}

// --- P5: confirmations -----------------------------------------------------

void Protocol::confirm_tag(const Candidate& candidate, const std::string& code, size_t place) {
  // P5.3
  if (!is_member(candidate.author)) {
    ++counts_.ignored_confirmations;
    return;
  }
  if (candidate.is_protected) {
    return reject("protected", candidate.id, candidate.author, nullptr, candidate.time_ms);
  }
  const Confirmation confirmation = {
      code, candidate.author, candidate.id, candidate.time_ms, candidate.followers, place};
  if (settle(confirmation)) {
    return;
  }
  // P5.6
  const auto parked = std::count_if(parked_.begin(), parked_.end(), [&](const Confirmation& one) {
    return one.author == candidate.author;
  });
  if (static_cast<size_t>(parked) >= kParkedMax) {
    return reject("too_many", candidate.id, candidate.author, nullptr, candidate.time_ms);
  }
  parked_.push_back(confirmation);
}

// P5.4, P5.5; false if there is no window for it.
bool Protocol::settle(const Confirmation& confirmation) {
  for (Window& window : windows_) {
    if (window.author == confirmation.author && window.code == confirmation.code &&
        window.is_live() && window.intent_ms <= confirmation.time_ms) {
      settle_live(confirmation, window);
      return true;
    }
  }
  for (const Window& window : windows_) {
    if (window.author == confirmation.author && window.code == confirmation.code &&
        !window.is_live()) {
      reject(window.state == State::kConfirmed ? "already_confirmed" : "cancelled",
             confirmation.post_id, confirmation.author, &window.offer.id, confirmation.time_ms);
      return true;
    }
  }
  return false;
}

// P5.4
void Protocol::settle_live(const Confirmation& confirmation, Window& window) {
  const auto rejected = [&](const char* reason) {
    reject(reason, confirmation.post_id, confirmation.author, &window.offer.id,
           confirmation.time_ms);
  };
  if (confirmation.time_ms > window.deadline_ms) {
    return rejected("expired");
  }
  int64_t& closed = closed_[{window.author, window.offer.id}];
  if (closed >= window.offer.limit_per_member) {
    rejected("limit_reached");
    free_unit(window);
    window.state = State::kCancelled;
    return;
  }
  ++closed;
  if (window.state == State::kDenied) {
    rejected("sold_out");
  } else {
    free_unit(window);
    ++sold_[window.offer.id];
    emit_confirmed(window, confirmation);
  }
  window.state = State::kConfirmed;
}

// --- P6: endings -----------------------------------------------------------

void Protocol::delete_notice(const std::string& id, const std::string& author) {
  ++counts_.candidates;
  if (set_aside_ && set_aside_->author == author && set_aside_->id == id) {
    set_aside_.reset();  // P3.9
    ++counts_.deleted_before;
  }
  // P6.1
  for (Window& window : windows_) {
    if (window.author == author && window.intent_id == id && window.is_live()) {
      if (window.state == State::kOpen) {
        emit_cancelled(window, "intent_deleted");
      }
      free_unit(window);
      window.state = State::kCancelled;
    }
  }
  counts_.parked_deleted += parked_.remove_if(
      [&](const Confirmation& parked) { return parked.author == author && parked.post_id == id; });
  // P6.2
  if (seen_.count({author, id}) == 0) {
    remember_delete(id, author);
  }
}

void Protocol::remember_delete(const std::string& id, const std::string& author) {
  deletes_.remove_if(
      [&](const RememberedDelete& notice) { return notice.author == author && notice.id == id; });
  deletes_.push_back({author, id, clock_});
  const auto of_author = [&](const RememberedDelete& notice) { return notice.author == author; };
  const auto count = std::count_if(deletes_.begin(), deletes_.end(), of_author);
  if (static_cast<size_t>(count) > kDeletesMax) {
    deletes_.erase(std::find_if(deletes_.begin(), deletes_.end(), of_author));
    ++counts_.deletes_forgotten;
  }
}

// --- P8: events ------------------------------------------------------------

void Protocol::reject(const char* reason, const std::string& post_id, const std::string& author,
                      const std::string* offer_id, int64_t time_ms) {
  ++counts_.rejected[reason];
  Event event("rejected");
  event.text("reason", reason).text("post_id", post_id).text("author_id", author);
  if (offer_id != nullptr) {
    event.text("offer_id", *offer_id);
  } else {
    event.null("offer_id");
  }
  events_ += event.time("at", time_ms).line();
}

void Protocol::emit_prompt(const Window& window) {
  ++counts_.prompts;
  events_ += Event("prompt")
                 .text("purchase_id", window.purchase_id)
                 .text("offer_id", window.offer.id)
                 .text("author_id", window.author)
                 .text("intent_id", window.intent_id)
                 .time("intent_at", window.intent_ms)
                 .time("deadline", window.deadline_ms)
                 .text("tag", "#" + options_.prefix + window.code)
                 .text("title", window.offer.title)
                 .number("price_minor", window.offer.price_minor)
                 .text("currency", window.offer.currency)
                 .line();
}

void Protocol::emit_confirmed(const Window& window, const Confirmation& confirmation) {
  ++counts_.confirmed;
  const Offer& offer = window.offer;
  Event event("confirmed");
  event.text("purchase_id", window.purchase_id)
      .text("offer_id", offer.id)
      .text("account", window.account)
      .text("author_id", window.author)
      .text("intent_id", window.intent_id)
      .text("confirm_id", confirmation.post_id)
      .time("intent_at", window.intent_ms)
      .time("confirmed_at", confirmation.time_ms)
      .number("price_minor", offer.price_minor)
      .text("currency", offer.currency)
      .number("commission_minor", commission(offer.price_minor, offer.commission_bps))
      .text("fulfilment", offer.is_pickup ? "pickup" : "ship");
  if (offer.is_pickup) {
    event.text("claim_code",
               make_code(catalogue_.secret, "claim", window.author, window.purchase_id));
  } else {
    event.null("claim_code");
  }
  events_ += event.number("reach", confirmation.followers).line();
}

void Protocol::emit_expired(const Window& window) {
  ++counts_.expired;
  events_ += Event("expired")
                 .text("purchase_id", window.purchase_id)
                 .text("offer_id", window.offer.id)
                 .text("account", window.account)
                 .text("author_id", window.author)
                 .text("intent_id", window.intent_id)
                 .time("intent_at", window.intent_ms)
                 .time("deadline", window.deadline_ms)
                 .line();
}

void Protocol::emit_cancelled(const Window& window, const char* reason) {
  ++counts_.cancelled;
  events_ += Event("cancelled")
                 .text("purchase_id", window.purchase_id)
                 .text("offer_id", window.offer.id)
                 .text("account", window.account)
                 .text("author_id", window.author)
                 .text("intent_id", window.intent_id)
                 .time("intent_at", window.intent_ms)
                 .text("reason", reason)
                 .line();
}

std::string Protocol::take_events() { return std::exchange(events_, {}); }

Counts& Protocol::counts() {
  counts_.set_aside = set_aside_ ? 1 : 0;
  counts_.open_windows = static_cast<uint64_t>(
      std::count_if(windows_.begin(), windows_.end(),
                    [](const Window& window) { return window.state == State::kOpen; }));
  return counts_;
}

}  // namespace reference
